/**
 * Runs as pg-boss jobs in the same database: one per cloud at a time across all processes, and
 * tried again when the process that had it dies. It decides when and who; that two passes at once
 * do no harm is the store's doing (a publication compares and sets the serial).
 */
import { PgBoss, type ConstructorOptions } from 'pg-boss'
import { type Logger } from 'pino'
import { type Run } from '../store/contract.ts'
import { RUN_LIMIT_SECONDS, type Runner } from './runner.ts'

export interface Jobs {
  /** Begins to work; `alone` when no other process can hold a job. */
  start(options: { alone: boolean }): Promise<void>
  enqueue(run: Run): Promise<void>
  /** Waits for the run at work to end, for a while, then aborts it. */
  stop(): Promise<void>
}

const QUEUE = 'sync'

/** Without a sign of life for this long a worker is taken for dead and its job given to another. */
const HEARTBEAT_SECONDS = 30

const POLLING_SECONDS = 0.5

const STOP_TIMEOUT_MS = 20_000

interface JobData {
  readonly runId: string
}

export function createJobs(deps: {
  readonly options: ConstructorOptions
  readonly runner: Runner
  readonly log: Logger
}): Jobs {
  const { runner, log } = deps
  const boss = new PgBoss({ ...deps.options, schedule: false })
  boss.on('error', (err) => log.error({ err }, 'Job queue error'))
  const stopping = new AbortController()

  return {
    async start({ alone }) {
      await boss.start()
      await boss.createQueue(QUEUE, {
        policy: 'singleton',
        retryLimit: 2,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        expireInSeconds: RUN_LIMIT_SECONDS,
      })
      if (alone) await boss.deleteAllJobs(QUEUE)
      const options = { pollingIntervalSeconds: POLLING_SECONDS }
      await boss.work<JobData>(QUEUE, options, async (jobs) => {
        for (const { data, signal } of jobs) {
          await runner.perform(data.runId, AbortSignal.any([signal, stopping.signal]))
        }
      })
    },

    async enqueue({ id, cloud }) {
      await boss.send(QUEUE, { runId: id } satisfies JobData, { singletonKey: cloud })
    },

    async stop() {
      stopping.abort()
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS })
    },
  }
}
