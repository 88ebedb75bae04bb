/**
 * How much one client may ask for in a minute. It is ours, small, because lists are answered before
 * Fastify sees the request: a plugin of Fastify's would count only what the front leaves to it.
 */
import { LRUCache } from 'lru-cache'
import { parseAddress } from '../core/address.ts'

export interface RateLimiter {
  /** Counts a request of this cost, if there is room for it; false (and nothing counted) if not. */
  take(client: string, cost: number): boolean
  /** `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11). */
  readonly policy: string
  /** `RateLimit` of the same draft. */
  standing(client: string): string
  /** Seconds until all of it may be asked for again. */
  resetAfter(client: string): number
}

export interface RateLimiterOptions {
  /** Per minute and client. */
  readonly limit: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** Of requests that compute something. */
export const COMPUTING_COST = 20

/** Of which `RateLimit` speaks, and a problem's `violated-policies`. */
export const POLICY_NAME = 'default'

const WINDOW_MS = 60_000

/** Clients that are remembered, about 2 MB. Who is forgotten begins anew. */
const MAX_CLIENTS = 10_000

interface Window {
  startedAt: number
  used: number
}

export function createRateLimiter({
  limit,
  now = () => performance.now(),
}: RateLimiterOptions): RateLimiter {
  const windows = new LRUCache<string, Window>({ max: MAX_CLIENTS })

  function windowOf(client: string): Window {
    const key = clientKey(client)
    const at = now()
    let window = windows.get(key)
    if (!window) windows.set(key, (window = { startedAt: at, used: 0 }))
    if (at - window.startedAt >= WINDOW_MS) {
      window.startedAt = at
      window.used = 0
    }
    return window
  }

  function secondsLeft({ startedAt }: Window): number {
    return Math.max(1, Math.ceil((startedAt + WINDOW_MS - now()) / 1000))
  }

  return {
    policy: `"${POLICY_NAME}";q=${limit};w=${WINDOW_MS / 1000}`,
    take(client, cost) {
      const window = windowOf(client)
      // What costs more than the whole limit can be asked for once in a window.
      const used = window.used + Math.min(cost, limit)
      if (used > limit) return false
      window.used = used
      return true
    },
    standing(client) {
      const window = windowOf(client)
      return `"${POLICY_NAME}";r=${limit - window.used};t=${secondsLeft(window)}`
    },
    resetAfter: (client) => secondsLeft(windowOf(client)),
  }
}

const MAPPED = '::ffff:'

/** `10.0.0.1:1111`, `[2001:db8::1]:1111`, `[2001:db8::1]`: some proxies name the port too. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/

/** An IPv4 address however it is written; of IPv6 the /64, in which a host takes any address. */
function clientKey(client: string): string {
  if (!client.includes(':')) return client
  const [, v6, v4] = WITH_PORT.exec(client) ?? []
  const address = v6 ?? v4 ?? client
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length)
  if (!address.includes(':')) return address
  const parsed = parseAddress(address)
  return parsed.ok ? `${parsed.value.words.slice(0, 2).join(':')}/64` : address
}
