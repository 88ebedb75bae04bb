/** What people decide about held files, over the API: what devices get follows at once. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HoldView } from '../../src/views/hold.ts'
import type { TestDatabase } from '../support/database.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { blockText, range, roundWeek, type RoundWeek } from '../support/weeks.ts'

const first = roundWeek('2026-01-05', range(0, 100))
/** Loses 30 of 100 and gains 5: what it adds is safe. */
const shrunk = roundWeek('2026-01-12', range(30, 105))
/** Gains 50 of 100: held whole. */
const doubled = roundWeek('2026-01-19', range(0, 150))
const A_PERSON = { by: 'A. Person', reason: 'looked at it' }
const LIST = '/l/cloud/text.txt'

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})

/** A site of its own: before each test, or before all of a block that change nothing. */
async function fresh(): Promise<() => Promise<void>> {
  await database.reset()
  site = await openSite(database)
  await site.sync(first)
  const payload = { tags: ['AzureCloud'], removalGraceDays: 0 }
  const url = '/v1/allowlists/cloud'
  expect((await site.app.inject({ method: 'PUT', url, headers: ADMIN, payload })).statusCode).toBe(
    201,
  )
  return () => site.app.close()
}

afterAll(() => database.close())

/** Holds the week and gives its hold. */
async function held(week: RoundWeek): Promise<HoldView> {
  expect((await site.sync(week)).kind).toBe('held')
  const { holds } = (await site.app.inject('/v1/holds?state=waiting')).json<{ holds: HoldView[] }>()
  const [hold, ...others] = holds
  if (!hold || others.length > 0) throw new Error('not one hold waits')
  return hold
}

function decide(id: number, decision: string, payload: object = A_PERSON, headers: object = ADMIN) {
  const url = `/v1/holds/${id}/${decision}`
  return site.app.inject({ method: 'POST', url, headers: { ...headers }, payload })
}

/** The addresses that a device loads, in the order of the list. */
async function served(): Promise<string[]> {
  const { body } = await site.app.inject(LIST)
  return body.split('\n').filter((line) => /^\d/.test(line))
}

function texts(blocks: readonly number[]): string[] {
  return blocks.map(blockText)
}

describe('a hold', () => {
  beforeAll(fresh)

  it('tells why, what it would change, and has the file itself', async () => {
    const hold = await held(shrunk)
    expect(hold).toMatchObject({
      cloud: 'Public',
      fileDate: '2026-01-12',
      state: 'waiting',
      strategy: 'test',
      url: `https://download.example/${shrunk.fileName}`,
      reasons: expect.arrayContaining([
        expect.objectContaining({ rule: 'cloud-loss', family: 'ipv4', measured: 30, limit: 5 }),
      ]) as unknown,
      diff: {
        prefixesAdded: 5,
        prefixesRemoved: 30,
        gained: { ipv4: 5 * 256, ipv6: '0' },
        lost: { ipv4: 30 * 256, ipv6: '0' },
      },
      decision: null,
    })
    expect(hold.reasons[0]?.text).toMatch(/30.* %/)
    expect((await site.app.inject(`/v1/holds/${hold.id}`)).json()).toEqual(hold)
    const document = await site.app.inject(`/v1/holds/${hold.id}/document`)
    expect(document.body).toBe(shrunk.text)
    expect(document.headers).toMatchObject({
      'content-type': 'application/json',
      etag: `"${hold.documentSha256}"`,
    })
    const condition = { 'if-none-match': String(document.headers.etag) }
    const url = `/v1/holds/${hold.id}/document`
    expect((await site.app.inject({ url, headers: condition })).statusCode).toBe(304)
  })

  it('is one of a list, newest first, that can be narrowed', async () => {
    const older = await held(shrunk)
    const newer = await held(doubled)
    const ask = async (query: string) => {
      const reply = await site.app.inject(`/v1/holds${query}`)
      return reply.json<{ holds: HoldView[] }>().holds.map(({ id, state }) => [id, state])
    }
    const [waiting, replaced] = [
      [newer.id, 'waiting'],
      [older.id, 'replaced'],
    ]
    expect(await ask('')).toEqual([waiting, replaced])
    expect(await ask('?limit=1')).toEqual([waiting])
    expect(await ask('?state=replaced')).toEqual([replaced])
    expect(await ask('?cloud=China')).toEqual([])
  })

  it.each([
    ['/v1/holds/99', 404, /there is no hold 99/],
    ['/v1/holds/99/document', 404, /there is no hold 99/],
    ['/v1/holds/x1', 400, /"id" "x1": a hold is named by its number/],
    ['/v1/holds?state=open', 400, /"state" "open"/],
    ['/v1/holds?stat=waiting', 400, /did you mean state\?/],
  ])('asked for as %s is answered with %i', async (url, status, detail) => {
    const reply = await site.app.inject(url)
    expect(reply.statusCode).toBe(status)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
  })
})

