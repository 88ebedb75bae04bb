/**
 * Runs as jobs: one per cloud at a time across all processes, and tried again when the process that
 * had it dies. It decides when and who; that two passes at once do no harm is the store's doing (a
 * publication compares and sets the serial).
 */
import { setTimeout as wait } from 'node:timers/promises'
import { HEARTBEAT_SECONDS, type JobQueue } from '../jobs/queue.ts'
import type { Run } from '../store/contract.ts'
import { RUN_LIMIT_SECONDS, type Runner } from './runner.ts'

export interface Jobs {
  /**
   * Begins to work, unless this process only asks for runs (`works` false). `alone` when no other
   * process can hold a job: what is in the queue was then left by a killed one and is dropped.
   * @throws as `JobQueue.start`, which it calls
   */
  start(options: { readonly alone: boolean; readonly works?: boolean }): Promise<void>
  /** Puts the run in the queue, once `start` has made it; fails as `start` does. */
  enqueue(run: Run): Promise<void>
  /**
   * Aborts the run at work at once, since a fetch may take minutes and must not hold up a
   * shutdown, stops the whole queue and waits until the run is recorded.
   */
  stop(): Promise<void>
}

const QUEUE = 'sync'

const POLLING_SECONDS = 0.5

/** Between two tries of a run that met a fault or lost its database. */
const AGAIN_MS = 1_000

/** So many faults, with a database that answers after each, may be the database's; one more is ours. */
const FAULTS = 2

interface JobData {
  readonly runId: string
}

export function createJobs(deps: {
  readonly queue: JobQueue
  readonly runner: Runner
  /** Answers if the database does. */
  readonly ping: () => Promise<void>
}): Jobs {
  const { queue, runner, ping } = deps
  const { boss } = queue
  const stopping = new AbortController()
  const ready = Promise.withResolvers<undefined>()
  ready.promise.catch(() => undefined) // told to whoever waits, if anybody does

  async function begin(alone: boolean, works: boolean): Promise<void> {
    await queue.start()
    // One per cloud at a time is its group's doing. A `singleton` queue leaves keys alone that were at
    // work when it was last looked at, up to a minute ago: runs would wait for nothing.
    await boss.createQueue(QUEUE, {
      policy: 'short',
      retryLimit: 2,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: RUN_LIMIT_SECONDS,
    })
    if (alone) await boss.deleteAllJobs(QUEUE)
    if (!works) return
    const options = { pollingIntervalSeconds: POLLING_SECONDS, groupConcurrency: 1 }
    await boss.work<JobData>(QUEUE, options, async (jobs) => {
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
    async start({ alone, works = true }) {
      try {
        await begin(alone, works)
        ready.resolve(undefined)
      } catch (fault) {
        ready.reject(fault)
        throw fault
      }
    },

    async enqueue({ id, cloud }) {
      await ready.promise
      const data = { runId: id } satisfies JobData
      await boss.send(QUEUE, data, { singletonKey: id, group: { id: cloud } })
    },

    async stop() {
      stopping.abort()
      ready.reject(new Error('the job queue was stopped before it had started'))
      await queue.stop()
    },
  }
}
