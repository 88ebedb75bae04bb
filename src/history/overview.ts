/**
 * How each followed cloud is doing: what is published, how old it is, and whether the sync gets
 * through. What is in memory is told even while the database does not answer.
 */
import { RETIRED_CLOUDS, type Cloud } from '../core/cloud.ts'
import type { FileDate } from '../core/file-date.ts'
import type { Lists } from '../lists/lists.ts'
import type { Published } from './published.ts'
import type { Run, Store } from '../store/contract.ts'

/**
 * `empty` nothing is published; `held` a candidate waits for a person; `retired` no new files will
 * come; `cannot-fetch` nobody could be asked for a newer file for more than 36 hours although runs
 * tried; `source-quiet` the newest file is more than 25 days old; else `current`. The first that
 * applies.
 */
export const CLOUD_STATES = [
  'empty',
  'held',
  'retired',
  'cannot-fetch',
  'source-quiet',
  'current',
] as const

export type CloudState = (typeof CLOUD_STATES)[number]

/** A person went back to an earlier snapshot, which is what devices get. */
export interface RollbackInForce {
  readonly snapshot: string
  readonly fileDate: FileDate
  readonly since: Date
  /** Undefined for one that waits to be released. */
  readonly until: Date | undefined
  readonly by: string
  readonly reason: string
}

/** How the last file was found. */
export interface Discovery {
  readonly strategy: string
  /** What an earlier strategy said, when a later one found it. */
  readonly degraded: string | undefined
}

export interface CloudOverview {
  readonly cloud: Cloud
  readonly state: CloudState
  readonly published: Published | undefined
  readonly rollback: RollbackInForce | undefined
  /** Ids of the held candidates that wait for a person. */
  readonly waiting: readonly number[]
  /** Of the last run that found a file, whatever came of it. */
  readonly discovery: Discovery | undefined
  /** When a run last learned which file is the newest. */
  readonly lastSuccessAt: Date | undefined
  /** When the last run that brought anything was refused; undefined unless it was. */
  readonly refusedAt: Date | undefined
  /** Date of the newest file seen at the publisher, whatever it said. */
  readonly newestFileDate: FileDate | undefined
  /** Whole days from that date (UTC) until now. */
  readonly ageInDays: number | undefined
  /** Newest first. */
  readonly lastRuns: readonly Run[]
  /** False if the database did not answer: no runs, and a state without them. */
  readonly complete: boolean
  /** Why it did not answer, for the log. */
  readonly fault: unknown
}

export interface OverviewDeps {
  readonly store: Pick<Store, 'history' | 'runs' | 'holds'>
  readonly lists: Pick<Lists, 'published'>
}

/** Weekly files come every 7 days; the longest gap of 2020-2026 is three weeks. */
const QUIET_AFTER_DAYS = 25

/**
 * Confirms that a file we know is still there: nothing newer can be found that way, so it does not
 * count as having fetched.
 */
const BLIND_STRATEGY = 'last-good-link'

/** A newer candidate replaces a waiting one, so there is hardly ever more than one. */
const SHOWN_HOLDS = 20

/** Six runs of the default schedule. */
const CANNOT_FETCH_AFTER_MS = 36 * 3_600_000

const SHOWN_RUNS = 5

/** Looked through for the last success when the shown ones, dry runs aside, have none. */
const SEARCHED_RUNS = 300

/** A database that hangs counts as down: the overview is what people look at then. */
const DEADLINE_MS = 3_000

const DAY_MS = 86_400_000

/** @param deadlineMs after which the database counts as down */
export function cloudOverview(
  deps: OverviewDeps,
  clouds: readonly Cloud[],
  now: Date,
  deadlineMs = DEADLINE_MS,
): Promise<CloudOverview[]> {
  return Promise.all(clouds.map((cloud) => overviewOf(deps, cloud, now, deadlineMs)))
}

async function overviewOf(
  { store, lists }: OverviewDeps,
  cloud: Cloud,
  now: Date,
  deadlineMs: number,
): Promise<CloudOverview> {
  const published = lists.published(cloud)
  const kept = await withinDeadline(readKept(store, cloud, now), deadlineMs)
  const facts = kept.ok ? kept.value : NOTHING_KEPT
  const newestFileDate = facts.newestFileDate ?? published?.record.fileDate
  const ageInDays = newestFileDate && daysSince(newestFileDate, now)
  return {
    cloud,
    state: stateOf({ ...facts, cloud, published, ageInDays }),
    published,
    rollback: published && rollbackOf(published),
    waiting: facts.waiting,
    discovery: facts.discovery,
    lastSuccessAt: facts.lastSuccessAt,
    refusedAt: facts.refusedAt,
    newestFileDate,
    ageInDays,
    lastRuns: facts.lastRuns,
    complete: kept.ok,
    fault: kept.ok ? undefined : kept.fault,
  }
}

