/**
 * Keeps what is in memory in step with the database: at once when somebody says that it has changed,
 * and every so often when nobody does. Knows since when that has not worked.
 */
import type { Logger } from 'pino'
import { every, type Repeated } from './every.ts'

export interface KeepUp extends Repeated {
  /**
   * Since when nothing in memory has been compared with the database; undefined while that works as
   * often as it should.
   */
  unverifiedSince(): Date | undefined
}

export interface KeepUpDeps {
  /** Reads and swaps in; rejects when the database does not let it. */
  readonly look: () => Promise<void>
  /** Between two looks that nobody asked for, in milliseconds. */
  readonly intervalMs: number
  readonly now: () => Date
  readonly log: Logger
}

/** A look that fails once, or takes its time, is no outage. */
const LATE_MS = 5_000

/** Begins by itself, taking what is in memory for up to date. */
export function startKeepingUp({ look, intervalMs, now, log }: KeepUpDeps): KeepUp {
  let verifiedAt = now()

  async function lookOnce(): Promise<void> {
    // What is read is at least as new as this.
    const startedAt = now()
    await look()
    verifiedAt = startedAt
  }

  return {
    ...every(intervalMs, lookOnce, { log, what: 'keeping up with the database' }),
    unverifiedSince() {
      const lateAfter = intervalMs + LATE_MS
      return now().getTime() - verifiedAt.getTime() > lateAfter ? verifiedAt : undefined
    },
  }
}
