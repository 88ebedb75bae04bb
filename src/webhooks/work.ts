/**
 * Telling as jobs. The transaction that records an event puts in a job to tell it, the one that tells
 * it a job for each webhook that has something to send; a sweep puts in what has become due again,
 * and what a process without a queue has recorded.
 *
 *     publish ──► event, job ──► body, deliveries, jobs ──► attempt … attempt
 *     one transaction            one transaction            a row each
 */
import type { JobInsert } from 'pg-boss'
import type { Logger } from 'pino'
import { HEARTBEAT_SECONDS, type JobQueue } from '../jobs/queue.ts'
import type { Enqueue } from '../store/outbox.ts'
import type { Store } from '../store/contract.ts'
import { every, type Repeated } from '../sync/every.ts'
import { deliverDue, type DeliverDeps } from './deliver.ts'
import { tellPending, type TellDeps } from './tell.ts'

const TELL = 'tell'
const DELIVER = 'deliver'

/** One webhook may take so long at a time; what is left goes on in the next job. */
const DELIVER_LIMIT_SECONDS = 30 * 60

const TELL_LIMIT_SECONDS = 10 * 60

/** Between two tries of a job that met a fault or lost its database. */
const AGAIN_SECONDS = 2

/** A database may be away for long, and the sweep brings back what was given up. */
const RETRIES = 100

const SWEEP_MS = 1_000

/** More than workers take up until the next sweep; those that are due the longest come first. */
const MOST_SWEPT = 200

const FORGET_MS = 3_600_000

export interface TellingWork {
  /** Makes its queues; from then on transactions of this process put their jobs in. */
  start(options: {
    readonly works: boolean
    /** No other process can hold a job: what is in the queues was left by a killed one and is dropped. */
    readonly alone: boolean
    /** How many webhooks are sent to at once, so that those that hang keep nobody else waiting. */
    readonly webhooksAtOnce: number
  }): Promise<void>
  /** Sweeps now. */
  wake(): void
  /** Aborts attempts under way; the queue is stopped after it. */
  stop(): Promise<void>
}

export interface TellingWorkDeps extends TellDeps, DeliverDeps {
  readonly store: TellDeps['store'] & Pick<Store, 'deliveries'>
  readonly queue: JobQueue
  /** Told what puts jobs in, once there are queues. */
  readonly enqueueWith: (enqueue: Enqueue) => void
  /** For how many days what was told is kept. */
  readonly keptDays: number
  readonly log: Logger
}

interface TellJob {
  readonly event: string
}

interface DeliverJob {
  readonly webhook: string
}

export function createTellingWork(deps: TellingWorkDeps): TellingWork {
  const { queue, store, log } = deps
  const { boss } = queue
  const stopping = new AbortController()
  let sweeping: Repeated | undefined
  let forgetting: Repeated | undefined

  const enqueue: Enqueue = {
    async tell(db, event) {
      await boss.send(TELL, { event } satisfies TellJob, { singletonKey: event, db })
    },
    async deliver(db, webhooks) {
      if (webhooks.length > 0) await boss.insert(DELIVER, webhooks.map(jobOf), { db })
    },
  }

  async function makeQueues(): Promise<void> {
    const again = { retryLimit: RETRIES, retryDelay: AGAIN_SECONDS }
    // Every event has a job of its own key: transactions that record one do not wait for each other.
    await boss.createQueue(TELL, {
      policy: 'short',
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: TELL_LIMIT_SECONDS,
      ...again,
    })
    // One job of a webhook waits, and one is at work (its group): what comes meanwhile waits behind.
    await boss.createQueue(DELIVER, {
      policy: 'short',
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: DELIVER_LIMIT_SECONDS,
      ...again,
    })
  }

  async function work(webhooksAtOnce: number): Promise<void> {
    await boss.work<TellJob>(
      TELL,
      { batchSize: 100, pollingIntervalSeconds: 0.5 },
      async (jobs) => {
        await tellPending(
          deps,
          AbortSignal.any([stopping.signal, ...jobs.map(({ signal }) => signal)]),
        )
      },
    )
    await boss.work<DeliverJob>(
      DELIVER,
      { localConcurrency: webhooksAtOnce, groupConcurrency: 1, pollingIntervalSeconds: 0.5 },
      async (jobs) => {
        for (const { data, signal } of jobs) {
          await deliverDue(deps, data.webhook, AbortSignal.any([stopping.signal, signal]))
        }
      },
    )
    sweeping = every(SWEEP_MS, sweep, { log, what: 'looking for what is due to be told' })
    forgetting = every(FORGET_MS, forget, { log, what: 'forgetting what was told long ago' })
    sweeping.wake()
  }

  /** Also after a start: what a killed process left has no job, or one that nobody works at. */
  async function sweep(): Promise<void> {
    const [event] = await store.events.pending(1)
    if (event)
      await boss.send(TELL, { event: event.id } satisfies TellJob, { singletonKey: event.id })
    const due = await store.deliveries.due(MOST_SWEPT)
    if (due.length > 0) await boss.insert(DELIVER, due.map(jobOf))
  }

  async function forget(): Promise<void> {
    const count = await store.events.forget(deps.keptDays)
    if (count > 0) log.info({ count, days: deps.keptDays }, 'Events of long ago were forgotten')
  }

  return {
    async start({ works, alone, webhooksAtOnce }) {
      await makeQueues()
      // The sweep puts in what is due; nobody waits until the killed one's heartbeats are missed.
      if (alone) for (const name of [TELL, DELIVER]) await boss.deleteAllJobs(name)
      deps.enqueueWith(enqueue)
      if (works) await work(webhooksAtOnce)
    },

    wake: () => sweeping?.wake(),

    async stop() {
      stopping.abort()
      await sweeping?.stop()
      await forgetting?.stop()
    },
  }
}

/** One that waits already stays: its key is taken. */
function jobOf(webhook: string): JobInsert<DeliverJob> {
  return { data: { webhook }, singletonKey: webhook, group: { id: webhook } }
}
