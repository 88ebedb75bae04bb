/** HTTP byte by byte over a socket of one's own: what a client library would hide is seen. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'

export interface RawAnswer {
  readonly status: number
  /** Header lines, sorted, the date's value left out. */
  readonly lines: readonly string[]
  readonly body: Buffer
}

export interface RawConnection {
  readonly socket: Socket
  /** Sends text as it is. */
  send(text: string): void
  /** The next answer; `bodyless` for one to HEAD. */
  answer(bodyless?: boolean): Promise<RawAnswer>
  /** Everything until the other side ends the connection. */
  rest(): Promise<string>
}

/** Listens on loopback and gives the port. */
export async function listenOn(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return speakOver(socket)
}

/** The same over TLS, with who answers proved by `ca` and called `servername`. */
export async function openTlsConnection(
  port: number,
  options: ConnectionOptions & { readonly servername: string },
): Promise<RawConnection & { readonly socket: TLSSocket }> {
  const socket = connectTls({ port, host: '127.0.0.1', ...options })
  await once(socket, 'secureConnect')
  return { ...speakOver(socket), socket }
}

function speakOver(socket: Socket): RawConnection {
  let waiting: Buffer = Buffer.alloc(0)
  let ended = false
  let wake: () => void = () => undefined
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    wake()
  })
  for (const event of ['end', 'close', 'error']) {
    socket.on(event, () => {
      ended = true
      wake()
    })
  }

  async function until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (ended) throw new Error(`the connection ended after ${JSON.stringify(String(waiting))}`)
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  return {
    socket,
    send: (text) => void socket.write(text),
    async answer(bodyless = false) {
      await until(() => waiting.includes('\r\n\r\n'))
      const end = waiting.indexOf('\r\n\r\n')
      const [statusLine = '', ...lines] = waiting.subarray(0, end).toString('latin1').split('\r\n')
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1])
      const length = lines.map((line) => /^content-length: (\d+)$/i.exec(line)?.[1]).find(Boolean)
      const size = bodyless || status === 304 ? 0 : Number(length ?? 0)
      await until(() => waiting.length >= end + 4 + size)
      const body = waiting.subarray(end + 4, end + 4 + size)
      waiting = waiting.subarray(end + 4 + size)
      return { status, lines: lines.map(withoutDate).sort(), body }
    },
    async rest() {
      await until(() => true)
      while (!ended) await new Promise<void>((resolve) => (wake = resolve))
      return String(waiting)
    },
  }
}

function withoutDate(line: string): string {
  return line.replace(/^(Date: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, '$1…')
}

/** A request without a body. */
export function request(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', version = '1.1' } = {},
): string {
  const lines = Object.entries({ host: 'test', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return `${method} ${url} HTTP/${version}\r\n${lines.join('')}\r\n`
}
