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
 * come; `cannot-fetch` no usable file has arrived for more than 36 hours although runs tried;
 * `source-quiet` the newest file is more than 25 days old; else `current`. The first that applies.
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

export interface CloudOverview {
  readonly cloud: Cloud
  readonly state: CloudState
  readonly published: Published | undefined
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

/** Six runs of the default schedule. */
const CANNOT_FETCH_AFTER_MS = 36 * 3_600_000

const SHOWN_RUNS = 5

/** Looked through for the last success when the shown ones have none. */
const SEARCHED_RUNS = 300

/** A database that hangs counts as down: the overview is what people look at then. */
const DEADLINE_MS = 3_000

const DAY_MS = 86_400_000

export function cloudOverview(
  deps: OverviewDeps,
  clouds: readonly Cloud[],
  now: Date,
): Promise<CloudOverview[]> {
  return Promise.all(clouds.map((cloud) => overviewOf(deps, cloud, now)))
}

async function overviewOf(
  { store, lists }: OverviewDeps,
  cloud: Cloud,
  now: Date,
): Promise<CloudOverview> {
  const published = lists.published(cloud)
  const kept = await withinDeadline(readKept(store, cloud, now))
  const facts = kept.ok ? kept.value : NOTHING_KEPT
  const newestFileDate = facts.newestFileDate ?? published?.record.fileDate
  const ageInDays = newestFileDate && daysSince(newestFileDate, now)
  return {
    cloud,
    state: stateOf({ ...facts, cloud, published, ageInDays }),
    published,
    newestFileDate,
    ageInDays,
    lastRuns: facts.lastRuns,
    complete: kept.ok,
    fault: kept.ok ? undefined : kept.fault,
  }
}

interface Kept {
  readonly newestFileDate: FileDate | undefined
  readonly lastRuns: readonly Run[]
  readonly holdWaits: boolean
  readonly cannotFetch: boolean
}

const NOTHING_KEPT: Kept = {
  newestFileDate: undefined,
  lastRuns: [],
  holdWaits: false,
  cannotFetch: false,
}

async function readKept(store: OverviewDeps['store'], cloud: Cloud, now: Date): Promise<Kept> {
  const newestFileDate = await store.history.newestFileDate(cloud)
  const lastRuns = await store.runs.list({ cloud, limit: SHOWN_RUNS })
  const holds = await store.holds.list(cloud)
  return {
    newestFileDate,
    lastRuns,
    holdWaits: holds.some(({ state }) => state === 'waiting'),
    cannotFetch: await isFailing(store, cloud, lastRuns, now),
  }
}

async function isFailing(
  { runs }: OverviewDeps['store'],
  cloud: Cloud,
  lastRuns: readonly Run[],
  now: Date,
): Promise<boolean> {
  const since = failingSince(lastRuns)
  if (!since) return false
  const seenAll = lastRuns.length < SHOWN_RUNS || lastRuns.some(isSuccess)
  const start = seenAll ? since : failingSince(await runs.list({ cloud, limit: SEARCHED_RUNS }))
  return now.getTime() - (start ?? since).getTime() > CANNOT_FETCH_AFTER_MS
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

function isSuccess({ outcome }: Run): boolean {
  return outcome !== undefined && outcome !== 'failed' && outcome !== 'refused'
}

function stateOf({
  cloud,
  published,
  ageInDays = 0,
  holdWaits,
  cannotFetch,
}: Kept & {
  readonly cloud: Cloud
  readonly published: Published | undefined
  readonly ageInDays: number | undefined
}): CloudState {
  if (!published) return 'empty'
  if (holdWaits) return 'held'
  if (RETIRED_CLOUDS.includes(cloud)) return 'retired'
  if (cannotFetch) return 'cannot-fetch'
  return ageInDays > QUIET_AFTER_DAYS ? 'source-quiet' : 'current'
}

function daysSince(fileDate: FileDate, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(`${fileDate}T00:00:00Z`)) / DAY_MS)
}

type Answered<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: unknown }

async function withinDeadline<T>(work: Promise<T>): Promise<Answered<T>> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the database did not answer in ${DEADLINE_MS} ms`)),
      DEADLINE_MS,
    )
  })
  try {
    return { ok: true, value: await Promise.race([work, deadline]) }
  } catch (fault) {
    return { ok: false, fault }
  } finally {
    clearTimeout(timer)
  }
}
