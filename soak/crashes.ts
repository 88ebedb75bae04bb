/**
 * Processes and the database killed with SIGKILL at random moments while something is published:
 * what is committed is told to everybody who is to be told, and nothing else is.
 */
import { crashEmbedded } from './crashes/embedded.ts'
import { crashReplicas } from './crashes/postgresql.ts'
import { crashesOf, type CrashReport, type Law } from './crashes/report.ts'
import { absent, type Figure, type Proof } from './contract.ts'
import { postgres } from '../test/support/postgres.ts'

const CRASHES = 100

/** A crash takes mostly waiting for a job to be given out again; more would slow what is measured. */
const LANES = 2

/** Few, since weeks that follow each other in minutes are all in grace, which no feed does. */
const CRASHES_PER_SERIES = 13

/** Of the one service, so many for each of the others. */
const EMBEDDED = 0.25

/** From quiet until replicas agree. */
const AGREEMENT_MS = 2_000

export const crashes: Proof = {
  name: 'crashes',
  claim:
    'After a crash of anything at any moment of a publish, every committed change is delivered, no ' +
    'uncommitted one is, no snapshot is half there, and replicas agree on every list within 2 s',
  async run({ seed, count = CRASHES, say }) {
    const few = Math.ceil(EMBEDDED * count)
    const embedded = await crashEmbedded({ seed, crashes: few, say })
    const one = figuresOf('of the one service, embedded', embedded, few, say)
    if (postgres.missing !== undefined) {
      return [...one, absent('crashes of a worker, a replica and PostgreSQL', postgres.missing)]
    }
    const options = { seed, crashes: count, say }
    const lanes = { lanes: LANES, crashesPerSeries: CRASHES_PER_SERIES }
    const report = await crashReplicas(options, lanes)
    const all = figuresOf('of a worker, a replica and PostgreSQL', report, count, say)
    return [...one, ...all, agreementFigure(report)]
  },
}

const LAWS: Readonly<Record<Law, string>> = {
  lost: 'committed and not delivered',
  'not committed': 'delivered and not committed',
  'out of order': 'delivered before something older',
  altered: 'delivered in other words, or not signed',
  lists: 'lists that are not what is published',
  other: 'histories that are not whole, and other faults',
}

function figuresOf(
  of: string,
  report: CrashReport,
  wanted: number,
  say: (line: string) => void,
): Figure[] {
  const { crashes, moments, findings, recoveries, publications, deliveries, repeats } = report
  for (const { law, text } of findings) say(`${law}: ${text}`)
  const done = crashesOf(report)
  const laws = Object.entries(LAWS).map(([law, what]) => {
    const value = findings.filter((finding) => finding.law === law).length
    return { what: `${what}, crashes ${of}`, value: String(value), limit: '0', holds: value === 0 }
  })
  return [
    {
      what: `crashes ${of}`,
      value: String(done),
      limit: String(wanted),
      holds: done === wanted,
    },
    ...[...crashes].map(([victim, n]) => ({ what: `crashes of ${victim}`, value: String(n) })),
    ...[...moments].map(([moment, n]) => ({ what: `crashes ${moment}`, value: String(n) })),
    ...laws,
    {
      what: `deliveries of publications, crashes ${of}`,
      value: `${deliveries} of ${publications}, ${repeats} came twice`,
    },
    {
      what: `seconds until all was told, crashes ${of}`,
      value: `median ${seconds(recoveries, 0.5)}, most ${seconds(recoveries, 1)}`,
    },
  ]
}

function agreementFigure({ agreements }: CrashReport): Figure {
  return {
    what: 'seconds of quiet until both replicas serve the same',
    value: `median ${seconds(agreements, 0.5)}, most ${seconds(agreements, 1)}`,
    limit: String(AGREEMENT_MS / 1_000),
    holds: agreements.length > 0 && Math.max(...agreements) <= AGREEMENT_MS,
  }
}

function seconds(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = Math.min(sorted.length - 1, Math.floor(share * sorted.length))
  return ((sorted[at] ?? NaN) / 1_000).toFixed(2)
}
