/** What changed: examples a person can check, and laws against sets and full range subtraction. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countsOf, diffSnapshots } from '../../src/core/diff.ts'
import type { SnapshotDiff, TagChange } from '../../src/core/diff.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import type { ServiceTag, Snapshot } from '../../src/core/snapshot.ts'
import { makeFeed, smallDocument, tagValue } from '../support/feed.ts'
import { prefixesFrom } from '../support/networks.ts'
import { SMALL_PREFIXES, SPACES } from '../support/small-space.ts'
import { snapshotFrom, snapshotOf } from '../support/snapshots.ts'

const NOTHING = { 4: 0n, 6: 0n }

describe('diffSnapshots', () => {
  it('names tags added, removed and changed, in name order', () => {
    const from = snapshotFrom({ B: ['20.0.0.0/24'], C: ['20.0.1.0/24'], D: [] })
    const to = snapshotFrom({ A: ['20.0.2.0/23'], B: ['20.0.0.0/24'], C: ['20.0.1.0/25'] })
    const diff = diffSnapshots(from, to)
    expect(diff.tags.map(({ name, kind }) => [name, kind])).toEqual([
      ['A', 'added'],
      ['C', 'changed'],
      ['D', 'removed'],
    ])
    expect(diff).toMatchObject({ membershipsAdded: 2, membershipsRemoved: 1, isEmpty: false })
    expect(diff.coverage).toEqual({ gained: { 4: 512n, 6: 0n }, lost: { 4: 128n, 6: 0n } })
  })

  it('tells a split or a merge from a change of addresses', () => {
    const whole = snapshotFrom({ A: ['20.0.0.0/24', '2603:1000::/40'] })
    const halves = snapshotFrom({ A: ['20.0.0.0/25', '20.0.0.128/25', '2603:1000::/40'] })
    const most = snapshotFrom({ A: ['20.0.0.0/25', '2603:1000::/40'] })
    for (const [from, to] of [[whole, halves] as const, [halves, whole] as const]) {
      const [change] = diffSnapshots(from, to).tags
      expect(change).toMatchObject({
        reaggregated: true,
        coverage: { gained: NOTHING, lost: NOTHING },
      })
    }
    const [change] = diffSnapshots(whole, most).tags
    expect(change).toMatchObject({ reaggregated: false, coverage: { lost: { 4: 128n, 6: 0n } } })
  })

  it('counts a prefix that moves between tags in both tags and nowhere in the cloud', () => {
    const from = snapshotFrom({ A: ['20.0.0.0/24'], B: [] })
    const diff = diffSnapshots(from, snapshotFrom({ A: [], B: ['20.0.0.0/24'] }))
    expect(diff.tags.map(({ coverage }) => coverage)).toEqual([
      { gained: NOTHING, lost: { 4: 256n, 6: 0n } },
      { gained: { 4: 256n, 6: 0n }, lost: NOTHING },
    ])
    expect(diff.coverage).toEqual({ gained: NOTHING, lost: NOTHING })
    expect(diff).toMatchObject({ membershipsAdded: 1, membershipsRemoved: 1 })
  })

  it('does not call lost what another prefix of the tag still covers', () => {
    const from = snapshotFrom({ A: ['20.0.0.0/8', '20.1.0.0/16'] })
    const [change] = diffSnapshots(from, snapshotFrom({ A: ['20.0.0.0/8'] })).tags
    expect(change).toMatchObject({ reaggregated: true, coverage: { lost: NOTHING } })
  })

  it('reports facts that are not prefixes, and changes no coverage by them', () => {
    const of = (properties: Readonly<Record<string, unknown>>): Snapshot =>
      snapshotOf(smallDocument({ values: [tagValue('A', ['20.0.0.0/8'], properties)] }))
    const from = of({ region: 'germanyn', regionId: 1, networkFeatures: ['NSG', 'API'] })
    const to = of({
      region: 'germanywc',
      regionId: 2,
      networkFeatures: null,
      systemService: 'AzureX',
    })
    expect(diffSnapshots(from, to).tags).toEqual([
      {
        name: 'A',
        kind: 'changed',
        prefixesAdded: [],
        prefixesRemoved: [],
        metadata: [
          { field: 'region', from: 'germanyn', to: 'germanywc' },
          { field: 'regionId', from: '1', to: '2' },
          { field: 'systemService', from: '', to: 'AzureX' },
          { field: 'networkFeatures', from: 'API,NSG', to: '' },
        ],
        coverage: { gained: NOTHING, lost: NOTHING },
        reaggregated: false,
        split: [],
        merged: [],
      },
    ])
  })

  it('counts a region as the union of its tags, and leaves out what stayed the same', () => {
    const inRegion = (name: string, region: string, ...prefixes: string[]): object =>
      tagValue(name, prefixes, { region, regionId: ['', 'east', 'west', 'north'].indexOf(region) })
    const of = (...values: object[]): Snapshot => snapshotOf(smallDocument({ values }))
    const from = of(
      inRegion('A.East', 'east', '20.0.0.0/24', '20.0.1.0/24'),
      inRegion('B.East', 'east'),
      inRegion('A.West', 'west', '30.0.0.0/24'),
      inRegion('A.North', 'north', '40.0.0.0/24'),
      inRegion('Global', '', '50.0.0.0/24'),
    )
    const to = of(
      inRegion('A.East', 'east', '20.0.0.0/24'),
      inRegion('B.East', 'east', '20.0.1.0/24'),
      inRegion('A.West', 'west', '30.0.0.0/25', '2603::/126'),
      inRegion('A.North', 'west', '40.0.0.0/24'),
      inRegion('Global', ''),
    )
    expect(diffSnapshots(from, to).regions).toEqual([
      { region: 'north', coverage: { gained: NOTHING, lost: { 4: 256n, 6: 0n } } },
      { region: 'west', coverage: { gained: { 4: 256n, 6: 4n }, lost: { 4: 128n, 6: 0n } } },
    ])
  })

  it('takes everything for added when there was nothing before', () => {
    const to = snapshotFrom({
      A: ['20.0.0.0/24', '20.0.0.0/25'],
      B: ['20.0.0.0/24', '::/128'],
      C: [],
    })
    const diff = diffSnapshots(undefined, to)
    expect(diff.tags.map(({ kind }) => kind)).toEqual(['added', 'added', 'added'])
    expect(diff).toMatchObject({ membershipsAdded: 4, membershipsRemoved: 0 })
    expect(diff.coverage).toEqual({ gained: { 4: 256n, 6: 1n }, lost: NOTHING })
  })

  it('is empty where only order, numbers and spelling differ', () => {
    const weeks = makeFeed({ weeks: 3 })
    const [second, third] = [weeks[1], weeks[2]].map((week) => snapshotOf(week?.text ?? ''))
    expect(weeks[2]?.isNews).toBe(false)
    expect(second && third && diffSnapshots(second, third).isEmpty).toBe(true)
  })
})

/** Few tags and few, nested prefixes, so that everything that can happen to them happens often. */
const pool = [SPACES[1], SPACES[4]].flatMap((space) =>
  SMALL_PREFIXES.slice(3, 60).flatMap((small) => (space ? [space.prefix(small).text] : [])),
)
const anyPrefixes = fc.uniqueArray(fc.constantFrom(...pool), { maxLength: 12 })
const anySnapshot = fc
  .dictionary(fc.constantFrom('A', 'B', 'C', 'D', 'E'), anyPrefixes)
  .map((tags) => snapshotFrom(tags))

