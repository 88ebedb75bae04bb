/** Diffs from a timeline: the same as of the two snapshots, and what only a history can tell. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cloud } from '../../src/core/cloud.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import { diffTimeline, FLAPPING_DAYS, type WantedTag } from '../../src/core/diff-timeline.ts'
import { fileDateAt, parseFileDate, positionOf, type Position } from '../../src/core/file-date.ts'
import type { ServiceTag, Snapshot } from '../../src/core/snapshot.ts'
import { firstDifference, said } from '../support/diffs.ts'
import { makeFeed, smallDocument, tagValue } from '../support/feed.ts'
import { realFiles } from '../support/real-files.ts'
import { describeWith, realData } from '../support/requirements.ts'
import type { Timeline } from '../../src/core/timeline.ts'
import { SMALL_PREFIXES, SPACES } from '../support/small-space.ts'
import { snapshotOf } from '../support/snapshots.ts'
import { timelineOf, type PlacedSnapshot } from '../support/timelines.ts'

function positionAt(day: string): Position {
  const parsed = parseFileDate(day)
  if (!parsed.ok) throw new Error(parsed.reason)
  return positionOf(parsed.value, 0)
}

/** Days of files, some weeks and some months apart. */
const DAYS = ['2025-01-06', '2025-01-13', '2025-02-17', '2025-03-10', '2025-05-26', '2025-06-02']

const pool = [SPACES[1], SPACES[4]].flatMap((space) =>
  SMALL_PREFIXES.slice(3, 60).flatMap((small) => (space ? [space.prefix(small).text] : [])),
)

const anyTag = fc.record({
  prefixes: fc.uniqueArray(fc.constantFrom(...pool), { maxLength: 10 }),
  region: fc.constantFrom('', 'east', 'west'),
})

/** Few tags of few regions and nested prefixes, so that all that can happen to them does. */
const anyHistory = fc
  .array(fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D', 'E'), anyTag), {
    minLength: 2,
    maxLength: DAYS.length,
  })
  .map((weeks) =>
    weeks.map((tags, i): PlacedSnapshot => {
      const values = Object.entries(tags).map(([name, { prefixes, region }]) =>
        tagValue(name, prefixes, { region, regionId: ['', 'east', 'west'].indexOf(region) }),
      )
      const snapshot = snapshotOf(smallDocument({ values }))
      return { position: positionAt(DAYS[i] ?? ''), snapshot }
    }),
  )

const feed = makeFeed({ weeks: 9, seed: 5 }).reduce<PlacedSnapshot[]>(
  (read, { text, fileDate }) => [
    ...read,
    { position: positionOf(fileDate, 0), snapshot: snapshotOf(text, read.at(-1)?.snapshot) },
  ],
  [],
)

describe.each([
  ['hand-sized histories', anyHistory, 100],
  ['a generated feed', fc.constant(feed), 1],
] as const)('a diff from a timeline, on %s', (_, any, numRuns) => {
  it('says what the diff of the two snapshots says, in both directions', () => {
    fc.assert(
      fc.property(any, (history) => {
        const timeline = timelineOf(history)
        for (const [from, to] of pairs(history)) {
          const { diff } = diffTimeline(timeline, { from: from.position, to: to.position })
          expect(said(diff)).toEqual(said(diffSnapshots(from.snapshot, to.snapshot)))
        }
      }),
      { numRuns },
    )
  })

  it('of some tags is the diff of snapshots of these tags, and of all in what moved', () => {
    const byName = ({ name }: { name: string }): boolean => name.charCodeAt(0) % 2 === 0
    const byRegion = ({ region }: { region: string }): boolean => /^(east|r3)$/.test(region)
    fc.assert(
      fc.property(any, fc.constantFrom(byName, byRegion), (history, wanted) => {
        const timeline = timelineOf(history)
        for (const [from, to] of pairs(history)) {
          const between = { from: from.position, to: to.position }
          const { diff, firstSeen } = diffTimeline(timeline, between, (name, { region }) =>
            wanted({ name, region }),
          )
          const filtered = history.map(({ position, snapshot }) => {
            return { position, snapshot: onlyTags(snapshot, wanted) }
          })
          const [older, newer] = [from, to].map((week) => filtered[history.indexOf(week)])
          if (!older || !newer) throw new Error('not of this history')
          const expected = said(diffSnapshots(older.snapshot, newer.snapshot))
          const { moved } = said(diffSnapshots(from.snapshot, to.snapshot))
          const isThere = (name: string): boolean =>
            older.snapshot.tags.has(name) || newer.snapshot.tags.has(name)
          const touching = moved.filter((one) => [...one.from, ...one.to].some(isThere))
          expect(said(diff)).toEqual({ ...expected, moved: touching })
          expect([...firstSeen]).toEqual(walk(filtered, older, newer).firstSeen)
        }
      }),
      { numRuns },
    )
  })

  it('knows what came back, and when each tag first got something, as a walk over the files does', () => {
    fc.assert(
      fc.property(any, (history) => {
        const timeline = timelineOf(history)
        for (const [from, to] of pairs(history)) {
          const between = { from: from.position, to: to.position }
          const { flapping, firstSeen } = diffTimeline(timeline, between)
          const walked = walk(history, from, to)
          expect(flapping.map((one) => ({ ...one, prefix: one.prefix.text }))).toEqual(
            walked.flapping,
          )
          expect([...firstSeen]).toEqual(walked.firstSeen)
        }
      }),
      { numRuns },
    )
  })
})

