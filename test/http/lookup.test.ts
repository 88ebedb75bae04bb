/** Which tags hold an address: one by one, and many at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const feed = makeFeed({ weeks: 2 })
const government = makeFeed({ cloud: 'AzureGovernment', seed: 2, weeks: 1 })

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  for (const week of [...feed, ...government]) await site.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

async function json<T>(url: string): Promise<T> {
  const reply = await site.app.inject(url)
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.json<T>()
}

async function problem(url: string, status: number): Promise<string> {
  const reply = await site.app.inject(url)
  expect(reply.statusCode, reply.body).toBe(status)
  return reply.json<{ detail: string }>().detail
}

describe('lookup', () => {
  interface Answer {
    query: string
    answers: { cloud: string; tags: { tag: string; prefix: string; lastSeen: string | null }[] }[]
  }

  async function addressOf(tag: string): Promise<string> {
    const { tag: found } = await json<{ tag: { prefixes: string[] } }>(`/v1/tags/${tag}`)
    return found.prefixes[0]?.split('/')[0] ?? ''
  }

  it('names every tag that holds an address, in every cloud with history', async () => {
    const address = await addressOf('AzureActiveDirectory')
    const { query, answers } = await json<Answer>(`/v1/lookup/${address}`)
    expect(query).toBe(address)
    expect(answers.map(({ cloud }) => cloud)).toEqual(['Public', 'AzureGovernment'])
    expect(answers[0]?.tags.map(({ tag }) => tag)).toContain('AzureActiveDirectory')
    const one = await json<Answer>(`/v1/lookup/${address}?cloud=Public`)
    expect(one.answers).toEqual([answers[0]])
  })

  it('reads networks with their slash, escaped or not, and ranges', async () => {
    const address = await addressOf('AzureActiveDirectory')
    const plain = await json<Answer>(`/v1/lookup/${address}/32`)
    const escaped = await json<Answer>(`/v1/lookup/${address}%2F32`)
    expect(escaped).toEqual(plain)
    const range = await json<Answer>(`/v1/lookup/${address}-${address}?cloud=Public`)
    expect(range.answers[0]?.tags).toEqual(plain.answers[0]?.tags)
  })

  it('answers many at once, in their order, as each by itself', async () => {
    const addresses = ['203.0.113.1', await addressOf('ServiceBus'), '2001:db8::1']
    const reply = await site.app.inject({
      method: 'POST',
      url: '/v1/lookup',
      payload: { addresses, at: feed[1]?.fileDate },
    })
    expect(reply.statusCode).toBe(200)
    const { results } = reply.json<{ results: Answer[] }>()
    const single = await Promise.all(
      addresses.map((one) => json<Answer>(`/v1/lookup/${one}?at=${feed[1]?.fileDate}`)),
    )
    expect(results).toEqual(single)
    expect(results[0]?.answers[0]?.tags).toEqual([])
  })

  it('says which of many addresses is none', async () => {
    const payload = { addresses: ['20.0.0.1', '20.0.0.256'] }
    const reply = await site.app.inject({ method: 'POST', url: '/v1/lookup', payload })
    expect(reply.statusCode).toBe(400)
    expect(reply.json()).toMatchObject({ parameter: 'addresses/1' })
    expect(reply.json<{ detail: string }>().detail).toMatch(/"20\.0\.0\.256" is no address/)
  })

  it('takes at most 1,000 addresses', async () => {
    const payload = { addresses: Array.from({ length: 1_001 }, () => '20.0.0.1') }
    const reply = await site.app.inject({ method: 'POST', url: '/v1/lookup', payload })
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ errors: unknown[] }>().errors).toMatchObject([
      { in: 'body', parameter: 'addresses', rule: expect.stringContaining('1000') as unknown },
    ])
  })

  it('refuses what is no address, and a day before all history', async () => {
    expect(await problem('/v1/lookup/300.1.1.1', 400)).toMatch(/"300\.1\.1\.1" is no address/)
    expect(await problem('/v1/lookup/20.0.0.1?at=2001-01-01', 400)).toMatch(/2001-01-01/)
    expect(await problem('/v1/lookup/20.0.0.1?at=2015-01-01', 404)).toMatch(/2015-01-01/)
    expect(await problem('/v1/lookup/20.0.0.1?cloud=Mars', 400)).toMatch(/"cloud" "Mars"/)
  })
})
