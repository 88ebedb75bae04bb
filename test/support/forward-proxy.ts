/** A forward proxy on loopback: CONNECT tunnels and absolute-form requests, sent where it is told. */
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { portOf } from './publisher.ts'

export interface ForwardProxy {
  readonly origin: string
  /** `CONNECT host:port` and `GET http://…`, in order. */
  readonly seen: readonly string[]
  close(): Promise<void>
}

export interface ForwardProxyOptions {
  /** `user:password` that is asked for with 407. */
  readonly credentials?: string
  /** Port on loopback that every request goes to, whatever host it names: nothing leaves. */
  readonly target: number
}

export async function startForwardProxy(options: ForwardProxyOptions): Promise<ForwardProxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const expected =
    options.credentials === undefined
      ? undefined
      : `Basic ${Buffer.from(options.credentials).toString('base64')}`
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`)
    if (expected !== undefined && request.headers['proxy-authorization'] !== expected) {
      return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end()
    }
    const { pathname, search } = new URL(request.url ?? '')
    const { method, headers } = request
    const onward = httpRequest(
      { host: '127.0.0.1', port: options.target, path: pathname + search, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.writeHead(502).end())
    request.pipe(onward)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('connect', (request, client) => {
    seen.push(`CONNECT ${request.url ?? ''}`)
    if (expected !== undefined && request.headers['proxy-authorization'] !== expected) {
      return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    }
    const onward = connect(options.target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      client.pipe(onward).pipe(client)
    })
    onward.on('error', () => client.destroy())
    client.on('error', () => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    seen,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
