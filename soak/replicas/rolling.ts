/**
 * The rolling restart: one replica after the other is told to stop, waited for, and started again,
 * and a week is published at moments when that could hurt: while one drains, and while it starts.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { seededRandom } from '../../test/support/random.ts'
import { openFleet, type Fleet, type FleetOptions, type Publication } from './fleet.ts'
import { startLoad, type LoadReport } from './load.ts'
import { errorsIn, type ServiceProcess } from './process.ts'
import { watchRunDelay, type RunDelay } from './run-delay.ts'

/** When a week is published: while the replica drains, while it starts, or when all is quiet. */
export type PublishMoment = 'stop' | 'start' | 'quiet'

export interface RollingOptions extends FleetOptions {
  readonly rate: number
  /** One entry for each restart, of the replicas in turn: when weeks are published around it. */
  readonly restarts: readonly (readonly PublishMoment[])[]
  /** After each round of restarts the worker has its turn. */
  readonly restartsWorker: boolean
  readonly say: (line: string) => void
}

export interface RollingReport extends LoadReport {
  readonly publications: readonly Publication[]
  /** How many weeks were published while clients asked. */
  readonly published: number
  readonly restarts: number
  /** From SIGTERM to the end, each. */
  readonly stopMs: readonly number[]
  /** From the start to ready, each. */
  readonly startMs: readonly number[]
  /** In words: what a process did that it must not. */
  readonly broken: readonly string[]
  /** By the replica's number. */
  readonly runDelays: readonly RunDelay[]
  /** What replicas and worker logged as errors. */
  readonly errors: readonly string[]
}

/** A start takes about so long: a publication begins at any moment of it. */
const START_MS = 3_000

/** Before the first restart and after the last one. */
const QUIET_MS = 1_500

export async function rollingRestart(options: RollingOptions): Promise<RollingReport> {
  const fleet = await openFleet(options)
  const runDelays = fleet.replicas.map(({ pid }) => watchRunDelay(pid))
  const origins = fleet.replicas.map(({ origin }) => origin)
  const load = startLoad({ origins, rate: options.rate, seed: options.seed })
  try {
    const before = (await fleet.publications()).length
    const restarts = await restartAll(fleet, options)
    const report = await load.stop()
    const publications = await fleet.publications()
    const published = publications.length - before
    const errors = [...fleet.replicas, fleet.worker].flatMap(errorsIn)
    return { ...report, ...restarts, publications, published, runDelays, errors }
  } finally {
    await load.abandon()
    for (const delay of runDelays) delay.stop()
    await fleet.close()
  }
}

type Restarts = Pick<RollingReport, 'restarts' | 'stopMs' | 'startMs' | 'broken'>

async function restartAll(fleet: Fleet, options: RollingOptions): Promise<Restarts> {
  const random = seededRandom(options.seed)
  const stopMs: number[] = []
  const startMs: number[] = []
  const broken: string[] = []

  async function restart(one: ServiceProcess, name: string): Promise<void> {
    stopMs.push(await took(() => stopWell(one, name, broken)))
    startMs.push(await took(() => one.start()))
  }

  async function restartReplica(number: number, moments: readonly PublishMoment[]): Promise<void> {
    const { replica, other } = pair(fleet, number)
    const stopping = took(() => stopWell(replica, `replica ${number}`, broken))
    // Even of the one that drains: it still takes wishes.
    if (moments.includes('stop')) await fleet.publishNext(replica)
    stopMs.push(await stopping)
    const starting = took(() => replica.start())
    if (moments.includes('start')) {
      await wait(random.below(START_MS))
      await fleet.publishNext(other)
    }
    startMs.push(await starting)
    if (moments.includes('quiet')) await fleet.publishNext(replica)
  }

  await wait(QUIET_MS)
  for (const [i, moments] of options.restarts.entries()) {
    const number = i % fleet.replicas.length
    await restartReplica(number, moments)
    options.say(`${i + 1} of ${options.restarts.length} restarts`)
    const endsRound = number === fleet.replicas.length - 1
    if (options.restartsWorker && endsRound) await restart(fleet.worker, 'worker')
  }
  await wait(QUIET_MS)
  for (const one of [...fleet.replicas, fleet.worker]) {
    if (one.deaths() > 0) broken.push(`${one.origin} ended ${one.deaths()} times by itself`)
  }
  return { restarts: stopMs.length, stopMs, startMs, broken }
}

async function stopWell(one: ServiceProcess, name: string, broken: string[]): Promise<void> {
  const code = await one.stop()
  if (code !== 0) broken.push(`${name} ended with ${String(code)}, not with 0`)
}

function pair({ replicas }: Fleet, number: number) {
  const replica = replicas[number]
  const other = replicas[(number + 1) % replicas.length]
  if (!replica || !other) throw new Error(`there is no replica ${number}`)
  return { replica, other }
}

async function took(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
