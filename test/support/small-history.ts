/** Histories in a space of 256 blocks, small enough to be asked by looking at every block. */
import * as fc from 'fast-check'
import type { Position } from '../../src/core/file-date.ts'
import type { ServiceTag, Snapshot } from '../../src/core/snapshot.ts'
import { booleansOf, SMALL_PREFIXES, type SmallPrefix, type SmallSpace } from './small-space.ts'
import type { PlacedSnapshot } from './timelines.ts'

/** What each tag published in each week, by the tags' names in their order. */
export type SmallWeek = Readonly<Record<(typeof NAMES)[number], readonly SmallPrefix[]>>

const NAMES = ['A', 'B', 'C'] as const

/** Few prefixes to choose from, so that the same ones go and come back, and halves meet wholes. */
const prefixes = fc
  .uniqueArray(fc.constantFrom(...SMALL_PREFIXES), { minLength: 1, maxLength: 12 })
  .chain((pool) => fc.constantFrom(pool, withHalves(pool)))

export const smallHistories: fc.Arbitrary<SmallWeek[]> = prefixes.chain((pool) => {
  const some = fc.subarray(pool)
  return fc.array(fc.record({ A: some, B: some, C: some }), { minLength: 1, maxLength: 6 })
})

function withHalves(pool: readonly SmallPrefix[]): SmallPrefix[] {
  const halves = pool.flatMap(({ from, size }) =>
    size === 1 ? [] : [0, 1].map((half) => ({ from: from + (half * size) / 2, size: size / 2 })),
  )
  const all = [...pool, ...halves]
  return [...new Map(all.map((small) => [`${small.from} ${small.size}`, small])).values()]
}

/** Position of the `i`th week. */
export function weekPosition(i: number): Position {
  return (2025010100 + 100 * i) as Position
}

export function snapshotsOf(space: SmallSpace, weeks: readonly SmallWeek[]): PlacedSnapshot[] {
  return weeks.map((week, i) => ({ position: weekPosition(i), snapshot: snapshotIn(space, week) }))
}

function snapshotIn(space: SmallSpace, week: SmallWeek): Snapshot {
  const tags = NAMES.map((name): [string, ServiceTag] => {
    const facts = { region: '', regionId: 0, systemService: '', networkFeatures: [], digest: '' }
    return [name, { name, ...facts, prefixes: week[name].map((small) => space.prefix(small)) }]
  })
  return {
    cloud: 'Public',
    changeNumber: 1,
    tags: new Map(tags),
    memberships: tags.reduce((sum, [, { prefixes: own }]) => sum + own.length, 0),
    contentHash: '',
  }
}

/** Ordinals of the tags that hold a block. */
export function tagsHolding(week: SmallWeek, block: number): number[] {
  return NAMES.flatMap((name, tag) => (booleansOf(week[name])[block] ? [tag] : []))
}

export interface SmallHolding {
  readonly tag: number
  readonly whole: boolean
  /** The narrowest that holds all of them; undefined if none does. */
  readonly prefix: SmallPrefix | undefined
  /** First and last week with as much. */
  readonly firstWeek: number
  readonly lastWeek: number
}

/** What each tag holds of some consecutive blocks, by looking at each block in each week. */
export function holdingsByLooking(
  weeks: readonly SmallWeek[],
  at: number,
  [first, last]: readonly [number, number],
): SmallHolding[] {
  return NAMES.flatMap((name, tag) => {
    const held = weeks.map((week) => booleansOf(week[name]).slice(first, last + 1))
    const now = held[at] ?? []
    if (!now.includes(true)) return []
    const whole = !now.includes(false)
    const asMuch = held.map((blocks) => (whole ? !blocks.includes(false) : blocks.includes(true)))
    const [prefix] = (weeks[at]?.[name] ?? [])
      .filter(({ from, size }) => from <= first && from + size > last)
      .sort((a, b) => a.size - b.size)
    const [firstWeek, lastWeek] = [asMuch.indexOf(true), asMuch.lastIndexOf(true)]
    return [{ tag, whole, prefix, firstWeek, lastWeek }]
  })
}
