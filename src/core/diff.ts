/** What changed between two snapshots of a cloud: in tags, in prefixes, and in addresses. */
import { coverageOfAll, coverageOfRegions, coverageOfTag, isSame } from './diff-coverage.ts'
import type { AddressCounts, CoverageChange, RegionChange } from './diff-coverage.ts'
import { movedPrefixes, regroupingsOf } from './diff-moved.ts'
import type { MovedPrefix, Regrouping } from './diff-moved.ts'
import { sidesOfLists, type Sides, type TagLists } from './diff-sides.ts'
import { comparePrefixes, type Prefix } from './prefix.ts'
import { RangeSet } from './range-set.ts'
import { compareText, type ServiceTag, type Snapshot } from './snapshot.ts'

export type { AddressCounts, CoverageChange } from './diff-coverage.ts'
export type { Regrouping } from './diff-moved.ts'

export interface MetadataChange {
  readonly field: 'region' | 'regionId' | 'systemService' | 'networkFeatures'
  readonly from: string
  readonly to: string
}

export interface TagChange {
  readonly name: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** In list order. */
  readonly prefixesAdded: readonly Prefix[]
  readonly prefixesRemoved: readonly Prefix[]
  readonly metadata: readonly MetadataChange[]
  readonly coverage: CoverageChange
  /** The prefixes changed and the addresses did not. */
  readonly reaggregated: boolean
  /** See `Regrouping`: prefixes that gave way to narrower ones of this tag, in list order. */
  readonly split: readonly Regrouping[]
  /** The reverse: prefixes that took the place of narrower ones. */
  readonly merged: readonly Regrouping[]
}

export interface SnapshotDiff {
  /** Tags that differ, in name order. */
  readonly tags: readonly TagChange[]
  /** (tag, prefix) pairs. */
  readonly membershipsAdded: number
  readonly membershipsRemoved: number
  /** Of all tags together: an address that moves between tags is neither gained nor lost. */
  readonly coverage: CoverageChange
  /** See `RegionChange`. */
  readonly regions: readonly RegionChange[]
  /** See `MovedPrefix`; of a diff of some tags, see `diffTimeline`. */
  readonly moved: readonly MovedPrefix[]
  readonly isEmpty: boolean
}

/** What a tag says of itself beside its prefixes. */
export type Facts = Pick<ServiceTag, 'region' | 'regionId' | 'systemService' | 'networkFeatures'>

/** A tag that differs. */
export interface TagMove {
  readonly name: string
  readonly kind: TagChange['kind']
  readonly metadata: readonly MetadataChange[]
  /** In list order. */
  readonly added: readonly Prefix[]
  readonly removed: readonly Prefix[]
  /** The tag's place in `sides.tags`. */
  readonly index: number
}

/** What a diff is made from, whether two snapshots were compared or a timeline was asked. */
interface Moves {
  /** In name order. */
  readonly tags: readonly TagMove[]
  readonly sides: Sides
  /** Asked for once; of these sides, if it is not given. */
  readonly moved?: () => readonly MovedPrefix[]
}

/** The last diff to a snapshot: whoever judges a week asks for it, and then whoever keeps it. */
const lastDiffs = new WeakMap<
  Snapshot,
  { from: WeakRef<Snapshot> | undefined; diff: SnapshotDiff }
>()

/**
 * `from` undefined stands for nothing at all. Only tags with differing digests are looked into;
 * O(n log m): n prefixes in all, m of them changed.
 */
export function diffSnapshots(from: Snapshot | undefined, to: Snapshot): SnapshotDiff {
  const last = lastDiffs.get(to)
  if (last && isFrom(last.from, from)) return last.diff
  const diff = diffOfMoves(movesBetween(from, to))
  lastDiffs.set(to, { from: from && new WeakRef(from), diff })
  return diff
}

/** A reference whose snapshot is gone is not nothing at all. */
function isFrom(known: WeakRef<Snapshot> | undefined, from: Snapshot | undefined): boolean {
  return known ? from !== undefined && known.deref() === from : from === undefined
}

/** What is said of all tags together is worked out when it is asked for, once. */
export function diffOfMoves({ tags, sides, ...asked }: Moves): SnapshotDiff {
  const coverage = once(() => coverageOfAll(sides))
  const regions = once(() => coverageOfRegions(sides))
  const moved = once(asked.moved ?? (() => movedPrefixes(sides)))
  return {
    tags: tags.map((move) => tagChange(move, sides)),
    membershipsAdded: tags.reduce((sum, { added }) => sum + added.length, 0),
    membershipsRemoved: tags.reduce((sum, { removed }) => sum + removed.length, 0),
    get coverage() {
      return coverage()
    },
    get regions() {
      return regions()
    },
    get moved() {
      return moved()
    },
    isEmpty: tags.length === 0,
  }
}

export function countsOf(set: RangeSet): AddressCounts {
  return { 4: set.count(4), 6: set.count(6) }
}

