/**
 * Answers requests for stored lists before Fastify sees them: one look into a map, one write. Node
 * reads the request as ever; what is saved is the routing and the assembling of a response whose
 * every byte but the date is known before anybody asks.
 *
 *   request ─► front ─┬─ a path of a stored list, nothing unusual ─► head and body in one write
 *                     └─ anything else ─► Fastify
 *
 * Whatever it answers is what Fastify would have answered: the headers, the choice of encoding, the
 * conditions, the rate limit and the read token are the same functions. When in doubt it leaves the
 * request alone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ListAtPath, Lists } from '../lists/lists.ts'
import type { Encoding, Representation } from '../lists/prepared-list.ts'
import type { AccessLog } from '../observe/access-log.ts'
import type { AnswerCounter, HttpMetrics } from '../observe/http-metrics.ts'
import { chooseEncoding } from './accept-encoding.ts'
import type { Admission } from './admit-requests.ts'
import {
  hasAlready,
  headerFacts,
  notModifiedHeaders,
  wholeHeaders,
  type HeaderFacts,
  type KnownStates,
} from './list-headers.ts'

export interface FrontDeps extends Admission {
  readonly lists: Pick<Lists, 'atPath'>
  readonly states: KnownStates
  readonly metrics: HttpMetrics
  readonly accessLog: AccessLog | undefined
  /** Who the client is may stand in a header: such requests are Fastify's. */
  readonly behindProxies: boolean
  /** What a connection may be idle, told in every answer as Node tells it. */
  readonly keepAliveMs: number
}

export interface Front {
  /** True if it has answered; false if nothing has happened. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
  /** From now on all is left to Fastify, which ends connections as it closes. */
  close(): void
}

export function createFront(deps: FrontDeps): Front {
  const { lists, states, metrics, accessLog, limiter, readAccess, behindProxies } = deps
  const heads = createHeads(deps.keepAliveMs)
  let isClosing = false

  function answer(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, url = '' } = request
    if (method !== 'GET' && method !== 'HEAD') return false
    const found = lists.atPath(url)
    if (!found || isClosing) return false
    const startedAt = performance.now()
    const { headers } = request
    const { socket } = response
    if (!socket || !isIdle(socket) || !isPlain(request) || !response.shouldKeepAlive) return false
    if (behindProxies && 'x-forwarded-for' in headers) return false

    const { list } = found
    const encoding = chooseEncoding(headers['accept-encoding'])
    if (encoding === undefined) return false
    const notModified = hasAlready(headers, list, encoding)
    const representation = notModified ? undefined : list.bytes()?.representations[encoding]
    if (!notModified && !representation) return false

    const client = socket.remoteAddress
    if (client === undefined) return false
    if (readAccess && !readAccess.admits(headers.authorization)) return false
    if (limiter && !limiter.take(client, 1)) return false

    const facts = headerFacts(headers, list, states)
    const head = heads.of(found, encoding, representation, facts)
    const body = representation && method === 'GET' ? representation.body : undefined
    send(socket, response, head.bytes(), body, (bytes) => {
      const durationMs = performance.now() - startedAt
      const status = notModified ? 304 : 200
      const counter = (head.counters[method] ??= metrics.answers(found.route, method, status))
      counter.answered(durationMs)
      accessLog?.write({
        method,
        url,
        status,
        bytes,
        durationMs,
        client,
        list: found.name,
        format: found.format,
      })
    })
    return true
  }

  return {
    answer,
    close() {
      isClosing = true
    },
  }
}

/** Nothing waits to be sent: a slow reader, or one that pipelines, has Node's own queue. */
function isIdle(socket: Socket): boolean {
  return socket.writable && socket.writableLength === 0
}

/** Headers that make a request more than "give me this" over a connection that stays open. */
const UNUSUAL = ['content-length', 'transfer-encoding', 'expect', 'upgrade'] as const