/** Weeks of the generated feed, some apart, each parsed as the service does. */
const weeks = makeFeed({ weeks: 12, seed: 11 }).reduce<Snapshot[]>(
  (read, { text }) => [...read, snapshotOf(text, read.at(-1))],
  [],
)
const anyWeek = fc.constantFrom(...weeks)

describe.each([
  ['hand-sized snapshots', anySnapshot, 300],
  ['generated weeks', anyWeek, 30],
] as const)('the laws of a diff, on %s', (_, any, numRuns) => {
  it('diff(a, a) is empty', () => {
    fc.assert(
      fc.property(any, (a) => {
        expect(diffSnapshots(a, a)).toEqual({
          tags: [],
          membershipsAdded: 0,
          membershipsRemoved: 0,
          coverage: { gained: NOTHING, lost: NOTHING },
          regions: [],
          moved: [],
          isEmpty: true,
        })
      }),
      { numRuns },
    )
  })

  it('apply(a, diff(a, b)) = b', () => {
    fc.assert(
      fc.property(fc.option(any, { nil: undefined }), any, (a, b) => {
        expect(apply(a ? membershipsOf(a) : new Map(), diffSnapshots(a, b))).toEqual(
          membershipsOf(b),
        )
      }),
      { numRuns },
    )
  })

  it('merge(diff(a, b), diff(b, c)) = diff(a, c)', () => {
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const merged = merge(diffSnapshots(a, b), diffSnapshots(b, c))
        expect(merged).toEqual(merge(diffSnapshots(a, c), diffSnapshots(c, c)))
      }),
      { numRuns },
    )
  })

  it('diff(b, a) is diff(a, b) with the sides exchanged', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [there, back] = [diffSnapshots(a, b), diffSnapshots(b, a)]
        expect(back.coverage).toEqual({ gained: there.coverage.lost, lost: there.coverage.gained })
        expect(back.tags.map((tag) => [tag.name, tag.prefixesAdded, tag.coverage.gained])).toEqual(
          there.tags.map((tag) => [tag.name, tag.prefixesRemoved, tag.coverage.lost]),
        )
      }),
      { numRuns },
    )
  })

  it('coverage is that of the whole range sets, of each tag and of all', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const diff = diffSnapshots(a, b)
        expect(diff.coverage).toEqual(fullChange(allPrefixes(a), allPrefixes(b)))
        for (const tag of diff.tags) {
          const [old, now] = [a, b].map((side) => side.tags.get(tag.name)?.prefixes ?? [])
          const full = fullChange(old ?? [], now ?? [])
          expect(tag.coverage).toEqual(full)
          const isSame = [full.gained, full.lost].every((counts) => counts[4] + counts[6] === 0n)
          const moved = tag.prefixesAdded.length + tag.prefixesRemoved.length > 0
          expect(tag.reaggregated).toBe(moved && isSame)
        }
      }),
      { numRuns },
    )
  })

  it('coverage of a region is that of the union of its tags, on either side', () => {
    fc.assert(
      fc.property(any, any, fc.nat(2), (a, b, salt) => {
        const [old, now] = [withRegions(a, salt), withRegions(b, salt + 1)]
        const regions = new Set([old, now].flatMap(regionsOf))
        const expected = [...regions].sort().flatMap((region) => {
          const [before, after] = [old, now].map((side) => prefixesOf(side, region))
          const coverage = fullChange(before ?? [], after ?? [])
          const counts = [coverage.gained, coverage.lost]
          const isSame = counts.every((count) => count[4] + count[6] === 0n)
          return isSame ? [] : [{ region, coverage }]
        })
        expect(diffSnapshots(old, now).regions).toEqual(expected)
      }),
      { numRuns },
    )
  })
})

