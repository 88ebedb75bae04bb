/**
 * A receiver of webhooks on loopback: a real HTTP server that behaves on each path as it is told,
 * also badly, and remembers what arrived. Nothing here reads the code under test.
 */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { portOf, type TlsIdentity } from './publisher.ts'
import { seededRandom } from './random.ts'

export interface Received {
  /** From 0, in the order in which requests were complete. */
  readonly order: number
  /** Milliseconds on the clock of `performance.now()`. */
  readonly at: number
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The bytes as they arrived; empty where bodies are not kept. */
  readonly body: Buffer
  /** Which connection it came on, from 0. */
  readonly connection: number
}

/** Answers one request, or leaves it. */
export type Behaviour = (response: ServerResponse, request: Received) => void

export interface ReceiverOptions {
  /** Makes it an https server. */
  readonly tls?: TlsIdentity
  /** False for tens of thousands of requests, of which heads are enough. */
  readonly keepsBodies?: boolean
  /** Within loopback; 127.0.0.1 and any free port if nothing is said. */
  readonly host?: string
  readonly port?: number
}

export interface Receiver {
  /** `http://127.0.0.1:49152` */
  readonly origin: string
  readonly port: number
  /** From now on; a later one for the same path replaces it. Other paths answer 204. */
  behave(path: string, behaviour: Behaviour): void
  readonly received: readonly Received[]
  /** Those of one path. */
  of(path: string): readonly Received[]
  /** Connections so far, and those that are open. */
  connections(): number
  open(): number
  /** When the condition, which is asked after everything that happens, becomes true. */
  until(condition: () => boolean): Promise<void>
  close(): Promise<void>
}

export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { tls, keepsBodies = true, host = '127.0.0.1' } = options
  const behaviours = new Map<string, Behaviour>()
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const numbers = new WeakMap<Socket, number>()
  const waiting = new Set<() => void>()
  let connections = 0
  const happened = (): void => waiting.forEach((look) => look())

  const server = tls ? createTlsServer(tls) : createServer()
  server.keepAliveTimeout = 30_000
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    connections++
    socket.on('close', () => {
      sockets.delete(socket)
      happened()
    })
    happened()
  })
  // Of https, requests come on the socket above the one that was connected.
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    numbers.set(socket, connections - 1)
  })
  server.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => {
      if (keepsBodies) chunks.push(chunk)
    })
    request.on('end', () => {
      const seen: Received = {
        order: received.length,
        at: performance.now(),
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
        connection: numbers.get(request.socket) ?? -1,
      }
      received.push(seen)
      const behaviour = behaviours.get(seen.path) ?? answer(204)
      behaviour(response, seen)
      happened()
    })
  })
  server.listen({ port: options.port ?? 0, host, backlog: 4096 })
  await once(server, 'listening')
  const port = portOf(server)
  return {
    origin: `${tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    received,
    of: (path) => received.filter((request) => request.path === path),
    connections: () => connections,
    open: () => sockets.size,
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

type Headers = Readonly<Record<string, string | number>>

export function answer(
  status: number,
  body: string | Buffer = '',
  headers: Headers = {},
): Behaviour {
  const length = Buffer.byteLength(body)
  return (response) => {
    // A 204 has no length, by the rules of HTTP.
    const lengths = status === 204 ? {} : { 'content-length': length }
    response.writeHead(status, { ...lengths, ...headers }).end(body)
  }
}

/** Where a redirect leads: whoever follows it is seen there. */
export const FOLLOWED = '/followed'

export function redirectToItself(status: number): Behaviour {
  return answer(status, '', { location: FOLLOWED })
}

/** 429 that asks for so many seconds, or for the time until a date. */
export function askForTime(until: number | Date, status = 429): Behaviour {
  const wish = typeof until === 'number' ? String(until) : until.toUTCString()
  return answer(status, 'slow down', { 'retry-after': wish })
}

/** Never answers. */
export function hang(): Behaviour {
  return () => undefined
}

export function resetBeforeHead(): Behaviour {
  return (response) => void response.socket?.resetAndDestroy()
}

export function resetAfterHead(status: number): Behaviour {
  return (response) => {
    response.writeHead(status, { 'content-length': 1000 })
    response.write('part', () => response.socket?.resetAndDestroy())
  }
}

/** The head at once, then a byte now and then, without end. */
export function slowBody(status: number, everyMs = 5): Behaviour {
  return (response) => {
    response.writeHead(status).flushHeaders()
    const timer = setInterval(() => response.write('.'), everyMs)
    response.on('close', () => clearInterval(timer))
  }
}

const PIECE = Buffer.alloc(64 * 1024, 'x')

/** As fast as it is taken, without end. `sent` is told of every piece. */
export function endlessBody(
  status: number,
  sent: (bytes: number) => void = () => undefined,
): Behaviour {
  return (response) => {
    response.writeHead(status)
    const send = (): void => {
      if (response.destroyed) return
      sent(PIECE.length)
      if (response.write(PIECE)) setImmediate(send)
      else response.once('drain', send)
    }
    send()
  }
}

export function hugeHead(bytes: number): Behaviour {
  return (response) => response.writeHead(200, { 'x-padding': 'x'.repeat(bytes) }).end('ok')
}

/** One after the other; the last one for all that follow. */
export function inTurn(first: Behaviour, ...others: readonly Behaviour[]): Behaviour {
  const turns = [first, ...others]
  let last = first
  return (response, request) => {
    last = turns.shift() ?? last
    last(response, request)
  }
}

/** Any of them each time, in a sequence that the seed repeats. */
export function flaky(seed: number, ...moods: readonly Behaviour[]): Behaviour {
  const random = seededRandom(seed)
  return (response, request) => random.pick(moods)(response, request)
}
