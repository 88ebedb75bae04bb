/** Going back to something else over the API, and what the schedule makes of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PublicationView } from '../../src/views/publication.ts'
import type { TestDatabase } from '../support/database.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { blockText, range, roundWeek } from '../support/weeks.ts'

const weeks = [
  roundWeek('2026-01-05', range(0, 100)),
  roundWeek('2026-01-12', range(0, 102)),
  roundWeek('2026-01-19', range(0, 104)),
] as const
const newest = roundWeek('2026-01-26', range(1, 105))
const LIST = '/l/app-proxy-ip/text.txt'

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})

/** A site of its own: before each test, or before all of a block that change nothing. */
async function fresh(): Promise<() => Promise<void>> {
  await database.reset()
  site = await openSite(database)
  for (const week of weeks) expect((await site.sync(week)).kind).toBe('published')
  return () => site.app.close()
}

afterAll(() => database.close())

function publish(payload: object, headers: object = ADMIN) {
  const url = '/v1/publications'
  return site.app.inject({ method: 'POST', url, headers: { ...headers }, payload })
}

async function served(): Promise<string[]> {
  const { body } = await site.app.inject(LIST)
  return body.split('\n').filter((line) => /^\d/.test(line))
}

function texts(end: number, first = 0): string[] {
  return range(first, end).map(blockText)
}

async function publications(
  query = '',
): Promise<{ publications: PublicationView[]; next: number }> {
  return (await site.app.inject(`/v1/publications${query}`)).json()
}

describe('a rollback', () => {
  beforeEach(fresh)

  it('hands out an older snapshot under a new serial, with new validators', async () => {
    const before = await site.app.inject(LIST)
    const reply = await publish({ snapshot: '2026-01-05', reason: 'the branch lost its mail' })
    expect(reply.statusCode, reply.body).toBe(201)
    expect(reply.json()).toMatchObject({
      cloud: 'Public',
      serial: 4,
      kind: 'rollback',
      snapshot: expect.stringMatching(/^public-20260105-/) as string,
      publishedBy: 'api',
      reason: 'the branch lost its mail',
      until: null,
    })
    expect(await served()).toEqual(texts(100))
    const after = await site.app.inject(LIST)
    expect(after.headers.etag).not.toBe(before.headers.etag)
    const [then, now] = [before, after].map(({ headers }) =>
      Date.parse(String(headers['last-modified'])),
    )
    expect(now).toBeGreaterThan(then ?? NaN)
    const condition = { 'if-none-match': String(before.headers.etag) }
    expect((await site.app.inject({ url: LIST, headers: condition })).statusCode).toBe(200)
  })

  it('is not undone by the schedule, and released ends with what came meanwhile', async () => {
    await publish({ snapshot: 'previous', reason: 'odd', by: 'A. Person' })
    expect(await served()).toEqual(texts(102))
    expect((await site.sync(weeks[2])).kind).toBe('unchanged')
    expect((await site.sync(newest)).kind).toBe('accepted')
    expect(await served()).toEqual(texts(102))
    const released = await publish({ action: 'release', reason: 'all is well' })
    expect(released.statusCode, released.body).toBe(201)
    expect(released.json()).toMatchObject({
      kind: 'release',
      serial: 5,
      snapshot: expect.stringMatching(/^public-20260126-/) as string,
    })
    expect(await served()).toEqual(expect.arrayContaining(texts(105, 1)))
    const again = await publish({ action: 'release', reason: 'once more' })
    expect(again.statusCode).toBe(409)
    expect(again.json<{ detail: string }>().detail).toBe('no rollback of Public is in force')
  })

  it('can be to what is current: a pin', async () => {
    const before = await served()
    await publish({ snapshot: 'latest', reason: 'a freeze over the holidays' })
    expect((await site.sync(newest)).kind).toBe('accepted')
    expect(await served()).toEqual(before)
  })

  it.each([
    ['2999-12-31', '3000-01-01T00:00:00.000Z'],
    ['2999-12-31T18:00:00+01:00', '2999-12-31T17:00:00.000Z'],
    ['2999-12-31T18:00Z', '2999-12-31T18:00:00.000Z'],
  ])('until %s ends at %s', async (until, end) => {
    const reply = await publish({ snapshot: 'latest', reason: 'x', until })
    expect(reply.json()).toMatchObject({ until: end })
  })
})

