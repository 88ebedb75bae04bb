/** What became of prefixes, by name: examples a person can check, and laws on small spaces. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffSnapshots, type Regrouping, type TagChange } from '../../src/core/diff.ts'
import { prefixOf, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { said } from '../support/diffs.ts'
import { addressAt, addressOf, bigintOf } from '../support/networks.ts'
import { SMALL_PREFIXES, SPACES } from '../support/small-space.ts'
import { snapshotFrom } from '../support/snapshots.ts'

function between(from: Record<string, string[]>, to: Record<string, string[]>) {
  return said(diffSnapshots(snapshotFrom(from), snapshotFrom(to)))
}

describe('a moved prefix', () => {
  it('left at least one tag and entered at least one other', () => {
    const { moved } = between(
      {
        Cloud: ['20.0.0.0/24', '20.0.1.0/24', '2603::/40'],
        Sql: ['2603::/40'],
        Storage: ['20.0.0.0/24', '20.0.1.0/24'],
        'Storage.East': ['20.0.0.0/24'],
      },
      {
        Cloud: ['20.0.0.0/24', '2603::/40', '30.0.0.0/8'],
        Batch: ['2603::/40'],
        Sql: ['20.0.0.0/24'],
        Storage: [],
      },
    )
    expect(moved).toEqual([
      { prefix: '20.0.0.0/24', from: ['Storage', 'Storage.East'], to: ['Sql'] },
      { prefix: '2603::/40', from: ['Sql'], to: ['Batch'] },
    ])
  })
})

describe('a split prefix', () => {
  const pieces = (from: string[], to: string[]) => {
    const [change] = between({ A: from }, { A: to }).tags
    return { split: change?.split, merged: change?.merged }
  }

  it('gave way to two or more narrower ones, which may hold all of it or not', () => {
    const whole = ['20.0.0.0/23']
    const halves = ['20.0.0.0/24', '20.0.1.0/24']
    expect(pieces(whole, halves)).toEqual({
      split: [{ prefix: '20.0.0.0/23', pieces: halves, exact: true }],
      merged: [],
    })
    expect(pieces(whole, ['20.0.0.0/24', '20.0.1.0/25']).split).toMatchObject([{ exact: false }])
    expect(pieces(whole, ['20.0.0.0/24'])).toEqual({ split: [], merged: [] })
    expect(pieces([...whole, '20.0.0.0/24'], halves).split).toEqual([])
  })

  it('is a merged one the other way round', () => {
    const halves = ['2603::/64', '2603:0:0:1::/64']
    expect(pieces(halves, ['2603::/63'])).toEqual({
      split: [],
      merged: [{ prefix: '2603::/63', pieces: halves, exact: true }],
    })
  })

  it('has pieces that do not overlap, each of the narrowest prefix around it that moved', () => {
    const from = ['20.0.0.0/16', '20.0.0.0/20', '20.0.0.64/28']
    const to = ['20.0.0.0/24', '20.0.0.0/26', '20.0.1.0/24', '20.0.128.0/24', '20.0.0.64/29']
    expect(pieces(from, to)).toEqual({
      split: [{ prefix: '20.0.0.0/20', pieces: ['20.0.0.0/24', '20.0.1.0/24'], exact: false }],
      merged: [],
    })
  })

  it('is told exactly, where the pieces of IPv6 lack a single address of very many', () => {
    const network = bigintOf(addressOf('2603::').words)
    const most = Array.from({ length: 64 }, (_, i) => {
      const { words } = addressAt(6, network + 2n ** BigInt(63 - i))
      return prefixOf(6, words, 65 + i).text
    })
    const [change] = between({ A: ['2603::/64'] }, { A: most }).tags
    expect(change?.split).toMatchObject([{ exact: false }])
    expect(change?.split[0]?.pieces).toHaveLength(64)
  })
})

const pool = [SPACES[1], SPACES[4]].flatMap((space) =>
  SMALL_PREFIXES.slice(3, 60).flatMap((small) => (space ? [space.prefix(small).text] : [])),
)
const anySnapshot = fc
  .dictionary(
    fc.constantFrom('A', 'B', 'C', 'D', 'E'),
    fc.uniqueArray(fc.constantFrom(...pool), { maxLength: 14 }),
  )
  .map((tags) => snapshotFrom(tags))

describe('the laws of moved, split and merged', () => {
  it('a prefix moved exactly if one tag lost it and another got it', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        const { tags, moved } = said(diffSnapshots(a, b))
        const namesOf = (side: 'added' | 'removed', prefix: string): string[] =>
          tags.flatMap((tag) => (tag[side].includes(prefix) ? [tag.name] : []))
        const expected = pool
          .map((prefix) => ({
            prefix,
            from: namesOf('removed', prefix),
            to: namesOf('added', prefix),
          }))
          .filter(({ from, to }) => from.length > 0 && to.length > 0)
        const order = (list: readonly { prefix: string }[]): unknown[] =>
          list.toSorted((x, y) => (x.prefix < y.prefix ? -1 : 1))
        expect(order(moved)).toEqual(order(expected))
      }),
      { numRuns: 300 },
    )
  })

  it('pieces are disjoint parts of the wider prefix, equal to it exactly if that is said', () => {
    let seen = 0
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        for (const tag of diffSnapshots(a, b).tags) {
          const { prefixesAdded: added, prefixesRemoved: removed } = tag
          for (const one of tag.split) seen += check(one, { wide: removed, narrow: added })
          for (const one of tag.merged) seen += check(one, { wide: added, narrow: removed })
          const pieces = [...tag.split, ...tag.merged].flatMap((one) => one.pieces)
          expect(new Set(pieces.map(({ text }) => text)).size).toBe(pieces.length)
        }
      }),
      { numRuns: 500 },
    )
    expect(seen).toBeGreaterThan(50)
  })

  it('nothing that two or more pieces could be named for is left out', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        for (const tag of diffSnapshots(a, b).tags) {
          const { prefixesAdded: added, prefixesRemoved: removed } = tag
          expect(textsOf(tag.split)).toEqual(bySearch(removed, added))
          expect(textsOf(tag.merged)).toEqual(bySearch(added, removed))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('going back, what was split is merged', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        const [there, back] = [said(diffSnapshots(a, b)), said(diffSnapshots(b, a))]
        expect(back.tags.map(({ split, merged }) => [merged, split])).toEqual(
          there.tags.map(({ split, merged }) => [split, merged]),
        )
        expect(back.moved).toEqual(
          there.moved.map(({ prefix, from, to }) => ({ prefix, from: to, to: from })),
        )
      }),
      { numRuns: 200 },
    )
  })
})

type Sides = Record<'wide' | 'narrow', TagChange['prefixesAdded']>

function check({ prefix, pieces, exact }: Regrouping, { wide, narrow }: Sides): 1 {
  const [whole, parts] = [RangeSet.of([prefix]), RangeSet.of(pieces)]
  expect(wide.map(({ text }) => text)).toContain(prefix.text)
  expect(narrow.map(({ text }) => text)).toEqual(
    expect.arrayContaining(pieces.map(({ text }) => text)),
  )
  expect(pieces.length).toBeGreaterThan(1)
  expect(parts.subtract(whole).isEmpty).toBe(true)
  expect(parts.equals(whole)).toBe(exact)
  const { family } = prefix
  const sizes = pieces.map((piece) => RangeSet.of([piece]).count(family))
  expect(sizes.reduce((sum, size) => sum + size, 0n)).toBe(parts.count(family))
  return 1
}

/** By looking at every prefix for every other: whose nearest wider one among all is this one? */
function bySearch(wide: readonly Prefix[], narrow: readonly Prefix[]): string[] {
  const all = [...wide, ...narrow]
  const around = (inner: Prefix): Prefix | undefined =>
    all
      .filter((outer) => outer !== inner && RangeSet.of([outer]).covers(inner))
      .sort((a, b) => b.length - a.length)[0]
  return wide.flatMap((outer) => {
    const pieces = narrow.filter((inner) => around(inner) === outer)
    return pieces.length < 2 ? [] : [`${outer.text}: ${pieces.map(({ text }) => text).join(' ')}`]
  })
}

function textsOf(regroupings: readonly Regrouping[]): string[] {
  return regroupings.map(
    ({ prefix, pieces }) => `${prefix.text}: ${pieces.map(({ text }) => text).join(' ')}`,
  )
}
