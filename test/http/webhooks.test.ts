/** /v1/webhooks and /v1/deliveries, on a real store; what is sent is webhooks/service.test.ts. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parsePrefix } from '../../src/core/prefix.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const [week] = makeFeed({ weeks: 1 })
const URL_OF = 'https://receiver.example/hook'

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  const loopback = parsePrefix('127.0.0.0/8')
  site = await openSite(database, { webhookAllow: loopback.ok ? [loopback.value] : [] })
  if (week) await site.sync(week)
})
beforeEach(async () => {
  await database.rows('DELETE FROM webhook')
  await database.rows(`DELETE FROM event WHERE type = 'webhook.test'`)
})
afterAll(async () => {
  await site.app.close()
  await database.close()
})

async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  const reply = await site.app.inject({ method, url, headers: ADMIN, ...(payload && { payload }) })
  const body: unknown = reply.body === '' ? undefined : reply.json()
  return { status: reply.statusCode, body, headers: reply.headers }
}

const withId = z.looseObject({ id: z.string(), secret: z.string() })

async function create(wish: object = {}) {
  const { status, body } = await ask('POST', '/v1/webhooks', { url: URL_OF, ...wish })
  expect(status).toBe(201)
  return withId.parse(body)
}

/** An event is told to the webhook: a delivery waits. */
async function deliver(id: string): Promise<void> {
  await ask('POST', `/v1/webhooks/${id}/test`)
  const pending = (await site.store.events.pending(100)).at(-1)
  if (!pending) throw new Error('a test is an event')
  const told = { body: '{"type":"webhook.test"}', tags: [], size: undefined, webhooks: [id] }
  await site.store.events.tell(pending.id, told)
}

describe('a webhook', () => {
  it('is made with a secret that is shown once, and kept as it was wished', async () => {
    const wish = {
      description: 'the firewall team',
      format: 'slack',
      events: ['ranges.changed', 'sync.held'],
      clouds: ['Public'],
      allowlists: ['app-proxy-ip'],
      tags: ['AzureCloud'],
      minAddresses: 1024,
    }
    const { id, secret, ...created } = await create(wish)
    expect(secret).toMatch(/^whsec_/)
    expect(created).toMatchObject({ ...wish, url: URL_OF, minAddresses: '1024', enabled: true })
    const { status, body } = await ask('GET', `/v1/webhooks/${id}`)
    expect(status).toBe(200)
    expect(body).toEqual({ id, ...created })
    expect(JSON.stringify(body)).not.toContain(secret)
    expect((await ask('GET', '/v1/webhooks')).body).toEqual({ webhooks: [body] })
  })

  it('asks for the admin token, to be read as well', async () => {
    const { id } = await create()
    for (const url of ['/v1/webhooks', `/v1/webhooks/${id}`, `/v1/webhooks/${id}/deliveries`]) {
      expect((await site.app.inject({ url })).statusCode).toBe(401)
    }
    const unsigned = await site.app.inject({
      method: 'POST',
      url: '/v1/webhooks',
      payload: { url: URL_OF },
    })
    expect(unsigned.statusCode).toBe(401)
  })

  const mistakes: [string, object, RegExp][] = [
    ['an address of the inside', { url: 'https://10.0.0.1/' }, /RANGEWARDEN_WEBHOOK_ALLOW/],
    ['a decimal host', { url: 'https://167772161/' }, /RANGEWARDEN_WEBHOOK_ALLOW/],
    ['a metadata service', { url: 'http://169.254.169.254/' }, /metadata/],
    ['a user in the URL', { url: 'https://me:pw@receiver.example/' }, /without user/],
    ['another scheme', { url: 'ftp://receiver.example/' }, /https:\/\/HOST/],
    ['an event that is none', { url: URL_OF, events: ['ranges.change'] }, /events/],
    ['a cloud nobody follows', { url: URL_OF, clouds: ['China'] }, /not followed/],
    ['a list that is none', { url: URL_OF, allowlists: ['app-prox'] }, /did you mean app-proxy/],
    ['a tag that is none', { url: URL_OF, tags: ['AzureClud'] }, /did you mean AzureCloud/],
    ['a secret that is too short', { url: URL_OF, secret: 'whsec_c2hvcnQ=' }, /secret/],
    ['a member nobody knows', { url: URL_OF, event: [] }, /event/],
    ['a zero byte', { url: URL_OF, description: 'a\0b' }, /description/],
    ['a line break', { url: URL_OF, description: 'a\nb' }, /description/],
    ['a size below zero', { url: URL_OF, minAddresses: -1 }, /minAddresses/],
  ]
  it.each(mistakes)('is refused for %s', async (_, wish, rule) => {
    const { status, body } = await ask('POST', '/v1/webhooks', wish)
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toMatch(rule)
    expect(JSON.stringify(body)).not.toContain('pw@')
    expect((await ask('GET', '/v1/webhooks')).body).toEqual({ webhooks: [] })
  })

  it('may lead to an allowed network, over plain http too', async () => {
    expect((await ask('POST', '/v1/webhooks', { url: 'http://127.0.0.1:9/x' })).status).toBe(201)
  })

  it('is changed in what is named alone', async () => {
    const { id } = await create({ tags: ['Sql'], description: 'before' })
    const changed = await ask('PATCH', `/v1/webhooks/${id}`, { description: 'after' })
    expect(changed.body).toMatchObject({ description: 'after', tags: ['Sql'], url: URL_OF })
    const refused = await ask('PATCH', `/v1/webhooks/${id}`, { url: 'https://127.0.0.1.nip/#x' })
    expect(refused.status).toBe(400)
    const off = await ask('PATCH', `/v1/webhooks/${id}`, { enabled: false, reason: 'holidays' })
    expect(off.body).toMatchObject({ enabled: false, disabledReason: 'holidays' })
    const on = await ask('PATCH', `/v1/webhooks/${id}`, { enabled: true })
    expect(on.body).toMatchObject({ enabled: true, disabledReason: null, disabledAt: null })
  })

  it('gets a new secret, and the one before signs too', async () => {
    const { id, secret } = await create()
    const { body } = await ask('POST', `/v1/webhooks/${id}/rotate`)
    expect(withId.parse(body).secret).not.toBe(secret)
    expect(body).toMatchObject({ rotating: true })
    const given = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    const chosen = await ask('POST', `/v1/webhooks/${id}/rotate`, { secret: given })
    expect(chosen.body).toMatchObject({ secret: given })
    expect((await site.store.webhooks.byId(id))?.secrets[0]).toBe(given)
  })

  it('is deleted once', async () => {
    const { id } = await create()
    await deliver(id)
    expect((await ask('DELETE', `/v1/webhooks/${id}`)).status).toBe(204)
    expect((await ask('DELETE', `/v1/webhooks/${id}`)).status).toBe(404)
    expect((await ask('GET', `/v1/webhooks/${id}/deliveries`)).status).toBe(404)
    expect((await ask('POST', `/v1/webhooks/${id}/test`)).status).toBe(404)
    expect((await ask('PATCH', `/v1/webhooks/${id}`, {})).status).toBe(404)
    expect((await ask('POST', `/v1/webhooks/${id}/rotate`)).status).toBe(404)
  })

  it('that is disabled takes no test, and says how to enable it', async () => {
    const { id } = await create()
    await ask('PATCH', `/v1/webhooks/${id}`, { enabled: false })
    const { status, body } = await ask('POST', `/v1/webhooks/${id}/test`)
    expect(status).toBe(409)
    expect(body).toMatchObject({ detail: expect.stringContaining('enable it first') as string })
  })
})

