/** Tables of nftables as people name them in a setting. */
import { describe, expect, it } from 'vitest'
import { parseNftablesTable } from '../../src/core/nftables-table.ts'
import { parseYesNo } from '../../src/core/yes-no.ts'

describe('a table of nftables', () => {
  it.each([
    ['inet filter', 'inet', 'filter'],
    ['ip my_Table2', 'ip', 'my_Table2'],
    ['ip6 x', 'ip6', 'x'],
  ])('is read: %s', (text, family, name) => {
    expect(parseNftablesTable(text)).toEqual({ ok: true, value: { family, name } })
  })

  it.each([
    'filter',
    'bridge filter',
    'inet  filter',
    'inet 1x',
    'inet x;',
    'inet x { }',
    'inet x\n',
    '',
  ])('is refused: %j', (text) => {
    const parsed = parseNftablesTable(text)
    expect(parsed.ok ? '' : parsed.reason).toContain('as in "inet filter"')
  })
})

describe('a switch', () => {
  it('is yes or no and nothing else', () => {
    expect(['yes', 'no'].map((text) => parseYesNo(text).ok)).toEqual([true, true])
    expect(['Yes', 'true', '1', ''].map((text) => parseYesNo(text).ok)).toEqual(
      Array(4).fill(false),
    )
  })
})
