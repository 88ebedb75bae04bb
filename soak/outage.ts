/**
 * The database goes away under a service that keeps running: its server is killed, and halted so
 * that it neither answers nor ends. Devices, an orchestrator and people go on asking.
 */
import { postgres } from '../test/support/postgres.ts'
import { absent, type Figure, type Proof, type ProofOptions } from './contract.ts'
import type { OutageKind } from './outage/database.ts'
import { holdOutages, type OutageReport, type OutageTimes } from './outage/scenario.ts'

/** Of each kind. */
const OUTAGES = 3

/** Each outage is held until so many writes of each kind were refused. */
const REFUSALS = 3

/** Six seconds without having compared, and the time until the next answer. */
const HEADER_MS = 10_000

/** Longer, and an orchestrator would take the process for dead. */
const READINESS_MS = 2_000

/** A statement may take 30 s, a place in the queue of changes 20 s, a connection 10 s. */
const REFUSAL_MS = 60_000

const VERIFIED_AGAIN_MS = 10_000

/** A job whose end could not be recorded is given out again after half a minute without a sign. */
const TOLD_MS = 90_000

export const outage: Proof = {
  name: 'outage',
  claim:
    'Without its database the service goes on serving lists and says since when they are not ' +
    'verified, refuses writes in time, and comes back by itself with nothing lost or told twice',
  async run({ seed, count = OUTAGES, say }) {
    if (postgres.missing !== undefined)
      return [absent('a database that goes away', postgres.missing)]
    const outages = Array.from({ length: count }, (): OutageKind[] => ['killed', 'hanging']).flat()
    const report = await holdOutages({ seed, outages, refusals: REFUSALS, say })
    tell(report, say)
    return figuresOf(report)
  },
}

/** Enough to see what went wrong. */
const SHOWN = 10

function tell({ broken }: OutageReport, say: ProofOptions['say']): void {
  for (const law of broken.slice(0, SHOWN)) say(law)
}

function figuresOf(report: OutageReport): Figure[] {
  const { times, lists, writes, told, broken } = report
  const killed = times.filter(({ kind }) => kind === 'killed')
  const hanging = times.filter(({ kind }) => kind === 'hanging')
  return [
    {
      what: 'outages, everything as promised',
      value: `${killed.length} killed, ${hanging.length} hanging; ${broken.length} promises broken`,
      limit: 'none broken',
      holds: broken.length === 0,
    },
    {
      what: 'lists fetched, all of them served',
      value: `${lists}, at most ${ms(report.longestListMs)}`,
    },
    longest('readiness answered within', [report.longestReadinessMs], READINESS_MS),
    longest('Rangewarden-Unverified-Since after', valuesOf(times, 'headerAfterMs'), HEADER_MS),
    { what: 'its time before the outage', value: most(valuesOf(times, 'headerBeforeMs')) },
    {
      what: 'writes asked for',
      value: `${writes}, ${sum(valuesOf(times, 'refusals'))} in outages`,
    },
    longest('refused within, killed', valuesOf(killed, 'longestRefusalMs'), REFUSAL_MS),
    longest('refused within, hanging', valuesOf(hanging, 'longestRefusalMs'), REFUSAL_MS),
    longest('back: lists verified after', valuesOf(times, 'headerGoneAfterMs'), VERIFIED_AGAIN_MS),
    { what: 'back: writes of every kind after', value: most(valuesOf(times, 'writesAfterMs')) },
    { what: 'back: the next week served after', value: most(valuesOf(times, 'publishedAfterMs')) },
    longest('back: its webhook arrived after', valuesOf(times, 'toldAfterMs'), TOLD_MS),
    { what: 'events told', value: `${told.events} in ${told.requests} requests` },
  ]
}

function valuesOf(
  times: readonly OutageTimes[],
  what: Exclude<keyof OutageTimes, 'kind'>,
): number[] {
  return times.map((one) => one[what])
}

function longest(what: string, values: readonly number[], limit: number): Figure {
  return { what, value: most(values), limit: ms(limit), holds: values.every((one) => one <= limit) }
}

function most(values: readonly number[]): string {
  return values.length === 0 ? 'none' : ms(Math.max(...values))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}
