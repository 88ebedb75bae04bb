/** When: node-cron asks for a run, with jitter so that not every site polls at the same second. */
import { schedule } from 'node-cron'
import type { Logger } from 'pino'

/** Up to five minutes after the minute that the expression names. */
const JITTER_MS = 5 * 60_000

/** Calls `ask` at the times of a cron expression; returns what ends it. */
export function startSchedule(
  expression: string,
  ask: () => Promise<void>,
  log: Logger,
): () => Promise<void> {
  const task = schedule(
    expression,
    async () => {
      try {
        await ask()
      } catch (err) {
        log.error({ err }, 'Scheduled run could not be asked for')
      }
    },
    { maxRandomDelay: JITTER_MS },
  )
  return async () => {
    await task.destroy()
  }
}
