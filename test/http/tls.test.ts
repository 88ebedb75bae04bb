/** https says what http says, byte for byte, with whatever pair is in the files now. */
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { tlsIdentity } from '../../src/http/tls-identity.ts'
import { makeAuthority, openssl } from '../support/certificates.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { bringToMemory } from '../support/list-bytes.ts'
import {
  listenOn,
  openConnection,
  openTlsConnection,
  request,
  type RawConnection,
} from '../support/raw-http.ts'
import { describeWith } from '../support/requirements.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const LIST = '/l/app-proxy-ip/text.txt'
const HOST = 'ranges.example'
const authority = makeAuthority('Authority of the tests')
const pair = authority.issue([HOST])
const trusted = { ca: authority.cert, servername: HOST } as const
const [week] = makeFeed({ weeks: 1, tags: 300, density: 1.7 })

let database: TestDatabase
let plain: Site
let secure: Site
let overHttp: RawConnection
let overTls: RawConnection
let port: number

async function plainText(): Promise<string> {
  return String((await secure.lists.atPath(LIST)?.list.load())?.representations.identity.body)
}

/** How many requests came as far as Fastify. */
let byFastify = 0
const handled = channel('tracing:fastify.request.handler:start')
const countOne = (): void => {
  byFastify++
}

async function open(options: Parameters<typeof openSite>[1] = {}): Promise<Site> {
  const site = await openSite(database, options)
  await site.freshness.refresh()
  await bringToMemory(site.lists)
  return site
}

beforeAll(async () => {
  handled.subscribe(countOne)
  database = await openSiteDatabase()
  const first = await openSite(database)
  if (week) await first.sync(week)
  await first.app.close()
})

beforeEach(async () => {
  plain = await open()
  secure = await open({ tls: tlsIdentity(pair, { cert: 'cert.pem', key: 'key.pem' }) })
  port = await listenOn(secure.app)
  overHttp = await openConnection(await listenOn(plain.app))
  overTls = await openTlsConnection(port, trusted)
  byFastify = 0
})

afterEach(async () => {
  for (const { socket } of [overHttp, overTls]) socket.destroy()
  await Promise.all([plain.app.close(), secure.app.close()])
})

afterAll(async () => {
  handled.unsubscribe(countOne)
  await database.close()
})