describe('approving', () => {
  beforeEach(fresh)

  it.each([
    ['that grows', doubled],
    ['that shrinks', shrunk],
  ])('a week %s hands out exactly what was held', async (_, week) => {
    const { id, contentHash } = await held(week)
    const before = await site.app.inject(LIST)
    const reply = await decide(id, 'approve', { ...A_PERSON, contentHash })
    expect(reply.statusCode, reply.body).toBe(200)
    expect(reply.json()).toMatchObject({
      hold: { id, state: 'approved', contentHash, decision: A_PERSON },
      publication: {
        kind: 'approval',
        publishedBy: 'A. Person',
        snapshot: `public-${week.fileDate.replaceAll('-', '')}-${contentHash.slice(0, 8)}`,
        additionsOf: null,
        until: null,
      },
    })
    expect(await served()).toEqual(texts(week.blocks))
    const after = await site.app.inject(LIST)
    expect(after.headers.etag).not.toBe(before.headers.etag)
    const tag = (await site.app.inject('/v1/tags/AzureCloud')).json<{
      tag: { prefixes: string[] }
    }>()
    expect(tag.tag.prefixes).toEqual(texts(week.blocks))
    expect((await site.sync(week)).kind).toBe('unchanged')
  })

  it('is done once', async () => {
    const { id } = await held(doubled)
    expect((await decide(id, 'approve')).statusCode).toBe(200)
    const bytes = (await site.app.inject(LIST)).rawPayload
    for (const decision of ['approve', 'reject']) {
      const again = await decide(id, decision)
      expect(again.statusCode).toBe(409)
      expect(again.json()).toMatchObject({
        type: 'urn:rangewarden:problem:conflict',
        state: 'approved',
        detail: expect.stringContaining(`hold ${id} does not wait any more`) as string,
      })
    }
    expect((await site.app.inject(LIST)).rawPayload).toEqual(bytes)
  })

  it('another content than is held does nothing', async () => {
    const { id, contentHash } = await held(doubled)
    const bytes = (await site.app.inject(LIST)).rawPayload
    for (const decision of ['approve', 'reject']) {
      const reply = await decide(id, decision, { ...A_PERSON, contentHash: 'f'.repeat(64) })
      expect(reply.statusCode).toBe(409)
      expect(reply.json()).toMatchObject({ contentHash })
    }
    expect((await site.app.inject(LIST)).rawPayload).toEqual(bytes)
    expect((await site.app.inject(`/v1/holds/${id}`)).json()).toMatchObject({ state: 'waiting' })
  })

  it('does not undo a rollback', async () => {
    const { id } = await held(doubled)
    const payload = { snapshot: 'latest', reason: 'pinned' }
    const url = '/v1/publications'
    await site.app.inject({ method: 'POST', url, headers: ADMIN, payload })
    const reply = await decide(id, 'approve')
    expect(reply.statusCode).toBe(409)
    expect(reply.json<{ detail: string }>().detail).toMatch(/would undo the rollback.*release it/)
    expect(await served()).toEqual(texts(first.blocks))
  })
})

