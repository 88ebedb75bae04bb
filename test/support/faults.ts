/** What goes wrong between a publisher and us, beyond what `publisher.ts` can do: wires and bytes. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { bytes, portOf, type Behaviour } from './publisher.ts'

/** A TCP relay in front of a server: while it is shut, connections to its port are refused. */
export interface Door {
  /** `http://127.0.0.1:49152` */
  readonly origin: string
  /** No new connections; those that are open stay. */
  shut(): void
  /** Ends the connections that are open; resolves when both ends know. */
  cut(): Promise<void>
  /** After `shut`; as it was otherwise. */
  open(): Promise<void>
  close(): Promise<void>
}

/** An open door to a server on loopback. */
export async function createDoor(target: string): Promise<Door> {
  const to = Number(new URL(target).port)
  const sockets = new Set<Socket>()
  const server = createServer((inside) => {
    const outside = connect(to, '127.0.0.1')
    for (const socket of [inside, outside]) {
      sockets.add(socket)
      // Either end may be reset, by a test or by the program under test: so is the other one then.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        for (const end of [inside, outside]) end.resetAndDestroy()
      })
    }
    inside.pipe(outside).pipe(inside)
  })
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const port = portOf(server)
  const shut = (): void => {
    if (server.listening) server.close()
  }
  const cut = async (): Promise<void> => {
    const closed = [...sockets].map((socket) => once(socket, 'close'))
    for (const socket of sockets) socket.resetAndDestroy()
    await Promise.all(closed)
    await setImmediate()
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    shut,
    cut,
    async open() {
      if (!server.listening) await listen(port)
    },
    async close() {
      shut()
      await cut()
    },
  }
}

/** Something else listens on the port. */
export function notHttp(): Behaviour {
  return ({ socket }) => void socket?.end('SSH-2.0-OpenSSH_9.6\r\n')
}

/** Compressed twice, and says so. */
export function gzippedTwice(body: string | Buffer): Behaviour {
  return bytes(gzipSync(gzipSync(body)), { 'content-encoding': 'gzip, gzip' })
}

/** Compressed twice, and says once. */
export function gzippedTwiceInSecret(body: string | Buffer): Behaviour {
  return bytes(gzipSync(gzipSync(body)), { 'content-encoding': 'gzip' })
}

/** Gzip without the last part, with the Content-Length of what is sent. */
export function truncatedGzip(body: string | Buffer): Behaviour {
  const whole = gzipSync(body)
  return bytes(whole.subarray(0, whole.length / 2), { 'content-encoding': 'gzip' })
}

/** Text in UTF-16, little endian, with its byte order mark. */
export function utf16(text: string): Buffer {
  return Buffer.from(`\ufeff${text}`, 'utf16le')
}