function isPlain({ httpVersionMajor, httpVersionMinor, headers }: IncomingMessage): boolean {
  if (httpVersionMajor !== 1 || httpVersionMinor !== 1) return false
  const { connection } = headers
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return false
  return UNUSUAL.every((name) => headers[name] === undefined)
}

/**
 * Writes, and then lets Node go on with the next request, which it does on `finish`: when all is
 * handed to the system, as Node itself waits for it, since a server that closes ends connections it
 * takes for idle without sending what still waits.
 * `sent` is told how much of the body went out, undefined if only part of it may have.
 */
function send(
  socket: Socket,
  response: ServerResponse,
  head: Buffer,
  body: Buffer | undefined,
  sent: (bytes: number | undefined) => void,
): void {
  function finish(): void {
    response.emit('finish')
    sent(body?.length ?? 0)
  }
  if (body) {
    // Both go out in one system call, without a copy of the body.
    socket.cork()
    socket.write(head)
    socket.write(body)
    socket.uncork()
  } else {
    socket.write(head)
  }
  // A write that fails at once leaves nothing waiting either; Node ends the connection.
  if (socket.destroyed || socket.errored) return sent(0)
  if (socket.writableLength === 0) return finish()
  // Called when what was written before it is; with an error if the client has gone.
  socket.write(NOTHING, (error) => (error ? sent(body ? undefined : 0) : finish()))
}

const NOTHING = Buffer.alloc(0)

/** The head of an answer: all of it but the date is written once. */
interface Head {
  readonly facts: HeaderFacts
  /** Made once a second. */
  bytes(): Buffer
  readonly counters: { GET?: AnswerCounter; HEAD?: AnswerCounter }
}

const ENCODINGS: readonly Encoding[] = ['identity', 'gzip', 'br']

/** Heads live as long as the list they belong to, or until something else is told beside it. */
function createHeads(keepAliveMs: number) {
  const ofList = new WeakMap<ListAtPath, (Head | undefined)[]>()
  const lastLines = createLastLines(keepAliveMs)

  return {
    of(
      found: ListAtPath,
      encoding: Encoding,
      representation: Representation | undefined,
      facts: HeaderFacts,
    ): Head {
      let known = ofList.get(found)
      if (!known) ofList.set(found, (known = []))
      const place =
        ENCODINGS.indexOf(encoding) * 4 + (facts.isShared ? 0 : 2) + (representation ? 0 : 1)
      let head = known[place]
      if (!head || !isSame(head.facts, facts)) {
        const headers = representation
          ? wholeHeaders(found.list, representation, facts)
          : notModifiedHeaders(found.list, encoding, facts)
        const status = representation ? '200 OK' : '304 Not Modified'
        known[place] = head = createHead(status, headers, facts, lastLines)
      }
      return head
    },
  }
}

/** Of the same list: whether it is shared is part of the head's place. */
function isSame(a: HeaderFacts, b: HeaderFacts): boolean {
  return a.state === b.state && a.unverifiedSince === b.unverifiedSince
}

function createHead(
  status: string,
  headers: Readonly<Record<string, unknown>>,
  facts: HeaderFacts,
  lastLines: () => string,
): Head {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  const fixed = `HTTP/1.1 ${status}\r\n${lines.join('')}`
  let last = ''
  let bytes = NOTHING
  return {
    facts,
    counters: {},
    bytes() {
      const now = lastLines()
      if (now !== last) {
        last = now
        bytes = Buffer.from(fixed + last, 'latin1')
      }
      return bytes
    },
  }
}

/** What Node adds to every answer. The clock is asked once in a second. */
function createLastLines(keepAliveMs: number): () => string {
  const seconds = Math.floor(keepAliveMs / 1000)
  let text: string | undefined
  return () => {
    if (text === undefined) {
      const now = new Date()
      const date = `Date: ${now.toUTCString()}\r\n`
      text = `${date}Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`
      setTimeout(() => (text = undefined), 1000 - now.getMilliseconds()).unref()
    }
    return text
  }
}
