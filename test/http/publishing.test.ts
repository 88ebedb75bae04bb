/** What a publication moves, what it leaves alone, and what a restart remembers. */
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { someFormats as exporters } from '../support/formats.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const feed = makeFeed({ weeks: 4 })

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})

beforeEach(async () => {
  await database.reset()
  site = await openSite(database)
  return () => site.app.close()
})

afterAll(() => database.close())

function week(number: number): WeeklyDocument {
  const found = feed[number - 1]
  if (!found) throw new Error(`no week ${number}`)
  return found
}

interface Served {
  readonly status: number
  readonly etag: unknown
  readonly lastModified: unknown
  readonly body: string
}

/** Every list in every format and encoding. */
async function everyList(app: FastifyInstance): Promise<Map<string, Served>> {
  const { allowlists } = (await app.inject('/v1/allowlists')).json<{
    allowlists: { name: string }[]
  }>()
  const served = new Map<string, Served>()
  for (const { name } of allowlists) {
    for (const format of exporters) {
      for (const encoding of ['identity', 'gzip', 'br']) {
        const url = `/l/${name}/${format.name}.${format.fileExtension}`
        const reply = await app.inject({ url, headers: { 'accept-encoding': encoding } })
        served.set(`${url} ${encoding}`, {
          status: reply.statusCode,
          etag: reply.headers.etag,
          lastModified: reply.headers['last-modified'],
          body: reply.rawPayload.toString('base64'),
        })
      }
    }
  }
  return served
}

describe('before the first publication', () => {
  it.each([
    '/l/app-proxy/squid.conf',
    '/v1/allowlists/app-proxy-ip/text',
    '/v1/export/text?tag=ServiceBus',
    '/v1/tags',
    '/v1/tags/ServiceBus',
    '/v1/changes',
    '/v1/lookup/20.0.0.1',
    '/v1/allowlists/app-proxy-ip/text?at=latest',
  ])('%s says that nothing is there yet and when to ask again', async (url) => {
    const reply = await site.app.inject(url)
    expect(reply.statusCode).toBe(503)
    expect(reply.headers['retry-after']).toBe('60')
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.json()).toMatchObject({ type: 'urn:rangewarden:problem:not-ready', status: 503 })
  })

  it('is ready all the same, and says how it is filled', async () => {
    const reply = await site.app.inject('/health/ready')
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({
      status: 'ready',
      database: 'reachable',
      clouds: [
        {
          cloud: 'Public',
          state: 'empty',
          advice: expect.stringContaining('rangewarden import') as unknown,
        },
      ],
    })
  })

  it('still names what does not exist, rather than promise it for later', async () => {
    expect((await site.app.inject('/l/nobody/squid.conf')).statusCode).toBe(404)
    expect((await site.app.inject('/v1/allowlists/app-proxy/txt')).statusCode).toBe(404)
  })
})

describe('a week that says nothing new', () => {
  it('moves no byte, tag or date of any list', async () => {
    await site.sync(week(1))
    await site.sync(week(2))
    const before = await everyList(site.app)
    expect([...before.values()].filter(({ status }) => status === 200).length).toBeGreaterThan(10)
    const outcome = await site.sync(week(3))
    expect(outcome.kind).toBe('unchanged')
    expect(await everyList(site.app)).toEqual(before)
  })
})

describe('a week with changes', () => {
  it('moves the lists of addresses and leaves the lists of names alone', async () => {
    await site.sync(week(1))
    const before = await everyList(site.app)
    expect((await site.sync(week(2))).kind).toBe('published')
    const after = await everyList(site.app)
    const moved = [...after].filter(([key, served]) => served.etag !== before.get(key)?.etag)
    expect(moved.length).toBeGreaterThan(0)
    for (const [key, served] of moved) {
      expect(key).toMatch(/^\/l\/app-proxy-ip\//)
      expect(served.body).not.toBe(before.get(key)?.body)
      const [then, now] = [before.get(key)?.lastModified, served.lastModified].map((date) =>
        Date.parse(String(date)),
      )
      expect(now).toBeGreaterThan(then ?? NaN)
    }
    for (const [key, served] of after) {
      if (key.startsWith('/l/app-proxy/')) expect(served).toEqual(before.get(key))
    }
  })

  it('is named in a header of the lists it did not move', async () => {
    await site.sync(week(1))
    const before = await site.app.inject('/l/app-proxy/squid.conf')
    await site.sync(week(2))
    const after = await site.app.inject('/l/app-proxy/squid.conf')
    expect(after.body).toBe(before.body)
    expect(after.headers['rangewarden-snapshot']).not.toBe(before.headers['rangewarden-snapshot'])
    const condition = { 'if-none-match': String(before.headers.etag) }
    const again = await site.app.inject({ url: '/l/app-proxy/squid.conf', headers: condition })
    expect(again.statusCode).toBe(304)
  })
})

describe('a restart', () => {
  it('serves every list, also a stored one, with the same bytes, tags and dates', async () => {
    await site.sync(week(1))
    const payload = { tags: ['ServiceBus'], families: ['ipv4'], title: 'the bus' }
    const put = await site.app.inject({
      method: 'PUT',
      url: '/v1/allowlists/mine.1',
      headers: ADMIN,
      payload,
    })
    expect(put.statusCode).toBe(201)
    const before = await everyList(site.app)
    expect(before.get('/l/mine.1/text.txt identity')?.status).toBe(200)

    const restarted = await openSite(database)
    expect(await everyList(restarted.app)).toEqual(before)
    const definition = await restarted.app.inject('/v1/allowlists/mine.1')
    expect(definition.json()).toMatchObject({ ...payload, name: 'mine.1', builtIn: false })
    await restarted.app.close()
  })
})

describe('a fault of the publisher', () => {
  it('leaves the last good lists as they were', async () => {
    await site.sync(week(1))
    const before = await everyList(site.app)
    const outcome = await site.sync({ ...week(2), text: '<html>sorry</html>' })
    expect(outcome.kind).toBe('refused')
    expect(await everyList(site.app)).toEqual(before)
    const { runs } = (await site.app.inject('/v1/runs')).json<{ runs: unknown[] }>()
    expect(runs[0]).toMatchObject({ outcome: 'refused', detail: { refusals: [{}] } })
  })
})
