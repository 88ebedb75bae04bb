/** The front answers what Fastify would, byte for byte, and leaves connections as Node keeps them. */
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { someFormats as exporters } from '../support/formats.ts'
import { bringToMemory } from '../support/list-bytes.ts'
import { apiPath, devicePath } from '../../src/lists/paths.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { listenOn, openConnection, request, type RawConnection } from '../support/raw-http.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const LIST = '/l/app-proxy-ip/text.txt'
const JSON_BODY = { 'content-type': 'application/json', 'content-length': '9' }
const PAC = { pacProxy: 'PROXY proxy.example:8080', pacFallback: 'DIRECT' }
const [week] = makeFeed({ weeks: 1 })

let database: TestDatabase
let site: Site
let port: number
let connection: RawConnection
let accepted: Set<Socket>

/** How many requests came as far as Fastify. */
let byFastify = 0
const handled = channel('tracing:fastify.request.handler:start')
const countOne = (): void => {
  byFastify++
}

beforeAll(async () => {
  handled.subscribe(countOne)
  database = await openSiteDatabase()
  const first = await openSite(database)
  if (week) await first.sync(week)
  await first.app.close()
})

beforeEach(async () => {
  site = await openSite(database, PAC)
  await site.freshness.refresh()
  await bringToMemory(site.lists)
  accepted = new Set()
  site.app.server.on('connection', (socket: Socket) => accepted.add(socket))
  port = await listenOn(site.app)
  connection = await openConnection(port)
  byFastify = 0
})

afterEach(async () => {
  connection.socket.destroy()
  await site.app.close()
})

afterAll(async () => {
  handled.unsubscribe(countOne)
  await database.close()
})

async function ask(text: string, bodyless = false) {
  connection.send(text)
  return connection.answer(bodyless)
}

/** Every path of every list that some format can carry. */
function allPaths(): string[] {
  return site.lists.definitions().flatMap(({ name }) =>
    exporters.flatMap((exporter) => {
      const paths = [devicePath(name, exporter), apiPath(name, exporter)]
      const version = site.lists.atPath(devicePath(name, exporter))?.list.versionPath
      return version === undefined ? [] : [...paths, version]
    }),
  )
}

async function plainText(): Promise<string> {
  return String((await site.lists.atPath(LIST)?.list.load())?.representations.identity.body)
}

function etagOf(lines: readonly string[]): string {
  return lines.find((line) => line.startsWith('etag: '))?.slice(6) ?? ''
}

describe('the front', () => {
  it('says of every list, in every way it can be asked for, what Fastify says', async () => {
    const plain = await openSite(database, { ...PAC, withFront: false })
    await plain.freshness.refresh()
    await bringToMemory(plain.lists)
    const other = await openConnection(await listenOn(plain.app))
    const compare = async (text: string, isHead: boolean) => {
      connection.send(text)
      other.send(text)
      const [ours, fastifys] = [await connection.answer(isHead), await other.answer(isHead)]
      expect(ours, text).toEqual(fastifys)
      return ours
    }
    const paths = allPaths()
    expect(paths.length).toBeGreaterThanOrEqual(3 * 8)
    let asked = 0
    for (const path of paths) {
      for (const encoding of [undefined, 'identity', 'gzip', 'gzip, deflate, br']) {
        const accept = encoding === undefined ? {} : { 'accept-encoding': encoding }
        const whole = await compare(request(path, accept), false)
        expect(whole.status).toBe(200)
        const date = whole.lines.find((line) => line.startsWith('last-modified: '))?.slice(15) ?? ''
        const conditions: Record<string, string>[] = [
          {},
          { authorization: 'Bearer whatever' },
          { 'if-none-match': etagOf(whole.lines) },
          { 'if-none-match': `"x", W/${etagOf(whole.lines)}`, authorization: 'Basic eDp5' },
          { 'if-none-match': '"other"' },
          { 'if-none-match': '*' },
          { 'if-modified-since': date },
          { 'if-modified-since': 'Thu, 01 Jan 2015 00:00:00 GMT', connection: 'keep-alive' },
        ]
        for (const condition of conditions) {
          for (const method of ['GET', 'HEAD']) {
            const text = request(path, { ...accept, ...condition }, { method })
            await compare(text, method === 'HEAD')
            asked++
          }
        }
      }
    }
    expect(byFastify).toBe(asked + 4 * paths.length)
    other.socket.destroy()
    await plain.app.close()
  }, 60_000)

  it.each([
    ['an encoding we do not have', request(LIST, { 'accept-encoding': 'identity;q=0' }), 406],
    ['a query', request(`${LIST}?x=1`), 400],
    ['a body', `${request(LIST, { 'content-length': '2' })}{}`, 200],
    ['another method', request(LIST, { 'content-length': '0' }, { method: 'POST' }), 405],
    ['a list that is not there', request('/l/nobody/text.txt'), 404],
    ['a format that cannot carry it', request('/l/app-proxy/text.txt'), 422],
  ])('leaves a request with %s to Fastify', async (_, text, status) => {
    expect((await ask(text)).status).toBe(status)
    expect((await ask(request(LIST))).status).toBe(200)
  })

  it('answers without Fastify, again and again on one connection', async () => {
    const first = await ask(request(LIST))
    for (let i = 0; i < 20; i++) expect(await ask(request(LIST))).toEqual(first)
    const notModified = await ask(request(LIST, { 'if-none-match': etagOf(first.lines) }))
    expect([notModified.status, notModified.body.length]).toEqual([304, 0])
    const head = await ask(request(LIST, {}, { method: 'HEAD' }), true)
    expect(head.lines).toEqual(first.lines)
    expect(byFastify).toBe(0)
  })

  it('tells the date of now', async () => {
    connection.send(request(LIST, {}, { method: 'HEAD' }))
    const [chunk] = (await once(connection.socket, 'data')) as [Buffer]
    const date = Date.parse(/^Date: (.*)$/m.exec(String(chunk))?.[1] ?? '')
    expect(Math.abs(Date.now() - date)).toBeLessThan(5_000)
  })

  it('tells another state of the cloud as soon as there is one', async () => {
    const state = (lines: readonly string[]) =>
      lines.find((one) => one.startsWith('rangewarden-st'))
    expect(state((await ask(request(LIST))).lines)).toBe('rangewarden-state: source-quiet')
    site.freshness.stateOf = () => 'held'
    expect(state((await ask(request(LIST))).lines)).toBe('rangewarden-state: held')
  })
})

