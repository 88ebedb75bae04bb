/** Puts the weekly report together: reads and compares, and decides nothing. */
import type { Cloud } from '../core/cloud.ts'
import { invalidInput } from '../core/errors.ts'
import { cloudOverview, type CloudOverview } from '../history/overview.ts'
import type { DeviceCheck } from '../store/telling-contract.ts'
import { RUN_OUTCOMES, type Hold, type Publication } from '../store/contract.ts'
import type {
  CloudWeek,
  PublicationOfWeek,
  PublishedSide,
  ReportDeps,
  ReportWish,
  RollbackOfWeek,
  RunsOfWeek,
  WeeklyReport,
} from './contract.ts'
import { dueAt } from './due.ts'
import { listsOfWeek } from './list-weeks.ts'
import { publicationsSince } from './publications-since.ts'
import { lastCompleteWeek, parseWeek, type Week } from './week.ts'

/** Looked through for those of the week: a year of the default schedule is some 1,500. */
const SEARCHED_RUNS = 1_000

/** Newest ones; a hold lasts a week. */
const SEARCHED_HOLDS = 200

/**
 * @throws RangewardenError `invalid-input` for a week that is none or has not begun and for a cloud
 * that is not followed; whatever the database says
 */
export async function buildReport(
  deps: ReportDeps,
  wish: ReportWish,
  now: Date,
): Promise<WeeklyReport> {
  const week = weekAskedFor(wish.week, now)
  const clouds = cloudsAskedFor(wish.cloud, deps.clouds)
  const overviews = await cloudOverview(deps, clouds, now)
  for (const { cloud, complete, fault } of overviews) {
    // What is audited must not be a guess.
    if (!complete) throw new Error(`how ${cloud} is doing could not be read`, { cause: fault })
  }
  const ofClouds: CloudWeek[] = []
  for (const overview of overviews) ofClouds.push(await cloudWeek(deps, overview, week))
  return {
    week,
    isComplete: week.until <= now,
    madeAt: now,
    clouds: ofClouds,
    lists: await listsOfWeek(deps, clouds, week),
    due: await dueAt(deps, overviews, now),
    devices: await devicesOf(deps, clouds),
  }
}

function weekAskedFor(text: string | undefined, now: Date): Week {
  if (text === undefined) return lastCompleteWeek(now)
  const week = parseWeek(text)
  if (!week.ok) throw invalidInput(`week "${text}": ${week.reason}`)
  if (week.value.from <= now) return week.value
  throw invalidInput(`week "${text}" has not begun: the last complete one is ${lastWeek(now)}`)
}

function lastWeek(now: Date): string {
  return lastCompleteWeek(now).text
}

function cloudsAskedFor(named: string | undefined, followed: readonly Cloud[]): readonly Cloud[] {
  if (named === undefined) return followed
  const cloud = followed.find((known) => known === named)
  if (cloud !== undefined) return [cloud]
  throw invalidInput(`cloud "${named}" is not followed: followed are ${followed.join(', ')}`)
}

async function cloudWeek(
  deps: ReportDeps,
  { cloud, state, ageInDays, published, waiting, rollback }: CloudOverview,
  week: Week,
): Promise<CloudWeek> {
  const all = await publicationsSince(deps.store, cloud, week.from)
  const atBegin = all.find(({ publishedAt }) => publishedAt < week.from)
  const atEnd = all.find(({ publishedAt }) => publishedAt < week.until)
  return {
    cloud,
    state,
    ageInDays,
    published: published && {
      serial: published.publication.serial,
      record: published.record,
    },
    waiting,
    rollback,
    atBegin: atBegin && (await sideOf(deps, atBegin)),
    atEnd: atEnd && (await sideOf(deps, atEnd)),
    net: atEnd && (await deps.changes.between(atBegin, atEnd)),
    publications: await publicationsOf(deps, all, week),
    rollbacks: await rollbacksOf(deps, all, week),
    holds: await holdsOf(deps, cloud, week),
    runs: await runsOf(deps, cloud, week),
  }
}

async function sideOf(
  { store }: ReportDeps,
  { serial, snapshotId }: Publication,
): Promise<PublishedSide> {
  const record = await store.history.byId(snapshotId)
  if (!record) throw new Error(`the snapshot ${snapshotId} of a publication is gone`)
  return { serial, record }
}

/** `all` newest first. */
async function publicationsOf(
  { changes }: ReportDeps,
  all: readonly Publication[],
  week: Week,
): Promise<PublicationOfWeek[]> {
  const found: PublicationOfWeek[] = []
  for (const [i, publication] of all.entries()) {
    if (!isIn(week, publication.publishedAt)) continue
    found.push({ publication, change: await changes.between(all[i + 1], publication) })
  }
  return found.reverse()
}

async function rollbacksOf(
  deps: ReportDeps,
  all: readonly Publication[],
  week: Week,
): Promise<RollbackOfWeek[]> {
  const found: RollbackOfWeek[] = []
  for (const [i, publication] of all.entries()) {
    const { kind, publishedAt } = publication
    const endedAt = all[i - 1]?.publishedAt
    const isOver = endedAt !== undefined && endedAt <= week.from
    if (kind !== 'rollback' || publishedAt >= week.until || isOver) continue
    const { record } = await sideOf(deps, publication)
    found.push({ publication, record, endedAt })
  }
  return found.reverse()
}

async function holdsOf({ store }: ReportDeps, cloud: Cloud, week: Week): Promise<Hold[]> {
  const newest = await store.holds.list({ cloud, limit: SEARCHED_HOLDS })
  const concerned = newest.filter(({ state, createdAt, decision }) => {
    const wasDecided = decision !== undefined && isIn(week, decision.at)
    return state === 'waiting' || isIn(week, createdAt) || wasDecided
  })
  return concerned.reverse()
}

async function runsOf({ store }: ReportDeps, cloud: Cloud, week: Week): Promise<RunsOfWeek> {
  const newest = await store.runs.list({ cloud, limit: SEARCHED_RUNS })
  const ofWeek = newest.filter(({ dryRun, requestedAt }) => !dryRun && isIn(week, requestedAt))
  const oldest = newest.at(-1)?.requestedAt
  const counts = RUN_OUTCOMES.map((outcome) => {
    return [outcome, ofWeek.filter((run) => run.outcome === outcome).length] as const
  })
  return {
    outcomes: Object.fromEntries(counts) as RunsOfWeek['outcomes'],
    isWhole: newest.length < SEARCHED_RUNS || (oldest !== undefined && oldest < week.from),
  }
}

/** Of lists of these clouds; where all are asked for, of lists that are gone, too. */
async function devicesOf(
  { devices, lists, clouds: followed }: ReportDeps,
  clouds: readonly Cloud[],
): Promise<readonly DeviceCheck[] | undefined> {
  const all = await devices?.()
  if (!all || clouds.length === followed.length) return all
  const names = lists.definitions().filter(({ cloud }) => clouds.includes(cloud))
  return all.filter(({ allowlist }) => names.some(({ name }) => name === allowlist))
}

function isIn({ from, until }: Week, moment: Date): boolean {
  return from <= moment && moment < until
}
