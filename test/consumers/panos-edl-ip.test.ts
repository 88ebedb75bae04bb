/** Every line as PAN-OS documents it: a network, a space, a comment in the signs it names. */
import { describe, expect, it } from 'vitest'
import { panosEdlIp } from '../../exporters/panos-edl-ip.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws, HOSTILE, type ExportFile } from '../support/format-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'

const LINE = /^(\S+)(?: # ([A-Za-z0-9*,:;#/.-]+(?: [A-Za-z0-9*,:;#/.-]+)*))?$/

function rowsOf(file: ExportFile): { network: string; comment: string }[] {
  const { comments, entries } = splitHead(file, '#')
  expect(comments).toEqual([])
  return entries.map((line) => {
    const [, network, comment = ''] = LINE.exec(line) ?? []
    if (network === undefined) throw new Error(`"${line}" is no line of an IP list`)
    return { network, comment }
  })
}

const words = (file: ExportFile): string =>
  rowsOf(file)
    .map(({ comment }) => comment)
    .join(' ')

formatLaws({
  exporter: panosEdlIp,
  read: (file) => ({ addresses: networksOf(rowsOf(file).map(({ network }) => network)) }),
  words,
})

describe('panos-edl-ip', () => {
  const many = Array.from({ length: 40 }, (_, i) => `20.0.${2 * i}.0/24`)

  it('has a piece of a sentence behind each of the first networks, none behind the others', () => {
    const file = renderText(panosEdlIp, exportInput({ prefixes: prefixes(...many) }))
    const rows = rowsOf(file)
    expect(rows[0]).toEqual({
      network: '20.0.0.0/24',
      comment:
        'Rangewarden allowlist synthetic-list, cloud Public, serial 7, snapshot public-20251028-3f9a2c1e.',
    })
    expect(rows.filter(({ comment }) => comment !== '').length).toBeLessThan(6)
    expect(Math.max(...file.split('\n').map((line) => line.length))).toBeLessThan(130)
    expect(rows.at(-1)?.comment).toBe('')
  })

  it('says everything behind one network, if there is only one', () => {
    const one = exportInput({ prefixes: prefixes('20.0.0.0/24'), uncovered: ['crl.example'] })
    const rows = rowsOf(renderText(panosEdlIp, one))
    expect(rows).toHaveLength(1)
    expect(rows[0]?.comment).toContain('256 IPv4 addresses')
    expect(rows[0]?.comment).toMatch(/required names: crl\.example\.$/)
  })

  it.each(HOSTILE)('has as many lines as networks, with %j in its words', (text) => {
    const hostile = exportInput({
      prefixes: prefixes('20.0.0.0/24', '2001:db8::/32'),
      missingTags: [text],
      uncovered: [text, text],
      kept: { snapshot: text, fileDate: text },
    })
    expect(rowsOf(renderText(panosEdlIp, hostile))).toHaveLength(2)
  })
})
