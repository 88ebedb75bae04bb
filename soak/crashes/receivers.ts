/**
 * Receivers of webhooks with a memory: which event arrived where, in which order and in which words.
 * One of them fails now and then, and never twice for one delivery: the third try is minutes away.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Webhook as Verifier } from 'standardwebhooks'
import { z } from 'zod'
import { seededRandom } from '../../test/support/random.ts'
import { startReceiver, type Received } from '../../test/support/receiver.ts'
import { mustAsk } from './client.ts'
import { EXACT_LIST } from './lists.ts'
import type { Finding } from './report.ts'

/** Who is told of what; no events are all events. */
export interface Subscription {
  readonly path: string
  readonly events: readonly string[]
  /** Of events about a list. */
  readonly allowlists: readonly string[]
}

const SUBSCRIPTIONS: readonly Subscription[] = [
  { path: '/all', events: [], allowlists: [] },
  { path: '/ranges', events: ['ranges.changed'], allowlists: [] },
  { path: '/list', events: ['allowlist.changed'], allowlists: [EXACT_LIST] },
  { path: '/slow', events: ['ranges.changed', 'allowlist.changed'], allowlists: [] },
  { path: '/flaky', events: [], allowlists: [] },
]

export interface Arrival {
  readonly path: string
  /** `webhook-id` */
  readonly id: string
  readonly body: string
  /** Answered with 2xx. */
  readonly accepted: boolean
}

/** A subscription that was taken. */
export interface Subscribed extends Subscription {
  /** Of the webhook. */
  readonly id: string
}

export interface Receivers {
  readonly subscribed: readonly Subscribed[]
  /** In the order in which requests were complete, whoever received them. */
  readonly arrivals: readonly Arrival[]
  /** What was not signed as Standard Webhooks says. */
  readonly findings: readonly Finding[]
  subscribe(url: string): Promise<void>
  close(): Promise<void>
}

const createdShape = z.object({ id: z.string(), secret: z.string() })

/** Of first arrivals at the one that is flaky. */
const FAILURES = 0.15

const SLOWEST_MS = 250

export async function openReceivers(seed: number): Promise<Receivers> {
  const receiver = await startReceiver({ keepsBodies: true })
  const random = seededRandom(seed)
  const subscribed: Subscribed[] = []
  const arrivals: Arrival[] = []
  const findings: Finding[] = []
  const failedOnce = new Set<string>()

  function isFailure(path: string, id: string): boolean {
    const isFirst = !arrivals.some((arrival) => arrival.path === path && arrival.id === id)
    if (path !== '/flaky' || !isFirst || failedOnce.has(id) || !random.chance(FAILURES))
      return false
    failedOnce.add(id)
    return true
  }

  function receive(path: string, verifier: Verifier, { headers, body: bytes }: Received): boolean {
    const [id, body] = [String(headers['webhook-id']), bytes.toString()]
    try {
      verifier.verify(body, headers as Record<string, string>)
    } catch (error) {
      findings.push({ law: 'altered', text: `${id} at ${path}: ${String(error)}` })
    }
    const accepted = !isFailure(path, id)
    arrivals.push({ path, id, body, accepted })
    return accepted
  }

  return {
    subscribed,
    arrivals,
    findings,

    async subscribe(url) {
      for (const subscription of SUBSCRIPTIONS) {
        const { path, events, allowlists } = subscription
        const wish = { url: receiver.origin + path, events, allowlists }
        const { id, secret } = await mustAsk(url, 'POST', '/v1/webhooks', wish, createdShape)
        const verifier = new Verifier(secret)
        subscribed.push({ ...subscription, id })
        receiver.behave(path, (response, request) => {
          const status = receive(path, verifier, request) ? 204 : 500
          const answer = (): void => void response.writeHead(status).end()
          if (path !== '/slow') return answer()
          void wait(random.below(SLOWEST_MS)).then(answer)
        })
      }
    },

    close: () => receiver.close(),
  }
}
