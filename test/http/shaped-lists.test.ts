/** Budgets and shards over the API: stored, asked for in a query, and refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseFileDate } from '../../src/core/file-date.ts'
import type { TestDatabase } from '../support/database.ts'
import { entryOf, publicationAfter } from '../support/entries.ts'
import { smallDocument, tagValue } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

/** The first two are three quarters of a /22. */
const SQL = [
  '20.0.0.0/23',
  '20.0.2.0/24',
  ...Array.from({ length: 14 }, (_, i) => `20.${i + 9}.0.0/24`),
]

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  const values = [tagValue('AzureCloud', ['20.0.0.0/8']), tagValue('Sql', SQL)]
  const fileDate = parseFileDate('2025-10-20')
  if (!fileDate.ok) throw new Error(fileDate.reason)
  const entry = entryOf({
    text: smallDocument({ values }),
    fileDate: fileDate.value,
    fileName: 'a',
  })
  await site.store.publications.publish(entry, publicationAfter(0))
  await site.lists.refresh()
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

function put(name: string, payload: object) {
  const url = `/v1/allowlists/${name}`
  return site.app.inject({ method: 'PUT', url, payload, headers: ADMIN })
}

async function get(url: string) {
  const reply = await site.app.inject({ url })
  const entries = reply.body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return { ...reply, status: reply.statusCode, body: reply.body, entries }
}

describe('a stored list', () => {
  it('shows its budget and its shards, and what the budget did', async () => {
    const budget = { entries: 15, mostExtraPercent: 6, never: ['20.200.0.0/16'] }
    const stored = await put('mine', { tags: ['Sql'], budget, shards: 2 })
    expect(stored.statusCode).toBe(201)
    expect(stored.json()).toMatchObject({ budget, shards: 2, shard: null })
    const whole = JSON.parse((await get('/v1/allowlists/mine')).body) as object
    expect(whole).toMatchObject({
      budget,
      notices: {
        unfit: null,
        widened: {
          entries: 15,
          lossless: 16,
          addresses: { ipv4: 256, ipv6: '0' },
          percent: { ipv4: 5.8824, ipv6: 0 },
        },
      },
    })
    const one = JSON.parse((await get('/v1/allowlists/mine.2of2')).body) as object
    expect(one).toMatchObject({ name: 'mine.2of2', shards: null, shard: { index: 2, of: 2 } })
    const parts = await Promise.all([1, 2].map((i) => get(`/l/mine.${i}of2/text.txt`)))
    const { entries } = await get('/l/mine/text.txt')
    expect(entries).toHaveLength(15)
    expect(parts.flatMap((part) => part.entries).sort()).toEqual([...entries].sort())
    expect((await put('mine.2of2', { tags: ['Sql'] })).statusCode).toBe(409)
  })

  it('beyond its cap is a problem with the numbers, and says so where it is described', async () => {
    expect((await put('narrow', { tags: ['Sql'], budget: { entries: 15 } })).statusCode).toBe(201)
    const refused = await get('/v1/allowlists/narrow/json')
    expect(refused.status).toBe(422)
    expect(JSON.parse(refused.body)).toMatchObject({
      type: expect.stringContaining('export-refused') as unknown,
      entries: 15,
      lossless: 16,
      extraPercent: 5.8824,
      mostExtraPercent: 5,
    })
    const shown = JSON.parse((await get('/v1/allowlists/narrow')).body) as {
      notices: { unfit: string }
      formats: { available: boolean; reason: string }[]
    }
    expect(shown.notices.unfit).toContain('16 entries cannot be made 15')
    for (const { available, reason } of shown.formats) {
      expect(available).toBe(false)
      expect(reason).toContain('16 entries cannot be made 15')
    }
  })

  it.each([
    [{ budget: { entries: 3, mostExtraPercent: 200 } }, /mostExtraPercent/],
    [{ budget: { entries: 3, never: ['20.0.0.1/8'] } }, /budget\.never: "20\.0\.0\.1\/8"/],
    [{ shards: 65 }, /shards/],
  ])('with %j is refused', async (body, detail) => {
    const reply = await put('wrong', { tags: ['Sql'], ...body })
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
  })
})

describe('an export', () => {
  const EXPORT = '/v1/export/text?tag=Sql'

  it('is widened and split as a query asks', async () => {
    const widened = await get(`${EXPORT}&maxEntries=15&maxExtraPercent=5.9&never=20.200.0.0/16`)
    expect(widened.entries).toHaveLength(15)
    expect(widened.body).toContain('256 IPv4 addresses (5.8824 %')
    const parts = await Promise.all([1, 2, 3].map((i) => get(`${EXPORT}&shard=${i}of3`)))
    expect(parts.flatMap(({ entries }) => entries).sort()).toEqual([...SQL].sort())
    const past = await get(`${EXPORT}&maxEntries=15&maxExtraPercent=5.9&at=latest`)
    expect(past.entries).toEqual(widened.entries)
  })

  it.each([
    ['&maxEntries=15', 422, /16 entries cannot be made 15 within the cap: .* 5 % are allowed/],
    ['&maxEntries=15&never=20.0.3.9&maxExtraPercent=100', 422, /cannot be made 15/],
    ['&maxEntries=0', 400, /maxEntries/],
    ['&maxEntries=', 400, /maxEntries/],
    ['&maxEntries=9&maxExtraPercent=101', 400, /maxExtraPercent/],
    ['&maxExtraPercent=5', 400, /needs that number/],
    ['&never=20.0.0.0/16', 400, /needs that number/],
    ['&maxEntries=9&never=20.0.0.1-20.0.0.0', 400, /budget\.never/],
    ['&shard=9of8', 400, /shard "9of8": a shard is "2of8"/],
  ])('with %s is refused with %i', async (query, status, detail) => {
    const reply = await get(`${EXPORT}${query}`)
    expect((JSON.parse(reply.body) as { detail: string }).detail).toMatch(detail)
    expect(reply.status).toBe(status)
  })
})
