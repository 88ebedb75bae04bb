/**
 * Three replicas behind a load balancer, asked without a pause while each of them is stopped and
 * started again and weeks are published.
 */
import { postgres } from '../test/support/postgres.ts'
import { REAL_SIZE } from '../test/support/feed.ts'
import { absent, type Figure, type Proof } from './contract.ts'
import { REPLICAS } from './replicas/fleet.ts'
import { judge, type Judged, type Stale } from './replicas/laws.ts'
import type { Answer } from './replicas/load.ts'
import { rollingRestart, type PublishMoment, type RollingReport } from './replicas/rolling.ts'

/** Requests per second of all clients together. */
const RATE = 1_000

/** Of all three. */
const ROUNDS = 3

/** How long after somebody's answer of a publication anybody may still answer with the one before. */
export const STALE_MS = 2_000

/** As the service is set if nobody says anything. */
const DRAIN_SECONDS = 5

/** Around each restart. */
const MOMENTS: readonly PublishMoment[] = ['stop', 'start', 'quiet']

/** A clock that asks a thousand times a second is late now and then. */
const RATE_SHARE = 0.99

export const replicas: Proof = {
  name: 'replicas',
  claim:
    'Three replicas behind a round-robin client under 1,000 requests a second through a rolling ' +
    'restart and a publish: no request fails, and no list is older than one that any replica ' +
    'answered more than 2 s before',
  async run({ seed, count: rounds = ROUNDS, say }) {
    if (postgres.missing !== undefined) return [absent('a rolling restart', postgres.missing)]
    const restarts = Array.from({ length: rounds * REPLICAS }, () => MOMENTS)
    const report = await rollingRestart({
      seed,
      say,
      rate: RATE,
      restarts,
      restartsWorker: true,
      size: REAL_SIZE,
      drainSeconds: DRAIN_SECONDS,
    })
    const judged = judge(report.answers, report.publications)
    tell(report, judged, say)
    return figuresOf(report, judged)
  },
}

/** Enough to see what went wrong. */
const SHOWN = 10

function tell(report: RollingReport, judged: Judged, say: (line: string) => void): void {
  for (const law of [...report.broken, ...judged.broken]) say(law)
  for (const { method, path, replica, fault, sentAt, doneAt } of judged.failed.slice(0, SHOWN)) {
    say(`${method} ${path} of replica ${replica} after ${ms(doneAt - sentAt)}: ${fault ?? ''}`)
  }
  for (const stale of judged.stale.filter((one) => one.ms > STALE_MS).slice(0, SHOWN)) {
    say(`${staleText(stale)}; that process waited ${ms(waited(report, stale))} for a processor`)
  }
  for (const line of report.errors.slice(0, SHOWN)) say(line)
}

/** How much of the time in question the replica was ready to run and had no processor. */
export function waited({ runDelays }: RollingReport, { answer, since }: Stale): number {
  return runDelays[answer.replica]?.between(since, answer.sentAt) ?? 0
}

function staleText({ answer, ms: age }: Stale): string {
  return `${answer.path} of replica ${answer.replica} was ${ms(age)} behind`
}

function figuresOf(report: RollingReport, judged: Judged): Figure[] {
  const { answers, seconds, stopMs, startMs, published, restarts } = report
  const rate = answers.length / seconds
  const worst = judged.stale[0]?.ms ?? 0
  const broken = report.broken.length + judged.broken.length
  return [
    { what: 'requests', value: `${answers.length} in ${seconds.toFixed(0)} s` },
    {
      what: 'requests per second',
      value: rate.toFixed(0),
      limit: String(RATE),
      holds: rate >= RATE_SHARE * RATE,
    },
    {
      what: 'failed requests',
      value: String(judged.failed.length),
      limit: '0',
      holds: judged.failed.length === 0,
    },
    { what: 'restarts of replicas and worker', value: String(restarts) },
    {
      what: 'publications while clients asked, each seen by them',
      value: `${published}, ${judged.versions - 1} seen`,
      limit: 'all',
      holds: judged.versions - 1 === published,
    },
    {
      what: 'longest that a replica answered with an older week than another',
      value: ms(worst),
      limit: ms(STALE_MS),
      holds: worst <= STALE_MS,
    },
    {
      what: 'other laws broken (exit codes, one text for a publication)',
      value: String(broken),
      limit: '0',
      holds: broken === 0,
    },
    latencies('lists', answers.filter(isList)),
    latencies(
      'tags and lookups',
      answers.filter((answer) => !isList(answer)),
    ),
    { what: 'from SIGTERM to the end, with 5 s of draining', value: middleAndMost(stopMs) },
    { what: 'from the start to ready', value: middleAndMost(startMs) },
    { what: 'the clients’ own thread was late by at most', value: ms(report.lagMs) },
    { what: 'errors logged', value: String(report.errors.length) },
  ]
}

function isList({ path }: Answer): boolean {
  return path.startsWith('/l/') || path.startsWith('/v1/allowlists/')
}

/** From when the clock asked, not from when the client got round to it. */
function latencies(what: string, answers: readonly Answer[]): Figure {
  const took = answers.map(({ doneAt, dueAt }) => doneAt - dueAt).sort((a, b) => a - b)
  const at = (share: number): string => ms(took[Math.floor(share * (took.length - 1))] ?? NaN)
  return {
    what: `time to answer, ${what}`,
    value: `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`,
  }
}

function middleAndMost(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b)
  return `median ${ms(sorted[sorted.length >>> 1] ?? NaN)}, most ${ms(sorted.at(-1) ?? NaN)}`
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}
