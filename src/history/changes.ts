/** What changed between any two snapshots, for one tag, one region or all. */
import type { Cloud } from '../core/cloud.ts'
import { diffOfTags, diffSnapshots, type SnapshotDiff } from '../core/diff.ts'
import { notFound } from '../core/errors.ts'
import { regionNames } from '../core/selection.ts'
import type { ServiceTag, Snapshot } from '../core/snapshot.ts'
import type { HistoryStore, SnapshotRecord } from '../store/contract.ts'
import { resolveSnapshot } from './resolve.ts'

export interface ChangesQuery {
  readonly cloud: Cloud
  /** See `resolveSnapshot`. */
  readonly from: string
  readonly to: string
  readonly tag?: string | undefined
  readonly region?: string | undefined
}

export interface Changes {
  readonly from: SnapshotRecord
  readonly to: SnapshotRecord
  readonly diff: SnapshotDiff
  /**
   * First day on which Azure may use an address that was added, YYYY-MM-DD; undefined if none was.
   * Microsoft promises that new ranges are not used for at least a week and does not say from when;
   * counted from the file date this is the earliest it can be.
   */
  readonly earliestUse: string | undefined
}

const DAYS_OF_NOTICE = 7

/** @throws RangewardenError as `resolveSnapshot`, and `not-found` for a tag or region of neither side */
export async function changesBetween(history: HistoryStore, query: ChangesQuery): Promise<Changes> {
  const from = await resolveSnapshot(history, query.cloud, query.from)
  const to = await resolveSnapshot(history, query.cloud, query.to)
  const [older, newer] = [await history.load(from), await history.load(to)]
  const wanted = filterOf(query, [older, newer])
  const diff = wanted ? diffOfTags(older, newer, wanted) : diffSnapshots(older, newer)
  return { from, to, diff, earliestUse: await earliestUse(history, from, to, diff) }
}

async function earliestUse(
  history: HistoryStore,
  from: SnapshotRecord,
  to: SnapshotRecord,
  diff: SnapshotDiff,
): Promise<string | undefined> {
  if (diff.membershipsAdded === 0 || to.position <= from.position) return undefined
  const first = (await history.after(from.cloud, from.position)) ?? to
  const day = new Date(`${first.fileDate}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() + DAYS_OF_NOTICE)
  return day.toISOString().slice(0, 10)
}

function filterOf(
  { cloud, tag, region }: ChangesQuery,
  sides: readonly Snapshot[],
): ((tag: ServiceTag) => boolean) | undefined {
  if (tag !== undefined && !sides.some((side) => side.tags.has(tag))) {
    throw notFound(`no service tag "${tag}" in either snapshot of ${cloud}`, { tag })
  }
  if (region === undefined) return tag === undefined ? undefined : ({ name }) => name === tag
  const regions = new Set(sides.flatMap((side) => [...regionNames(side, region)]))
  if (regions.size === 0) {
    throw notFound(`no region "${region}" in either snapshot of ${cloud}`, { region })
  }
  return (candidate) =>
    regions.has(candidate.region) && (tag === undefined || candidate.name === tag)
}