describe('rejecting', () => {
  beforeEach(fresh)

  it('takes back what was added, and the same file is not held again', async () => {
    const { id } = await held(shrunk)
    expect(await served()).toEqual(texts(range(0, 105)))
    const reply = await decide(id, 'reject')
    expect(reply.statusCode, reply.body).toBe(200)
    expect(reply.json()).toMatchObject({
      hold: { id, state: 'rejected', decision: A_PERSON },
      publication: { kind: 'rejection', serial: 3 },
    })
    expect(await served()).toEqual(texts(first.blocks))
    expect((await site.sync(shrunk)).kind).toBe('unchanged')
    const waiting = await site.app.inject('/v1/holds?state=waiting')
    expect(waiting.json()).toEqual({ holds: [] })
  })

  it('changes nothing of what is handed out where nothing was', async () => {
    const { id } = await held(doubled)
    const before = await site.app.inject(LIST)
    expect((await decide(id, 'reject')).json()).toMatchObject({ publication: null })
    const after = await site.app.inject(LIST)
    expect(after.rawPayload).toEqual(before.rawPayload)
    expect(after.headers.etag).toBe(before.headers.etag)
  })
})

describe('a decision', () => {
  let id: number

  beforeAll(async () => {
    const close = await fresh()
    id = (await held(doubled)).id
    return close
  })

  afterEach(async () => {
    const hold = (await site.app.inject(`/v1/holds/${id}`)).json<HoldView>()
    expect(hold.state).toBe('waiting')
  })

  it.each([
    ['without a name', { reason: 'x' }, /"by".*string/],
    ['without a reason', { by: 'x' }, /"reason".*string/],
    ['with an empty name', { by: ' ', reason: 'x' }, /by " ": say who decides/],
    ['with two lines', { by: 'x', reason: 'a\nb' }, /reason "a\\nb": .*one line/],
    ['with a member nobody knows', { ...A_PERSON, force: true }, /"force".*known are by, reason/],
  ])('%s is refused', async (_, payload, detail) => {
    for (const decision of ['approve', 'reject']) {
      const reply = await decide(id, decision, payload)
      expect(reply.statusCode).toBe(400)
      expect(reply.json<{ detail: string }>().detail).toMatch(detail)
    }
  })

  it('needs the token, and one that is configured', async () => {
    const closed = await openSite(database, { adminToken: undefined })
    for (const decision of ['approve', 'reject']) {
      expect((await decide(id, decision, A_PERSON, {})).statusCode).toBe(401)
      const wrong = { authorization: 'Bearer another' }
      expect((await decide(id, decision, A_PERSON, wrong)).statusCode).toBe(401)
      const url = `/v1/holds/${id}/${decision}`
      const request = { method: 'POST', url, headers: ADMIN, payload: A_PERSON } as const
      expect((await closed.app.inject(request)).statusCode).toBe(403)
    }
    await closed.app.close()
  })

  it('about a hold that does not exist is answered so', async () => {
    expect((await decide(99, 'approve')).statusCode).toBe(404)
    expect((await decide(99, 'reject')).statusCode).toBe(404)
  })
})

describe('lists that cannot be prepared', () => {
  beforeEach(fresh)

  it('do not undo a decision, and are served when they can', async () => {
    let isDown = false
    const broken = await openSite(database, {
      wrapStore: (store) => ({
        ...store,
        allowlists: {
          ...store.allowlists,
          list: () => (isDown ? Promise.reject(new Error('down')) : store.allowlists.list()),
        },
      }),
    })
    const { id } = await held(doubled)
    isDown = true
    const url = `/v1/holds/${id}/approve`
    const request = { method: 'POST', url, headers: ADMIN, payload: A_PERSON } as const
    expect((await broken.app.inject(request)).statusCode).toBe(200)
    expect(broken.logged).toContainEqual(
      expect.objectContaining({ level: 50, msg: expect.stringContaining('prepared') as string }),
    )
    isDown = false
    await broken.lists.refresh()
    const { body } = await broken.app.inject(LIST)
    expect(body).toContain(blockText(149))
    await broken.app.close()
  })
})
