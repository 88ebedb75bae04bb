/**
 * Runs as pg-boss jobs in the same database: one per cloud at a time across all processes, and
 * tried again when the process that had it dies. It decides when and who; that two passes at once
 * do no harm is the store's doing (a publication compares and sets the serial).
 */
import { setTimeout as wait } from 'node:timers/promises'
import { PgBoss, type ConstructorOptions } from 'pg-boss'
import type { Logger } from 'pino'
import type { Run } from '../store/contract.ts'
import { databaseRefusal } from '../store/open.ts'
import { RUN_LIMIT_SECONDS, type Runner } from './runner.ts'

export interface Jobs {
  /**
   * Begins to work; `alone` when no other process can hold a job: what is in the queue was then
   * left by a killed one and is dropped.
   * @throws RangewardenError `cannot-start` when a PostgreSQL does not let the queue be made
   */
  start(options: { alone: boolean }): Promise<void>
  /** Puts the run in the queue, once `start` has made it; fails as `start` does. */
  enqueue(run: Run): Promise<void>
  /**
   * Aborts the run at work at once, since a fetch may take minutes and must not hold up a
   * shutdown, and waits until it is recorded: for 20 seconds, if its source does not listen.
   */
  stop(): Promise<void>
}

const QUEUE = 'sync'

/** Without a sign of life for this long a worker is taken for dead and its job given to another. */
const HEARTBEAT_SECONDS = 30

const POLLING_SECONDS = 0.5

/** Between two tries of a run that met a fault or lost its database. */
const AGAIN_MS = 1_000

/** So many faults, with a database that answers after each, may be the database's; one more is ours. */
const FAULTS = 2

/** A database that is down fails every poll. */
const QUIET_MS = 60_000

const STOP_TIMEOUT_MS = 20_000

interface JobData {
  readonly runId: string
}

export function createJobs(deps: {
  readonly options: ConstructorOptions
  readonly runner: Runner
  /** Answers if the database does. */
  readonly ping: () => Promise<void>
  readonly log: Logger
}): Jobs {
  const { options, runner, ping, log } = deps
  const boss = new PgBoss({ ...options, schedule: false })
  let quietUntil = 0
  boss.on('error', (err) => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + QUIET_MS
    log.error({ err }, 'Job queue error, further ones are left out for a minute')
  })
  const stopping = new AbortController()
  const started = Promise.withResolvers<undefined>()
  started.promise.catch(() => undefined) // told to whoever waits, if anybody does

  async function work(alone: boolean): Promise<void> {
    await boss.start()
    await boss.createQueue(QUEUE, {
      policy: 'singleton',
      retryLimit: 2,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: RUN_LIMIT_SECONDS,
    })
    if (alone) await boss.deleteAllJobs(QUEUE)
    await boss.work<JobData>(QUEUE, { pollingIntervalSeconds: POLLING_SECONDS }, async (jobs) => {
      for (const { data, signal } of jobs) {
        await carryOut(data.runId, AbortSignal.any([signal, stopping.signal]))
      }
    })
  }

  /**
   * A database that goes away takes the run's record with it, and the queue would give the job out
   * again after a minute or two. This process is alive: it goes on as soon as the database is back.
   * Only a fault that comes again while the database answers is recorded as the run's end.
   */
  async function carryOut(runId: string, signal: AbortSignal): Promise<void> {
    for (let faults = 0; ;) {
      try {
        await runner.perform(runId, signal, { tryAgain: faults < FAULTS })
        return
      } catch (error) {
        if (signal.aborted || faults >= FAULTS) throw error
        faults += await ping().then(
          () => 1,
          () => 0,
        )
        await wait(AGAIN_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  return {
    async start({ alone }) {
      try {
        await work(alone)
        started.resolve(undefined)
      } catch (cause) {
        const { connectionString } = options
        const fault = connectionString ? databaseRefusal(connectionString, cause) : cause
        started.reject(fault)
        // Its connections would keep the process alive.
        await boss.stop({ graceful: false }).catch((err: unknown) => {
          log.error({ err }, 'Job queue did not stop')
        })
        throw fault
      }
    },

    async enqueue({ id, cloud }) {
      await started.promise
      await boss.send(QUEUE, { runId: id } satisfies JobData, { singletonKey: cloud })
    },

    async stop() {
      stopping.abort()
      started.reject(new Error('the job queue was stopped before it had started'))
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS })
    },
  }
}
