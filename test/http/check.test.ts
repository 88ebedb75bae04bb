/** A device's list against an allowlist, over the API. */
import { gzipSync } from 'node:zlib'
import { fastify } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseFileDate } from '../../src/core/file-date.ts'
import { findService } from '../../src/endpoints/index.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import { createErrorHandler } from '../../src/http/error-handler.ts'
import { checkRoutes } from '../../src/http/routes/check.ts'
import type { DriftView } from '../../src/views/drift.ts'
import type { TestDatabase } from '../support/database.ts'
import { entryOf, publicationAfter } from '../support/entries.ts'
import { smallDocument, tagValue } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

/** 20.9.0.0/24 leaves in the second week. Of the others, two are three quarters of a /22. */
const WEEKS = [
  ['20.0.0.0/23', '20.0.2.0/24', '20.9.0.0/24', '2603:1030:7::/48'],
  ['20.0.0.0/23', '20.0.2.0/24', '20.1.0.0/24', '2603:1030:7::/48'],
]

const NONE = { addresses: { ipv4: 0, ipv6: '0' }, networks: [], names: [] }

let database: TestDatabase
let site: Site

async function publish(serial: number, sql: readonly string[]): Promise<void> {
  const fileDate = parseFileDate(`2025-10-${20 + serial}`)
  if (!fileDate.ok) throw new Error(fileDate.reason)
  const values = [tagValue('AzureCloud', ['20.0.0.0/8']), tagValue('Sql', sql)]
  const text = smallDocument({ values })
  const entry = entryOf({ text, fileDate: fileDate.value, fileName: `${serial}` })
  const result = await site.store.publications.publish(entry, publicationAfter(serial))
  expect(result.kind).toBe('published')
}

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  for (const [serial, sql] of WEEKS.entries()) await publish(serial, sql)
  await site.lists.refresh()
  const strict = { tags: ['Sql'], removalGraceDays: 0 }
  await site.lists.put('mine', { tags: ['Sql'], endpoints: ['app-proxy'] })
  await site.lists.put('strict', strict)
  await site.lists.put('wide', {
    ...strict,
    budget: { entries: 3, mostExtraPercent: 100 },
    shards: 2,
  })
  await site.lists.put('narrow', { ...strict, budget: { entries: 1 } })
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

