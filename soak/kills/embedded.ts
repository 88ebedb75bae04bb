/**
 * The service on the embedded database, killed again and again: while it starts, and at any moment
 * of a run that publishes. After every kill a copy of the folder is opened and inspected; then the
 * service is started on the folder itself and has to complete the run that was interrupted.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import {
  askForRun,
  startService,
  untilCompleted,
  type KillableService,
} from '../../test/support/kill.ts'
import { seededRandom } from '../../test/support/random.ts'
import { inspect, NOTHING_THERE, type Inspection } from './database-rules.ts'
import { emptyReport, inLanes, note, type KillOptions, type KillReport } from './report.ts'
import { brokenPromises, openSite, type KillSite } from './site.ts'

/** Of the kills, the share that hits a start and not a run. */
const STARTS = 0.25

/** A kill takes mostly work: a start, and the copy that is opened. */
export function killEmbedded(options: KillOptions): Promise<KillReport> {
  return inLanes({ ...options, killsPerSeries: 25, lanes: availableParallelism() }, oneFolder)
}

async function oneFolder(seed: number, kills: number): Promise<KillReport> {
  const report = emptyReport()
  const random = seededRandom(seed)
  const home = mkdtempSync(join(tmpdir(), 'rangewarden-kill-'))
  const site = await openSite(seed)
  const settings = {
    RANGEWARDEN_DATA_DIR: join(home, 'data'),
    RANGEWARDEN_PUBLISHER_URL: site.publisherUrl,
  }
  let service: KillableService | undefined
  // How long a start and a run take here, so that kills fall on all of it and not only after it.
  let [startMs, runMs]: [number, number | undefined] = [3_000, undefined]
  let week = site.offerNext()
  let interrupted: string | undefined

  async function kill(): Promise<void> {
    await service?.kill()
    const depth = report.kills + 1 < kills ? 2 : Infinity
    note(report, await inspectCopy(home, site, depth), week.fileDate)
  }

  /** Starts it on what the kill left, and waits until all is as it has to be. */
  async function comeBack(): Promise<string> {
    const started = performance.now()
    service = startService(settings)
    const url = await service.listening
    report.broken.push(...(await brokenPromises(url, interrupted, week)))
    startMs = performance.now() - started
    report.recoveries.push(startMs)
    return url
  }

  try {
    while (report.kills < kills && report.broken.length === 0) {
      if (runMs === undefined || random.chance(STARTS)) {
        service = startService(settings)
        await wait(random.below(startMs))
        await kill()
      }
      const url = await comeBack()
      if (report.kills === kills) break
      if (runMs === undefined) {
        week = site.offerNext()
        const asked = performance.now()
        await untilCompleted(url, await askForRun(url))
        runMs = performance.now() - asked
      }
      week = site.offerNext()
      const asked = askForRun(url)
      await wait(random.below(1.3 * runMs))
      await kill()
      interrupted = await asked
    }
    if (report.broken.length === 0) await comeBack()
    return report
  } catch (error) {
    const said = service?.said() ?? ''
    throw new Error(`after ${report.kills} kills; the service said: ${said}`, { cause: error })
  } finally {
    await service?.kill()
    await site.close()
    rmSync(home, { recursive: true, force: true })
  }
}

/** Of a copy, so that the service itself has to open what the kill left. */
async function inspectCopy(
  home: string,
  { offered }: KillSite,
  depth: number,
): Promise<Inspection> {
  const [from, copy] = [join(home, 'data', 'pg'), join(home, 'copy')]
  if (!existsSync(from)) return NOTHING_THERE
  cpSync(from, copy, { recursive: true })
  try {
    const database = await PGlite.create({ dataDir: copy })
    const rows = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows
    const inspection = await inspect(rows, offered, depth)
    await database.close()
    return inspection
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