describe('deliveries', () => {
  const page = z.object({
    deliveries: z.array(z.looseObject({ id: z.number(), state: z.string() })),
    next: z.string().nullable(),
  })

  it('are listed page by page, newest first, and shown with their bodies', async () => {
    const { id } = await create()
    for (let i = 0; i < 3; i++) await deliver(id)
    const path = `/v1/webhooks/${id}/deliveries?limit=2`
    const newest = page.parse((await ask('GET', path)).body)
    const rest = page.parse((await ask('GET', `${path}&cursor=${newest.next ?? ''}`)).body)
    const ids = [...newest.deliveries, ...rest.deliveries].map((one) => one.id)
    expect(ids).toHaveLength(3)
    expect(ids).toEqual(ids.toSorted((a, b) => b - a))
    expect(rest.next).toBeNull()
    const one = await ask('GET', `/v1/deliveries/${ids[0] ?? 0}`)
    expect(one.body).toMatchObject({
      webhook: id,
      state: 'waiting',
      event: { type: 'webhook.test' },
      attempts: [],
      body: '{"type":"webhook.test"}',
    })
    expect(page.parse((await ask('GET', `${path}&state=delivered`)).body).deliveries).toEqual([])
  })

  it('are sent again when it is wished, unless the webhook is disabled', async () => {
    const { id } = await create()
    await deliver(id)
    const { deliveries } = page.parse((await ask('GET', `/v1/webhooks/${id}/deliveries`)).body)
    const one = deliveries[0]?.id ?? 0
    const attempt = { at: new Date().toISOString(), durationMs: 1, status: 500 }
    const failed = { ...attempt, reason: 'it answered 500', response: null }
    const next = await site.store.deliveries.next(id)
    if (!next) throw new Error('a delivery waits')
    await site.store.deliveries.attempted(next, failed, { kind: 'failed' })
    const again = await ask('POST', `/v1/deliveries/${one}/redeliver`)
    expect(again.status).toBe(202)
    expect(again.body).toMatchObject({ state: 'waiting', failures: 0, attempts: [failed] })
    await ask('PATCH', `/v1/webhooks/${id}`, { enabled: false })
    expect((await ask('POST', `/v1/deliveries/${one}/redeliver`)).status).toBe(409)
    expect((await ask('POST', '/v1/deliveries/99999999/redeliver')).status).toBe(404)
    expect((await ask('GET', '/v1/deliveries/0')).status).toBe(400)
  })
})
