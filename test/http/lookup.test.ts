/** Which tags hold an address: one by one, and many at once. */
import type { Socket } from 'node:net'
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
  interface Hit {
    tag: string
    holds: string
    prefix: string | null
    lastSeen: string | null
  }

  interface Answer {
    query: string
    answers: { cloud: string; tags: Hit[] }[]
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

  it('takes at most 10,000 addresses, and says nothing of any if one is wrong', async () => {
    const post = (addresses: readonly string[]) =>
      site.app.inject({ method: 'POST', url: '/v1/lookup', payload: { addresses } })
    const many = Array.from({ length: 10_000 }, (_, i) => `20.0.${i >> 8}.${i & 255}`)
    const { results } = (await post(many)).json<{ results: Answer[] }>()
    expect(results.map(({ query }) => query)).toEqual(many)
    const [last] = results.slice(-1)
    expect(last).toEqual(await json(`/v1/lookup/${many.at(-1) ?? ''}`))
    const wrong = await post([...many.slice(1), '20.0.0.0/33'])
    expect(wrong.statusCode).toBe(400)
    expect(wrong.headers['content-type']).toBe('application/problem+json')
    expect(wrong.json()).toMatchObject({ parameter: 'addresses/9999' })
    const reply = await post([...many, '20.0.0.1'])
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ errors: unknown[] }>().errors).toMatchObject([
      { in: 'body', parameter: 'addresses', rule: expect.stringContaining('10000') as unknown },
    ])
  })

  it('makes a long answer as fast as it is taken, and answers others meanwhile', async () => {
    const own = await openSite(database)
    const sockets: Socket[] = []
    own.app.server.on('connection', (socket: Socket) => void sockets.push(socket))
    const url = await own.app.listen({ host: '127.0.0.1', port: 0 })
    const addresses = Array.from({ length: 1_000 }, () => '0.0.0.0/0')
    const abort = new AbortController()
    const reply = await fetch(`${url}/v1/lookup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ addresses }),
      signal: abort.signal,
    })
    expect(reply.headers.get('transfer-encoding')).toBe('chunked')
    const reader = reply.body?.getReader()
    const first = await reader?.read()
    expect(Buffer.from(first?.value ?? []).toString('utf8')).toMatch(/^\{"results":\[\{"query"/)
    for (let i = 0; i < 20; i++) {
      const other = await fetch(`${url}/v1/lookup/20.0.0.1`)
      expect(other.status).toBe(200)
      await other.arrayBuffer()
    }
    console.log(
      'WRITTEN',
      sockets.map((s) => s.bytesWritten),
    )
    // Nobody read on: made whole it would be some 20 MB.
    const written = sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
    expect(written).toBeLessThan(10_000_000)
    // Nor does another one wait for it.
    const another = await fetch(`${url}/v1/lookup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ addresses: ['20.0.0.1'] }),
    })
    expect(await another.json()).toMatchObject({ results: [{ query: '20.0.0.1' }] })
    abort.abort()
    await own.app.close()
  })

  it('refuses more prefixes inside of what is asked about than one request may have', async () => {
    const post = (payload: object) =>
      site.app.inject({ method: 'POST', url: '/v1/lookup', payload })
    const everything = Array.from({ length: 10_000 }, () => '0.0.0.0/0')
    const reply = await post({ addresses: everything })
    expect(reply.statusCode).toBe(400)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    const { prefixes, most, detail } = reply.json<{
      prefixes: number
      most: number
      detail: string
    }>()
    expect(detail).toContain(`have ${prefixes} prefixes inside of them, ${most} is the most`)
    const ofOne = prefixes / everything.length
    expect(ofOne).toBeGreaterThan(500)
    const counts = await Promise.all(
      ['Public', 'AzureGovernment'].map(async (cloud) => {
        const { prefixes: own = 0 } = (await post({ addresses: everything, cloud })).json<{
          prefixes?: number
        }>()
        return own / everything.length
      }),
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ofOne)
    const tooMany = await post({ addresses: everything.slice(0, Math.floor(most / ofOne) + 1) })
    expect(tooMany.statusCode).toBe(400)
  })

  it('answers nine of many addresses at a time, and asks the others to come again', async () => {
    const addresses = Array.from({ length: 2_000 }, (_, i) => `20.0.${i >> 8}.${i & 255}`)
    const post = () =>
      site.app.inject({ method: 'POST', url: '/v1/lookup', payload: { addresses } })
    const replies = await Promise.all(Array.from({ length: 12 }, post))
    expect(replies.map(({ statusCode }) => statusCode).sort()).toEqual([
      ...Array<number>(9).fill(200),
      ...[503, 503, 503],
    ])
    const busy = replies.find(({ statusCode }) => statusCode === 503)
    expect(busy?.headers['retry-after']).toBe('5')
    expect(busy?.json()).toMatchObject({ type: 'urn:rangewarden:problem:busy', status: 503 })
    expect((await post()).statusCode).toBe(200)
    // A place is also left by what is refused.
    const wrong = { addresses: ['nonsense'] }
    for (let i = 0; i < 10; i++) {
      const reply = await site.app.inject({ method: 'POST', url: '/v1/lookup', payload: wrong })
      expect(reply.statusCode).toBe(400)
    }
    expect((await post()).statusCode).toBe(200)
  })

  it('gives the place of a client that went away to the next one', async () => {
    const own = await openSite(database)
    const url = await own.app.listen({ host: '127.0.0.1', port: 0 })
    const ask = (addresses: readonly string[], signal?: AbortSignal) =>
      fetch(`${url}/v1/lookup`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ addresses }),
        ...(signal ? { signal } : {}),
      })
    const abort = new AbortController()
    const long = Array.from({ length: 1_000 }, () => '0.0.0.0/0')
    const open = await Promise.all(Array.from({ length: 9 }, () => ask(long, abort.signal)))
    expect(open.map(({ status }) => status)).toEqual(Array<number>(9).fill(200))
    const refused = await ask(['20.0.0.1'])
    expect(refused.status).toBe(503)
    await refused.arrayBuffer()
    abort.abort()
    const askNine = async () => {
      const replies = await Promise.all(Array.from({ length: 9 }, () => ask(['20.0.0.1'])))
      await Promise.all(replies.map((reply) => reply.arrayBuffer()))
      return replies.every(({ status }) => status === 200)
    }
    await expect.poll(askNine, { timeout: 10_000 }).toBe(true)
    // The client has connected again where it went away, and says nothing there.
    own.app.server.closeAllConnections()
    await own.app.close()
  })

  it('tells what is held in part, by several prefixes together, and by which alone', async () => {
    const { answers } = await json<Answer>('/v1/lookup/0.0.0.0/0?cloud=Public')
    const tags = answers[0]?.tags ?? []
    expect(tags.map(({ tag }) => tag)).toContain('AzureCloud')
    expect(new Set(tags.map(({ holds, prefix }) => `${holds} ${String(prefix)}`))).toEqual(
      new Set(['part null']),
    )
    const one = await json<Answer>(`/v1/lookup/${await addressOf('AzureActiveDirectory')}`)
    expect(one.answers[0]?.tags[0]).toMatchObject({ holds: 'whole' })
  })

  it('refuses what is no address, and a day before all history', async () => {
    expect(await problem('/v1/lookup/300.1.1.1', 400)).toMatch(/"300\.1\.1\.1" is no address/)
    expect(await problem('/v1/lookup/20.0.0.1?at=2001-01-01', 400)).toMatch(/2001-01-01/)
    expect(await problem('/v1/lookup/20.0.0.1?at=2015-01-01', 404)).toMatch(/2015-01-01/)
    expect(await problem('/v1/lookup/20.0.0.1?cloud=Mars', 400)).toMatch(/"cloud" "Mars"/)
  })
})
