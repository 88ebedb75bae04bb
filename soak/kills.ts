/**
 * Processes killed with SIGKILL at random moments: the service on its embedded database, and the
 * PostgreSQL server under a service that keeps running.
 */
import { absent, type Figure, type Proof } from './contract.ts'
import { killEmbedded } from './kills/embedded.ts'
import { killPostgres } from './kills/postgresql.ts'
import type { KillReport } from './kills/report.ts'
import { postgres } from '../test/support/postgres.ts'

const KILLS = 200

export const kills: Proof = {
  name: 'kills',
  claim:
    'A kill at any moment leaves a database that opens, holds whole snapshots only, and completes ' +
    'the interrupted run by itself',
  async run({ seed, count = KILLS, say }) {
    const options = { seed, kills: count, say }
    const embedded = figuresOf('of the service, embedded', await killEmbedded(options), count, say)
    if (postgres.missing !== undefined) {
      return [...embedded, absent('kills of the PostgreSQL server', postgres.missing)]
    }
    const server = await killPostgres(options)
    return [...embedded, ...figuresOf('of the PostgreSQL server', server, count, say)]
  },
}

function figuresOf(
  of: string,
  { kills, moments, broken, recoveries }: KillReport,
  wanted: number,
  say: (line: string) => void,
): Figure[] {
  for (const law of broken) say(law)
  const sorted = recoveries.toSorted((a, b) => a - b)
  const seconds = (share: number): string => {
    const at = Math.min(sorted.length - 1, Math.floor(share * sorted.length))
    return ((sorted[at] ?? NaN) / 1_000).toFixed(1)
  }
  return [
    {
      what: `kills ${of}, each recovered from`,
      value: String(kills),
      limit: `${wanted}, nothing broken`,
      holds: kills === wanted && broken.length === 0,
    },
    { what: `broken promises after kills ${of}`, value: String(broken.length) },
    ...[...moments].map(([moment, n]) => ({ what: `kills ${of}: ${moment}`, value: String(n) })),
    {
      what: `seconds until the interrupted run was completed, kills ${of}`,
      value: `median ${seconds(0.5)}, most ${seconds(1)}`,
    },
  ]
}