interface Sent {
  readonly query?: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

function post(list: string, payload: string | Buffer, { query = '', type, headers }: Sent = {}) {
  return site.app.inject({
    method: 'POST',
    url: `/v1/allowlists/${list}/check${query}`,
    headers: { 'content-type': type ?? 'text/plain', ...headers },
    payload,
  })
}

async function check(list: string, payload: string | Buffer, sent?: Sent): Promise<DriftView> {
  const reply = await post(list, payload, sent)
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.json<DriftView>()
}

async function problem(status: number, list: string, payload: string | Buffer, sent?: Sent) {
  const reply = await post(list, payload, sent)
  expect(reply.statusCode, reply.body).toBe(status)
  expect(reply.headers['content-type']).toBe('application/problem+json')
  return reply.json<{ detail: string } & Record<string, unknown>>()
}

async function file(list: string, format: string): Promise<Buffer> {
  const reply = await site.app.inject(`/v1/allowlists/${list}/${format}`)
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.rawPayload
}

describe('a device', () => {
  it('is in step with the files of its list, whatever format they have', async () => {
    const found = await check('mine', await file('mine', 'json'), { type: 'application/json' })
    const { serial, snapshot } = found
    expect(found).toEqual({
      ...{ allowlist: 'mine', cloud: 'Public', serial, snapshot, device: null, inStep: true },
      compared: ['addresses', 'names'],
      ...{ missing: NONE, extra: NONE, stale: NONE, leaving: NONE },
    })
    expect(serial).toBeGreaterThan(0)
    expect(snapshot).toMatch(/^public-20251021-/)
    const squid = await check('mine', await file('mine', 'squid'))
    expect(squid).toEqual(found)
    const text = await check('mine', await file('mine', 'text'))
    expect(text).toEqual({ ...found, compared: ['addresses'] })
    const zipped = gzipSync(await file('mine', 'text'))
    const headers = { 'content-encoding': 'gzip' }
    expect(await check('mine', zipped, { headers, type: 'application/octet-stream' })).toEqual(text)
  })

  it('has too few, too many, and some of before', async () => {
    const text = '20.0.0.0/23\n20.9.0.0/25\n203.0.113.0/24\n2603:1030:7::/48\n'
    expect(await check('strict', text)).toMatchObject({
      inStep: false,
      missing: {
        addresses: { ipv4: 512, ipv6: '0' },
        networks: ['20.0.2.0/24', '20.1.0.0/24'],
        names: [],
      },
      extra: { addresses: { ipv4: 256, ipv6: '0' }, networks: ['203.0.113.0/24'] },
      stale: { addresses: { ipv4: 128, ipv6: '0' }, networks: ['20.9.0.0/25'] },
      leaving: NONE,
    })
  })

  it('is in step with and without what is about to leave', async () => {
    const now = (WEEKS[1] ?? []).join('\n')
    const without = await check('mine', now)
    expect(without).toMatchObject({
      inStep: true,
      missing: NONE,
      leaving: { addresses: { ipv4: 256, ipv6: '0' }, networks: ['20.9.0.0/24'] },
    })
    expect(await check('mine', `${now}\n20.9.0.0/24`)).toMatchObject({
      inStep: true,
      leaving: NONE,
      stale: NONE,
    })
    expect(await check('strict', `${now}\n20.9.0.0/24`)).toMatchObject({
      inStep: false,
      stale: { networks: ['20.9.0.0/24'] },
    })
  })

  it('is compared with what the list hands out, widened and split', async () => {
    const whole = await check('wide', await file('wide', 'text'))
    expect(whole).toMatchObject({ inStep: true })
    const selected = await check('wide', (WEEKS[1] ?? []).join('\n'))
    expect(selected).toMatchObject({
      inStep: false,
      missing: { networks: ['20.0.3.0/24'] },
      extra: NONE,
    })
    for (const shard of ['wide.1of2', 'wide.2of2']) {
      expect(await check(shard, await file(shard, 'text'))).toMatchObject({ inStep: true })
    }
    const other = await check('wide.1of2', await file('wide.2of2', 'text'))
    expect(other.inStep).toBe(false)
  })

  it('has the names its list requires, once required, or never', async () => {
    const required = findService('app-proxy', 'Public').endpoints.map(({ name }) => name)
    const spelled = required.map((name) => name.toUpperCase().replace('*.', '.'))
    expect(await check('app-proxy', spelled.join('\n'))).toMatchObject({
      inStep: true,
      compared: ['names'],
    })
    const [first = '', ...others] = required
    const more = [...others, '*.servicebus.microsoft.net', 'mail.example']
    expect(await check('app-proxy', more.join('\n'))).toMatchObject({
      missing: { ...NONE, names: [first] },
      stale: { ...NONE, names: ['*.servicebus.microsoft.net'] },
      extra: { ...NONE, names: ['mail.example'] },
    })
  })

  it('is told nothing of what it was not asked for', async () => {
    const names = await file('mine', 'json')
    const json = JSON.parse(names.toString()) as { names: { name: string }[] }
    const only = JSON.stringify(json.names.map(({ name }) => name))
    expect(await check('mine', only)).toMatchObject({ inStep: true, compared: ['names'] })
    const all = await check('mine', only, { query: '?parts=all' })
    expect(all).toMatchObject({ inStep: false, compared: ['addresses', 'names'] })
    expect(all.missing.networks).toEqual([
      '20.0.0.0/23',
      '20.0.2.0/24',
      '20.1.0.0/24',
      '2603:1030:7::/48',
    ])
    expect(all.leaving.networks).toEqual(['20.9.0.0/24'])
    const addresses = await check('mine', only, { query: '?parts=addresses' })
    expect(addresses.compared).toEqual(['addresses'])
  })

  it('with nothing at all is a mistake, unless that is meant', async () => {
    for (const payload of ['', '# nothing\n', '[]']) {
      const { detail } = await problem(400, 'strict', payload)
      expect(detail).toMatch(/no network and no name in it/)
      const found = await check('strict', payload, { query: '?parts=addresses' })
      expect(found.missing.addresses).toMatchObject({ ipv4: 1_024 })
    }
  })

  it('is told every network, however many there are', async () => {
    const hosts = Array.from({ length: 30_000 }, (_, i) => `30.${i >> 7}.${2 * (i & 127)}.1`)
    const found = await check('strict', hosts.join('\n'))
    expect(found.extra.networks).toHaveLength(30_000)
    expect(found.extra.addresses.ipv4).toBe(30_000)
  })
})

describe('a list that cannot be compared', () => {
  it('is refused with its lines', async () => {
    const found = await problem(400, 'strict', '20.0.0.0/23\n10.0.0.1/8\nany\n')
    expect(found['unreadable']).toEqual([
      {
        place: 'line 2',
        value: '10.0.0.1/8',
        reason: expect.stringContaining('host bits') as string,
      },
      { place: 'line 3', value: 'any', reason: expect.stringContaining('no network') as string },
    ])
    expect(found).toMatchObject({ more: 0 })
    expect(found.detail).toMatch(/line 2, "10\.0\.0\.1\/8": host bits/)
  })

  it('is read as what it says it is', async () => {
    const json = await problem(400, 'strict', '20.0.0.0/23', { type: 'application/json' })
    expect(json.detail).toMatch(/no JSON/)
    const csv = await problem(400, 'strict', '20.0.0.0/23', { type: 'text/csv; charset=utf-8' })
    expect(csv.detail).toMatch(/kind,value,family,ports/)
    const form = 'application/x-www-form-urlencoded'
    const other = await problem(415, 'strict', '20.0.0.0/23', { type: form })
    expect(other.detail).toMatch(/text\/plain, .*text\/csv, application\/json/)
    const headers = { 'content-encoding': 'br' }
    await problem(415, 'strict', '20.0.0.0/23', { headers })
  })

  it('is too long beyond a megabyte, zipped or not', async () => {
    const text = '20.0.0.0/23\n'.repeat(90_000)
    expect((await problem(413, 'strict', text)).detail).toMatch(/1048576/)
    const headers = { 'content-encoding': 'gzip' }
    expect((await problem(400, 'strict', gzipSync(text), { headers })).detail).toMatch(/1048576/)
  })

  it('has a list that there is, that lists destinations, and that can be handed out', async () => {
    expect((await problem(404, 'nobodys', '20.0.0.0/23')).detail).toMatch(/no allowlist "nobodys"/)
    expect((await problem(400, 'app-proxy-any', '20.0.0.0/23')).detail).toMatch(/all destinations/)
    expect((await problem(422, 'narrow', '20.0.0.0/23')).detail).toMatch(/cannot be made 1/)
    await problem(400, 'strict', '20.0.0.0/23', { query: '?part=all' })
    await problem(400, 'strict', '20.0.0.0/23', { query: '?parts=networks' })
  })
})

describe('a report of a device', () => {
  const text = '20.0.0.0/23\n'

  it('asks for the admin token, and a check without a device does not', async () => {
    const query = '?device=fw-1'
    expect((await post('strict', text, { query })).headers['www-authenticate']).toMatch(/^Bearer/)
    await problem(401, 'strict', text, { query })
    await problem(401, 'strict', text, { query, headers: { authorization: 'Bearer wrong' } })
    await problem(401, 'strict', text, { query: '?device=' })
    const found = await check('strict', text, { query, headers: ADMIN })
    expect(found).toMatchObject({ device: 'fw-1', inStep: false })
  })

  it.each(['', ' ', 'a b%20', 'a  b', 'a%0Ab', 'a;b', 'x'.repeat(101)])(
    'names it in one plain line, not "%s"',
    async (device) => {
      await problem(400, 'strict', text, { query: `?device=${device}`, headers: ADMIN })
    },
  )

  it('is told before it is answered, with all of it; other checks are not', async () => {
    const told: DriftView[] = []
    const app = fastify()
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(serializerCompiler)
    const log = pino({ enabled: false })
    app.setErrorHandler(createErrorHandler({ log, isDown: () => Promise.resolve(false) }))
    await app.register(checkRoutes, {
      lists: site.lists,
      timelines: createTimelines(site.store.timelines),
      versions: site.store.lists.versions,
      adminToken: 'secret',
      reported: (drift) => Promise.resolve(void told.push(drift)),
    })
    const send = (query: string) =>
      app.inject({
        method: 'POST',
        url: `/v1/allowlists/strict/check${query}`,
        headers: { authorization: 'Bearer secret', 'content-type': 'text/plain' },
        payload: text,
      })
    await send('')
    expect(told).toEqual([])
    const reply = await send('?device=Berlin%20fw:1/2')
    expect(reply.statusCode, reply.body).toBe(200)
    expect(told).toEqual([reply.json()])
    expect(told[0]?.device).toBe('Berlin fw:1/2')
    await app.close()
  })

  it('is for nobody where nothing can be changed over HTTP', async () => {
    const closed = await openSite(database, { adminToken: undefined, readTokens: ['reader'] })
    const send = (query: string, authorization: string) =>
      closed.app.inject({
        method: 'POST',
        url: `/v1/allowlists/app-proxy/check${query}`,
        headers: { authorization, 'content-type': 'text/plain' },
        payload: 'login.example\n',
      })
    expect((await send('', 'Bearer reader')).statusCode).toBe(200)
    expect((await send('', 'Bearer other')).statusCode).toBe(401)
    expect((await send('?device=fw-1', 'Bearer reader')).statusCode).toBe(403)
    await closed.app.close()
  })
})
