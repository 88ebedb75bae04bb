/** What changed between two snapshots of a cloud: in tags, in prefixes, and in addresses. */
import { FAMILIES, type Family } from './address.ts'
import { comparePrefixes, type Prefix } from './prefix.ts'
import { RangeSet } from './range-set.ts'
import { compareText, type ServiceTag, type Snapshot } from './snapshot.ts'

/** Numbers of addresses, per family. */
export type AddressCounts = Readonly<Record<Family, bigint>>

/** Addresses that only the newer side has, and that only the older side had. */
export interface CoverageChange {
  readonly gained: AddressCounts
  readonly lost: AddressCounts
}

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
}

export interface SnapshotDiff {
  /** Tags that differ, in name order. */
  readonly tags: readonly TagChange[]
  /** (tag, prefix) pairs. */
  readonly membershipsAdded: number
  readonly membershipsRemoved: number
  /** Of all tags together: an address that moves between tags is neither gained nor lost. */
  readonly coverage: CoverageChange
  readonly isEmpty: boolean
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
  const diff = diffOf(from, to)
  lastDiffs.set(to, { from: from && new WeakRef(from), diff })
  return diff
}

/** A reference whose snapshot is gone is not nothing at all. */
function isFrom(known: WeakRef<Snapshot> | undefined, from: Snapshot | undefined): boolean {
  return known ? from !== undefined && known.deref() === from : from === undefined
}

function diffOf(from: Snapshot | undefined, to: Snapshot): SnapshotDiff {
  const moves = movesBetween(from, to)
  const added = moves.flatMap((move) => move.added)
  const removed = moves.flatMap((move) => move.removed)
  const touched = RangeSet.of([...added, ...removed])
  const moved = new Map(moves.map((move) => [move.name, touched.overlapping(move.kept)]))
  const near = [...to.tags.values()].flatMap(
    (tag) => moved.get(tag.name) ?? touched.overlapping(tag.prefixes),
  )
  return {
    tags: moves.map((move) => tagChange(move, moved.get(move.name) ?? [])),
    membershipsAdded: added.length,
    membershipsRemoved: removed.length,
    coverage: coverageOfMove(added, removed, near),
    isEmpty: moves.length === 0,
  }
}

/** The part of a diff about some tags; its coverage is that of those tags together. */
export function diffOfTags(
  from: Snapshot | undefined,
  to: Snapshot,
  wanted: (tag: ServiceTag) => boolean,
): SnapshotDiff {
  return diffSnapshots(from && onlyTags(from, wanted), onlyTags(to, wanted))
}

export function countsOf(set: RangeSet): AddressCounts {
  return { 4: set.count(4), 6: set.count(6) }
}

/** A tag that differs; its prefixes by where they are, each list in list order. */
interface TagMove {
  readonly name: string
  readonly before: ServiceTag | undefined
  readonly after: ServiceTag | undefined
  readonly added: readonly Prefix[]
  readonly removed: readonly Prefix[]
  readonly kept: readonly Prefix[]
}

function movesBetween(from: Snapshot | undefined, to: Snapshot): TagMove[] {
  const moves: TagMove[] = []
  for (const after of to.tags.values()) {
    const before = from?.tags.get(after.name)
    if (before?.digest !== after.digest) moves.push(tagMove(after.name, before, after))
  }
  for (const before of from?.tags.values() ?? []) {
    if (!to.tags.has(before.name)) moves.push(tagMove(before.name, before, undefined))
  }
  return moves.sort((a, b) => compareText(a.name, b.name))
}

function tagMove(
  name: string,
  before: ServiceTag | undefined,
  after: ServiceTag | undefined,
): TagMove {
  return { name, before, after, ...compareSorted(before?.prefixes ?? [], after?.prefixes ?? []) }
}

/**
 * What moved, seen against what stayed: neither side's whole coverage is built. `near` is, of the
 * prefixes that both sides have, at least those that overlap something added or removed.
 *
 *     removed   ├───────────────┤
 *     added             ├───────────────┤
 *     near                      ├───────────┤
 *     lost      ├───────┤                         gained: nothing, the end of `added` was there
 */
function coverageOfMove(
  added: readonly Prefix[],
  removed: readonly Prefix[],
  near: readonly Prefix[],
): CoverageChange {
  const [arrived, left, stayed] = [RangeSet.of(added), RangeSet.of(removed), RangeSet.of(near)]
  return {
    gained: countsOf(arrived.subtract(left).subtract(stayed)),
    lost: countsOf(left.subtract(arrived).subtract(stayed)),
  }
}

/** The addresses of a tag are counted when they are asked for: most of them never are. */
function tagChange({ name, before, after, added, removed }: TagMove, near: Prefix[]): TagChange {
  let coverage: CoverageChange | undefined
  return {
    name,
    kind: !before ? 'added' : !after ? 'removed' : 'changed',
    prefixesAdded: added,
    prefixesRemoved: removed,
    metadata: before && after ? metadataChanges(before, after) : [],
    get coverage() {
      return (coverage ??= coverageOfMove(added, removed, near))
    },
    get reaggregated() {
      const { gained, lost } = this.coverage
      const isSame = FAMILIES.every((family) => gained[family] + lost[family] === 0n)
      return isSame && added.length + removed.length > 0
    },
  }
}

function compareSorted(
  before: readonly Prefix[],
  after: readonly Prefix[],
): Pick<TagMove, 'added' | 'removed' | 'kept'> {
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

function metadataChanges(before: ServiceTag, after: ServiceTag): MetadataChange[] {
  const fields = ['region', 'regionId', 'systemService', 'networkFeatures'] as const
  return fields.flatMap((field) => {
    const [from, to] = [String(before[field]), String(after[field])]
    return from === to ? [] : [{ field, from, to }]
  })
}

function onlyTags(snapshot: Snapshot, wanted: (tag: ServiceTag) => boolean): Snapshot {
  return { ...snapshot, tags: new Map([...snapshot.tags].filter(([, tag]) => wanted(tag))) }
}
