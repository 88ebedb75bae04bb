/**
 * Two proxies on loopback that answer nothing and remember which hosts they were asked for: what a
 * PAC file decided, as seen from outside the browser. No request leaves the machine.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordingProxy {
  /** `PROXY 127.0.0.1:12345`, as a PAC file says it. */
  readonly answer: string
  /** The authorities asked for, as the client wrote them, without a port that is the default. */
  readonly asked: ReadonlySet<string>
  forget(): void
  close(): Promise<void>
}

export async function recordingProxy(): Promise<RecordingProxy> {
  const asked = new Set<string>()
  const server = createServer((request, response) => {
    asked.add(new URL(request.url ?? '').host)
    response.writeHead(200, { 'content-type': 'text/plain' }).end('asked')
  })
  server.on('connect', (request, socket) => {
    asked.add((request.url ?? '').replace(/:443$/, ''))
    socket.on('error', () => socket.destroy()) // the browser may hang up first
    socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n')
  })
  const port = await listen(server)
  return {
    answer: `PROXY 127.0.0.1:${port}`,
    asked,
    forget: () => asked.clear(),
    close: () => close(server),
  }
}

/** Serves one text on every path with the media type of PAC files; returns its address. */
export async function servePac(
  text: () => string,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    const headers = { 'content-type': 'application/x-ns-proxy-autoconfig; charset=utf-8' }
    response.writeHead(200, headers).end(text())
  })
  const port = await listen(server)
  return { url: `http://127.0.0.1:${port}/x.pac`, close: () => close(server) }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP')
  return address.port
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
