/** The feed over HTTP: what a poll costs a reader that has it already, and how the route says no. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { range, roundWeek } from '../support/weeks.ts'

const FEED = '/v1/changes.atom'

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  await site.sync(roundWeek('2026-01-05', range(0, 100)))
  await site.sync(roundWeek('2026-01-12', range(0, 102)))
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

function get(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  return site.app.inject({ method, url, headers })
}

/** As if so long had passed since everything was published. */
async function age(days: number): Promise<void> {
  await database.rows(`UPDATE publication SET published_at = date_trunc('second', now())
    - (${days} - serial * 0.01) * interval '1 day'`)
}

describe('GET /v1/changes.atom', () => {
  it('answers as Atom in UTF-8, to be asked for again each time', async () => {
    const reply = await get(FEED)
    expect(reply.statusCode, reply.body).toBe(200)
    expect(reply.headers).toMatchObject({
      'content-type': 'application/atom+xml; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) as string,
    })
    expect(reply.body).toMatch(/^<\?xml version="1.0" encoding="utf-8"\?>\n<feed /)
    expect(reply.body.match(/<entry>/g)).toHaveLength(2)
  })

  it('tells a reader that has it so, by tag and without a body', async () => {
    const whole = await get(FEED)
    const etag = String(whole.headers.etag)
    for (const tags of [etag, `"other", W/${etag}`, '*']) {
      const reply = await get(FEED, { 'if-none-match': tags })
      expect([reply.statusCode, reply.body, reply.headers.etag]).toEqual([304, '', etag])
      expect(reply.headers['cache-control']).toBe('no-cache')
    }
    expect((await get(FEED, { 'if-none-match': '"other"' })).statusCode).toBe(200)
  })

  it('has a tag of its own bytes: another question, another tag', async () => {
    const urls = [FEED, `${FEED}?limit=1`, `${FEED}?cloud=Public`, `${FEED}?tag=AzureCloud`]
    const tags = await Promise.all(urls.map(async (url) => (await get(url)).headers.etag))
    expect(new Set(tags).size).toBe(urls.length)
  })

  it('gives a date once no other publication can have the same, and knows it again', async () => {
    await age(3)
    const reply = await get(FEED)
    const date = String(reply.headers['last-modified'])
    const [newest] = await site.store.publications.list('Public', 1)
    expect(new Date(date)).toEqual(newest?.publishedAt)
    const again = await get(FEED, { 'if-modified-since': date })
    expect([again.statusCode, again.headers['last-modified']]).toEqual([304, date])
    const earlier = new Date(Date.parse(date) - 1000).toUTCString()
    expect((await get(FEED, { 'if-modified-since': earlier })).statusCode).toBe(200)
  })

  it('gives no date of this very second', async () => {
    // A clock of the database that is ahead: that second is not over here.
    await age(-3)
    expect((await get(FEED)).headers).not.toHaveProperty('last-modified')
    await age(3)
  })

  it('answers HEAD with the same headers', async () => {
    const [whole, head] = [await get(FEED), await get(FEED, {}, 'HEAD')]
    expect(head.body).toBe('')
    for (const name of ['etag', 'content-type', 'content-length', 'last-modified']) {
      expect(head.headers[name], name).toBe(whole.headers[name])
    }
    const etag = String(whole.headers.etag)
    expect((await get(FEED, { 'if-none-match': etag }, 'HEAD')).statusCode).toBe(304)
  })

  it('is another once something is published', async () => {
    const before = await get(FEED)
    await site.sync(roundWeek('2026-01-19', range(0, 104)))
    const after = await get(FEED, { 'if-none-match': String(before.headers.etag) })
    expect(after.statusCode).toBe(200)
    expect(after.body.match(/<entry>/g)).toHaveLength(3)
  })

  it.each([
    ['?cloud=Mars', 400, /"cloud" "Mars"/],
    ['?cloud=China', 404, /cloud China is not followed here: followed are Public/],
    ['?tag=AzureClod', 404, /no service tag "AzureClod" .* \(did you mean AzureCloud\?\)/],
    ['?tag=', 400, /"tag" ""/],
    ['?limit=0', 400, /"limit" "0"/],
    ['?limit=101', 400, /"limit" "101"/],
    ['?region=westeurope', 400, /"region" .*known are cloud, tag, limit/],
  ])('refuses %s with %i', async (query, status, detail) => {
    const reply = await get(FEED + query)
    expect(reply.statusCode).toBe(status)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
  })
})

it('has links under the public address where one is set', async () => {
  const told = await openSite(database, { publicUrl: 'https://rw.example' })
  const { body } = await told.app.inject(FEED)
  expect(body).toContain('<link rel="self" href="https://rw.example/v1/changes.atom?limit=30"')
  await told.app.close()
})

it('is not there before the first publication', async () => {
  const empty = await openSiteDatabase()
  const fresh = await openSite(empty)
  const reply = await fresh.app.inject(FEED)
  expect(reply.statusCode).toBe(503)
  expect(reply.headers['retry-after']).toBeDefined()
  expect(reply.json<{ detail: string }>().detail).toMatch(/nothing is published for Public yet/)
  await fresh.app.close()
  await empty.close()
})
