/** One ladder for "their side is down": a cloud that failed is asked for again, ever less often. */
import type { Cloud } from '../core/cloud.ts'
import type { RunOutcome } from './run-once.ts'

/** Minutes from a failed run to the next try; after the last it is the schedule's turn. */
export const RETRY_MINUTES = [1, 5, 15, 60]

export interface Retry {
  /** To be told of every outcome: a failed one asks for another run later, any other starts anew. */
  noticed(cloud: Cloud, outcome: RunOutcome): void
  stop(): void
}

/** `delay` calls back after some milliseconds and gives what cancels it. */
export function createRetry(
  ask: (cloud: Cloud) => void,
  delay: (callback: () => void, ms: number) => () => void,
): Retry {
  const failures = new Map<Cloud, number>()
  const cancels = new Map<Cloud, () => void>()
  let stopped = false

  function cancel(cloud: Cloud): void {
    cancels.get(cloud)?.()
    cancels.delete(cloud)
  }

  return {
    noticed(cloud, outcome) {
      if (stopped) return
      cancel(cloud)
      if (outcome.kind !== 'failed') return void failures.delete(cloud)
      const count = failures.get(cloud) ?? 0
      failures.set(cloud, count + 1)
      const minutes = RETRY_MINUTES[count]
      if (minutes === undefined) return
      // Longer if the publisher asked for more time, never shorter.
      const seconds = Math.max(minutes * 60, outcome.retryAfterSeconds ?? 0)
      const again = delay(() => ask(cloud), seconds * 1000)
      cancels.set(cloud, again)
    },
    stop() {
      stopped = true
      for (const cloud of [...cancels.keys()]) cancel(cloud)
    },
  }
}