describeWith([openssl], 'a list over https', () => {
  it('is what it is over http, in every way it can be asked for, and as near', async () => {
    const both = async (text: string, isHead: boolean) => {
      overHttp.send(text)
      overTls.send(text)
      const [http, https] = [await overHttp.answer(isHead), await overTls.answer(isHead)]
      expect(https, text).toEqual(http)
      return https
    }
    const whole = await both(request(LIST), false)
    expect(whole.status).toBe(200)
    expect(whole.body.length).toBeGreaterThan(1_000)
    expect(whole.lines).toContain('Connection: keep-alive')
    const etag = whole.lines.find((line) => line.startsWith('etag: '))?.slice(6) ?? ''
    for (const path of [LIST, '/l/app-proxy/squid.conf', '/v1/allowlists/app-proxy-ip/text']) {
      for (const encoding of ['identity', 'gzip', 'br']) {
        for (const method of ['GET', 'HEAD']) {
          await both(request(path, { 'accept-encoding': encoding }, { method }), method === 'HEAD')
        }
      }
    }
    expect((await both(request(LIST, { 'if-none-match': etag }), false)).status).toBe(304)
    expect(byFastify).toBe(0)
  })

  it('and what only Fastify answers is the same too', async () => {
    const json = { 'content-type': 'application/json', authorization: ADMIN.authorization }
    const body = '{"reason":"x"}'
    for (const text of [
      request('/v1/formats'),
      request('/nothing'),
      request(LIST, { 'accept-encoding': 'identity;q=0' }),
      request('/l/%zz'),
      `${request('/v1/holds/7/approve', { ...json, 'content-length': String(body.length) }, { method: 'POST' })}${body}`,
    ]) {
      overHttp.send(text)
      overTls.send(text)
      const [http, https] = [await overHttp.answer(), await overTls.answer()]
      expect([https.status, String(https.body)], text).toEqual([http.status, String(http.body)])
    }
  })

  it('has every byte for a client that reads slowly, also while the service ends', async () => {
    overTls.send(request(LIST))
    await overTls.answer()
    const arrives = once(secure.app.server, 'secureConnection') as Promise<[Socket]>
    const slow = await openTlsConnection(port, trusted)
    const [server] = await arrives
    slow.socket.pause()
    const asked = await askUntilStalled(slow, server)
    const closed = secure.app.close()
    expect(await overTls.rest()).toBe('')
    slow.socket.resume()
    const expected = await plainText()
    for (let i = 0; i < asked; i++) {
      if (String((await slow.answer()).body) !== expected) throw new Error(`answer ${i} is wrong`)
    }
    expect(await slow.rest()).toBe('')
    await closed
    // The front leaves to Fastify what is asked while an answer of its own still waits to be sent.
    expect(byFastify).toBeLessThan(asked / 2)
  }, 30_000)

  /**
   * Asks, one after the other, until the server has more to send than the client takes; how often.
   * Not all at once: Node's https server ends a connection that sends requests on while their answers
   * are not read (HPE_PAUSED), with or without anything of ours.
   */
  async function askUntilStalled({ send }: RawConnection, server: Socket): Promise<number> {
    for (let asked = 1; asked < 10_000; asked++) {
      const before = server.bytesWritten
      send(request(LIST))
      for (let i = 0; server.bytesWritten === before && i < 10_000; i++) await setImmediate()
      await setImmediate()
      if (server.writableLength > 0) return asked
    }
    throw new Error('everything was sent')
  }
})

describeWith([openssl], 'what is no request', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', '400 Bad Request', 'this is no HTTP request'],
    ['a head too long', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n`, '431', '16 kB'],
  ])('gets a problem document over TLS: %s', async (_, text, status, detail) => {
    overTls.send(text)
    const said = await overTls.rest()
    expect(said).toContain(`HTTP/1.1 ${status}`)
    expect(said).toContain(detail)
    expect(byFastify).toBe(0)
  })

  it.each([
    ['plain http', request(LIST)],
    ['anything else', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ])('is ended, and harms nobody else: %s where TLS is spoken', async (_, text) => {
    const stranger = await openConnection(port)
    stranger.send(text)
    expect(await stranger.rest()).not.toContain('HTTP/1.1 200')
    overTls.send(request(LIST))
    expect((await overTls.answer()).status).toBe(200)
    expect(secure.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })

  it('is ended when a handshake does not go on, and a client that is reset is forgotten', async () => {
    const silent = connect(port, '127.0.0.1')
    await once(silent, 'connect')
    silent.resetAndDestroy()
    overTls.send(request(LIST))
    expect((await overTls.answer()).status).toBe(200)
  })
})

describeWith([openssl], 'the protocol', () => {
  async function handshake(options: ConnectionOptions): Promise<string> {
    const socket = connectTls({ port, host: '127.0.0.1', ...trusted, ...options })
    const said = await new Promise<string>((resolve) => {
      socket.on('secureConnect', () => {
        resolve(`${socket.getProtocol() ?? ''} ${String(socket.alpnProtocol)}`)
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    })
    socket.destroy()
    return said
  }

  it('is TLS 1.3 or 1.2, and HTTP/1.1', async () => {
    expect(await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 http/1.1')
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2 false')
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
    expect(await handshake(old)).toMatch(/PROTOCOL_VERSION|PROTOCOL/)
    expect(await handshake({ ALPNProtocols: ['h2'] })).toMatch(/NO_APPLICATION_PROTOCOL/)
  })
})
