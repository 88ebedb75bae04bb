/** Outages one after the other, each held until everything that has to show has shown. */
import { setTimeout as wait } from 'node:timers/promises'
import { seededRandom } from '../../test/support/random.ts'
import { errorsIn } from '../replicas/process.ts'
import type { OutageKind } from './database.ts'
import { openSite, publishedDate, TOLD, type OutageSite } from './site.ts'
import { bodyShape, compareTold, untilAllIsTold, type Told } from './told.ts'
import { startWatch, type Watch } from './watch.ts'
import {
  isDone,
  isRefusedWell,
  startWriters,
  WRITES,
  type Writers,
  type Written,
} from './writes.ts'

export interface OutageOptions {
  readonly seed: number
  readonly outages: readonly OutageKind[]
  /** Each is held until so many writes of each kind were refused. */
  readonly refusals: number
  readonly say: (line: string) => void
}

/** Of one outage, in milliseconds since its beginning, or since the database was back. */
export interface OutageTimes {
  readonly kind: OutageKind
  readonly lastedMs: number
  readonly headerAfterMs: number
  /** How far the header's time lies before the outage. */
  readonly headerBeforeMs: number
  readonly unreachableAfterMs: number
  readonly headerGoneAfterMs: number
  readonly writesAfterMs: number
  readonly publishedAfterMs: number
  readonly toldAfterMs: number
  /** The longest that a write waited to be told, while it lasted. */
  readonly longestRefusalMs: number
  readonly refusals: number
}

export interface OutageReport {
  readonly times: readonly OutageTimes[]
  readonly lists: number
  readonly longestListMs: number
  readonly longestReadinessMs: number
  readonly writes: number
  readonly told: Told
  /** In words; empty if everything held. */
  readonly broken: readonly string[]
  readonly errors: readonly string[]
}

/** About what a run takes: an outage begins at any moment of it. */
const RUN_MS = 1_500

const POLL_MS = 50

const PATIENCE_MS = 180_000

/** Before it is taken away again: everything is as it was. */
const QUIET_MS = 1_000

export async function holdOutages({
  seed,
  outages,
  refusals,
  say,
}: OutageOptions): Promise<OutageReport> {
  const site = await openSite(seed)
  const watch = startWatch(site)
  const writers = startWriters(site)
  const random = seededRandom(seed)
  const times: OutageTimes[] = []
  const broken: string[] = []
  const scene = { site, watch, writers, refusals, broken }
  try {
    await until('the first week', () => watch.lists.some(({ fault }) => fault === undefined))
    // Before that there is nothing to serve.
    const served = Date.now()
    for (const kind of outages) {
      await wait(QUIET_MS)
      times.push(await holdOutage(scene, kind, random.below(RUN_MS)))
      say(`${times.length} of ${outages.length} outages`)
    }
    await writers.stop()
    await watch.stop()
    await untilAllIsTold(site)
    const told = await compareTold(site, writers.written)
    const lists = watch.lists.filter(({ askedAt }) => askedAt >= served)
    for (const { fault } of [...lists, ...watch.readiness])
      if (fault !== undefined) broken.push(fault)
    broken.push(...told.broken, ...oddWrites(writers.written, served))
    if (site.service.deaths() > 0) broken.push('the service ended by itself')
    return {
      times,
      lists: lists.length,
      longestListMs: most(lists),
      longestReadinessMs: most(watch.readiness),
      writes: writers.written.length,
      told,
      broken,
      errors: errorsIn(site.service),
    }
  } catch (error) {
    const said = site.service.said().slice(-4_000)
    throw new Error(`after ${times.length} outages; the service said: ${said}`, { cause: error })
  } finally {
    await site.close()
    await Promise.all([writers.stop(), watch.stop()])
  }
}

interface Scene {
  readonly site: OutageSite
  readonly watch: Watch
  readonly writers: Writers
  readonly refusals: number
  readonly broken: string[]
}

