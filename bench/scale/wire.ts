/**
 * A connection to PostgreSQL that is counted on its way: what a process asks, statement by statement,
 * and over how many connections. Nothing in the server or in the process is changed for it.
 *
 *   the service ──► 127.0.0.1:port ─ counts Query and Execute ─► PostgreSQL
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from '../../test/support/publisher.ts'

export interface Wire {
  /** The same database, counted. */
  readonly url: string
  /** Statements so far; BEGIN and COMMIT are some, as each of them is a round trip. */
  statements(): number
  /** Connections that are open, and the most that were open at once. */
  open(): number
  most(): number
  close(): Promise<void>
}

/** @param url of a PostgreSQL without TLS, on this machine */
export async function tap(url: string): Promise<Wire> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let [statements, open, most] = [0, 0, 0]

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    const count = createReader(() => {
      statements++
    })
    most = Math.max(most, ++open)
    client.once('close', () => {
      open--
    })
    client.on('data', count)
    client.pipe(upstream)
    upstream.pipe(client)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const counted = new URL(url)
  counted.port = String(portOf(server))
  return {
    url: counted.href,
    statements: () => statements,
    open: () => open,
    most: () => most,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** Length and code of a message without a type: the first one of a connection. */
const START_HEAD = 8

/** Type and length of every other. */
const HEAD = 5

/** An SSLRequest is followed by another first message. */
const SSL_REQUEST = 80_877_103

/** Query, and Execute of a prepared statement. */
const STATEMENTS = new Set(['Q', 'E'].map((letter) => letter.charCodeAt(0)))

/** Reads what a client sends, in whatever pieces it comes, and calls back for each statement. */
export function createReader(statement: () => void): (chunk: Buffer) => void {
  let isStarting = true
  let head = Buffer.alloc(0)
  /** Bytes of the message that are still to come. */
  let left = 0

  function begin(): void {
    if (isStarting) {
      left = head.readInt32BE(0) - START_HEAD
      isStarting = head.readInt32BE(4) === SSL_REQUEST
    } else {
      left = head.readInt32BE(1) - (HEAD - 1)
      if (STATEMENTS.has(head.readUInt8(0))) statement()
    }
    head = Buffer.alloc(0)
  }

  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (left > 0) {
        const skipped = Math.min(left, chunk.length - at)
        left -= skipped
        at += skipped
        continue
      }
      const wanted = (isStarting ? START_HEAD : HEAD) - head.length
      const piece = chunk.subarray(at, at + wanted)
      head = Buffer.concat([head, piece])
      at += piece.length
      if (piece.length === wanted) begin()
    }
  }
}
