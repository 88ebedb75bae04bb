/** How one attempt ends, and what an answer or an error makes of it. */
import type { Dispatcher } from 'undici'
import { messageOf } from '../core/errors.ts'
import { retryAfterSeconds } from '../sources/retry-after.ts'
import { sample } from '../sources/sample.ts'
import { AddressRefused } from './guarded-connect.ts'
import { MOST_ASKED } from './ladder.ts'
import { Stopped } from './time-limit.ts'

export type Ended =
  /** Any 2xx, as soon as its head is there. */
  | { readonly kind: 'delivered'; readonly status: number }
  /** 410, or what `judge` says: nothing is to be sent there any more. */
  | { readonly kind: 'gone'; readonly status: number }
  | {
      readonly kind: 'failed'
      /** Undefined where no answer came. */
      readonly status?: number | undefined
      readonly reason: string
      readonly retryAfterSeconds?: number | undefined
    }
  /** Nothing was sent. Counts as a failure: what a name leads to may change. */
  | { readonly kind: 'refused-address'; readonly reason: string }

/** The head of an answer counts, and its body where a format has a judge for it. */
export type Answer = Dispatcher.ResponseData

export function endOf({ statusCode: status, headers }: Answer, judged: 'gone' | undefined): Ended {
  if (judged === 'gone' || status === 410) return { kind: 'gone', status }
  if (status >= 200 && status < 300) return { kind: 'delivered', status }
  const header = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const location = header('location')
  const reason =
    status < 400 && location !== undefined
      ? `answered ${status} to ${sample(location, 300)}; redirects are not followed`
      : `answered ${status}; only 2xx is a delivery`
  const wait = retryAfterSeconds(header('retry-after'), new Date(), MOST_ASKED)
  const failed = { kind: 'failed', status, reason } as const
  return wait === undefined ? failed : { ...failed, retryAfterSeconds: wait }
}

/** Of whatever was thrown on the way to an answer. The URL is not repeated: it may be a secret. */
export function failureOf(error: unknown): Ended {
  if (error instanceof AddressRefused) {
    // A name may have many addresses, each with its reason.
    return { kind: 'refused-address', reason: sample(error.message, 600) }
  }
  if (error instanceof Stopped) return { kind: 'failed', reason: error.message }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const hint = /SIGNATURE|ISSUER|SELF_SIGNED/.test(code)
    ? '(name the CA file of a private authority in NODE_EXTRA_CA_CERTS)'
    : ''
  const parts = [code, withCause(error), hint].filter((part) => part !== '')
  return { kind: 'failed', reason: sample(parts.join(' '), 400) }
}

/** A proxy that cannot be reached is named by the error, why not by its cause. */
function withCause(error: unknown): string {
  const cause =
    error instanceof Error && error.cause instanceof Error ? ` (${withCause(error.cause)})` : ''
  return messageOf(error) + cause
}
