/** What people read: the table, the listing, the page's section. */
import { describe, expect, it } from 'vitest'
import type { BenchRow, ResultRow, Results } from '../../bench/contract.ts'
import { listing, markdown, terminalTable } from '../../bench/table.ts'

function row(given: Partial<ResultRow>): ResultRow {
  return {
    group: 'ranges',
    name: 'collapse',
    description: 'Collapse prefixes; reference: iprange as a process',
    against: ['iprange 1.0.4'],
    ours: 1.234,
    reference: 5.678,
    unit: 'ms',
    ratio: 0.2173,
    target: 'ratio <= 1',
    holds: true,
    seconds: 1,
    ...given,
  }
}

const NOTHING = { ours: null, reference: null, ratio: null, holds: null }

const RESULTS: Results = {
  machine: '2 x Some Processor, 8 GiB, Node 24.0.0',
  date: '2026-01-02T03:04:05.000Z',
  references: [
    { name: 'iprange', version: '1.0.4', from: 'Debian iprange' },
    { name: 'nginx', version: null, from: 'Debian nginx' },
    { name: 'JSON.parse', version: '24.0.0', from: 'Node' },
  ],
  rows: [
    row({ quartiles: { ours: [1.2, 1.3234], reference: [5.678, 5.678] } }),
    row({ name: 'union', holds: false, ours: 1_234_567, reference: 0.000_012_34 }),
    row({ group: 'serving', name: 'nginx-200', absent: 'the program nginx', ...NOTHING }),
    row({ group: 'memory', name: 'memory', failed: 'no | such thing', against: [], ...NOTHING }),
  ],
}

describe('the table', () => {
  it('has a line for each row under its group, and says what is absent or failed', () => {
    expect(`\n${terminalTable(RESULTS)}\n`).toBe(`
2 x Some Processor, 8 GiB, Node 24.0.0, 2026-01-02T03:04:05.000Z

                  ours  reference  unit  ratio  target              against
ranges
  collapse        1.23       5.68  ms    0.217  ratio <= 1  holds   iprange 1.0.4
  union      1,234,567  0.0000123  ms    0.217  ratio <= 1  MISSED  iprange 1.0.4
serving
  nginx-200          -          -  ms        -  ratio <= 1  absent  iprange 1.0.4
memory
  memory             -          -  ms        -  ratio <= 1  FAILED
nginx-200 is absent: the program nginx
memory failed: no | such thing
absent: nginx (Debian nginx)
`)
  })
})

describe('the section of the page', () => {
  const text = markdown(RESULTS)

  it('begins with the day, the machine and every reference with its version', () => {
    expect(text.split('\n').slice(0, 3)).toEqual([
      'Measured 2026-01-02 on 2 x Some Processor, 8 GiB, Node 24.0.0.',
      '',
      'References: iprange 1.0.4, nginx (absent), JSON.parse of Node 24.0.0.',
    ])
  })

  it('has a table and the sentences of each group', () => {
    expect(text.match(/^### .*/gm)).toEqual(['### ranges', '### serving', '### memory'])
    expect(text).toContain('| collapse | 1.23 | 5.68 | ms | 0.217 | ratio <= 1 | holds |')
    expect(text).toContain(
      '- **collapse**: Collapse prefixes; reference: iprange as a process. ' +
        'Middle half of the rounds: ours 10 %, reference 0 % of the median.',
    )
    expect(text).toContain('- nginx-200 is absent: the program nginx')
  })
})

describe('the listing', () => {
  it('has group, name, sentence and target of a row', () => {
    const bench: BenchRow = {
      name: 'Collapse prefixes',
      unit: 'ms',
      target: { of: 'ratio', atMost: 1 },
      measure: () => ({ ours: 1 }),
    }
    expect(listing([{ group: 'ranges', name: 'collapse', against: [], row: bench }])).toBe(
      'ranges  collapse\n    Collapse prefixes\n    ratio <= 1',
    )
  })
})
