/** What is said when something is wrong: with the request, with us, or with the database. */
import { connect } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/contract.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const [week] = makeFeed({ weeks: 1 })
const SECRET = 'connection to db.internal as admin:hunter2 lost'

let database: TestDatabase
let site: Site
let broken = false

/** The database goes away once the test says so: what needs it fails as a driver does. */
function breakable(store: Store): Store {
  const guard = <T extends object>(aggregate: T): T =>
    new Proxy(aggregate, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver)
        if (!broken || typeof value !== 'function') return value
        return () => Promise.reject(new Error(SECRET))
      },
    })
  return {
    history: guard(store.history),
    timelines: guard(store.timelines),
    publications: guard(store.publications),
    runs: guard(store.runs),
    holds: guard(store.holds),
    allowlists: guard(store.allowlists),
    lists: guard(store.lists),
    events: guard(store.events),
    webhooks: guard(store.webhooks),
    deliveries: guard(store.deliveries),
    devices: guard(store.devices),
    sources: guard(store.sources),
  }
}

let databaseAnswers = true

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database, {
    wrapStore: breakable,
    ping: () => (databaseAnswers ? Promise.resolve() : Promise.reject(new Error(SECRET))),
  })
  if (week) await site.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

async function whileBroken<T>(answers: boolean, work: () => Promise<T>): Promise<T> {
  broken = true
  databaseAnswers = answers
  try {
    return await work()
  } finally {
    broken = false
    databaseAnswers = true
  }
}

describe('a fault of ours', () => {
  it('shows an id and nothing else; the log has the cause under that id', async () => {
    const reply = await whileBroken(true, () => site.app.inject('/v1/snapshots'))
    expect(reply.statusCode).toBe(500)
    expect(reply.body).not.toContain('hunter2')
    const problem = reply.json<{ type: string; id: string }>()
    expect(problem.type).toBe('urn:rangewarden:problem:internal-error')
    const line = site.logged.find(({ errorId }) => errorId === problem.id)
    expect(JSON.stringify(line)).toContain(SECRET)
    expect(line).toMatchObject({ url: '/v1/snapshots', method: 'GET' })
  })
})

describe('a database that is down', () => {
  it('is named as such, with a time to ask again', async () => {
    const reply = await whileBroken(false, () => site.app.inject('/v1/snapshots'))
    expect(reply.statusCode).toBe(503)
    expect(reply.headers['retry-after']).toBe('30')
    expect(reply.body).not.toContain('hunter2')
    expect(reply.json()).toMatchObject({
      type: 'urn:rangewarden:problem:database-unavailable',
      id: expect.any(String) as unknown,
    })
  })

  it('takes no list away', async () => {
    const urls = [
      '/l/app-proxy/squid.conf',
      '/v1/allowlists/app-proxy-ip/text',
      '/v1/tags/ServiceBus',
      '/v1/allowlists',
    ]
    const replies = await whileBroken(false, () =>
      Promise.all(urls.map((url) => site.app.inject(url))),
    )
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200])
  })

  it('leaves the service ready, and is told beside what is in memory', async () => {
    const [ready, clouds] = await whileBroken(false, () =>
      Promise.all([site.app.inject('/health/ready'), site.app.inject('/v1/clouds')]),
    )
    expect(ready.statusCode).toBe(200)
    expect(ready.json()).toMatchObject({
      database: 'unreachable',
      clouds: [{ cloud: 'Public', newestFileDate: week?.fileDate }],
    })
    expect(clouds.json()).toMatchObject({
      clouds: [{ complete: false, lastRuns: [], published: { publication: { serial: 1 } } }],
    })
    expect(JSON.stringify(site.logged)).toContain('The database does not answer')
  })
})

describe('a path that is not there', () => {
  it.each([
    ['/v1/cloud', '/v1/clouds'],
    ['/v1/allowlist/app-proxy', '/v1/allowlists/app-proxy'],
    ['/L/app-proxy/squid.conf', '/l/app-proxy/squid.conf'],
    ['/health/raedy', '/health/ready'],
  ])('%s names %s', async (url, nearest) => {
    const reply = await site.app.inject(url)
    expect(reply.statusCode).toBe(404)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.headers['x-content-type-options']).toBe('nosniff')
    expect(reply.json()).toMatchObject({ nearest })
  })

  it('points to the documentation where nothing is near', async () => {
    for (const url of ['/completely/elsewhere', `/${'x'.repeat(5_000)}`]) {
      const reply = await site.app.inject(url)
      expect(reply.statusCode).toBe(404)
      expect(reply.json<{ detail: string }>().detail).toContain('/docs')
      expect(reply.body.length).toBeLessThan(1_000)
    }
  })
})

describe('a request that cannot be answered', () => {
  it('with another method is told the methods there are', async () => {
    const reply = await site.app.inject({ method: 'POST', url: '/v1/allowlists/app-proxy' })
    expect(reply.statusCode).toBe(405)
    expect(reply.headers.allow).toBe('GET, HEAD, PUT, DELETE')
    expect(reply.json()).toMatchObject({ type: 'urn:rangewarden:problem:method-not-allowed' })
  })

  it('for a path that cannot be decoded is a problem too', async () => {
    const reply = await site.app.inject('/v1/tags/%zz')
    expect(reply.statusCode).toBe(400)
    expect(reply.json()).toMatchObject({ type: 'urn:rangewarden:problem:invalid-input' })
  })

  it('for a name longer than any name is a problem too', async () => {
    const reply = await site.app.inject(`/v1/tags/${'x'.repeat(300)}`)
    expect(reply.statusCode).toBe(414)
    expect(reply.json()).toMatchObject({ type: 'urn:rangewarden:problem:url-too-long' })
  })

  it('in bytes that are no HTTP gets a problem document before the connection ends', async () => {
    const open = await openSite(database)
    await open.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = open.app.server.address() as AddressInfo
    const huge = `GET / HTTP/1.1\r\nHost: x\r\nX-Filler: ${'x'.repeat(20_000)}\r\n\r\n`
    for (const [sent, status] of [
      ['hello\r\n\r\n', 400],
      [huge, 431],
    ] as const) {
      const answer = await talk(port, sent)
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(head).toContain('Content-Type: application/problem+json')
      expect(JSON.parse(body)).toMatchObject({ status })
    }
    await open.app.close()
  })
})

/** Everything that comes back until the other side ends the connection. */
async function talk(port: number, sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.write(sent)
  await once(socket, 'close')
  return answer
}