function rollbackOf({ publication, record }: Published): RollbackInForce | undefined {
  if (publication.kind !== 'rollback') return undefined
  const { publishedAt, until, publishedBy, reason } = publication
  return {
    snapshot: record.id,
    fileDate: record.fileDate,
    since: publishedAt,
    until,
    by: publishedBy,
    reason,
  }
}

interface Kept {
  readonly newestFileDate: FileDate | undefined
  readonly lastRuns: readonly Run[]
  readonly waiting: readonly number[]
  readonly cannotFetch: boolean
  readonly discovery: Discovery | undefined
  readonly lastSuccessAt: Date | undefined
  readonly refusedAt: Date | undefined
}

const NOTHING_KEPT: Kept = {
  newestFileDate: undefined,
  lastRuns: [],
  waiting: [],
  cannotFetch: false,
  discovery: undefined,
  lastSuccessAt: undefined,
  refusedAt: undefined,
}

async function readKept(store: OverviewDeps['store'], cloud: Cloud, now: Date): Promise<Kept> {
  const newestFileDate = await store.history.newestFileDate(cloud)
  const lastRuns = await store.runs.list({ cloud, limit: SHOWN_RUNS })
  const holds = await store.holds.list({ cloud, state: 'waiting', limit: SHOWN_HOLDS })
  const seenAll =
    lastRuns.length < SHOWN_RUNS || lastRuns.some((run) => isSuccess(run) && !run.dryRun)
  const runs = seenAll ? lastRuns : await store.runs.list({ cloud, limit: SEARCHED_RUNS })
  const since = failingSince(runs)
  return {
    newestFileDate,
    lastRuns,
    waiting: holds.map(({ id }) => id),
    cannotFetch: since !== undefined && now.getTime() - since.getTime() > CANNOT_FETCH_AFTER_MS,
    discovery: lastDiscovery(runs),
    lastSuccessAt: runs.find(isSuccess)?.finishedAt,
    refusedAt: lastRefusal(runs),
  }
}

/** When the first of the latest runs ended that brought no usable file; newest first. */
function failingSince(runs: readonly Run[]): Date | undefined {
  let since: Date | undefined
  for (const run of runs) {
    if (isSuccess(run)) return since
    since = run.finishedAt ?? since
  }
  return since
}

function isSuccess({ outcome, detail }: Run): boolean {
  if (outcome === undefined || outcome === 'failed' || outcome === 'refused') return false
  return detail?.['strategy'] !== BLIND_STRATEGY
}

/** A dry run may be of another source, and a failed one says nothing of what the one before brought. */
function lastRefusal(runs: readonly Run[]): Date | undefined {
  const last = runs.find(
    ({ dryRun, outcome }) => !dryRun && outcome !== undefined && outcome !== 'failed',
  )
  return last?.outcome === 'refused' ? last.finishedAt : undefined
}

function lastDiscovery(runs: readonly Run[]): Discovery | undefined {
  for (const { detail } of runs) {
    const [strategy, degraded] = [detail?.['strategy'], detail?.['degraded']]
    if (typeof strategy !== 'string') continue
    return { strategy, degraded: typeof degraded === 'string' ? degraded : undefined }
  }
  return undefined
}

function stateOf({
  cloud,
  published,
  ageInDays = 0,
  waiting,
  cannotFetch,
}: Kept & {
  readonly cloud: Cloud
  readonly published: Published | undefined
  readonly ageInDays: number | undefined
}): CloudState {
  if (!published) return 'empty'
  if (RETIRED_CLOUDS.includes(cloud) && waiting.length === 0) return 'retired'
  // A hold that waits is told of elsewhere too; that nothing newer is seen any more is not.
  if (cannotFetch) return 'cannot-fetch'
  if (waiting.length > 0) return 'held'
  return ageInDays > QUIET_AFTER_DAYS ? 'source-quiet' : 'current'
}

function daysSince(fileDate: FileDate, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(`${fileDate}T00:00:00Z`)) / DAY_MS)
}

type Answered<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: unknown }

async function withinDeadline<T>(work: Promise<T>, ms: number): Promise<Answered<T>> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the database did not answer in ${ms} ms`)), ms)
  })
  try {
    return { ok: true, value: await Promise.race([work, deadline]) }
  } catch (fault) {
    return { ok: false, fault }
  } finally {
    clearTimeout(timer)
  }
}
