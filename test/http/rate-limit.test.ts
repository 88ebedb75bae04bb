/** How much one client may ask for: the counting, and what is said about it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMPUTING_COST, createRateLimiter } from '../../src/http/rate-limit.ts'
import type { TestDatabase } from '../support/database.ts'
import { bringToMemory } from '../support/list-bytes.ts'
import { makeFeed } from '../support/feed.ts'
import { listenOn, openConnection, request } from '../support/raw-http.ts'
import { openSite, openSiteDatabase, type Site, type SiteOptions } from '../support/server.ts'

describe('a limiter', () => {
  it('gives a client so much in a minute, and all of it again in the next', () => {
    let now = 0
    const limiter = createRateLimiter({ limit: 3, now: () => now })
    expect([1, 2, 3, 4].map(() => limiter.take('10.0.0.1', 1))).toEqual([true, true, true, false])
    now = 15_500
    expect(limiter.standing('10.0.0.1')).toBe('"default";r=0;t=45')
    expect(limiter.resetAfter('10.0.0.1')).toBe(45)
    expect(limiter.take('10.0.0.2', 1)).toBe(true)
    now = 59_999
    expect(limiter.take('10.0.0.1', 1)).toBe(false)
    now = 60_000
    expect(limiter.take('10.0.0.1', 1)).toBe(true)
    expect(limiter.policy).toBe('"default";q=3;w=60')
  })

  it('counts nothing of what it refuses, and admits what costs more than all there is once', () => {
    const limiter = createRateLimiter({ limit: 10, now: () => 0 })
    expect(limiter.take('10.0.0.1', COMPUTING_COST)).toBe(true)
    expect(limiter.take('10.0.0.1', 1)).toBe(false)
    expect(limiter.take('10.0.0.2', 9)).toBe(true)
    expect(limiter.take('10.0.0.2', 2)).toBe(false)
    expect(limiter.take('10.0.0.2', 1)).toBe(true)
  })

  it('takes an IPv4 address for one however it is written, and an IPv6 network of 64 bits for one', () => {
    const limiter = createRateLimiter({ limit: 1, now: () => 0 })
    expect(limiter.take('10.0.0.1', 1)).toBe(true)
    expect(limiter.take('::ffff:10.0.0.1', 1)).toBe(false)
    expect(limiter.take('::ffff:10.0.0.2', 1)).toBe(true)
    expect(limiter.take('2001:db8:0:1::1', 1)).toBe(true)
    expect(limiter.take('2001:db8::1:ffff:ffff:ffff:ffff', 1)).toBe(false)
    expect(limiter.take('2001:db8:0:2::1', 1)).toBe(true)
  })

  it('takes an address for one whatever port a proxy names with it', () => {
    const limiter = createRateLimiter({ limit: 1, now: () => 0 })
    expect(limiter.take('10.0.0.1:1111', 1)).toBe(true)
    expect(limiter.take('10.0.0.1:1112', 1)).toBe(false)
    expect(limiter.take('10.0.0.1', 1)).toBe(false)
    expect(limiter.take('[::ffff:10.0.0.1]:1113', 1)).toBe(false)
    expect(limiter.take('10.0.0.2:1111', 1)).toBe(true)
    expect(limiter.take('[2001:db8::1]:1111', 1)).toBe(true)
    for (const same of ['[2001:db8::1]:1112', '[2001:db8::2]', '2001:db8::1']) {
      expect(limiter.take(same, 1), same).toBe(false)
    }
    expect(limiter.take('[2001:db8:0:1::1]:1111', 1)).toBe(true)
  })

  it('forgets clients rather than grow', () => {
    const limiter = createRateLimiter({ limit: 1, now: () => 0 })
    for (let i = 0; i < 30_000; i++) limiter.take(`10.1.${i >> 8}.${i & 255}`, 1)
    expect(limiter.take('10.1.0.0', 1)).toBe(true)
    expect(limiter.take(`10.1.${29_999 >> 8}.${29_999 & 255}`, 1)).toBe(false)
  })
})

const LIST = '/l/app-proxy-ip/text.txt'
const [week] = makeFeed({ weeks: 1 })
let database: TestDatabase

beforeAll(async () => {
  database = await openSiteDatabase()
  const site = await openSite(database)
  if (week) await site.sync(week)
  await site.app.close()
})
afterAll(() => database.close())

async function withSite(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
  const site = await openSite(database, options)
  try {
    await work(site)
  } finally {
    await site.app.close()
  }
}

describe('a client that asks for too much', () => {
  it('is told when to come back, by a problem', () =>
    withSite({ rateLimit: 2 }, async ({ app }) => {
      const first = await app.inject('/v1/formats')
      expect(first.headers).toMatchObject({
        'ratelimit-policy': '"default";q=2;w=60',
        ratelimit: expect.stringMatching(/^"default";r=1;t=\d+$/) as unknown,
      })
      expect((await app.inject('/v1/nothing')).statusCode).toBe(404)
      const refused = await app.inject('/v1/formats')
      expect(refused.statusCode).toBe(429)
      expect(refused.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'retry-after': expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) as unknown,
        'ratelimit-policy': '"default";q=2;w=60',
        ratelimit: expect.stringMatching(/^"default";r=0;t=\d+$/) as unknown,
      })
      expect(refused.json()).toMatchObject({
        type: 'urn:rangewarden:problem:rate-limited',
        'violated-policies': ['default'],
      })
    }))

  it('has used up as much by the front as by Fastify, and lists tell no standing', () =>
    withSite({ rateLimit: 4 }, async ({ app, lists }) => {
      await bringToMemory(lists)
      const connection = await openConnection(await listenOn(app))
      const ask = async (url: string) => {
        connection.send(request(url))
        return connection.answer()
      }
      const list = await ask(LIST)
      expect([list.status, list.lines.filter((line) => /^ratelimit/.test(line))]).toEqual([200, []])
      expect((await ask('/v1/formats')).status).toBe(200)
      expect((await ask(LIST)).status).toBe(200)
      expect((await ask(`${LIST}?x=1`)).status).toBe(400)
      for (const url of [LIST, '/v1/formats']) expect((await ask(url)).status).toBe(429)
      for (let i = 0; i < 10; i++) expect((await ask('/health/live')).status).toBe(200)
      connection.socket.destroy()
    }))

  it.each([
    '/v1/export/text?tag=ServiceBus',
    '/v1/allowlists/app-proxy-ip/text?at=latest',
    '/v1/allowlists/app-proxy-ip/text?%61t=latest',
  ])('pays more for %s, which computes', (url) =>
    withSite({ rateLimit: COMPUTING_COST + 1 }, async ({ app }) => {
      expect((await app.inject(url)).statusCode).toBe(200)
      expect((await app.inject(LIST)).statusCode).toBe(200)
      expect((await app.inject(LIST)).statusCode).toBe(429)
    }),
  )

  it.each([
    ['cannot be decoded', '/l/%zz/x', 400],
    ['has too long a part', `/l/${'x'.repeat(300)}/x`, 414],
  ])('has asked for something when its path %s', (_, url, status) =>
    withSite({ rateLimit: 2 }, async ({ app }) => {
      expect((await app.inject(url)).statusCode).toBe(status)
      expect((await app.inject(url)).statusCode).toBe(status)
      const refused = await app.inject(url)
      expect(refused.statusCode).toBe(429)
      expect(refused.headers['retry-after']).toMatch(/^\d+$/)
      expect((await app.inject(LIST)).statusCode).toBe(429)
    }),
  )

  it('is who a trusted proxy says it is, and nobody else', async () => {
    const forwarded = (client: string) => ({ 'x-forwarded-for': client })
    await withSite({ rateLimit: 1, trustedProxies: ['127.0.0.0/8'] }, async ({ app }) => {
      const connection = await openConnection(await listenOn(app))
      const statuses: number[] = []
      for (const client of ['10.0.0.1', '10.0.0.1:1111', '10.0.0.2']) {
        connection.send(request(LIST, forwarded(client)))
        statuses.push((await connection.answer()).status)
      }
      expect(statuses).toEqual([200, 429, 200])
      connection.socket.destroy()
    })
    await withSite({ rateLimit: 1 }, async ({ app }) => {
      const ask = (client: string) => app.inject({ url: LIST, headers: forwarded(client) })
      expect((await ask('10.0.0.1')).statusCode).toBe(200)
      expect((await ask('10.0.0.2')).statusCode).toBe(429)
    })
  })
})