async function holdOutage(
  { site, watch, writers, refusals, broken }: Scene,
  kind: OutageKind,
  delayMs: number,
): Promise<OutageTimes> {
  const { database } = site
  site.offerNext() // somebody asks for runs all the time
  await wait(delayMs)
  const began = Date.now()
  await database.takeAway(kind)
  const since = (): number => Date.now() - began
  const [headerAfterMs, unreachableAfterMs] = await Promise.all([
    watch.until('the header', ({ unverifiedSince }) => unverifiedSince !== undefined).then(since),
    watch.until('unreachable', ({ isReachable }) => isReachable === false).then(since),
    until('refusals of every kind', () => refusedEnough(writers.written, began, refusals)),
  ])
  const week = site.offerNext()
  const ended = Date.now()
  const refused = writers.written.filter(({ askedAt }) => askedAt >= began)
  const headers = unverifiedTimes(watch, began, ended)
  const tooLate = headers.filter((time) => time > began)
  broken.push(
    ...tooLate.map((time) => `unverified since ${time - began} ms after the database went away`),
    ...refused.flatMap(wrongRefusal),
  )
  await database.bringBack()
  const back = Date.now()
  const sinceBack = (): number => Date.now() - back
  const [headerGoneAfterMs, , writesAfterMs, publishedAfterMs, toldAfterMs] = await Promise.all([
    watch.until('no header', isVerified).then(sinceBack),
    watch.until('reachable', ({ isReachable }) => isReachable === true).then(sinceBack),
    until('writes of every kind', () => doneAgain(writers.written, back)).then(sinceBack),
    until('the week', async () => (await publishedDate(site)) === week.fileDate).then(sinceBack),
    until('the webhook', () => isTold(site, week.fileDate)).then(sinceBack),
  ])
  return {
    kind,
    lastedMs: ended - began,
    headerAfterMs,
    headerBeforeMs: began - Math.min(...headers),
    unreachableAfterMs,
    headerGoneAfterMs,
    writesAfterMs,
    publishedAfterMs,
    toldAfterMs,
    longestRefusalMs: most(refused),
    refusals: refused.length,
  }
}

/** Readiness has no such header at any time. */
function isVerified(seen: Watch['lists'][number]): boolean {
  const { fault, unverifiedSince, isReachable } = seen
  return fault === undefined && unverifiedSince === undefined && isReachable === undefined
}

function refusedEnough(written: readonly Written[], began: number, count: number): boolean {
  const refused = written.filter(({ askedAt }) => askedAt >= began)
  return WRITES.every((what) => refused.filter((one) => one.what === what).length >= count)
}

function doneAgain(written: readonly Written[], back: number): boolean {
  const done = written.filter((one) => one.askedAt >= back && isDone(one))
  return WRITES.every((what) => done.some((one) => one.what === what))
}

function isTold({ receiver }: OutageSite, fileDate: string): boolean {
  return receiver.of(TOLD).some(({ body }) => {
    const { type, data } = bodyShape.parse(JSON.parse(body.toString()))
    return type === 'ranges.changed' && data.to?.fileDate === fileDate
  })
}

/** What lists said while the database was away. */
function unverifiedTimes({ lists }: Watch, began: number, ended: number): number[] {
  return lists
    .filter(({ askedAt, tookMs }) => askedAt >= began && askedAt + tookMs <= ended)
    .flatMap(({ unverifiedSince }) => unverifiedSince ?? [])
}

function wrongRefusal(one: Written): string[] {
  if (isRefusedWell(one)) return []
  const { what, status, retryAfter, text } = one
  return [`${what} without a database: ${status}, Retry-After ${String(retryAfter)}: ${text}`]
}

/** At any time: done, or told to come again. */
function oddWrites(written: readonly Written[], served: number): string[] {
  return written
    .filter((one) => one.askedAt >= served && !isDone(one) && !isRefusedWell(one))
    .map(({ what, status, text }) => `${what} was answered ${status}: ${text}`)
}

function most(all: readonly { readonly tookMs: number }[]): number {
  return all.reduce((longest, { tookMs }) => Math.max(longest, tookMs), 0)
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    if (await isSo()) return
    await wait(POLL_MS)
  }
  throw new Error(`${what}: not in ${PATIENCE_MS} ms`)
}
