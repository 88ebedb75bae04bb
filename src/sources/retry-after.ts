/** The header Retry-After (RFC 9110, section 10.2.3), in both of its forms, bounded. */

/** Nobody is waited for longer: the schedule asks about as often anyway. Seconds. */
export const MAX_RETRY_AFTER = 6 * 60 * 60

/**
 * Seconds from `now` on; undefined without the header, for a form it does not have and for a time
 * that is over. Never more than `most`.
 */
export function retryAfterSeconds(
  header: string | undefined,
  now: Date,
  most = MAX_RETRY_AFTER,
): number | undefined {
  const text = header?.trim() ?? ''
  const seconds = /^\d+$/.test(text) ? Number(text) : secondsUntil(text, now)
  return seconds > 0 ? Math.min(seconds, most) : undefined
}

/** NaN for what is not a date; HTTP's dates begin with the name of a day. */
function secondsUntil(date: string, now: Date): number {
  if (!/^[A-Z][a-z]{2}/.test(date)) return Number.NaN
  return Math.ceil((Date.parse(date) - now.getTime()) / 1000)
}
