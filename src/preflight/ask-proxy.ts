/** One question to a forward proxy. Redirects are not followed, and bodies are not read. */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ConnectorProxy } from '../core/connector-proxy.ts'
import { messageOf } from '../core/errors.ts'
import { VERSION } from '../version.ts'
import { printable, type Answer } from './verdicts.ts'

/** Enough for any honest head of an answer. */
const MAX_HEAD_BYTES = 8_192

const USER_AGENT = `Rangewarden/${VERSION}`

/** A name that nobody can have (RFC 6761): whatever answers for it is the proxy itself. */
const NOBODY = 'preflight.invalid'

export type Asked<T> =
  | { readonly kind: 'answer'; readonly answer: T }
  | {
      readonly kind: 'no-answer'
      readonly reason: string
      /** False if there was no connection to the proxy. */
      readonly isConnected: boolean
    }

/** The answer to CONNECT, with the tunnel where it is open: whoever gets it must destroy it. */
export interface TunnelAnswer extends Answer {
  readonly tunnel: Duplex | undefined
}

export function openTunnel(
  proxy: ConnectorProxy,
  authority: string,
  signal: AbortSignal,
): Promise<Asked<TunnelAnswer>> {
  const request = startRequest(proxy, { method: 'CONNECT', target: authority, authority, signal })
  return settled(request, signal, (resolve) => {
    // Node gives every answer to CONNECT this way, whatever its status.
    request.on('connect', (message, tunnel) => {
      const answer = answerOf(message)
      const isOpen = answer.status >= 200 && answer.status < 300
      // It may fail between two owners.
      tunnel.on('error', () => undefined)
      if (!isOpen) tunnel.destroy()
      resolve({ ...answer, tunnel: isOpen ? tunnel : undefined })
    })
  })
}

export function getThrough(
  proxy: ConnectorProxy,
  name: string,
  path: string,
  signal: AbortSignal,
): Promise<Asked<Answer>> {
  return ask(proxy, { method: 'GET', target: `http://${name}${path}`, authority: name, signal })
}

/**
 * An answer of the proxy itself: `Max-Forwards: 0` forbids it to ask anybody else (RFC 9110, 7.6.2),
 * and a proxy that does not know the header finds no such host.
 */
export function hearProxy(proxy: ConnectorProxy, signal: AbortSignal): Promise<Asked<Answer>> {
  const target = `http://${NOBODY}/`
  const headers = { 'max-forwards': '0' }
  return ask(proxy, { method: 'OPTIONS', target, authority: NOBODY, headers, signal })
}

interface Question {
  readonly method: string
  readonly target: string
  readonly authority: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

function ask(proxy: ConnectorProxy, question: Question): Promise<Asked<Answer>> {
  const request = startRequest(proxy, question)
  return settled(request, question.signal, (resolve) => {
    request.on('response', (message) => {
      resolve(answerOf(message))
      message.destroy()
    })
  })
}

function startRequest(proxy: ConnectorProxy, question: Question): ClientRequest {
  const { method, target, authority, headers = {}, signal } = question
  return httpRequest({
    host: proxy.host,
    port: proxy.port,
    method,
    path: target,
    headers: { host: authority, 'user-agent': USER_AGENT, ...headers },
    agent: false,
    setHost: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    signal,
  })
}

/** Sends the request and waits for what `listen` resolves with, or for its failure. */
function settled<T>(
  request: ClientRequest,
  signal: AbortSignal,
  listen: (resolve: (answer: T) => void) => void,
): Promise<Asked<T>> {
  return new Promise((resolve) => {
    let isConnected = false
    request.on('socket', (socket) => socket.once('connect', () => (isConnected = true)))
    listen((answer) => resolve({ kind: 'answer', answer }))
    request.on('error', (error) => {
      const reason = signal.aborted ? 'no answer in time' : failureOf(error)
      resolve({ kind: 'no-answer', reason, isConnected })
    })
    // An answer that Node hands to nobody, such as a change of protocol.
    request.on('close', () =>
      resolve({ kind: 'no-answer', reason: 'the answer is not one', isConnected }),
    )
    request.end()
  })
}

function failureOf(error: NodeJS.ErrnoException): string {
  if (error.code?.startsWith('HPE_')) return 'the answer is not HTTP'
  if (error.code === 'ECONNRESET') return 'the proxy closed the connection without an answer'
  return printable(messageOf(error))
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): Answer {
  const single = Object.entries(headers).map(([name, value]): [string, string] => {
    return [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]
  })
  return { status: statusCode, headers: Object.fromEntries(single) }
}
