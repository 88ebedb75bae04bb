/**
 * Rounds of crashes on one installation: in each a week is published, sometimes around a rollback by
 * a person; at chosen moments something is killed and started again. When everything is quiet it is
 * asked whether all promises were kept.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { seededRandom, type Random } from '../../test/support/random.ts'
import { decide, takeWeek, type Act } from './acts.ts'
import { measureAgreement } from './agreement.ts'
import { inspectAll, inspectHistory, type Expected } from './checks.ts'
import type { Installation } from './installation.ts'
import type { Remembered } from './lists.ts'
import { underWay, type Before } from './moments.ts'
import { createPlan, type Crash, type PlannedAct } from './plan.ts'
import { countOne, crashesOf, type CrashReport } from './report.ts'

export interface RoundsOptions {
  readonly seed: number
  readonly crashes: number
  readonly say: (line: string) => void
}

/** Snapshots that a round may have made, and one before. */
const RECENT = 3

/** Until the moment comes; what hits an interrupted run waits no longer. */
const MOMENT_MS = 15_000

/** What is away is away for up to so long. */
const AWAY_MS = 400

/** Longer than it takes until jobs of a killed worker are given out again, one after the other. */
const PATIENCE_MS = 300_000

const POLL_MS = 100

/** Until a wish that was answered has to be seen. */
const SEEN_MS = 500

export async function crashInRounds(
  installation: Installation,
  report: CrashReport,
  { seed, crashes, say }: RoundsOptions,
): Promise<void> {
  const plan = createPlan(seed)
  const rounds = createRounds(installation, report, seededRandom(seed), say)
  try {
    // A person needs a week to go back to.
    await rounds.carryOut(plan(0))
    while (crashesOf(report) < crashes && report.findings.length === 0) {
      const left = crashes - crashesOf(report)
      const acts = plan(left)
      const isLast = acts.reduce((sum, act) => sum + act.crashes.length, 0) === left
      await rounds.carryOut(acts, isLast ? Infinity : RECENT)
      const { deliveries, recoveries } = report
      const seconds = ((recoveries.at(-1) ?? NaN) / 1_000).toFixed(1)
      say(
        `${crashesOf(report)} crashes here, ${deliveries} deliveries, all told after ${seconds} s`,
      )
    }
  } finally {
    await rounds.stop()
  }
}

interface Rounds {
  /** Compares so many snapshots with what was offered afterwards, the newest first. */
  carryOut(acts: readonly PlannedAct[], depth?: number): Promise<void>
  stop(): Promise<void>
}

function createRounds(
  installation: Installation,
  report: CrashReport,
  random: Random,
  say: (line: string) => void,
): Rounds {
  const { site, receivers, watch } = installation
  const agreement = measureAgreement(installation, say)
  const remembered: Remembered = new Map()
  const acknowledged: number[] = []
  let number = 0
  let counted = 0

  /** History is whole at any moment, but for a week that a rollback keeps back. */
  async function crashOnce({ victim, moment }: Crash, before: Before, isWhole: boolean) {
    await watch.until((seen) => moment.isNow(seen, before, receivers.arrivals.length), MOMENT_MS)
    await wait(random.below(moment.spreadMs))
    const hit = await underWay(installation, before)
    await installation.crash(victim)
    say(`${victim} killed ${hit.join(', ')}`)
    countOne(report.crashes, victim)
    for (const what of hit) countOne(report.moments, what)
    if (victim !== 'PostgreSQL' && isWhole) await inspectNow()
    await wait(random.below(AWAY_MS))
    await installation.restart(victim)
    if (victim === 'PostgreSQL' && isWhole) await inspectNow()
  }

  async function inspectNow(): Promise<void> {
    report.findings.push(...(await inspectHistory(installation)))
  }

  /** A wish that was lost is for its client to repeat. False if that does not help. */
  async function untilDone(act: Act): Promise<boolean> {
    const deadline = performance.now() + PATIENCE_MS
    let askedAt = performance.now()
    while (!(await isDone(act))) {
      if (performance.now() > deadline) {
        const text = `${act.name} is not done after ${PATIENCE_MS} ms: ${JSON.stringify(watch.now())}`
        report.findings.push({ law: 'other', text })
        return false
      }
      const seen = watch.now()
      if (seen && act.mayRepeat(seen) && performance.now() - askedAt > SEEN_MS) {
        await act.begin(await installation.anyReplica(random.below(2)))
        askedAt = performance.now()
      }
      await wait(POLL_MS)
    }
    return true
  }

  async function isDone(act: Act): Promise<boolean> {
    const seen = watch.now()
    if (!seen) return false
    return installation.inOneState((rows) => act.isDone(seen, rows)).catch(() => false)
  }

  async function carryOutOne(
    act: Act,
    crashes: readonly Crash[],
    isWhole: boolean,
  ): Promise<boolean> {
    const seen = await watch.until(() => true, PATIENCE_MS)
    if (!seen) throw new Error('the database does not answer')
    const before = { seen, arrivals: receivers.arrivals.length }
    const asking = act.begin(await installation.anyReplica(random.below(2)))
    for (const crash of crashes) await crashOnce(crash, before, isWhole)
    await asking
    if (!(await untilDone(act))) return false
    acknowledged.push(...act.acknowledged)
    await installation.untilUp()
    await agreement.settled()
    return true
  }

  async function untilQuiet(expected: Expected): Promise<void> {
    const since = performance.now()
    while (performance.now() - since < PATIENCE_MS) {
      const seen = watch.now()
      if (seen?.run === 'finished' && seen.untold + seen.waiting === 0) {
        const facts = await inspectAll(installation, expected, remembered)
        if (facts) {
          const { findings, deliveries, publications } = facts
          report.findings.push(...findings)
          report.deliveries = deliveries
          report.publications = publications
          report.repeats = receivers.arrivals.filter(({ accepted }) => accepted).length - deliveries
          return
        }
      }
      await wait(POLL_MS)
    }
    const text = `still under way after ${PATIENCE_MS} ms: ${JSON.stringify(watch.now())}`
    report.findings.push({ law: 'lost', text })
  }

  return {
    async carryOut(planned, depth = RECENT) {
      const week = site.offerNext()
      const isWhole = planned.length === 1
      for (const { what, crashes } of planned) {
        const act = what === 'week' ? takeWeek(week) : decide(what, number++)
        if (!(await carryOutOne(act, crashes, isWhole))) return
      }
      const lastDone = performance.now()
      await untilQuiet({ week, acknowledged, depth })
      const times = agreement.times.slice(counted)
      counted = agreement.times.length
      report.findings.push(...agreement.findings)
      // What was started for the first time, all at once, has no crash behind it.
      if (planned.every(({ crashes }) => crashes.length === 0)) return
      report.recoveries.push(performance.now() - lastDone)
      report.agreements.push(...times)
    },
    stop: () => agreement.stop(),
  }
}