describe('a diff of some tags', () => {
  it('names what moved between a tag that is wanted and one that is not', () => {
    const week = (day: string, sql: string[], storage: string[]): PlacedSnapshot => {
      const values = [
        tagValue('Batch.A', ['20.9.0.0/24'], { region: 'a', regionId: 1 }),
        tagValue('Sql.A', ['30.0.0.0/8', ...sql], { region: 'a', regionId: 1 }),
        tagValue('Storage.B', ['40.0.0.0/8', ...storage], { region: 'b', regionId: 2 }),
      ]
      return { position: positionAt(day), snapshot: snapshotOf(smallDocument({ values })) }
    }
    const timeline = timelineOf([
      week('2025-10-06', ['20.0.0.0/24'], []),
      week('2025-10-13', [], ['20.0.0.0/24']),
    ])
    const between = { from: positionAt('2025-10-06'), to: positionAt('2025-10-13') }
    const movedOf = (wanted?: WantedTag): unknown =>
      said(diffTimeline(timeline, between, wanted).diff).moved
    const whole = [{ prefix: '20.0.0.0/24', from: ['Sql.A'], to: ['Storage.B'] }]
    expect(movedOf()).toEqual(whole)
    expect(movedOf((name) => name === 'Storage.B')).toEqual(whole)
    expect(movedOf((name) => name === 'Sql.A')).toEqual(whole)
    expect(movedOf((_, { region }) => region === 'b')).toEqual(whole)
    expect(movedOf((name) => name === 'Batch.A')).toEqual([])
  })

  it('dates what a region gained by the file in which its tag entered it', () => {
    const week = (day: string, region: string, networkFeatures: string[]): PlacedSnapshot => {
      const value = tagValue('Sql', ['20.0.0.0/24'], { region, regionId: 1, networkFeatures })
      const snapshot = snapshotOf(smallDocument({ values: [value, tagValue('Storage', [])] }))
      return { position: positionAt(day), snapshot }
    }
    const timeline = timelineOf([
      week('2025-10-06', 'a', ['NSG']),
      week('2025-10-13', 'b', ['NSG']),
      week('2025-10-20', 'b', ['NSG']),
      week('2025-10-27', 'b', ['NSG', 'FW']),
    ])
    const between = { from: positionAt('2025-10-06'), to: positionAt('2025-10-27') }
    const { firstSeen } = diffTimeline(timeline, between, (_, { region }) => region === 'b')
    expect([...firstSeen]).toEqual([['Sql', positionAt('2025-10-13')]])
  })
})

