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

/**
 * `from` undefined stands for nothing at all. Only tags with differing digests are looked into;
 * O(n log m): n prefixes in all, m of them changed.
 */
export function diffSnapshots(from: Snapshot | undefined, to: Snapshot): SnapshotDiff {
  const tags = changedTags(from, to)
  return {
    tags,
    membershipsAdded: tags.reduce((sum, tag) => sum + tag.prefixesAdded.length, 0),
    membershipsRemoved: tags.reduce((sum, tag) => sum + tag.prefixesRemoved.length, 0),
    coverage: cloudCoverage(from, to, tags),
    isEmpty: tags.length === 0,
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

export function coverageChange(from: RangeSet, to: RangeSet): CoverageChange {
  return { gained: countsOf(to.subtract(from)), lost: countsOf(from.subtract(to)) }
}

export function countsOf(set: RangeSet): AddressCounts {
  return { 4: set.count(4), 6: set.count(6) }
}

const NOTHING: AddressCounts = { 4: 0n, 6: 0n }

/** Only what changed can be gained or lost, so neither side's whole coverage is built. */
function cloudCoverage(
  from: Snapshot | undefined,
  to: Snapshot,
  tags: readonly TagChange[],
): CoverageChange {
  const added = RangeSet.of(tags.flatMap((tag) => tag.prefixesAdded))
  const removed = RangeSet.of(tags.flatMap((tag) => tag.prefixesRemoved))
  return {
    gained: countsOf(from ? missingFrom(from, added) : added),
    lost: countsOf(missingFrom(to, removed)),
  }
}

/** The addresses of the set that no tag of the snapshot holds. */
function missingFrom(snapshot: Snapshot, set: RangeSet): RangeSet {
  if (set.isEmpty) return set
  const held: Prefix[] = []
  for (const tag of snapshot.tags.values()) {
    for (const prefix of tag.prefixes) if (set.overlaps(prefix)) held.push(prefix)
  }
  return set.subtract(RangeSet.of(held))
}

function changedTags(from: Snapshot | undefined, to: Snapshot): TagChange[] {
  const changes: TagChange[] = []
  for (const tag of to.tags.values()) {
    const before = from?.tags.get(tag.name)
    if (before?.digest !== tag.digest) changes.push(tagChange(tag.name, before, tag))
  }
  for (const tag of from?.tags.values() ?? []) {
    if (!to.tags.has(tag.name)) changes.push(tagChange(tag.name, tag, undefined))
  }
  return changes.sort((a, b) => compareText(a.name, b.name))
}

function tagChange(
  name: string,
  before: ServiceTag | undefined,
  after: ServiceTag | undefined,
): TagChange {
  const [old, now] = [before?.prefixes ?? [], after?.prefixes ?? []]
  const { onlyLeft: prefixesRemoved, onlyRight: prefixesAdded } = compareSorted(old, now)
  const moved = prefixesRemoved.length + prefixesAdded.length > 0
  const coverage = moved
    ? coverageChange(RangeSet.of(old), RangeSet.of(now))
    : { gained: NOTHING, lost: NOTHING }
  return {
    name,
    kind: !before ? 'added' : !after ? 'removed' : 'changed',
    prefixesAdded,
    prefixesRemoved,
    metadata: before && after ? metadataChanges(before, after) : [],
    coverage,
    reaggregated:
      moved && FAMILIES.every((f) => coverage.gained[f] === 0n && coverage.lost[f] === 0n),
  }
}

function compareSorted(
  left: readonly Prefix[],
  right: readonly Prefix[],
): { onlyLeft: Prefix[]; onlyRight: Prefix[] } {
  const [onlyLeft, onlyRight]: [Prefix[], Prefix[]] = [[], []]
  let [i, j] = [0, 0]
  for (;;) {
    const [a, b] = [left[i], right[j]]
    if (!a && !b) return { onlyLeft, onlyRight }
    const order = a === b ? 0 : !a ? 1 : !b ? -1 : comparePrefixes(a, b)
    if (order < 0 && a) onlyLeft.push(a)
    if (order > 0 && b) onlyRight.push(b)
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
