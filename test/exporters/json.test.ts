/** JSON: what a program reads back is what went in, whatever the text. */
import { describe, expect, it } from 'vitest'
import { json } from '../../exporters/json.ts'
import { exportInput, prefixes, renderText, rule, SHAPES } from '../support/export-input.ts'

const HOSTILE = 'caf\u00e9 "\\ \u2028\ud83d\ude00 \u007f\n</script>'

describe('json', () => {
  it('reads back any text, written in ASCII', () => {
    const source = { title: HOSTILE, url: HOSTILE, date: HOSTILE }
    const required = { ...rule('a.example', 443), service: 's', purpose: HOSTILE, phase: 'runtime' }
    const input = exportInput({
      prefixes: prefixes('20.0.0.0/24'),
      uncovered: [HOSTILE],
      missingTags: [HOSTILE],
      required: [{ ...required, sources: [source], tags: [], note: HOSTILE }],
    })
    const text = renderText(json, input)
    expect(JSON.parse(text)).toMatchObject({
      uncovered: [HOSTILE],
      missingTags: [HOSTILE],
      required: [{ purpose: HOSTILE, note: HOSTILE, sources: [source] }],
    })
  })

  it('counts IPv4 in numbers and IPv6 in decimal strings, exactly', () => {
    const input = exportInput({ prefixes: prefixes('0.0.0.0/1', '2000::/3') })
    expect(JSON.parse(renderText(json, input))).toMatchObject({
      addresses: { ipv4: 2 ** 31, ipv6: (1n << 125n).toString() },
    })
  })

  it('has the same keys for every list, null where there is nothing to say', () => {
    const { empty: _, ...shapes } = SHAPES
    const keys = Object.values(shapes).map((input) => {
      return Object.keys(JSON.parse(renderText(json, input)) as object).join()
    })
    expect(new Set(keys).size).toBe(1)
    const past = exportInput({
      prefixes: prefixes('20.0.0.0/24'),
      version: { snapshot: 'public-20251028-3f9a2c1e' },
    })
    expect(JSON.parse(renderText(json, past))).toMatchObject({ version: { serial: null } })
  })
})
