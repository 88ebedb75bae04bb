/** The operations that change something: who may, and what they refuse. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const [week] = makeFeed({ weeks: 1 })

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  if (week) await site.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

const CHANGES = [
  { method: 'PUT', url: '/v1/allowlists/mine', payload: { tags: ['ServiceBus'] } },
  { method: 'DELETE', url: '/v1/allowlists/mine' },
  { method: 'POST', url: '/v1/runs' },
] as const

describe('without the right token', () => {
  it.each(CHANGES)('$method $url asks for it', async (change) => {
    const reply = await site.app.inject(change)
    expect(reply.statusCode).toBe(401)
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="rangewarden"')
    expect(reply.json()).toMatchObject({ type: 'urn:rangewarden:problem:unauthorized' })
  })

  it.each(['Bearer wrong', 'bearer a-token-for-test', 'Bearer a-token-for-testsX'])(
    'refuses %j',
    async (authorization) => {
      for (const change of CHANGES) {
        const reply = await site.app.inject({ ...change, headers: { authorization } })
        expect(reply.statusCode).toBe(401)
        expect(reply.headers['www-authenticate']).toContain('error="invalid_token"')
        expect(reply.body).not.toContain('a-token-for-tests')
      }
    },
  )

  it('takes no other kind of credentials', async () => {
    const authorization = `Basic ${Buffer.from('admin:a-token-for-tests').toString('base64')}`
    const reply = await site.app.inject({
      method: 'POST',
      url: '/v1/runs',
      headers: { authorization },
    })
    expect(reply.statusCode).toBe(401)
  })

  it('does not look at the body first', async () => {
    const headers = { 'content-type': 'application/json' }
    const change = { method: 'PUT', url: '/v1/allowlists/mine', headers, payload: '{bad' } as const
    expect((await site.app.inject(change)).statusCode).toBe(401)
  })
})

describe('without a token configured', () => {
  it('nobody may change anything, and the answer says how to set one', async () => {
    const closed = await openSite(database, { adminToken: undefined })
    for (const change of CHANGES) {
      const reply = await closed.app.inject({ ...change, headers: ADMIN })
      expect(reply.statusCode).toBe(403)
      expect(reply.json<{ detail: string }>().detail).toMatch(/set RANGEWARDEN_ADMIN_TOKEN/)
    }
    expect((await closed.app.inject('/v1/allowlists')).statusCode).toBe(200)
    await closed.app.close()
  })
})

describe('PUT /v1/allowlists/{name}', () => {
  const put = (name: string, payload: object) =>
    site.app.inject({ method: 'PUT', url: `/v1/allowlists/${name}`, headers: ADMIN, payload })

  it('stores a list, serves it at once, replaces it, and forgets it again', async () => {
    const created = await put('branch.north', { tags: ['ServiceBus'] })
    expect(created.statusCode).toBe(201)
    expect(created.headers.location).toBe('/v1/allowlists/branch.north')
    expect(created.json()).toMatchObject({ name: 'branch.north', families: ['ipv4', 'ipv6'] })
    const first = await site.app.inject('/l/branch.north/text.txt')
    expect(first.statusCode).toBe(200)

    const replaced = await put('branch.north', { tags: ['ServiceBus'], families: ['ipv4'] })
    expect(replaced.statusCode).toBe(200)
    const second = await site.app.inject('/l/branch.north/text.txt')
    expect(second.headers.etag).not.toBe(first.headers.etag)
    const dates = [first, second].map(({ headers }) => Date.parse(String(headers['last-modified'])))
    expect(dates[1]).toBeGreaterThan(dates[0] ?? NaN)

    const url = '/v1/allowlists/branch.north'
    const gone = await site.app.inject({ method: 'DELETE', url, headers: ADMIN })
    expect(gone.statusCode).toBe(204)
    expect(gone.body).toBe('')
    expect((await site.app.inject('/l/branch.north/text.txt')).statusCode).toBe(404)
    expect((await site.app.inject({ method: 'DELETE', url, headers: ADMIN })).statusCode).toBe(404)
  })

  it.each([
    ['mine', {}, 400, /selects nothing/],
    ['mine', { tags: ['Storag'] }, 400, /no service tag or region "Storag"/],
    ['mine', { tags: 'Storage' }, 400, /body parameter "tags" "Storage"/],
    [
      'mine',
      { tag: ['Storage'] },
      400,
      /"tag" .*not known: known are title, cloud, tags.*did you mean tags\?/,
    ],
    ['mine', { families: ['ipv5'], tags: ['Storage'] }, 400, /"families\/0" "ipv5"/],
    ['mine', { cloud: 'China', tags: ['Storage'] }, 400, /China is not followed here/],
    ['Mine', { tags: ['Storage'] }, 400, /"Mine" is no allowlist name: at most 40 lower-case/],
    ['mine', { endpoints: ['app-proxi'] }, 404, /no service "app-proxi"/],
    ['app-proxy', { tags: ['Storage'] }, 409, /app-proxy is built in/],
  ])('refuses %s %j with %i', async (name, payload, status, detail) => {
    const reply = await put(name, payload)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
    expect(reply.statusCode).toBe(status)
    expect((await site.app.inject('/l/mine/text.txt')).statusCode).toBe(404)
  })

  it('cannot delete what is built in', async () => {
    const url = '/v1/allowlists/app-proxy'
    const reply = await site.app.inject({ method: 'DELETE', url, headers: ADMIN })
    expect(reply.statusCode).toBe(409)
    expect((await site.app.inject('/l/app-proxy/squid.conf')).statusCode).toBe(200)
  })
})

describe('a body', () => {
  const send = (payload: string, type = 'application/json') =>
    site.app.inject({
      method: 'PUT',
      url: '/v1/allowlists/mine',
      headers: { ...ADMIN, 'content-type': type },
      payload,
    })

  it.each([
    ['that is not JSON', '{"tags": [', 400, 'invalid-input'],
    ['that is empty', '', 400, 'invalid-input'],
    ['that is no object', '[]', 400, 'invalid-input'],
    ['with a key that would change the prototype', '{"__proto__": {"a": 1}}', 400, 'invalid-input'],
    ['of more than 1 MB', JSON.stringify({ title: 'x'.repeat(1_048_576) }), 413, 'body-too-large'],
  ])('%s is refused', async (_, payload, status, code) => {
    const reply = await send(payload)
    expect(reply.statusCode, reply.body).toBe(status)
    expect(reply.json()).toMatchObject({ type: `urn:rangewarden:problem:${code}`, status })
  })

  it('of another media type is refused', async () => {
    const reply = await send('tags=ServiceBus', 'application/x-www-form-urlencoded')
    expect(reply.statusCode).toBe(415)
    expect(reply.json<{ detail: string }>().detail).toMatch(/Content-Type: application\/json/)
  })
})

describe('POST /v1/runs', () => {
  it('asks for a run, and joins the one under way', async () => {
    const ask = (payload?: object) =>
      site.app.inject({
        method: 'POST',
        url: '/v1/runs',
        headers: ADMIN,
        ...(payload ? { payload } : {}),
      })
    const asked = await ask({ cloud: 'Public' })
    expect(asked.statusCode).toBe(202)
    const { run, joined } = asked.json<{ run: { id: string }; joined: boolean }>()
    expect(joined).toBe(false)
    expect(run).toMatchObject({ cloud: 'Public', trigger: 'api', dryRun: false, state: 'queued' })
    expect(asked.headers.location).toBe(`/v1/runs/${run.id}`)
    expect((await site.app.inject(String(asked.headers.location))).json()).toEqual(run)
    const again = await ask()
    expect(again.statusCode).toBe(202)
    expect(again.json()).toMatchObject({ run: { id: run.id }, joined: true })
    expect((await ask({ dryRun: true })).json()).toMatchObject({ joined: false })
    await site.runner.perform(run.id, new AbortController().signal)
  })

  it.each([
    ['an empty body declared as JSON', '', 202],
    ['null', 'null', 202],
    ['a cloud that is not followed', '{"cloud":"China"}', 400],
    ['a cloud that is none', '{"cloud":"Mars"}', 400],
    ['a member that is not known', '{"dry":true}', 400],
  ])('answers %s', async (_, payload, status) => {
    const headers = { ...ADMIN, 'content-type': 'application/json' }
    const reply = await site.app.inject({ method: 'POST', url: '/v1/runs', headers, payload })
    expect(reply.statusCode, reply.body).toBe(status)
  })

  it('names the members it knows', async () => {
    const payload = { clod: 'Public' }
    const reply = await site.app.inject({
      method: 'POST',
      url: '/v1/runs',
      headers: ADMIN,
      payload,
    })
    expect(reply.json<{ detail: string }>().detail).toMatch(
      /known are cloud, dryRun \(did you mean cloud\?\)/,
    )
  })
})
