/** What a definition may say of the shape of a list, and what that does to the hash of a content. */
import { describe, expect, it } from 'vitest'
import { RangewardenError } from '../../src/core/errors.ts'
import { contentHashOf, type ListContent } from '../../src/lists/content.ts'
import {
  bodyOf,
  parseDefinition,
  shardsOf,
  unstoredDefinition,
  type SelectionWish,
} from '../../src/lists/definition.ts'
import { SHAPES } from '../support/export-input.ts'
import { sha256 } from '../support/snapshots.ts'

function refusalOf(work: () => unknown): RangewardenError {
  try {
    work()
  } catch (error) {
    if (error instanceof RangewardenError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function wish(given: Partial<SelectionWish>): SelectionWish {
  return { cloud: 'Public', tags: ['Sql'], regions: [], families: [], endpoints: [], ...given }
}

function unstored(given: Partial<SelectionWish>) {
  return unstoredDefinition(wish(given), { clouds: ['Public'], past: false })
}

describe('a definition', () => {
  const parse = (name: string, body: object) =>
    parseDefinition(name, { tags: ['Sql'], ...body }, ['Public'])

  it('has a cap of 5 % unless it says otherwise, and is given again by its body', () => {
    const definition = parse('mine', { budget: { entries: 3 }, shards: 4 })
    expect(definition.budget).toEqual({ entries: 3, mostExtraPercent: 5, never: [] })
    expect(parse('mine', bodyOf(definition))).toEqual(definition)
    expect(bodyOf(parse('mine', {}))).not.toHaveProperty('budget')
    expect(bodyOf(parse('mine', {}))).not.toHaveProperty('shards')
  })

  it.each([
    [{ budget: {} }, /budget\.entries/],
    [{ budget: { entries: 0 } }, /budget\.entries/],
    [{ budget: { entries: 3, mostExtraPercent: 101 } }, /budget\.mostExtraPercent/],
    [
      { budget: { entries: 3, never: ['20.0.0.1/8'] } },
      /budget\.never: "20\.0\.0\.1\/8".*host bits/,
    ],
    [{ budget: { entries: 3, other: 1 } }, /budget/],
    [{ shards: 1 }, /shards/],
    [{ shards: 65 }, /shards/],
    [{ tags: [], endpoints: ['app-proxy'], budget: { entries: 3 } }, /no addresses/],
    [{ tags: [], endpoints: ['app-proxy'], shards: 2 }, /no addresses/],
  ])('%j is refused', (body, rule) => {
    const refusal = refusalOf(() => parse('mine', body))
    expect(refusal.code).toBe('invalid-input')
    expect(refusal.message).toMatch(rule)
  })

  it('has a name that its shards can be named by', () => {
    expect(refusalOf(() => parse('mine.1of2', {})).message).toMatch(/ends as a shard does/)
    expect(parse('mine.of2', {}).name).toBe('mine.of2')
    const longest = 'a'.repeat(40 - '.10of10'.length)
    expect(shardsOf(parse(longest, { shards: 10 })).at(-1)?.name).toHaveLength(40)
    expect(refusalOf(() => parse(`${longest}a`, { shards: 10 })).message).toMatch(/at most 40/)
    expect(parse(`${longest}a`, { shards: 9 }).shards).toBe(9)
  })

  it('that nobody stored has a name of its own, the same for the same selection', () => {
    const wishes: Partial<SelectionWish>[] = [
      {},
      { tags: ['Storage'] },
      { regions: ['westeurope'] },
      { families: ['ipv4'] },
      { endpoints: ['app-proxy'] },
      { removalGraceDays: 3 },
      { maxEntries: 3 },
      { shard: '1of2' },
      { shard: '2of2' },
    ]
    const names = wishes.map((given) => unstored(given).name)
    expect(new Set(names).size).toBe(wishes.length)
    for (const name of names) expect(name).toMatch(/^export-[0-9a-f]{8}(\.[12]of2)?$/)
    expect(names.at(-1)).toBe(`${names[0]}.2of2`)
    const given = { tags: ['Storage', 'Sql', 'Sql'], families: ['ipv6', 'ipv4'] }
    expect(unstored(given).name).toBe(unstored({ tags: ['Sql', 'Storage'] }).name)
    for (const name of ['export', 'export-0123abcd']) {
      expect(refusalOf(() => parse(name, {})).message).toMatch(/kept for lists that nobody stores/)
    }
  })

  it('that nobody stores takes a cap and exclusions with a number of entries alone', () => {
    expect(unstored({ maxEntries: 3, never: ['20.9.0.0/16', '20.9.0.0/16'] }).budget).toEqual({
      entries: 3,
      mostExtraPercent: 5,
      never: ['20.9.0.0/16'],
    })
    for (const given of [{ maxExtraPercent: 5 }, { never: ['20.9.0.0/16'] }]) {
      expect(refusalOf(() => unstored(given)).message).toMatch(/needs that number/)
    }
    expect(unstored({ shard: '2of8' }).shard).toEqual({ index: 2, of: 8 })
    for (const shard of ['9of8', '0of8', '1of1', '1of65', '2/8', '']) {
      expect(refusalOf(() => unstored({ shard })).message).toMatch(/a shard is "2of8"/)
    }
  })
})

describe('the hash of a content', () => {
  it('is what it was before lists were widened and split, unless they are', () => {
    // Made before there was either: devices would load every list anew.
    const hashes = (['mixed', 'leaving', 'kept', 'any'] as const).map((shape) => hashOf(shape))
    expect(hashes).toEqual([
      'b5cc8a7c1836296f',
      'c88cc28c9cbc3d36',
      'ff65eb769893be6e',
      '5e346a496e7bc8b6',
    ])
    const shaped = (['widened', 'shard'] as const).map((shape) => hashOf(shape))
    expect(new Set([...hashes, ...shaped]).size).toBe(6)
  })

  function hashOf(shape: keyof typeof SHAPES): string {
    const { version: _, ...content } = { ...SHAPES[shape], options: undefined, unfit: undefined }
    return contentHashOf(content satisfies ListContent, sha256).slice(0, 16)
  }
})
