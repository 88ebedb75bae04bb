/**
 * The one service on the embedded database, killed at any moment from a wish until everything is
 * told. What the database says is read from a copy of its folder, since one process has it.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { z } from 'zod'
import { askForRun, startService, untilAnswered, untilCompleted } from '../../test/support/kill.ts'
import { seededRandom } from '../../test/support/random.ts'
import { inspect, type Rows } from '../kills/database-rules.ts'
import { openSite } from '../kills/site.ts'
import type { OfferedWeek } from '../kills/weeks.ts'
import { mustAsk } from './client.ts'
import { putExactList } from './lists.ts'
import { openReceivers, type Receivers } from './receivers.ts'
import {
  countOne,
  crashesOf,
  emptyReport,
  inLanes,
  type CrashOptions,
  type CrashReport,
} from './report.ts'
import { inspectTelling, type TellingFacts } from './telling-rules.ts'

const VICTIM = 'the one service, embedded'

/** Longer than any machine needs; deliveries that failed are tried again after seconds. */
const PATIENCE_MS = 300_000

const POLL_MS = 100

export function crashEmbedded(options: CrashOptions, crashesPerSeries = 8): Promise<CrashReport> {
  return inLanes({ ...options, lanes: availableParallelism(), crashesPerSeries }, oneFolder)
}

async function oneFolder({ seed, crashes, say }: CrashOptions): Promise<CrashReport> {
  const report = emptyReport()
  const random = seededRandom(seed)
  const home = mkdtempSync(join(tmpdir(), 'rangewarden-crash-'))
  const site = await openSite(seed)
  const receivers = await openReceivers(seed)
  const start = () =>
    startService({
      RANGEWARDEN_DATA_DIR: join(home, 'data'),
      RANGEWARDEN_PUBLISHER_URL: site.publisherUrl,
      RANGEWARDEN_WEBHOOK_ALLOW: '127.0.0.0/8',
    })
  let service = start()

  /** Offers a week, and a run takes it: before the kill, or after it, which does not end then. */
  async function publish(killAfterMs: number | undefined): Promise<void> {
    const week = site.offerNext()
    const asking = askForRun(await service.listening)
    if (killAfterMs !== undefined) {
      await wait(killAfterMs)
      await service.kill()
      await asking
      await noteKill(week)
      service = start()
    }
    await asking
    await untilPublished(await service.listening, week)
  }

  async function noteKill({ fileDate }: OfferedWeek): Promise<void> {
    const [found, underWay] = await inCopy(home, async (rows) => {
      const depth = crashesOf(report) + 1 < crashes ? 2 : Infinity
      return [await inspect(rows, site.offered, depth), await whatWaits(rows)]
    })
    report.findings.push(...found.broken.map((text) => ({ law: 'other' as const, text })))
    countOne(report.crashes, VICTIM)
    const isThere = found.newest === fileDate
    const run = found.runState === 'finished' ? 'being asked for' : (found.runState ?? 'not there')
    const moments = isThere ? underWay : [`while a run was ${run}`]
    for (const moment of moments) countOne(report.moments, `embedded, ${moment}`)
    say(`${VICTIM} killed ${moments.join(', ')}`)
  }

  /** The service is killed for it, when nothing is under way. */
  async function inspectWhenQuiet(): Promise<TellingFacts> {
    const deadline = performance.now() + PATIENCE_MS
    while (performance.now() < deadline) {
      await untilNothingWaits(await service.listening)
      await service.kill()
      const { subscribed, arrivals } = receivers
      const facts = await inCopy(home, (rows) => inspectTelling(rows, subscribed, () => arrivals))
      if (facts.isQuiet) return facts
      service = start()
    }
    throw new Error(`not everything was told in ${PATIENCE_MS} ms`)
  }

  try {
    const url = await service.listening
    await putExactList(url)
    await receivers.subscribe(url)
    await publish(undefined)
    await untilToldOf(receivers, 1)
    // How long it takes until everything is told, so that kills fall on all of it.
    const asked = performance.now()
    await publish(undefined)
    await untilToldOf(receivers, 2)
    const roundMs = performance.now() - asked
    while (crashesOf(report) < crashes && report.findings.length === 0) {
      await publish(random.below(1.3 * roundMs))
    }
    const lastDone = performance.now()
    const { findings, publications, deliveries } = await inspectWhenQuiet()
    const accepted = receivers.arrivals.filter((arrival) => arrival.accepted).length
    report.findings.push(...findings, ...receivers.findings)
    report.recoveries.push(performance.now() - lastDone)
    return { ...report, publications, deliveries, repeats: accepted - deliveries }
  } catch (error) {
    const said = service.said()
    throw new Error(`after ${crashesOf(report)} crashes; it said: ${said}`, { cause: error })
  } finally {
    await service.kill()
    await site.close()
    await receivers.close()
    rmSync(home, { recursive: true, force: true })
  }
}

/** A wish that was lost is for its client to repeat. */
async function untilPublished(url: string, { fileDate }: OfferedWeek): Promise<void> {
  const shape = z.object({ snapshots: z.array(z.object({ fileDate: z.string() })) })
  for (let tries = 0; tries < 20; tries++) {
    await untilCompleted(url, undefined)
    const answer = await untilAnswered<unknown>(url, '/v1/snapshots?limit=1', () => true)
    if (shape.parse(answer).snapshots[0]?.fileDate === fileDate) return
    await askForRun(url)
  }
  throw new Error(`the week of ${fileDate} is not published`)
}

/** Until so many publications have arrived where nothing else is told. */
async function untilToldOf({ arrivals }: Receivers, count: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (arrivals.filter(({ path }) => path === '/ranges').length < count) {
    if (performance.now() > deadline) throw new Error(`${count} publications are not told`)
    await wait(POLL_MS)
  }
}

async function untilNothingWaits(url: string): Promise<void> {
  const shape = z.object({ webhooks: z.array(z.object({ waiting: z.number() })) })
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const { webhooks } = await mustAsk(url, 'GET', '/v1/webhooks', undefined, shape)
    if (webhooks.every(({ waiting }) => waiting === 0)) return
    await wait(POLL_MS)
  }
  throw new Error('deliveries wait for ever')
}

async function whatWaits(rows: Rows): Promise<string[]> {
  const [counts] = await rows(`
    SELECT (SELECT count(*) FROM event WHERE state = 'pending')::int4 AS untold,
      (SELECT count(*) FROM delivery WHERE state = 'waiting')::int4 AS waiting`)
  const found: string[] = []
  if (counts?.['untold'] !== 0) found.push('while events waited to be told')
  if (counts?.['waiting'] !== 0) found.push('while deliveries were under way')
  return found.length > 0 ? found : ['while nothing was under way']
}

/** So that the service itself has to open what the kill left. */
async function inCopy<T>(home: string, work: (rows: Rows) => Promise<T>): Promise<T> {
  const copy = join(home, 'copy')
  cpSync(join(home, 'data', 'pg'), copy, { recursive: true })
  try {
    const database = await PGlite.create({ dataDir: copy })
    try {
      return await work(async (sql) => (await database.query<Record<string, unknown>>(sql)).rows)
    } finally {
      await database.close()
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
