/**
 * The service on PostgreSQL, whose server is killed again and again at any moment of a run that
 * publishes, and started again. The service keeps running: it has to come back by itself and
 * complete the run.
 */
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { crashing } from '../../test/support/crashing-postgres.ts'
import { askForRun, startService, untilAnswered, untilCompleted } from '../../test/support/kill.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { seededRandom } from '../../test/support/random.ts'
import { inspect, type Inspection } from './database-rules.ts'
import { emptyReport, inLanes, note, type KillOptions, type KillReport } from './report.ts'
import { brokenPromises, openSite, type KillSite } from './site.ts'

/** A kill takes mostly waiting: the job of a lost run is given out again after half a minute. */
const LANES = 8

export function killPostgres(options: KillOptions): Promise<KillReport> {
  return inLanes({ ...options, killsPerSeries: 25, lanes: LANES }, oneServer)
}

async function oneServer(seed: number, kills: number): Promise<KillReport> {
  const report = emptyReport()
  const random = seededRandom(seed)
  const site = await openSite(seed)
  const server = await startPostgres()
  const postgres = await crashing(server)
  site.offerNext()
  const service = startService({
    DATABASE_URL: server.url,
    RANGEWARDEN_PUBLISHER_URL: site.publisherUrl,
  })
  try {
    const url = await service.listening
    await untilCompleted(url, undefined)
    site.offerNext()
    const asked = performance.now()
    await untilCompleted(url, await askForRun(url))
    const runMs = performance.now() - asked
    while (report.kills < kills && report.broken.length === 0) {
      const week = site.offerNext()
      const asking = askForRun(url)
      await wait(random.below(1.3 * runMs))
      await postgres.crash()
      await postgres.restart()
      const restarted = performance.now()
      const depth = report.kills + 1 < kills ? 2 : Infinity
      note(report, await inspectServer(server.url, site, depth), week.fileDate)
      const accepted = (await asking) ?? (await untilAccepted(url))
      report.broken.push(...(await brokenPromises(url, accepted, week)))
      report.recoveries.push(performance.now() - restarted)
    }
    return report
  } catch (error) {
    const said = service.said()
    throw new Error(`after ${report.kills} kills; the service said: ${said}`, { cause: error })
  } finally {
    await service.kill()
    await postgres.stop()
    await server.stop()
    await site.close()
  }
}

/** A wish that the database could not take is for its client to repeat. */
async function untilAccepted(url: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    await untilAnswered(url, '/v1/runs?limit=1', () => true)
    const id = await askForRun(url)
    if (id !== undefined) return id
  }
  throw new Error('the service takes no more wishes for a run')
}

/** In one transaction: the service may be publishing meanwhile. */
async function inspectServer(
  url: string,
  { offered }: KillSite,
  depth: number,
): Promise<Inspection> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const rows = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows
    return await inspect(rows, offered, depth)
  } finally {
    await client.end()
  }
}
