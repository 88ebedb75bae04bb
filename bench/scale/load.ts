/**
 * Clients that ask for one list again and again, as devices do: over connections that stay open, or
 * over a new one each time. They read no more of an answer than where it ends.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface LoadWish {
  /** Of the service. */
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** What every answer has to be. */
  readonly status: 200 | 304
  readonly connections: 'kept' | 'new'
  readonly clients: number
  readonly ms: number
}

export interface Load {
  readonly answers: number
  /** Of the last answer: its head and its body. */
  readonly headBytes: number
  readonly bodyBytes: number
}

/** @throws on the first answer that is not the wanted one */
export async function load(wish: LoadWish): Promise<Load> {
  const deadline = performance.now() + wish.ms
  const clients = Array.from({ length: wish.clients }, () => client(wish, deadline))
  const loads = await Promise.all(clients)
  const last = loads[0]
  if (!last) throw new Error('a load has a client')
  return { ...last, answers: loads.reduce((sum, { answers }) => sum + answers, 0) }
}

async function client(wish: LoadWish, deadline: number): Promise<Load> {
  const { host, hostname, port } = new URL(wish.url)
  const lines = Object.entries(wish.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = `GET ${wish.path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n`
  let socket: Socket | undefined
  try {
    for (let answers = 1; ; answers++) {
      socket ??= await opened(Number(port), hostname)
      const answer = await ask(socket, request, wish.status)
      if (performance.now() > deadline) return { answers, ...answer }
      if (wish.connections === 'new') {
        socket.destroy()
        socket = undefined
      }
    }
  } finally {
    socket?.destroy()
  }
}

async function opened(port: number, host: string): Promise<Socket> {
  const socket = connect(port, host)
  socket.setNoDelay(true)
  await once(socket, 'connect')
  return socket
}

const END_OF_HEAD = '\r\n\r\n'

function ask(socket: Socket, request: string, status: number) {
  const answer = Promise.withResolvers<{ headBytes: number; bodyBytes: number }>()
  let head = ''
  let [headBytes, bodyBytes, received] = [0, 0, 0]
  const read = (chunk: Buffer): void => {
    received += chunk.length
    if (headBytes === 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf(END_OF_HEAD)
      if (end < 0) return
      headBytes = end + END_OF_HEAD.length
      const line = head.slice(0, head.indexOf('\r\n'))
      if (!line.includes(` ${status} `)) answer.reject(new Error(`${line}, wanted ${status}`))
      bodyBytes = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1] ?? 0)
    }
    if (received >= headBytes + bodyBytes) answer.resolve({ headBytes, bodyBytes })
  }
  const lost = (): void => answer.reject(new Error('the connection was lost'))
  socket.on('data', read).once('close', lost).once('error', lost)
  socket.write(request)
  return answer.promise.finally(() => {
    socket.off('data', read).off('close', lost).off('error', lost)
  })
}