describe('a wish that cannot be', () => {
  beforeAll(fresh)

  it.each([
    [{ snapshot: 'latest', until: '2020-01-01' }, 400, /ends in the future: 2020-01-02T/],
    [{ snapshot: 'latest', until: '2026-02-30' }, 400, /until "2026-02-30": write a day/],
    [{ snapshot: 'latest', until: 'tomorrow' }, 400, /until "tomorrow": write a day/],
    [{ snapshot: 'latest', until: '2999-01-01T10:00:00' }, 400, /a moment with its offset/],
    [{}, 400, /a rollback needs a snapshot/],
    [{ snapshot: 'yesterday' }, 400, /"yesterday" is no point in history/],
    [{ snapshot: 'public-20260105-00000000' }, 404, /there is no snapshot public-20260105-0/],
    [{ snapshot: '2025-01-01' }, 404, /no file of 2025-01-01 or before/],
    [{ snapshot: 'latest', cloud: 'China' }, 503, /no snapshot of China/],
    [{ snapshot: 'latest', cloud: 'Mars' }, 400, /"cloud" "Mars"/],
    [{ action: 'undo' }, 400, /"action" "undo"/],
    [{ action: 'release', snapshot: 'latest' }, 400, /snapshot "latest": only a rollback has one/],
    [{ action: 'purge', until: '2999-01-01' }, 400, /until "2999-01-01": only a rollback has one/],
    [{ snapshot: 'latest', to: 'x' }, 400, /"to".*known are cloud, action, snapshot/],
    [{ snapshot: 'latest', reason: '' }, 400, /reason "": say who decides and why/],
    [{ snapshot: 'latest', reason: undefined }, 400, /"reason"/],
    [{ snapshot: 'latest', by: 'a\u202eb' }, 400, /by "a.b": say who decides/u],
  ])('as %j is refused with %i', async (payload, status, detail) => {
    const before = await site.app.inject(LIST)
    const reply = await publish({ reason: 'x', ...payload })
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
    expect(reply.statusCode).toBe(status)
    expect((await publications()).publications).toHaveLength(3)
    expect((await site.app.inject(LIST)).rawPayload).toEqual(before.rawPayload)
  })
})

describe('a purge', () => {
  beforeEach(fresh)

  it('lets removed addresses leave now', async () => {
    expect((await site.sync(newest)).kind).toBe('published')
    expect(await served()).toContain(blockText(0))
    const reply = await publish({ action: 'purge', reason: 'block 0 is not theirs any more' })
    expect(reply.statusCode, reply.body).toBe(201)
    expect(reply.json()).toMatchObject({ kind: 'purge', serial: 5, until: null })
    expect(await served()).toEqual(texts(105, 1))
  })

  it('is nothing to do during a rollback, which has no removed addresses', async () => {
    await publish({ snapshot: '2026-01-05', reason: 'x' })
    expect((await publish({ action: 'purge', reason: 'x' })).statusCode).toBe(409)
  })
})

describe('what was handed out', () => {
  beforeAll(fresh)

  it('is listed newest first, page by page', async () => {
    await publish({ snapshot: '2026-01-05', reason: 'x' })
    const first = await publications('?limit=3')
    expect(first.publications.map(({ serial, kind }) => [serial, kind])).toEqual([
      [4, 'rollback'],
      [3, 'sync'],
      [2, 'sync'],
    ])
    const rest = await publications(`?limit=3&before=${first.next}`)
    expect(rest).toMatchObject({ publications: [{ serial: 1 }], next: null })
    expect(await publications('?cloud=China')).toEqual({ publications: [], next: null })
  })

  it.each(['?before=0', '?before=x', '?cloud=Mars', '?from=1'])('%s is refused', async (query) => {
    expect((await site.app.inject(`/v1/publications${query}`)).statusCode).toBe(400)
  })
})

describe('who may', () => {
  beforeAll(fresh)

  it('is whoever has the token that is configured', async () => {
    const payload = { snapshot: 'latest', reason: 'x' }
    expect((await publish(payload, {})).statusCode).toBe(401)
    expect((await publish(payload, { authorization: 'Bearer x' })).statusCode).toBe(401)
    const closed = await openSite(database, { adminToken: undefined })
    const request = { method: 'POST', url: '/v1/publications', headers: ADMIN, payload } as const
    expect((await closed.app.inject(request)).statusCode).toBe(403)
    await closed.app.close()
    expect((await publications()).publications).toHaveLength(3)
  })
})
