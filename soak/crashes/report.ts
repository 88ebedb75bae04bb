/** What came of many crashes, whatever crashed; and several installations of them at once. */

/** What must not be, by the promise that it breaks. */
export type Law =
  /** Committed, and never told to somebody who is to be told. */
  | 'lost'
  /** Told, and not in the database. */
  | 'not committed'
  /** Told before something older had arrived. */
  | 'out of order'
  /** Not what was sent before, or not signed. */
  | 'altered'
  /** Replicas that differ, or lists of something else than what is published. */
  | 'lists'
  /** A history that is not whole, a publication that is gone, a process that ended by itself. */
  | 'other'

export interface Finding {
  readonly law: Law
  readonly text: string
}

export interface CrashReport {
  /** How often each was killed. */
  readonly crashes: Map<string, number>
  /** How many hit what was under way; one crash may hit several things. */
  readonly moments: Map<string, number>
  readonly findings: Finding[]
  /** Milliseconds from quiet until both replicas served the same, one for every time. */
  readonly agreements: number[]
  /** Milliseconds from a round's last crash until everything was told. */
  readonly recoveries: number[]
  publications: number
  /** Events of one webhook each that arrived, and how often they came again after that. */
  deliveries: number
  repeats: number
}

export interface CrashOptions {
  readonly seed: number
  readonly crashes: number
  readonly say: (line: string) => void
}

export function emptyReport(): CrashReport {
  return {
    crashes: new Map(),
    moments: new Map(),
    findings: [],
    agreements: [],
    recoveries: [],
    publications: 0,
    deliveries: 0,
    repeats: 0,
  }
}

export function countOne(counts: Map<string, number>, what: string, n = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + n)
}

export function crashesOf({ crashes }: CrashReport): number {
  return [...crashes.values()].reduce((sum, n) => sum + n, 0)
}

/** One installation after the other, each with so many crashes. */
export interface SeriesOptions extends CrashOptions {
  /** Then another installation, since no history may grow for ever. */
  readonly crashesPerSeries: number
  /** How many at once. */
  readonly lanes: number
}

/** Runs as many series as it takes; what is broken ends it early. */
export async function inLanes(
  { seed, crashes, say, crashesPerSeries, lanes }: SeriesOptions,
  series: (options: CrashOptions) => Promise<CrashReport>,
): Promise<CrashReport> {
  const sum = emptyReport()
  let [begun, promised] = [0, 0]

  async function lane(): Promise<void> {
    while (promised < crashes && sum.findings.length === 0) {
      const share = Math.min(crashesPerSeries, crashes - promised)
      promised += share
      addTo(sum, await series({ seed: seed + begun++, crashes: share, say }))
      say(`${crashesOf(sum)} of ${crashes} crashes`)
    }
  }

  await Promise.all(Array.from({ length: lanes }, lane))
  return sum
}

function addTo(sum: CrashReport, report: CrashReport): void {
  for (const [what, n] of report.crashes) countOne(sum.crashes, what, n)
  for (const [what, n] of report.moments) countOne(sum.moments, what, n)
  sum.findings.push(...report.findings)
  sum.agreements.push(...report.agreements)
  sum.recoveries.push(...report.recoveries)
  sum.publications += report.publications
  sum.deliveries += report.deliveries
  sum.repeats += report.repeats
}