describe('a prefix that came back', () => {
  const days = (...held: readonly (readonly [day: string, prefixes: readonly string[]])[]) =>
    held.map(([day, prefixes]) => ({
      position: positionAt(day),
      snapshot: snapshotOf(smallDocument({ values: [tagValue('A', ['30.0.0.0/8', ...prefixes])] })),
    }))
  const flappingOf = (history: readonly PlacedSnapshot[], from: string, to: string) =>
    diffTimeline(timelineOf(history), { from: positionAt(from), to: positionAt(to) }).flapping.map(
      ({ prefix, leftOn, cameBackOn }) => `${prefix.text} ${leftOn} ${cameBackOn}`,
    )

  it(`is flapping after ${FLAPPING_DAYS} days away and not after one more`, () => {
    const there = ['20.0.0.0/24']
    const history = (back: string) => days(['2025-01-06', there], ['2025-02-01', []], [back, there])
    expect(flappingOf(history('2025-04-02'), '2025-02-01', '2025-04-02')).toEqual([
      '20.0.0.0/24 2025-02-01 2025-04-02',
    ])
    expect(flappingOf(history('2025-04-03'), '2025-02-01', '2025-04-03')).toEqual([])
  })

  it('is not, when it is on both sides, nor seen backwards, nor for the first time', () => {
    const there = ['20.0.0.0/24']
    const history = days(['2025-01-06', there], ['2025-01-13', []], ['2025-01-20', there])
    expect(flappingOf(history, '2025-01-06', '2025-01-20')).toEqual([])
    expect(flappingOf(history, '2025-01-13', '2025-01-06')).toEqual([])
    expect(flappingOf(history.slice(1), '2025-01-13', '2025-01-20')).toEqual([])
  })
})

describeWith([realData], 'diffs from the timelines of the real weekly files', () => {
  const clouds = new Map<Cloud, PlacedSnapshot[]>()
  const timelines = new Map<Cloud, Timeline>()
  /** Made once: of the Public files it takes seconds the obvious way. */
  const timelineFor = (cloud: Cloud): Timeline => {
    const timeline = timelines.get(cloud) ?? timelineOf(clouds.get(cloud) ?? [])
    timelines.set(cloud, timeline)
    return timeline
  }
  for (const { cloud, fileDate, text } of realFiles()) {
    const before = clouds.get(cloud) ?? []
    const snapshot = snapshotOf(text(), before.at(-1)?.snapshot)
    clouds.set(cloud, [...before, { position: positionOf(fileDate, 0), snapshot }])
  }

  it.each([
    ['AzureGovernment', 'every pair, every other one back in time', halfOfPairs],
    ['China', 'every pair, every other one back in time', halfOfPairs],
    ['Public', 'neighbours, every other one back in time, and the ends both ways', chosenPairs],
  ] as const)(
    'of %s say what the snapshots say: %s',
    (cloud, _, choose) => {
      const timeline = timelineFor(cloud)
      const chosen = choose(clouds.get(cloud) ?? [])
      expect(chosen.length).toBeGreaterThan(2)
      for (const [from, to] of chosen) {
        const { diff } = diffTimeline(timeline, { from: from.position, to: to.position })
        expect(firstDifference(diff, diffSnapshots(from.snapshot, to.snapshot))).toBeUndefined()
      }
    },
    60_000,
  )

  it('of China name the 58 ranges that were gone from 2021-07-05 until 2021-07-19', () => {
    const timeline = timelineFor('China')
    const between = (from: string, to: string) =>
      diffTimeline(timeline, { from: positionAt(from), to: positionAt(to) })
    expect(between('2021-06-28', '2021-07-05').diff).toMatchObject({
      membershipsAdded: 0,
      membershipsRemoved: 66,
    })
    const { diff, flapping } = between('2021-07-05', '2021-07-19')
    expect(diff).toMatchObject({ membershipsAdded: 80, membershipsRemoved: 2 })
    expect(flapping).toHaveLength(58)
    expect(new Set(flapping.map(({ leftOn, cameBackOn }) => `${leftOn} ${cameBackOn}`))).toEqual(
      new Set(['2021-07-05 2021-07-19']),
    )
    // Nobody who compares the ends sees the gap but in this.
    expect(between('2021-06-28', '2021-07-19').flapping).toEqual([])
    expect(between('2021-06-21', '2021-07-19').flapping).toHaveLength(58)
  })

  it('of China date additions by the file that first had them', () => {
    const timeline = timelineFor('China')
    const between = { from: positionAt('2021-06-21'), to: positionAt('2021-07-19') }
    const days = new Set([...diffTimeline(timeline, between).firstSeen.values()].map(fileDateAt))
    expect(days).toEqual(new Set(['2021-06-28', '2021-07-19']))
  })

  it('of Public name what moved, was split and was merged in six years', () => {
    const timeline = timelineFor('Public')
    const between = { from: positionAt('2019-07-22'), to: positionAt('2025-10-28') }
    const { diff, flapping } = diffTimeline(timeline, between)
    expect(diff).toMatchObject({ membershipsAdded: 81_593, membershipsRemoved: 2_805 })
    const counts = [diff.regions.length, diff.moved.length, flapping.length]
    expect(counts).toEqual([74, 30, 26])
    const moved = diff.moved.find(({ prefix }) => prefix.text === '20.191.160.0/19')
    expect(moved).toMatchObject({ from: ['AzureCloud.westus2'], to: ['AzureCloud.japaneast'] })
    const cloud = said(diff).tags.find(({ name }) => name === 'AzureCloud')
    const split = { prefix: '51.142.128.0/17', pieces: ['51.142.128.0/18', '51.142.192.0/18'] }
    expect(cloud?.split).toContainEqual({ ...split, exact: true })
    const merged = { prefix: '51.143.128.0/17', pieces: ['51.143.128.0/18', '51.143.192.0/18'] }
    expect(cloud?.merged).toContainEqual({ ...merged, exact: true })
  })
})

