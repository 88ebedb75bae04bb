/** The plain list: hostile text in its head, and a head that never hides an entry. */
import { describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { text } from '../../exporters/text.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'

const HELD = prefixes('20.0.0.0/24', '20.0.2.0/32', '2603:1030::/47')

function lines(given: Partial<ExportInput>): string[] {
  return renderText(text, exportInput({ prefixes: HELD, ...given })).split('\n')
}

function head(given: Partial<ExportInput>): string {
  return lines(given)
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2))
    .join(' ')
}

describe('text', () => {
  it('has one prefix per line after a head of comments', () => {
    const entries = lines({}).filter((line) => !line.startsWith('# '))
    expect(entries).toEqual([...HELD.map((prefix) => prefix.text), ''])
  })

  it('says what it admits, whom to limit it to and what it misses', () => {
    const said = head({ uncovered: ['crl.example', 'ocsp.example'] })
    expect(said).toContain('admits 257 IPv4 addresses and 2,417,851,639,229,258,349,412,352 IPv6')
    expect(said).toContain('the connectors as sources and to ports 443 and 80')
    expect(said).toContain('cover these required names: crl.example, ocsp.example.')
  })

  it('says "address" of one', () => {
    expect(head({ prefixes: prefixes('20.0.2.0/32') })).toContain('1 IPv4 address and 0 IPv6')
  })

  it('says what is out of the ordinary, and nothing in most weeks', () => {
    const earlier = { snapshot: 'public-20251020-0a1b2c3d', fileDate: '2025-10-20' }
    expect(head({ rolledBack: { ...earlier, until: null } })).toContain(
      'went back to the file of 2025-10-20 (public-20251020-0a1b2c3d), until it is released.',
    )
    expect(head({ rolledBack: { ...earlier, until: '2025-12-01T08:00:00.000Z' } })).toContain(
      'until 2025-12-01T08:00:00.000Z unless released before.',
    )
    expect(head({ kept: earlier })).toContain(
      'those of 2025-10-20 (public-20251020-0a1b2c3d) are kept until a person decides.',
    )
    expect(head({ missingTags: ['A', 'B'], emptyTags: ['C'] })).toContain(
      'names what the published file lacks: A, B. This list names what the published file has empty: C.',
    )
    expect(lines({})).toHaveLength(HELD.length + 4)
  })

  it('keeps a network that leaves among its entries', () => {
    const leaving = [{ lastDay: '2025-11-11', prefixes: prefixes('20.0.2.0/32') }]
    expect(lines({ leaving }).filter((line) => !line.startsWith('# '))).toEqual([
      ...HELD.map((prefix) => prefix.text),
      '',
    ])
  })

  it.each(['x\n0.0.0.0/0', 'x\r0.0.0.0/0', 'x\u20280.0.0.0/0', `x ${'y'.repeat(300)}`])(
    'keeps hostile text in its comment: %j',
    (hostile) => {
      const given = {
        uncovered: [hostile],
        missingTags: [hostile],
        emptyTags: [hostile],
        kept: { snapshot: hostile, fileDate: hostile },
        rolledBack: { snapshot: hostile, fileDate: hostile, until: hostile },
        version: { snapshot: hostile },
      }
      const entries = lines(given).filter((line) => !line.startsWith('# '))
      expect(entries).toEqual([...HELD.map((prefix) => prefix.text), ''])
    },
  )
})
