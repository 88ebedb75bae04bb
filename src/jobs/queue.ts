/**
 * The job queue (pg-boss) in the same database as everything else: work for one process at a time,
 * given to another when the process that had it dies. What each job does is its own room's business.
 */
import { PgBoss, type ConstructorOptions } from 'pg-boss'
import type { Logger } from 'pino'
import { databaseRefusal } from '../store/open.ts'

export interface JobQueue {
  readonly boss: PgBoss
  /**
   * Makes the queue's tables, if they are not there.
   * @throws RangewardenError `cannot-start` when a PostgreSQL does not let them be made
   */
  start(): Promise<void>
  /** Waits for jobs at work, which are to be told to end: for 20 seconds, if one does not listen. */
  stop(): Promise<void>
}

/** Without a sign of life for this long a worker is taken for dead and its job given to another. */
export const HEARTBEAT_SECONDS = 30

const SUPERVISE_SECONDS = 10

/** A database that is down fails every poll. */
const QUIET_MS = 60_000

const STOP_TIMEOUT_MS = 20_000

export function createJobQueue({
  options,
  log,
}: {
  readonly options: ConstructorOptions
  readonly log: Logger
}): JobQueue {
  const boss = new PgBoss({
    ...options,
    schedule: false,
    // How soon the job of a killed worker is seen to be nobody's, after its heartbeat is missed.
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
  })
  let quietUntil = 0
  boss.on('error', (err) => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + QUIET_MS
    log.error({ err }, 'Job queue error, further ones are left out for a minute')
  })

  return {
    boss,

    async start() {
      try {
        await boss.start()
      } catch (cause) {
        const { connectionString } = options
        const fault = connectionString ? databaseRefusal(connectionString, cause) : cause
        // Its connections would keep the process alive.
        await boss.stop({ graceful: false }).catch((err: unknown) => {
          log.error({ err }, 'Job queue did not stop')
        })
        throw fault
      }
    },

    stop: () => boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS }),
  }
}
