/** How a cloud's state, a rollback and what leaves a list are told over HTTP. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseFileDate } from '../../src/core/file-date.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed, smallDocument, tagValue, type WeeklyDocument } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const LIST = '/v1/allowlists/app-proxy-ip/text'
const [first, second, , last] = makeFeed({ weeks: 4 })

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})
beforeEach(async () => {
  await database.reset()
  site = await openSite(database, { pacProxy: 'PROXY p.example:1', pacFallback: 'DIRECT' })
  return () => site.app.close()
})
afterAll(() => database.close())

async function sync(...weeks: (WeeklyDocument | undefined)[]): Promise<void> {
  for (const week of weeks) if (week) await site.sync(week)
  await site.freshness.refresh()
}

async function rollBack(serial: number): Promise<string> {
  const record = (await site.store.history.list({ limit: 10 })).at(-1)
  if (!record) throw new Error('no history')
  const request = { publishedBy: 'Ada', reason: 'ranges were missing', expectedSerial: serial }
  await site.store.publications.republish(record, { ...request, kind: 'rollback' })
  await site.lists.refresh()
  await site.freshness.refresh()
  return record.id
}

function get(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  return site.app.inject({ method, url, headers })
}

describe('Rangewarden-State', () => {
  it('stands beside every list of today, also of one that has not changed', async () => {
    await sync(first)
    for (const url of [
      LIST,
      '/l/app-proxy/squid.conf',
      '/v1/export/text?tag=ServiceBus',
      '/proxy.pac',
      '/wpad.dat',
    ]) {
      const whole = await get(url)
      expect(whole.statusCode, url).toBe(200)
      expect(whole.headers['rangewarden-state'], url).toBe('source-quiet')
      expect((await get(url, {}, 'HEAD')).headers['rangewarden-state'], url).toBe('source-quiet')
    }
    const { etag } = (await get(LIST)).headers
    const unchanged = await get(LIST, { 'if-none-match': String(etag), authorization: 'Bearer x' })
    expect(unchanged.statusCode).toBe(304)
    expect(unchanged.headers['rangewarden-state']).toBe('source-quiet')
  })

  it('is another when the state is, and moves no byte or validator', async () => {
    await sync(second)
    const before = await get(LIST)
    await sync(first)
    const after = await get(LIST)
    expect(before.headers['rangewarden-state']).toBe('source-quiet')
    expect(after.headers['rangewarden-state']).toBe('held')
    const { etag, 'last-modified': lastModified } = before.headers
    expect(after.headers).toMatchObject({ etag, 'last-modified': lastModified })
    expect(after.rawPayload).toEqual(before.rawPayload)
  })

  it('is not told of a past day, and not before it is known', async () => {
    if (first) await site.sync(first)
    expect((await get(LIST)).headers).not.toHaveProperty('rangewarden-state')
    await site.freshness.refresh()
    expect((await get(LIST)).headers).toHaveProperty('rangewarden-state')
    for (const url of [`${LIST}?at=latest`, '/v1/export/text?tag=ServiceBus&at=latest']) {
      const past = await get(url)
      expect(past.statusCode).toBe(200)
      expect(past.headers).not.toHaveProperty('rangewarden-state')
    }
  })
})

describe('a rollback', () => {
  it('is told by the overview, by readiness and by every list', async () => {
    await sync(first, second)
    const snapshot = await rollBack(2)
    const { clouds } = (await get('/v1/clouds')).json<{ clouds: unknown[] }>()
    expect(clouds).toMatchObject([
      {
        state: 'source-quiet',
        rollback: { snapshot, by: 'Ada', reason: 'ranges were missing', until: null },
        waiting: [],
        discovery: { strategy: 'test', degraded: null },
      },
    ])
    const ready = (await get('/health/ready')).json<{ clouds: { advice: string }[] }>()
    expect(ready.clouds[0]?.advice).toMatch(
      /days old: .*; a person went back to the file of 2025-01-06, until it is released: `rangewarden rollback Public --release` ends it$/,
    )
    for (const url of [LIST, '/l/app-proxy/squid.conf', '/l/app-proxy-any/json.json']) {
      const { body } = await get(url)
      expect(body).toContain(snapshot)
      expect(body).not.toContain('Ada')
    }
    expect((await get('/v1/allowlists/app-proxy')).json()).toMatchObject({
      notices: { rolledBack: { snapshot, fileDate: '2025-01-06', until: null } },
    })
  })
})

describe('readiness', () => {
  it('says where a held file is decided, and stays ready', async () => {
    await sync(second)
    await sync(first)
    const reply = await get('/health/ready')
    expect(reply.statusCode).toBe(200)
    expect(reply.json<{ clouds: { advice: string }[] }>().clouds[0]?.advice).toMatch(
      /waits for a person \(hold 1\): `rangewarden holds` and \/v1\/holds tell the reasons/,
    )
  })

  it('says that files are found by a later strategy only, and why', async () => {
    await sync(last)
    const { run } = await site.runner.request({ cloud: 'Public', trigger: 'start', dryRun: false })
    await site.store.runs.start(run.id)
    const detail = { strategy: 'latest-name', degraded: 'the page answered 403' }
    await site.store.runs.finish(run.id, 'unchanged', detail)
    const ready = (await get('/health/ready')).json<{ clouds: { advice: string }[] }>()
    expect(ready.clouds[0]?.advice).toMatch(
      /files are found by latest-name only, because the page answered 403$/,
    )
    expect((await get('/v1/clouds')).json()).toMatchObject({ clouds: [{ discovery: detail }] })
  })
})

describe('what leaves a list', () => {
  function week(date: string, bus: string[]): WeeklyDocument {
    const fileDate = parseFileDate(date)
    if (!fileDate.ok) throw new Error(fileDate.reason)
    const values = [
      tagValue('AzureCloud', ['20.0.0.0/16']),
      tagValue('ServiceBus', bus),
      ...Array.from({ length: 60 }, (_, i) => tagValue(`Filler${i}`, ['20.0.0.0/24'])),
    ]
    const fileName = `ServiceTags_Public_${date.replaceAll('-', '')}.json`
    const text = smallDocument({ values })
    const about = { cloud: 'Public', changeNumber: 7, isNews: true } as const
    return { ...about, fileDate: fileDate.value, fileName, text }
  }

  beforeEach(async () => {
    await sync(
      week('2025-01-06', ['20.0.1.0/24', '20.0.2.0/28']),
      week('2025-01-13', ['20.0.1.0/24']),
    )
  })

  it('is shown beside the definition, with the days of its grace', async () => {
    const put = (removalGraceDays?: number) =>
      site.app.inject({
        method: 'PUT',
        url: '/v1/allowlists/mine',
        headers: ADMIN,
        payload: {
          tags: ['ServiceBus'],
          ...(removalGraceDays === undefined ? {} : { removalGraceDays }),
        },
      })
    expect((await put()).json()).toMatchObject({ removalGraceDays: 14 })
    expect((await get('/v1/allowlists/mine')).json()).toMatchObject({
      removalGraceDays: 14,
      notices: {
        missingTags: [],
        emptyTags: [],
        kept: null,
        rolledBack: null,
        leaving: [
          {
            lastDay: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as unknown,
            networks: ['20.0.2.0/28'],
          },
        ],
      },
    })
    expect((await put(0)).json()).toMatchObject({ removalGraceDays: 0 })
    expect((await get('/v1/allowlists/mine')).json()).toMatchObject({ notices: { leaving: [] } })
    for (const wrong of [-1, 366, 1.5]) {
      const reply = await put(wrong)
      expect(reply.statusCode).toBe(400)
      expect(reply.body).toContain('removalGraceDays')
    }
  })

  it('stays in an export for as long as that asks for', async () => {
    const url = '/v1/export/text?tag=ServiceBus'
    expect((await get(url)).body).toContain('\n20.0.2.0/28\n')
    expect((await get(`${url}&removalGraceDays=14`)).headers.etag).toBe(
      (await get(url)).headers.etag,
    )
    expect((await get(`${url}&removalGraceDays=0`)).body).not.toContain('20.0.2.0/28')
    expect((await get(`${url}&at=latest`)).body).not.toContain('20.0.2.0/28')
  })

  it.each(['', '366', '-1', '1.5', '1e1', 'ten'])(
    'is not asked for with "%s" days',
    async (days) => {
      const reply = await get(`/v1/export/text?tag=ServiceBus&removalGraceDays=${days}`)
      expect(reply.statusCode).toBe(400)
      expect(reply.json<{ detail: string }>().detail).toContain('removalGraceDays')
    },
  )

  it('is not asked for of a past day', async () => {
    const reply = await get('/v1/export/text?tag=ServiceBus&removalGraceDays=0&at=latest')
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ detail: string }>().detail).toMatch(
      /removalGraceDays=0 does not go with at=latest/,
    )
  })
})

it('has no notices before anything is published', async () => {
  expect((await get('/v1/allowlists/app-proxy')).json()).toMatchObject({ notices: null })
})