describe('countsOf', () => {
  it('counts addresses per family, exactly', () => {
    const from = RangeSet.of(prefixesFrom(['20.0.0.0/24', '2603::/127']))
    expect(countsOf(from)).toEqual({ 4: 256n, 6: 2n })
  })
})

/** The tags in two regions and none, otherwise with another salt. */
function withRegions(snapshot: Snapshot, salt: number): Snapshot {
  const tags = [...snapshot.tags.values()].map((tag): [string, ServiceTag] => {
    const region = ['', 'east', 'west'][(tag.name.charCodeAt(tag.name.length - 1) + salt) % 3] ?? ''
    return [tag.name, { ...tag, region, digest: `${tag.digest} ${region}` }]
  })
  return { ...snapshot, tags: new Map(tags) }
}

function regionsOf({ tags }: Snapshot): string[] {
  return [...tags.values()].flatMap(({ region }) => (region === '' ? [] : [region]))
}

function prefixesOf({ tags }: Snapshot, region: string): Prefix[] {
  return [...tags.values()].flatMap((tag) => (tag.region === region ? tag.prefixes : []))
}

type Memberships = ReadonlyMap<string, readonly string[]>

function membershipsOf(snapshot: Snapshot): Memberships {
  return new Map(
    [...snapshot.tags.values()].map(({ name, prefixes }) => [name, textsOf(prefixes).sort()]),
  )
}

