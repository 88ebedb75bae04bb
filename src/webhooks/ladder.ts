/**
 * When a delivery is tried again: the ladder that Standard Webhooks 1.0.0 recommends. Time and chance
 * enter as data.
 */

const [SECOND, MINUTE, HOUR] = [1, 60, 3600]

/**
 * Seconds from a failed attempt to the next one; the first, before any has failed, is made at once.
 * Together a little more than three days, a weekend and its Monday.
 */
export const LADDER: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

/** How often one delivery is attempted at most. */
export const MOST_ATTEMPTS = LADDER.length

/** A receiver may ask for time, but cannot park a delivery. Seconds. */
export const MOST_ASKED = 24 * HOUR

/** Waits are longer by up to this part, so that what failed together is not tried again together. */
const JITTER = 0.2

export interface FailedSoFar {
  /** How many attempts have failed. */
  readonly failures: number
  readonly now: Date
  /** What the last answer asked for with Retry-After. */
  readonly retryAfterSeconds?: number | undefined
  /** At least 0 and below 1. */
  readonly random: number
}

export type NextAttempt = { readonly at: Date } | 'exhausted'

/** Never earlier than the ladder or the receiver says; the latter counts up to `MOST_ASKED`. */
export function nextAttempt({
  failures,
  now,
  retryAfterSeconds,
  random,
}: FailedSoFar): NextAttempt {
  const step = LADDER[failures]
  if (step === undefined) return 'exhausted'
  const asked = Math.min(retryAfterSeconds ?? 0, MOST_ASKED)
  const seconds = Math.max(step, asked) * (1 + JITTER * random)
  return { at: new Date(now.getTime() + Math.ceil(seconds * 1000)) }
}
