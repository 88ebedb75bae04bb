/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, with a proxy and a publisher on loopback. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { request, type Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Fetched } from '../../src/sources/contract.ts'
import { createDispatcher, type ProxySettings } from '../../src/sources/dispatcher.ts'
import { createMicrosoftSource, MICROSOFT_LIMITS } from '../../src/sources/microsoft.ts'
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.ts'
import {
  bytes,
  filePath,
  pagePath,
  portOf,
  startPublisher,
  weeklyPage,
  type Publisher,
} from '../support/publisher.ts'
import { fetchRequest } from './request.ts'

const FILE = filePath('Public', '20251028')
const closing: (() => Promise<void>)[] = []
let publisher: Publisher

beforeEach(async () => {
  publisher = await startPublisher()
  closing.push(() => publisher.close())
  publisher.answer(pagePath('Public'), bytes(weeklyPage('Public', ['20251028'])))
  publisher.answer(FILE, bytes('{}'))
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function proxyTo(target: Publisher, credentials?: string): Promise<ForwardProxy> {
  const port = Number(new URL(target.origin).port)
  const proxy = await startForwardProxy({
    target: port,
    ...(credentials === undefined ? {} : { credentials }),
  })
  closing.push(() => proxy.close())
  return proxy
}

function fetchBy(
  settings: ProxySettings,
  publisherUrl = publisher.origin,
  limits = MICROSOFT_LIMITS,
): Promise<Fetched> {
  const dispatcher: Dispatcher = createDispatcher(settings)
  closing.push(() => dispatcher.destroy())
  return createMicrosoftSource({ version: '1', dispatcher, publisherUrl, limits }).fetch(
    fetchRequest(),
  )
}

describe('a proxy that closes the connection instead of opening a tunnel', () => {
  it('is asked once, and is a failure', async () => {
    let connections = 0
    const proxy = createServer((socket) => {
      connections++
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end())
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    closing.push(() => new Promise((resolve) => proxy.close(() => resolve())))
    const dispatcher = createDispatcher({ httpsProxy: `http://127.0.0.1:${portOf(proxy)}` })
    const asked = request('https://publisher.example/', { dispatcher })
    await expect(asked).rejects.toThrow('the proxy opened no tunnel')
    await dispatcher.destroy()
    expect(connections).toBe(1)
  })
})

describe('a publisher with plain http', () => {
  it('is asked through HTTP_PROXY, without a tunnel', async () => {
    const proxy = await proxyTo(publisher)
    expect((await fetchBy({ httpProxy: proxy.origin })).kind).toBe('document')
    expect(proxy.seen).toEqual([
      `GET ${publisher.origin}${pagePath('Public')}`,
      `GET ${publisher.origin}${FILE}`,
    ])
  })

  it('is asked straight when NO_PROXY names its host', async () => {
    const proxy = await proxyTo(publisher)
    const noProxy = 'example.com, 127.0.0.1'
    expect((await fetchBy({ httpProxy: proxy.origin, noProxy })).kind).toBe('document')
    expect(proxy.seen).toEqual([])
    expect(publisher.requests.length).toBe(2)
  })

  it('is not asked through HTTPS_PROXY', async () => {
    const proxy = await proxyTo(publisher)
    expect((await fetchBy({ httpsProxy: proxy.origin })).kind).toBe('document')
    expect(proxy.seen).toEqual([])
  })

  it('gets the user and password of the proxy to the proxy', async () => {
    const proxy = await proxyTo(publisher, 'rw:p@ss')
    const httpProxy = proxy.origin.replace('http://', 'http://rw:p%40ss@')
    expect((await fetchBy({ httpProxy })).kind).toBe('document')
    expect(proxy.seen.length).toBe(2)
  })

  it('is unavailable when the proxy wants a password', async () => {
    const proxy = await proxyTo(publisher, 'rw:secret')
    const fetched = await fetchBy({ httpProxy: proxy.origin })
    expect(fetched.kind === 'unavailable' && fetched.reason).toContain('407')
    expect(publisher.requests).toEqual([])
  })

  it('is unavailable when the proxy is not there, and no other way is tried', async () => {
    const proxy = await proxyTo(publisher)
    await closing.pop()?.()
    const fetched = await fetchBy({ httpProxy: proxy.origin })
    expect(fetched.kind === 'unavailable' && fetched.reason).toContain('ECONNREFUSED')
    expect(publisher.requests).toEqual([])
  })
})

describe('a publisher with https', () => {
  it('is asked through a tunnel of HTTPS_PROXY', async () => {
    // The tunnel ends at a plain server, so TLS fails: what counts is who was asked for what.
    const proxy = await proxyTo(publisher)
    const fetched = await fetchBy({ httpsProxy: proxy.origin }, 'https://mirror.example')
    expect(fetched.kind).toBe('unavailable')
    // The page, the constant name and one guess: each of the ways is tried once.
    expect(proxy.seen).toEqual(Array(3).fill('CONNECT mirror.example:443'))
    expect(publisher.requests).toEqual([])
  })

  it('is unavailable when the proxy refuses the tunnel, with its status', async () => {
    const proxy = await proxyTo(publisher, 'rw:secret')
    const fetched = await fetchBy({ httpsProxy: proxy.origin }, 'https://mirror.example')
    expect(fetched.kind === 'unavailable' && fetched.reason).toMatch(
      /https:\/\/mirror\.example\/en-us.*407/,
    )
  })

  it('is asked straight when NO_PROXY names it with its port', async () => {
    const proxy = await proxyTo(publisher)
    const https = publisher.origin.replace('http:', 'https:')
    const noProxy = new URL(https).host
    const fetched = await fetchBy({ httpsProxy: proxy.origin, noProxy }, https)
    expect(fetched.kind).toBe('unavailable')
    expect(proxy.seen).toEqual([])
  })
})

it('is not waited for without end when it accepts connections and says nothing', async () => {
  const silent = createServer()
  const sockets: Socket[] = []
  silent.on('connection', (socket) => sockets.push(socket))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    silent.close()
    await once(silent, 'close')
  })
  const httpsProxy = `http://127.0.0.1:${portOf(silent)}`
  const limits = { ...MICROSOFT_LIMITS, http: { ...MICROSOFT_LIMITS.http, totalMs: 300 } }
  const fetched = await fetchBy({ httpsProxy }, 'https://mirror.example', limits)
  expect(fetched.kind === 'unavailable' && fetched.reason).toContain('not complete after 300 ms')
  expect(sockets.length).toBe(3)
})

it('is not taken from the environment of the process', async () => {
  const trap = await proxyTo(publisher)
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) {
    vi.stubEnv(name, trap.origin)
  }
  expect((await fetchBy({})).kind).toBe('document')
  expect(trap.seen).toEqual([])
})
