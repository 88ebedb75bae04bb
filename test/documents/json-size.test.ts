import { describe, expect, it } from 'vitest'
import { JSON_LIMITS, oversize } from '../../src/documents/json-size.ts'
import { readDocument } from '../../src/documents/read-document.ts'
import { makeFeed, REAL_SIZE, smallDocument } from '../support/feed.ts'
import { realFiles } from '../support/real-files.ts'
import { describeWith, realData } from '../support/requirements.ts'

const { containers, commas, levels } = JSON_LIMITS

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

describe('the size of a document', () => {
  it.each([
    ['lists', `[${'[],'.repeat(containers)}[]]`, `${containers} lists and objects`],
    ['objects', `[${'{} '.repeat(containers)}]`, `${containers} lists and objects`],
    ['both together', `[${'{}[] '.repeat(containers / 2)}]`, `${containers} lists and objects`],
    ['values', `[${'1,'.repeat(commas + 1)}1]`, `${commas} commas`],
    ['8 million values', `[${'1,'.repeat(8e6)}1]`, `${commas} commas`],
    ['levels', nested(levels + 1), `${levels} levels`],
    ['5,000 levels', nested(5000), `${levels} levels`],
    ['a million levels', nested(1e6), `${containers} lists and objects`],
  ])('with too many %s is refused by the limit', (_, text, limit) => {
    expect(oversize(text)).toEqual({
      path: '',
      value: `more than ${limit}`,
      reason: `a document has at most ${limit}`,
    })
  })

  it.each([
    ['lists and objects', `[${'[],{} '.repeat(containers / 2 - 1)}[]]`],
    ['values', `[${'1,'.repeat(commas)}1]`],
    ['levels', `[${nested(levels - 1)},{"a":${nested(levels - 2)}}]`],
    ['nothing', ''],
    ['closing brackets first', ']]]}}}'],
  ])('that is just within the limit of %s is not', (_, text) => {
    expect(oversize(text)).toBeUndefined()
  })

  it('is looked at before anything is read', () => {
    const text = `{"cloud":"Public","changeNumber":1,"values":[${'{},'.repeat(containers)}{}]}`
    const read = readDocument(Buffer.from(text))
    expect(read).toMatchObject({
      ok: false,
      refusals: [{ reason: `a document has at most ${containers} lists and objects` }],
    })
  })

  it('allows a feed of real size, and a handful of tags', () => {
    const [week] = makeFeed({ ...REAL_SIZE, weeks: 1 })
    expect(week?.text.length).toBeGreaterThan(3e6)
    expect(oversize(week?.text ?? '[')).toBeUndefined()
    expect(readDocument(Buffer.from(smallDocument())).ok).toBe(true)
  })
})

describeWith([realData], 'the real weekly files', () => {
  it('are at most half as large as what is allowed', () => {
    const files = realFiles()
    expect(files.length).toBeGreaterThan(30)
    for (const file of files) {
      const text = file.text()
      expect(oversize(text), file.name).toBeUndefined()
      expect(text.split(',').length, file.name).toBeLessThan(commas / 2)
      expect(text.split(/[[{]/).length, file.name).toBeLessThan(containers / 2)
    }
  })
})
