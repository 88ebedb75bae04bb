/** One ladder for "their side is down": a cloud that failed is asked for again, ever less often. */
import type { Logger } from 'pino'
import type { Cloud } from '../core/cloud.ts'
import { messageOf } from '../core/errors.ts'
import type { RunOutcome } from './run-once.ts'

/** Minutes from a failed run to the next try; after the last it is the schedule's turn. */
export const RETRY_MINUTES = [1, 5, 15, 60]

export interface Retry {
  /** To be told of every outcome: a failed one asks for another run later, any other starts anew. */
  noticed(cloud: Cloud, outcome: RunOutcome): void
  /** A run that could not even be asked for, since the database is away, is one that failed. */
  notAsked(cloud: Cloud, error: unknown): void
  stop(): void
}

export interface RetryDeps {
  readonly ask: (cloud: Cloud) => Promise<unknown>
  /** Calls back after some milliseconds; gives what cancels it. */
  readonly delay: (callback: () => void, ms: number) => () => void
  readonly log: Logger
}

export function createRetry({ ask, delay, log }: RetryDeps): Retry {
  const failures = new Map<Cloud, number>()
  const cancels = new Map<Cloud, () => void>()
  let stopped = false

  function cancel(cloud: Cloud): void {
    cancels.get(cloud)?.()
    cancels.delete(cloud)
  }

  function noticed(cloud: Cloud, outcome: RunOutcome): void {
    if (stopped) return
    cancel(cloud)
    if (outcome.kind !== 'failed') return void failures.delete(cloud)
    const count = failures.get(cloud) ?? 0
    failures.set(cloud, count + 1)
    const minutes = RETRY_MINUTES[count]
    if (minutes === undefined) return
    // Longer if the publisher asked for more time, never shorter.
    const seconds = Math.max(minutes * 60, outcome.retryAfterSeconds ?? 0)
    const again = delay(() => {
      ask(cloud).catch((error: unknown) => notAsked(cloud, error))
    }, seconds * 1000)
    cancels.set(cloud, again)
  }

  function notAsked(cloud: Cloud, error: unknown): void {
    log.error({ err: error, cloud }, 'A run could not be asked for')
    noticed(cloud, { kind: 'failed', reason: messageOf(error), url: undefined })
  }

  return {
    noticed,
    notAsked,
    stop() {
      stopped = true
      for (const cloud of [...cancels.keys()]) cancel(cloud)
    },
  }
}
