/** When: node-cron asks for a run, with jitter so that not every site polls at the same second. */
import { schedule } from 'node-cron'
import type { Logger } from 'pino'

/** Up to five minutes after the minute that the expression names. */
const JITTER_MS = 5 * 60_000

/**
 * Calls `ask` at the times of a cron expression; returns what ends it. `ask` is given the moment of
 * the expression, which is the same in every process, whatever its jitter.
 */
export function startSchedule(
  expression: string,
  ask: (dueAt: Date) => Promise<void>,
  log: Logger,
  jitterMs = JITTER_MS,
): () => Promise<void> {
  const task = schedule(
    expression,
    async ({ date }) => {
      try {
        await ask(wholeSecond(date))
      } catch (err) {
        log.error({ err }, 'Scheduled run could not be asked for')
      }
    },
    { maxRandomDelay: jitterMs },
  )
  return async () => {
    await task.destroy()
  }
}

/** Expressions name seconds; a timer rings some milliseconds later. */
function wholeSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}