/** Does to a map of sets what a diff says. */
function apply(before: Memberships, diff: SnapshotDiff): Memberships {
  const after = new Map(before)
  for (const { name, kind, prefixesAdded, prefixesRemoved } of diff.tags) {
    const removed = textsOf(prefixesRemoved)
    const old = before.get(name) ?? []
    expect(kind === 'added').toBe(!before.has(name))
    expect(old).toEqual(expect.arrayContaining(removed))
    after.set(
      name,
      [...old.filter((text) => !removed.includes(text)), ...textsOf(prefixesAdded)].sort(),
    )
    if (kind === 'removed') {
      expect(after.get(name)).toEqual([])
      after.delete(name)
    }
  }
  return new Map([...after].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Two steps as one: what was added and removed again, or removed and added again, is gone. */
function merge(
  first: SnapshotDiff,
  second: SnapshotDiff,
): Record<string, readonly [string, string[], string[]]> {
  const names = [...first.tags, ...second.tags].map(({ name }) => name)
  const merged = [...new Set(names)].sort().flatMap((name) => {
    const [one, two] = [first, second].map((diff) => diff.tags.find((tag) => tag.name === name))
    const [added, removed] = [namesOf(one, 'prefixesAdded'), namesOf(one, 'prefixesRemoved')]
    const [addedThen, removedThen] = [
      namesOf(two, 'prefixesAdded'),
      namesOf(two, 'prefixesRemoved'),
    ]
    const gone = (one?.kind ?? two?.kind) === 'added' && (two ?? one)?.kind === 'removed'
    const kind = kindOf(one, two)
    const plus = [...without(added, removedThen), ...without(addedThen, removed)].sort()
    const minus = [...without(removed, addedThen), ...without(removedThen, added)].sort()
    const isNothing = kind === 'changed' && plus.length + minus.length === 0
    return gone || isNothing ? [] : [[name, [kind, plus, minus] as const] as const]
  })
  return Object.fromEntries(merged)
}

function kindOf(one: TagChange | undefined, two: TagChange | undefined): TagChange['kind'] {
  const [isNew, isGone] = [(one ?? two)?.kind === 'added', (two ?? one)?.kind === 'removed']
  return isNew ? 'added' : isGone ? 'removed' : 'changed'
}

function namesOf(tag: TagChange | undefined, side: 'prefixesAdded' | 'prefixesRemoved'): string[] {
  return textsOf(tag?.[side] ?? [])
}

function without(texts: readonly string[], others: readonly string[]): string[] {
  return texts.filter((text) => !others.includes(text))
}

function textsOf(prefixes: readonly Prefix[]): string[] {
  return prefixes.map(({ text }) => text)
}

function allPrefixes(snapshot: Snapshot): Prefix[] {
  return [...snapshot.tags.values()].flatMap((tag) => tag.prefixes)
}

/** Gained and lost by subtracting everything from everything. */
function fullChange(from: readonly Prefix[], to: readonly Prefix[]): SnapshotDiff['coverage'] {
  const [old, now] = [RangeSet.of(from), RangeSet.of(to)]
  const counts = (set: RangeSet): Readonly<Record<4 | 6, bigint>> => ({
    4: set.count(4),
    6: set.count(6),
  })
  return { gained: counts(now.subtract(old)), lost: counts(old.subtract(now)) }
}
