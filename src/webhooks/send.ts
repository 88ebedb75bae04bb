/**
 * One attempt to deliver: one POST, judged, bounded, never redirected. Every way it can end is a
 * value; whether there is another attempt, and when, is for the caller to decide.
 */
import { performance } from 'node:perf_hooks'
import { Agent, EnvHttpProxyAgent, request } from 'undici'
import type { ProxySettings } from '../sources/dispatcher.ts'
import { createTunnelPool } from '../sources/tunnel-pool.ts'
import type { AddressGuard } from './address-guard.ts'
import {
  AddressRefused,
  createGuardedConnect,
  systemLookup,
  type Lookup,
} from './guarded-connect.ts'
import { endOf, failureOf, type Answer, type Ended } from './outcome.ts'
import { isProxied, refusalThroughProxy } from './proxy-route.ts'
import { firstBytes, printable, textOf } from './response-text.ts'
import { Stopped, timeLimit } from './time-limit.ts'
import { checkWebhookUrl } from './webhook-url.ts'

export interface SendLimits {
  /** From the call to the head of the answer, and never longer in all. Milliseconds. */
  readonly totalMs: number
  /** For the name, the connection and TLS together. Milliseconds. */
  readonly connectMs: number
  /** How long this host's DNS is waited for where a proxy resolves anyway. Milliseconds. */
  readonly lookupMs: number
  /** Of the answer's head. */
  readonly headBytes: number
  /** How much of the answer's body is kept, and how long it is waited for. */
  readonly responseBytes: number
  readonly responseMs: number
  /** How long a connection waits for the next request to the same origin. Milliseconds. */
  readonly idleMs: number
}

/** Standard Webhooks asks for 15 to 30 seconds. */
export const SEND_LIMITS: SendLimits = {
  totalMs: 20_000,
  connectMs: 10_000,
  lookupMs: 2_000,
  headBytes: 16_384,
  responseBytes: 1_024,
  responseMs: 500,
  // Receivers commonly give a silent connection five seconds; it must not end as we write to it.
  idleMs: 2_000,
}

/** After that long a name is resolved anew, however busy the connection is. Milliseconds. */
const CONNECTION_AGE_MS = 60_000

export interface SenderOptions {
  readonly guard: AddressGuard
  /** As in the environment. `ca` is PEM, and trusted in place of Node's own authorities. */
  readonly dispatcherOptions: ProxySettings & { readonly ca?: string | undefined }
  readonly lookup?: Lookup | undefined
  /** Of the product, for the User-Agent. */
  readonly version: string
  readonly limits?: SendLimits | undefined
}

export interface Attempt {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** Ends the attempt as `failed`: whoever gives the signal knows not to count that. */
  readonly signal: AbortSignal
  /** For receivers whose body says that they are gone, in text as it arrived, at most 1,024 bytes. */
  readonly judge?: ((status: number, body: string) => 'gone' | undefined) | undefined
}

export type AttemptOutcome = Ended & {
  readonly durationMs: number
  /** The beginning of the answer's body: one printable line of at most 1,024 characters. */
  readonly response: string
}

export interface Sender {
  /** Never rejects. */
  send(attempt: Attempt): Promise<AttemptOutcome>
  /** Ends all attempts and connections. */
  close(): Promise<void>
}

/** Connections that were judged are kept for a moment: the next delivery there needs no new one. */
export function createSender(options: SenderOptions): Sender {
  const { guard, dispatcherOptions: settings, lookup = systemLookup, version } = options
  const limits = options.limits ?? SEND_LIMITS
  const closing = new AbortController()
  const { connectMs, lookupMs } = limits
  const connect = createGuardedConnect({
    guard,
    lookup,
    connectMs,
    ca: settings.ca,
    signal: closing.signal,
  })
  const direct = new Agent({ ...common(limits), connect })
  const proxied = proxyDispatcher(settings, limits)

  async function answerTo(attempt: Attempt, signal: AbortSignal): Promise<Answer> {
    const url = checkWebhookUrl(attempt.url, guard)
    if (!url.ok) throw new AddressRefused(url.reason)
    const viaProxy = isProxied(url.value, settings)
    if (viaProxy) {
      const refusal = await refusalThroughProxy(url.value, { guard, lookup, lookupMs })
      if (refusal !== undefined) throw new AddressRefused(refusal)
    }
    signal.throwIfAborted()
    return request(url.value, {
      dispatcher: viaProxy ? proxied : direct,
      method: 'POST',
      headers: {
        'user-agent': `rangewarden/${version}`,
        'accept-encoding': 'identity',
        ...attempt.headers,
      },
      body: attempt.body,
      signal,
    })
  }

  return {
    async send(attempt) {
      const startedAt = performance.now()
      const limit = timeLimit(limits.totalMs, attempt.signal)
      let response = ''
      let ended: Ended
      try {
        const answer = await Promise.race([answerTo(attempt, limit.signal), limit.stopped])
        const { responseBytes, responseMs } = limits
        const text = textOf(await firstBytes(answer.body, responseBytes, responseMs))
        response = printable(text, responseBytes)
        ended = endOf(answer, attempt.judge?.(answer.statusCode, text))
      } catch (error) {
        ended = failureOf(error)
      } finally {
        limit.clear()
      }
      return { ...ended, response, durationMs: Math.round(performance.now() - startedAt) }
    },
    async close() {
      const reason = new Stopped('the service stops')
      await Promise.all([direct.destroy(reason), proxied.destroy(reason)])
      closing.abort(reason)
    },
  }
}

function common({ idleMs, headBytes }: SendLimits): Agent.Options {
  return {
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    clientTtl: CONNECTION_AGE_MS,
    maxHeaderSize: headBytes,
    // The attempt as a whole is timed, and these would only give its end another name.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
}

/** What `isProxied` is true of goes through it, with no exceptions of its own. */
function proxyDispatcher(settings: SenderOptions['dispatcherOptions'], limits: SendLimits) {
  const { httpsProxy, httpProxy, ca } = settings
  return new EnvHttpProxyAgent({
    ...common(limits),
    // Never undefined: undici would then read the process's environment behind our back.
    httpsProxy: httpsProxy ?? '',
    httpProxy: httpProxy ?? '',
    noProxy: '',
    // Most proxies refuse CONNECT to other ports than 443, so plain http is asked for, not tunnelled.
    proxyTunnel: false,
    ...(ca === undefined ? {} : { requestTls: { ca } }),
    // The connection to the proxy itself: how long it may think about a CONNECT.
    clientFactory: (origin, given) =>
      createTunnelPool(origin, {
        ...given,
        headersTimeout: limits.totalMs,
        maxHeaderSize: limits.headBytes,
      }),
  })
}