describe('a connection', () => {
  it('has its answers in the order of its requests, whoever gives them', async () => {
    const urls = [LIST, '/v1/formats', LIST, '/v1/clouds', LIST, LIST, '/nothing', LIST]
    connection.send(urls.map((url) => request(url)).join(''))
    const alone = await openConnection(port)
    for (const url of urls) {
      alone.send(request(url))
      const [together, single] = [await connection.answer(), await alone.answer()]
      expect(together.status, url).toBe(single.status)
      expect(together.body.toString(), url).toBe(single.body.toString())
    }
    alone.socket.destroy()
  })

  it.each([
    ['of HTTP/1.0', request(LIST, {}, { version: '1.0' })],
    ['that is to be closed', request(LIST, { connection: 'close' })],
  ])('%s is closed after the answer', async (_, text) => {
    connection.send(text)
    const { status, lines, body } = await connection.answer()
    expect(status).toBe(200)
    expect(lines).toContain('Connection: close')
    expect(body.length).toBeGreaterThan(1_000)
    expect(await connection.rest()).toBe('')
  })

  it('whose client says no more after its request has its answer', async () => {
    connection.socket.end(request(LIST))
    const { status, body } = await connection.answer()
    expect(status).toBe(200)
    expect(body.toString()).toBe(await plainText())
    expect(await connection.rest()).toBe('')
  })

  it('that a client resets harms nobody else', async () => {
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(request(LIST).repeat(50))
      if (i % 2 === 0) await once(socket, 'data')
      socket.resetAndDestroy()
    }
    expect((await ask(request(LIST))).status).toBe(200)
    expect(site.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })

  it('whose client reads slowly has every byte in the end', async () => {
    const times = 2_000
    const { socket } = connection
    socket.pause()
    socket.write(request(LIST).repeat(times))
    await stalled()
    const expected = await plainText()
    socket.resume()
    for (let i = 0; i < times; i++) {
      const { status, body } = await connection.answer()
      if (status !== 200 || String(body) !== expected) throw new Error(`answer ${i} is wrong`)
    }
    expect(byFastify).toBeGreaterThan(0)
    expect((await ask(request(LIST))).status).toBe(200)
  }, 30_000)

  /** Until the server has more to send than the client takes. */
  async function stalled(): Promise<void> {
    for (let i = 0; i < 500; i++) {
      if ([...accepted].some((socket) => socket.writableLength > 0)) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error('everything was sent')
  }

  it('that is idle ends when the service does, and one that is slow has its answer first', async () => {
    expect((await ask(request(LIST))).status).toBe(200)
    const slow = await openConnection(port)
    slow.socket.pause()
    slow.socket.write(request(LIST).repeat(2_000))
    await stalled()
    const closed = site.app.close()
    expect(await connection.rest()).toBe('')
    slow.socket.resume()
    const first = await slow.answer()
    const expected = await plainText()
    expect(String(first.body)).toBe(expected)
    // What was asked for before, too; the first that Fastify is asked for now ends the connection.
    for (let last = first; !last.lines.includes('Connection: close');) {
      last = await slow.answer()
      expect(String(last.body)).toBe(expected)
    }
    await slow.rest()
    await closed
  }, 30_000)
})

describe('a request that announces a type and has no body', () => {
  it('is not waited for', async () => {
    const text = request('/v1/lookup', { 'content-type': 'application/json' }, { method: 'POST' })
    const { status } = await ask(text)
    expect(status).toBe(400)
    const gone = { authorization: ADMIN.authorization, 'content-type': 'text/plain' }
    expect((await ask(request('/v1/allowlists/none', gone, { method: 'DELETE' }))).status).toBe(404)
  })
})

describe('the limits of time', () => {
  beforeEach(async () => {
    connection.socket.destroy()
    await site.app.close()
    site = await openSite(database, PAC)
    const { server } = site.app
    Object.assign(server, {
      connectionsCheckingInterval: 20,
      headersTimeout: 200,
      requestTimeout: 300,
      keepAliveTimeout: 100,
      keepAliveTimeoutBuffer: 10,
    })
    port = await listenOn(site.app)
    connection = await openConnection(port)
  })

  it.each([
    ['a head', request(LIST).slice(0, -2)],
    ['a body', `${request('/v1/lookup', JSON_BODY, { method: 'POST' })}{`],
  ])('hold for %s that never comes whole, after answers too', async (_, part) => {
    expect((await ask(request(LIST))).status).toBe(200)
    connection.send(part)
    expect((await connection.rest()).slice(0, 12)).toMatch(/^(HTTP\/1\.1 408|)$/)
    expect(byFastify).toBeLessThanOrEqual(1)
  })

  it('hold for a connection on which nothing more is asked', async () => {
    expect((await ask(request(LIST))).status).toBe(200)
    expect(await connection.rest()).toBe('')
  })
})
