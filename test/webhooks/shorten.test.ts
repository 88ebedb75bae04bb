/** Text from elsewhere, made fit to be shown. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneLine, shortened } from '../../src/webhooks/shorten.ts'

const anyText = fc
  .array(fc.oneof(fc.constantFrom('\n', '\u2028', '\u202e', '💥', '\ud83d', 'a', ' '), fc.string()))
  .map((pieces) => pieces.join(''))

describe('one line', () => {
  it('is what a text without line breaks and tricks is already', () => {
    expect(oneLine('a  plain “reason”, é 漢 👩‍👧')).toBe('a  plain “reason”, é 漢 👩‍👧')
  })

  it('has no line break and nothing that turns text around', () => {
    expect(oneLine(' a\r\n\tb\u2028c\u0000d ')).toBe('a b c d')
    expect(oneLine('a\u202egnp.exe')).toBe('a\ufffdgnp.exe')
    expect(oneLine('a\ud83d')).toBe('a\ufffd')
  })

  it('is itself when it is made one again', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(oneLine(oneLine(text))).toBe(oneLine(text))
      }),
      { seed: 3 },
    )
  })
})

describe('shortened', () => {
  it('leaves a text that has room as it is', () => {
    expect(shortened('a'.repeat(50), 50)).toBe('a'.repeat(50))
  })

  it('says how many characters are missing', () => {
    expect(shortened('a'.repeat(2_000), 50)).toBe(`${'a'.repeat(25)}… (1,975 more characters)`)
  })

  it('keeps to the limit, keeps a beginning, counts the rest, and does so once', () => {
    const law = fc.property(anyText, fc.integer({ min: 40, max: 80 }), (text, most) => {
      const short = shortened(text, most)
      expect(short.length).toBeLessThanOrEqual(most)
      expect(shortened(short, most)).toBe(short)
      if (short === text) return
      const [, beginning = '', missing = ''] =
        /^([^]*)… \(([\d,]+) more characters?\)$/.exec(short) ?? []
      expect(text.startsWith(beginning)).toBe(true)
      const left = Array.from(text).length - Array.from(beginning).length
      expect(Number(missing.replaceAll(',', ''))).toBe(left)
      expect(beginning.isWellFormed()).toBe(text.slice(0, beginning.length).isWellFormed())
    })
    fc.assert(law, { seed: 19, numRuns: 300 })
  })
})