function tagChange({ index, added, removed, ...move }: TagMove, sides: Sides): TagChange {
  const coverage = coverageOfTag(sides, index)
  return {
    name: move.name,
    kind: move.kind,
    prefixesAdded: added,
    prefixesRemoved: removed,
    metadata: move.metadata,
    coverage,
    reaggregated: added.length + removed.length > 0 && isSame(coverage),
    ...regroupingsOf(sides, index),
  }
}

/** Which facts differ; none for a tag that is on one side only. */
export function metadataChanges(
  before: Facts | undefined,
  after: Facts | undefined,
): MetadataChange[] {
  if (!before || !after) return []
  const fields = ['region', 'regionId', 'systemService', 'networkFeatures'] as const
  return fields.flatMap((field) => {
    const [from, to] = [String(before[field]), String(after[field])]
    return from === to ? [] : [{ field, from, to }]
  })
}

export function kindOf(before: unknown, after: unknown): TagChange['kind'] {
  return before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
}

/** A tag that differs; its prefixes by where they are, each list in list order. */
interface Compared {
  readonly name: string
  readonly before: ServiceTag | undefined
  readonly after: ServiceTag | undefined
  readonly added: readonly Prefix[]
  readonly removed: readonly Prefix[]
  readonly kept: readonly Prefix[]
}

/**
 * Neither side's whole coverage is built: of what stayed, only what overlaps something that came or
 * went can make a difference. The older snapshot and the tags that stayed are not held on to.
 */
function movesBetween(from: Snapshot | undefined, to: Snapshot): Moves {
  const compared = differingTags(from, to)
  const touched = from ? RangeSet.of(compared.flatMap(touching)) : RangeSet.empty // nothing stayed
  const lists = [
    ...compared.map((tag) => listsOf(tag, touched)),
    ...unchangedLists(compared, to, touched),
  ].sort((a, b) => compareText(a.tag.name, b.tag.name))
  const places = new Map(lists.map(({ tag }, index) => [tag.name, index]))
  return {
    tags: compared.map(({ name, before, after, ...tag }) => ({
      name,
      kind: kindOf(before, after),
      metadata: metadataChanges(before, after),
      added: tag.added,
      removed: tag.removed,
      index: places.get(name) ?? 0,
    })),
    sides: sidesOfLists(lists),
  }
}

function differingTags(from: Snapshot | undefined, to: Snapshot): Compared[] {
  const compared: Compared[] = []
  for (const after of to.tags.values()) {
    const before = from?.tags.get(after.name)
    if (before?.digest !== after.digest) compared.push(comparedTag(after.name, before, after))
  }
  for (const before of from?.tags.values() ?? []) {
    if (!to.tags.has(before.name)) compared.push(comparedTag(before.name, before, undefined))
  }
  return compared.sort((a, b) => compareText(a.name, b.name))
}

/** A tag that changed its region takes along what it keeps, too. */
function touching({ before, after, added, removed, kept }: Compared): readonly Prefix[] {
  const moves = before && after && before.region !== after.region
  return moves ? [...added, ...removed, ...kept] : [...added, ...removed]
}

function comparedTag(
  name: string,
  before: ServiceTag | undefined,
  after: ServiceTag | undefined,
): Compared {
  return { name, before, after, ...compareSorted(before?.prefixes ?? [], after?.prefixes ?? []) }
}

function listsOf(
  { name, before, after, added, removed, kept }: Compared,
  touched: RangeSet,
): TagLists {
  const tag = { name, regionFrom: before?.region ?? '', regionTo: after?.region ?? '' }
  return { tag, added, removed, near: touched.overlapping(kept) }
}

function unchangedLists(
  compared: readonly Compared[],
  to: Snapshot,
  touched: RangeSet,
): TagLists[] {
  const differing = new Set(compared.map(({ name }) => name))
  const lists: TagLists[] = []
  for (const { name, region, prefixes } of to.tags.values()) {
    const near = differing.has(name) ? [] : touched.overlapping(prefixes)
    if (near.length === 0) continue
    lists.push({
      tag: { name, regionFrom: region, regionTo: region },
      added: [],
      removed: [],
      near,
    })
  }
  return lists
}

function compareSorted(
  before: readonly Prefix[],
  after: readonly Prefix[],
): Pick<Compared, 'added' | 'removed' | 'kept'> {
  const [added, removed, kept]: [Prefix[], Prefix[], Prefix[]] = [[], [], []]
  let [i, j] = [0, 0]
  for (;;) {
    const [a, b] = [before[i], after[j]]
    if (!a && !b) return { added, removed, kept }
    const order = a === b ? 0 : !a ? 1 : !b ? -1 : comparePrefixes(a, b)
    if (order < 0 && a) removed.push(a)
    if (order === 0 && a) kept.push(a)
    if (order > 0 && b) added.push(b)
    if (order <= 0) i++
    if (order >= 0) j++
  }
}

/** Worked out at the first question, and then known. */
export function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | undefined
  return () => (done ??= { value: work() }).value
}
