/** What came of many kills, whatever was killed; and several series of them at once. */
import type { Inspection } from './database-rules.ts'

export interface KillOptions {
  readonly seed: number
  readonly kills: number
  readonly say: (line: string) => void
}

export interface KillReport {
  kills: number
  /** How many hit which state of the newest run, and whether its week was in the database. */
  readonly moments: Map<string, number>
  readonly broken: string[]
  /** Milliseconds until the run was completed, one per kill that was recovered from. */
  readonly recoveries: number[]
}

export function emptyReport(): KillReport {
  return { kills: 0, moments: new Map(), broken: [], recoveries: [] }
}

export function note(
  report: KillReport,
  { broken, newest, runState }: Inspection,
  offered: string,
): void {
  const moment = `run ${runState ?? 'not recorded'}, week ${newest === offered ? 'there' : 'not there'}`
  report.kills++
  report.moments.set(moment, (report.moments.get(moment) ?? 0) + 1)
  report.broken.push(...broken)
}

/** One database after the other, each killed often: its seed, how often, and what came of it. */
export type Series = (seed: number, kills: number) => Promise<KillReport>

export interface SeriesOptions extends KillOptions {
  /** Then another database: the first start of all is hit too, and no history grows for ever. */
  readonly killsPerSeries: number
  /** How many at once. */
  readonly lanes: number
}

/** Runs as many series as it takes; what is broken ends it early. */
export async function inLanes(
  { seed, kills, say, killsPerSeries, lanes }: SeriesOptions,
  series: Series,
): Promise<KillReport> {
  const sum = emptyReport()
  let [begun, promised] = [0, 0]

  async function lane(): Promise<void> {
    while (promised < kills && sum.broken.length === 0) {
      const share = Math.min(killsPerSeries, kills - promised)
      promised += share
      const report = await series(seed + begun++, share)
      sum.kills += report.kills
      sum.broken.push(...report.broken)
      sum.recoveries.push(...report.recoveries)
      for (const [moment, n] of report.moments) {
        sum.moments.set(moment, (sum.moments.get(moment) ?? 0) + n)
      }
      say(`${sum.kills} of ${kills} kills`)
    }
  }

  await Promise.all(Array.from({ length: lanes }, lane))
  return sum
}
