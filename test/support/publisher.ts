/**
 * A publisher on loopback: a real HTTP server that answers each path as told, also badly. Pages look
 * like Microsoft's in the three shapes they have had; nothing here reads the code under test.
 */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { brotliCompressSync, createGzip, gzipSync } from 'node:zlib'
import type { Cloud } from '../../src/core/cloud.ts'

export interface Seen {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** Answers one request; when it returns without ending the response, the response stays open. */
export type Behaviour = (response: ServerResponse, request: Seen) => void

export interface Publisher {
  /** `http://127.0.0.1:49152` */
  readonly origin: string
  /** From now on; a later answer for the same path replaces it. Other paths answer 404. */
  answer(path: string, behaviour: Behaviour): void
  readonly requests: readonly Seen[]
  /** Bytes handed to the sockets so far, closed ones included. */
  bytesSent(): number
  close(): Promise<void>
}

export interface TlsIdentity {
  readonly key: string
  readonly cert: string
}

/** With `tls`, an https server. */
export async function startPublisher(tls?: TlsIdentity): Promise<Publisher> {
  const behaviours = new Map<string, Behaviour>()
  const requests: Seen[] = []
  const sockets: Socket[] = []
  const server = tls ? createTlsServer(tls) : createServer()
  server.on('connection', (socket: Socket) => sockets.push(socket))
  server.on('request', (request, response) => {
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
    }
    requests.push(seen)
    const behaviour = behaviours.get(seen.path) ?? status(404, 'no such path')
    behaviour(response, seen)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${portOf(server)}`,
    answer: (path, behaviour) => void behaviours.set(path, behaviour),
    requests,
    bytesSent: () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    async close() {
      server.close()
      // Not closeAllConnections: it leaves those that are still shaking hands.
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** Of a server that listens. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** A port of loopback on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

type Headers = Readonly<Record<string, string | number>>
type Content = string | Buffer

const ZEROS = Buffer.alloc(50_000)

// What a publisher does when all is well.

export function bytes(body: Content, headers: Headers = {}): Behaviour {
  return (response) => response.writeHead(200, withLength(body, headers)).end(body)
}

/** 304 for a client that knows the tag, the body for others. */
export function validated(body: Content, etag: string, lastModified: string): Behaviour {
  const headers = { etag, 'last-modified': lastModified }
  return (response, request) => {
    const known =
      request.headers['if-none-match'] === etag ||
      request.headers['if-modified-since'] === lastModified
    if (known) response.writeHead(304, headers).end()
    else response.writeHead(200, withLength(body, headers)).end(body)
  }
}

export function compressed(body: Content, encoding: 'gzip' | 'br'): Behaviour {
  const coded = encoding === 'gzip' ? gzipSync(body) : brotliCompressSync(body)
  return bytes(coded, { 'content-encoding': encoding })
}

// What it does when something is wrong.

export function status(code: number, body: Content = '', headers: Headers = {}): Behaviour {
  return (response) => response.writeHead(code, withLength(body, headers)).end(body)
}

export function redirect(location: string, code = 302): Behaviour {
  return status(code, '', { location })
}

/** Zeros (or a piece repeated), generated while sent, without a Content-Length unless given. */
export function huge(size: number, headers: Headers = {}, piece = ZEROS): Behaviour {
  return (response) => {
    response.writeHead(200, headers)
    sendOften(response, size, piece)
  }
}

/** A small gzip stream that decompresses to `size` zeros. */
export function gzipBomb(size: number): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    const gzip = createGzip()
    gzip.pipe(response)
    response.on('close', () => gzip.destroy())
    sendOften(gzip, size, ZEROS)
  }
}

/** Announces one length and closes after sending the body. */
export function wrongLength(body: Content, announced: number): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-length': announced })
    response.write(body, () => response.socket?.end())
  }
}

export function stallBeforeHeaders(): Behaviour {
  return () => undefined
}

export function stallMidBody(start: Content): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-length': start.length + 1000 }).write(start)
  }
}

/** Closes in good order before the last chunk. */
export function cutChunked(start: Content): Behaviour {
  return (response) => {
    response.writeHead(200)
    response.write(start, () => response.socket?.end())
  }
}

/** A TCP reset in the middle, as a failing middlebox sends it. */
export function resetMidBody(start: Content): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-length': start.length + 1000 })
    response.write(start, () => response.socket?.resetAndDestroy())
  }
}

export function resetAtOnce(): Behaviour {
  return (response) => void response.socket?.resetAndDestroy()
}

/** One byte at a time, for ever if need be: never silent long enough to look stalled. */
export function trickle(body: Content, everyMs = 5): Behaviour {
  return (response) => {
    const buffer = Buffer.from(body)
    let sent = 0
    response.writeHead(200, { 'content-length': buffer.length })
    const timer = setInterval(() => {
      response.write(buffer.subarray(sent, ++sent))
      if (sent === buffer.length) response.end()
    }, everyMs)
    response.on('close', () => clearInterval(timer))
  }
}

// Where things are, and what a page looks like.

const PAGE_IDS: Readonly<Record<Cloud, number>> = {
  Public: 56519,
  AzureGovernment: 57063,
  China: 57062,
  AzureGermany: 57064,
}

const FOLDERS: Readonly<Record<Cloud, string>> = {
  Public: '/download/7/1/D/71D86715-5596-4529-9B13-DA13A5DE5B63',
  AzureGovernment: '/download/6/4/D/64DB03BF-895B-4173-A8B1-BA4AD5D4DF22',
  China: '/download/9/D/0/9D03B7E2-4B80-4BF3-9B91-DA8C7D3EE9F9',
  AzureGermany: '/download/0/7/6/076274AB-4B0B-4246-A422-4BAF1E03F974',
}

/** Path and query of the cloud's download page. */
export function pagePath(cloud: Cloud): string {
  return `/en-us/download/details.aspx?id=${PAGE_IDS[cloud]}`
}

/** `20251028` -> the path of the cloud's file of that date. */
export function filePath(cloud: Cloud, date: string): string {
  return `${FOLDERS[cloud]}/ServiceTags_${cloud}_${date}.json`
}

export interface PageFile {
  /** Of the file, or a whole URL. */
  readonly url: string
  readonly size?: number
}

/** The inventory in a script (2024 on), the download button's href, a bare address in the text. */
export type PageShape = 'inventory' | 'button' | 'bare'

/** A page like the real one. A file is a date (`20251028`) or says its URL, and maybe its size. */
export function weeklyPage(
  cloud: Cloud,
  files: readonly (string | PageFile)[],
  shape: PageShape = 'inventory',
): string {
  const listed = files.map((file) =>
    typeof file === 'string'
      ? { url: `https://download.microsoft.com${filePath(cloud, file)}` }
      : file,
  )
  return `<!DOCTYPE html>
<html lang="en-us"><head><title>Download Azure IP Ranges and Service Tags - ${cloud} Cloud</title>
<script type="application/ld+json">{"@context":"https://schema.org"}</script></head>
<body><h1>Azure IP Ranges and Service Tags</h1>
<a href="https://www.microsoft.com/en-us/download/details.aspx?id=41653">The older XML file</a>
${SHAPES[shape](cloud, listed)}
</body></html>
`
}

const SHAPES: Readonly<Record<PageShape, (cloud: Cloud, files: readonly PageFile[]) => string>> = {
  inventory(cloud, files) {
    const downloadFile = files.map(({ url, size }) => ({
      isPrimary: 'True',
      name: url.slice(url.lastIndexOf('/') + 1),
      url,
      ...(size === undefined ? {} : { size: String(size) }),
      version: '2025.10.28',
      datePublished: '10/31/2025 5:01:02 PM',
    }))
    const dlcDetailsView = {
      detailsId: String(PAGE_IDS[cloud]),
      downloadTitle: 'Azure "IP" {Ranges}; \\ braces',
      downloadFile,
      localeDropdown: [{ cultureCode: 'en-us', name: 'English' }],
    }
    return `<script>window.__DLCDetails__=${JSON.stringify({ dlcDetailsView })};</script>`
  },
  button: (_, files) =>
    files
      .map(({ url }) => `<a class="dlcdetail__download-btn mscom-link" href="${url}">Download</a>`)
      .join('\n'),
  bare: (_, files) =>
    files.map(({ url }) => `<p>If nothing happens, go to ${url}, please.</p>`).join('\n'),
}

function withLength(body: Content, headers: Headers): Headers {
  return { 'content-length': Buffer.byteLength(body), ...headers }
}

/** Stops when the other side goes away; waits when it reads slowly. */
function sendOften(out: Writable, size: number, piece: Buffer): void {
  let left = size
  const send = (): void => {
    while (left > 0 && !out.destroyed) {
      left -= piece.length
      if (!out.write(piece)) return void out.once('drain', send)
    }
    if (left <= 0) out.end()
  }
  send()
}