type Pair = readonly [PlacedSnapshot, PlacedSnapshot]

/** Every ordered pair of two different ones. */
function pairs(history: readonly PlacedSnapshot[]): Pair[] {
  return history.flatMap((from) =>
    history.flatMap((to): Pair[] => (from === to ? [] : [[from, to]])),
  )
}

/** Every pair in one direction, half of them back in time. */
function halfOfPairs(history: readonly PlacedSnapshot[]): Pair[] {
  const isOdd = (pair: Pair): boolean =>
    pair.reduce((sum, week) => sum + history.indexOf(week), 0) % 2 > 0
  return pairs(history).filter((pair) => pair[0].position < pair[1].position === isOdd(pair))
}

/** Each file with the next one, half of them back in time, and the first and the last both ways. */
function chosenPairs(history: readonly PlacedSnapshot[]): Pair[] {
  const isNear = ([from, to]: Pair): boolean =>
    Math.abs(history.indexOf(from) - history.indexOf(to)) === 1
  const neighbours = pairs(history)
    .filter(isNear)
    .filter(([from, to]) => from.position < to.position === history.indexOf(from) % 2 > 0)
  const ends = pairs([history[0], history.at(-1)].flatMap((week) => week ?? []))
  return [...neighbours, ...ends]
}

function onlyTags(snapshot: Snapshot, wanted: (tag: ServiceTag) => boolean): Snapshot {
  return { ...snapshot, tags: new Map([...snapshot.tags].filter(([, tag]) => wanted(tag))) }
}

/** File by file: who had what, who has it no more, who has it again. */
function walk(history: readonly PlacedSnapshot[], from: PlacedSnapshot, to: PlacedSnapshot) {
  const holds = ({ snapshot }: PlacedSnapshot, tag: string, text: string): boolean =>
    snapshot.tags.get(tag)?.prefixes.some((prefix) => prefix.text === text) ?? false
  const dateOf = ({ position }: PlacedSnapshot): string => fileDateAt(position)
  const flapping: { tag: string; prefix: string; leftOn: string; cameBackOn: string }[] = []
  const firstSeen: [string, Position][] = []
  for (const tag of to.position > from.position ? to.snapshot.tags.values() : []) {
    const added = tag.prefixes.filter(({ text }) => !holds(from, tag.name, text))
    const arrivals: Position[] = []
    for (const { text } of added) {
      const until = history.slice(0, history.indexOf(to) + 1)
      const seen = until.filter((week) => holds(week, tag.name, text))
      arrivals.push(...seen.map(({ position }) => position).filter((at) => at > from.position))
      const gone = until.findLastIndex((week) => !holds(week, tag.name, text))
      const had = until.slice(0, gone).findLastIndex((week) => holds(week, tag.name, text))
      const [left, back] = [until[had + 1], until[gone + 1]]
      if (had < 0 || !left || !back) continue
      const away = (Date.parse(dateOf(back)) - Date.parse(dateOf(left))) / 86_400_000
      if (away > FLAPPING_DAYS) continue
      flapping.push({ tag: tag.name, prefix: text, leftOn: dateOf(left), cameBackOn: dateOf(back) })
    }
    if (arrivals.length > 0) firstSeen.push([tag.name, Math.min(...arrivals) as Position])
  }
  return { flapping, firstSeen }
}
