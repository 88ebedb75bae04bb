/** A forward proxy on loopback that answers each request as told, also badly. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from './publisher.ts'

export interface ProxyQuestion {
  readonly method: string
  readonly target: string
  /** The whole head, as it came. */
  readonly head: string
}

export type ProxyReply =
  /** Bytes, and the end of the connection. */
  | { readonly send: string }
  /** A tunnel to a port on loopback, whatever host was named: nothing leaves. */
  | { readonly tunnel: number }
  | 'hang'
  | 'close'

export interface ScriptedProxy {
  readonly port: number
  readonly seen: readonly ProxyQuestion[]
  /** The most connections that were open at a time. */
  readonly atATime: number
  close(): Promise<void>
}

export async function startScriptedProxy(
  reply: (question: ProxyQuestion) => ProxyReply,
): Promise<ScriptedProxy> {
  const seen: ProxyQuestion[] = []
  const sockets = new Set<Socket>()
  let atATime = 0
  const server = createServer((client) => {
    sockets.add(client)
    atATime = Math.max(atATime, sockets.size)
    client.on('close', () => sockets.delete(client))
    client.on('error', () => client.destroy())
    client.once('data', (data) => {
      const head = data.toString('latin1')
      const [method = '', target = ''] = head.split(' ')
      seen.push({ method, target, head })
      answer(client, reply({ method, target, head }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server),
    seen,
    get atATime() {
      return atATime
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** `HTTP/1.1 403 Said So`, with headers and an empty body. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): ProxyReply {
  const lines = Object.entries({ 'content-length': '0', ...headers })
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return { send: `HTTP/1.1 ${code} Said So\r\n${fields}\r\n` }
}

function answer(client: Socket, reply: ProxyReply): void {
  if (reply === 'hang') return
  if (reply === 'close') return void client.destroy()
  if ('send' in reply) return void client.end(reply.send, 'latin1')
  const onward = connect(reply.tunnel, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    client.pipe(onward).pipe(client)
  })
  onward.on('error', () => client.destroy())
  client.on('close', () => onward.destroy())
}
