/** What changed between any two snapshots, for one tag, one region or all: from the timeline. */
import type { Cloud } from '../core/cloud.ts'
import type { SnapshotDiff } from '../core/diff.ts'
import { diffTimeline, factsAt } from '../core/diff-timeline.ts'
import type { FlappingPrefix, TimelineDiff, WantedTag } from '../core/diff-timeline.ts'
import { notFound, RangewardenError } from '../core/errors.ts'
import { fileDateAt, type Position } from '../core/file-date.ts'
import { regionsCalled } from '../core/selection.ts'
import type { Timeline } from '../core/timeline.ts'
import type { HistoryStore, SnapshotRecord } from '../store/contract.ts'
import { positionsAmong, resolveSnapshot, type Positions } from './resolve.ts'
import type { Timelines } from './timelines.ts'

export interface ChangesQuery {
  readonly cloud: Cloud
  /** See `resolveSnapshot`. */
  readonly from: string
  readonly to: string
  readonly tag?: string | undefined
  readonly region?: string | undefined
}

export interface ChangesStores {
  readonly timelines: Timelines
  readonly history: Pick<HistoryStore, 'byId'>
}

export interface Changes {
  readonly from: SnapshotRecord
  readonly to: SnapshotRecord
  readonly diff: SnapshotDiff
  readonly flapping: readonly FlappingPrefix[]
  /**
   * First day on which Azure may use an address that was added, YYYY-MM-DD; undefined if none was.
   * Microsoft promises that new ranges are not used for at least a week and does not say from when;
   * counted from the date of the first file that has one of them, this is the earliest it can be.
   */
  readonly earliestUse: string | undefined
  /** The same for each tag that gained addresses, by name. */
  readonly earliestUseOf: ReadonlyMap<string, string>
}

const DAYS_OF_NOTICE = 7

/**
 * From memory: see `diffTimeline` for what it takes.
 * @throws RangewardenError as `resolveSnapshot`, and `not-found` for a tag or region of neither side
 */
export async function changesBetween(
  { timelines, history }: ChangesStores,
  query: ChangesQuery,
): Promise<Changes> {
  const { timeline, records } = await timelines.of(query.cloud)
  const positions = withOtherClouds(positionsAmong(records), history, query.cloud)
  const from = await resolveSnapshot(positions, query.cloud, query.from)
  const to = await resolveSnapshot(positions, query.cloud, query.to)
  const wanted = filterOf(query, timeline, [from.position, to.position])
  const found = diffTimeline(timeline, { from: from.position, to: to.position }, wanted)
  const earliestUseOf = earliestUses(found)
  const [earliestUse] = [...earliestUseOf.values()].sort()
  return { from, to, diff: found.diff, flapping: found.flapping, earliestUse, earliestUseOf }
}

/**
 * An id of another cloud's snapshot is told from one of none. One of this cloud that only the
 * database has is newer than what is in memory: a diff to it would say that nothing changed.
 */
function withOtherClouds(
  positions: Positions,
  { byId }: Pick<HistoryStore, 'byId'>,
  cloud: Cloud,
): Positions {
  return {
    ...positions,
    async byId(id) {
      const known = await positions.byId(id)
      if (known) return known
      const stored = await byId(id)
      if (stored?.cloud !== cloud) return stored
      throw new RangewardenError(
        'not-ready',
        `snapshot ${id} is accepted, but not yet in the history that diffs are made from: ask again`,
        { cloud, snapshot: id },
      )
    },
  }
}

function earliestUses({ diff, firstSeen }: TimelineDiff): Map<string, string> {
  const days = new Map<string, string>()
  for (const { name, coverage } of diff.tags) {
    const seen = firstSeen.get(name)
    if (seen === undefined || coverage.gained[4] + coverage.gained[6] === 0n) continue
    days.set(name, dayAfterNotice(seen))
  }
  return days
}

function dayAfterNotice(position: Position): string {
  const day = new Date(`${fileDateAt(position)}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() + DAYS_OF_NOTICE)
  return day.toISOString().slice(0, 10)
}

function filterOf(
  { cloud, tag, region }: ChangesQuery,
  timeline: Timeline,
  positions: readonly Position[],
): WantedTag {
  const there = positions.flatMap((position) => tagsAt(timeline, position))
  if (tag !== undefined && !there.some(({ name }) => name === tag)) {
    throw notFound(`no service tag "${tag}" in either snapshot of ${cloud}`, { tag })
  }
  const isNamed = (name: string): boolean => tag === undefined || name === tag
  if (region === undefined) return isNamed
  const regions = regionsCalled(region, there)
  if (regions.size === 0) {
    throw notFound(`no region "${region}" in either snapshot of ${cloud}`, { region })
  }
  return (name, facts) => regions.has(facts.region) && isNamed(name)
}

function tagsAt({ tags }: Timeline, position: Position): { name: string; region: string }[] {
  return tags.flatMap((tag) => {
    const facts = factsAt(tag, position)
    return facts ? [{ name: tag.name, region: facts.region }] : []
  })
}
