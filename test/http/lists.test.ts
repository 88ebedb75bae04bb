/** How lists are handed out: encodings, validators, HEAD, and every way not to get one. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const LIST = '/v1/allowlists/app-proxy-ip/text'
const [first, second] = makeFeed({ weeks: 2 })

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  for (const week of [first, second]) if (week) await site.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

function get(url: string, headers: Record<string, string> = {}) {
  return site.app.inject({ url, headers })
}

describe('a list', () => {
  it('is served with everything a device needs to ask again cheaply', async () => {
    const { statusCode, headers, rawPayload } = await get(LIST)
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(rawPayload.length),
      'cache-control': 'public, max-age=300, stale-while-revalidate=3600, stale-if-error=604800',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
      'rangewarden-snapshot': site.lists.published('Public')?.record.id,
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) as unknown,
      'last-modified': expect.stringMatching(/GMT$/) as unknown,
    })
    expect(headers).not.toHaveProperty('content-encoding')
  })

  it('is the same bytes in every encoding, each with its own strong tag', async () => {
    const plain = await get(LIST)
    const gzip = await get(LIST, { 'accept-encoding': 'gzip' })
    const brotli = await get(LIST, { 'accept-encoding': 'gzip, br' })
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(brotli.headers['content-encoding']).toBe('br')
    expect(gunzipSync(gzip.rawPayload)).toEqual(plain.rawPayload)
    expect(brotliDecompressSync(brotli.rawPayload)).toEqual(plain.rawPayload)
    expect(gzip.headers['content-length']).toBe(String(gzip.rawPayload.length))
    const tags = [plain, gzip, brotli].map(({ headers }) => headers.etag)
    expect(new Set(tags).size).toBe(3)
  })

  it.each(['identity', 'gzip', 'br'])('is not sent again in %s to who has it', async (encoding) => {
    const accept = { 'accept-encoding': encoding }
    const whole = await get(LIST, accept)
    const etag = String(whole.headers.etag)
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(LIST, { ...accept, 'if-none-match': tags })
      expect(again.statusCode, tags).toBe(304)
      expect(again.rawPayload.length).toBe(0)
      expect(again.headers).not.toHaveProperty('content-length')
      for (const name of [
        'etag',
        'vary',
        'cache-control',
        'last-modified',
        'rangewarden-snapshot',
      ]) {
        expect(again.headers[name], name).toBe(whole.headers[name])
      }
    }
  })

  it('is sent again to who has it in another encoding than the one that would be sent', async () => {
    const gzip = await get(LIST, { 'accept-encoding': 'gzip' })
    const plain = await get(LIST, { 'if-none-match': String(gzip.headers.etag) })
    expect(plain.statusCode).toBe(200)
  })

  it('looks at the date only where no tag was sent', async () => {
    const date = String((await get(LIST)).headers['last-modified'])
    const other = { 'if-modified-since': date, 'if-none-match': '"other"' }
    expect((await get(LIST, { 'if-modified-since': date })).statusCode).toBe(304)
    expect((await get(LIST, other)).statusCode).toBe(200)
    expect(
      (await get(LIST, { 'if-modified-since': 'Thu, 01 Jan 2015 00:00:00 GMT' })).statusCode,
    ).toBe(200)
  })

  it.each([LIST, '/l/app-proxy/squid.conf', '/v1/export/text?tag=ServiceBus', `${LIST}?at=latest`])(
    'answers HEAD of %s as GET, without the body',
    async (url) => {
      const whole = await get(url, { 'accept-encoding': 'gzip' })
      const head = await site.app.inject({
        method: 'HEAD',
        url,
        headers: { 'accept-encoding': 'gzip' },
      })
      expect(head.statusCode).toBe(200)
      expect(head.rawPayload.length).toBe(0)
      expect({ ...head.headers, date: '' }).toEqual({ ...whole.headers, date: '' })
      const condition = { 'accept-encoding': 'gzip', 'if-none-match': String(whole.headers.etag) }
      const unchanged = await site.app.inject({ method: 'HEAD', url, headers: condition })
      expect(unchanged.statusCode).toBe(304)
      expect(unchanged.headers).not.toHaveProperty('content-length')
    },
  )

  it('is not for shared caches when the request carried credentials', async () => {
    const credentials = { authorization: 'Bearer whatever' }
    const whole = await get(LIST, credentials)
    expect(whole.statusCode).toBe(200)
    expect(whole.headers['cache-control']).toMatch(/^private, max-age=300, /)
    const condition = { ...credentials, 'if-none-match': String(whole.headers.etag) }
    expect((await get(LIST, condition)).headers['cache-control']).toMatch(/^private, /)
  })

  it('is refused to who takes no encoding that we have', async () => {
    const reply = await get(LIST, { 'accept-encoding': 'identity;q=0, deflate' })
    expect(reply.statusCode).toBe(406)
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.json()).toMatchObject({
      type: 'urn:rangewarden:problem:not-acceptable',
      encodings: ['identity', 'gzip', 'br'],
    })
  })

  it('has the same bytes and tag under its path for devices', async () => {
    const [named, device] = [await get(LIST), await get('/l/app-proxy-ip/text.txt')]
    expect(device.rawPayload).toEqual(named.rawPayload)
    expect(device.headers.etag).toBe(named.headers.etag)
  })
})

describe('a list of a past day', () => {
  it('is that of the newest file that is not after the day', async () => {
    const past = await get(`${LIST}?at=${first?.fileDate}`)
    expect(past.statusCode).toBe(200)
    const snapshots = await site.store.history.list({ limit: 10 })
    const oldest = snapshots.at(-1)?.id
    expect(past.headers['rangewarden-snapshot']).toBe(oldest)
    expect(past.body).toContain(`snapshot ${oldest}.`)
    const byId = await get(`${LIST}?at=${oldest}`)
    expect(byId.headers.etag).toBe(past.headers.etag)
    const again = await get(`${LIST}?at=previous`, { 'if-none-match': String(past.headers.etag) })
    expect(again.statusCode).toBe(304)
  })

  it.each([
    ['2020-01-01', 404, /no file of 2020-01-01 or before: the oldest is of 2025-01-06/],
    ['2025-02-30', 400, /"2025-02-30" is no point in history .*no such day/],
    ['public-20250101-00000000', 404, /there is no snapshot public-20250101-00000000/],
    ['soon', 400, /"soon" is no point in history/],
  ])('at=%s is refused with %i', async (at, status, detail) => {
    const reply = await get(`${LIST}?at=${at}`)
    expect(reply.statusCode).toBe(status)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
  })
})

describe('an export', () => {
  it('has the same bytes however its parameters are written', async () => {
    const urls = [
      '/v1/export/text?tag=ServiceBus&tag=AzureActiveDirectory',
      '/v1/export/text?tag=AzureActiveDirectory,ServiceBus',
      '/v1/export/text?tag=AzureActiveDirectory,%20ServiceBus,ServiceBus&cloud=Public',
      '/v1/export/text?tag=AzureActiveDirectory&tag=ServiceBus&family=ipv6,ipv4',
    ]
    const replies = await Promise.all(urls.map((url) => get(url)))
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200])
    expect(new Set(replies.map(({ headers }) => headers.etag)).size).toBe(1)
  })

  it('holds what was asked for and nothing else', async () => {
    const { tag } = (await get('/v1/tags/ServiceBus')).json<{ tag: { prefixes: string[] } }>()
    const list = (await get('/v1/export/json?tag=ServiceBus&family=ipv6')).json<{
      prefixes: { ipv4: string[]; ipv6: string[] }
    }>()
    expect(list.prefixes.ipv4).toEqual([])
    expect(list.prefixes.ipv6.length).toBeGreaterThan(0)
    expect(list.prefixes.ipv6.length).toBeLessThanOrEqual(tag.prefixes.length)
  })

  it('takes a region by itself, and names of a service', async () => {
    expect((await get('/v1/export/text?region=region1')).statusCode).toBe(200)
    expect((await get('/v1/export/squid?endpoints=app-proxy')).body).toContain('msappproxy.net')
  })

  it('of a past day comes from that day', async () => {
    const past = await get(`/v1/export/text?tag=AzureCloud&at=${first?.fileDate}`)
    const ids = (await site.store.history.list({ limit: 10 })).map(({ id }) => id)
    expect(past.headers['rangewarden-snapshot']).toBe(ids.at(-1))
  })

  it.each([
    ['/v1/export/text', 400, /selects nothing: give tags, regions or endpoints/],
    ['/v1/export/text?tag=Storag', 400, /no service tag or region "Storag"/],
    ['/v1/export/text?region=Mars', 400, /no service tag or region "Mars"/],
    ['/v1/export/text?tag=Storage&family=ipv5', 400, /ipv5|families/],
    ['/v1/export/text?tag=Storage&cloud=China', 400, /cloud China is not followed here/],
    ['/v1/export/text?tag=Storage&cloud=Mars', 400, /query parameter "cloud" "Mars"/],
    ['/v1/export/text?tag=Storage&tags=Sql', 400, /"tags" "Sql": not known.*did you mean tag\?/],
    ['/v1/export/txt?tag=Storage', 404, /no format "txt": known are squid, pac, json, text/],
    ['/v1/export/text?endpoints=app-proxi', 404, /no service "app-proxi" in Public/],
    ['/v1/export/text?endpoints=app-proxy', 422, /text/],
  ])('%s is refused with %i', async (url, status, detail) => {
    const reply = await get(url)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
    expect(reply.statusCode).toBe(status)
    expect(reply.headers['cache-control']).toBe('no-store')
  })
})

describe('a list that cannot be served', () => {
  it.each([
    ['/v1/allowlists/nobody/text', 404, /no allowlist "nobody": known are app-proxy, /],
    ['/v1/allowlists/app-proxy/txt', 404, /no format "txt"/],
    ['/l/nobody/text.txt', 404, /no allowlist "nobody"/],
    ['/l/app-proxy/squid.txt', 404, /wrong extension: it is \/l\/app-proxy\/squid\.conf/],
    ['/l/app-proxy/squid', 404, /wrong extension: it is \/l\/app-proxy\/squid\.conf/],
    ['/l/app-proxy/squit.conf', 404, /no file "squit.conf".*did you mean squid\.conf/],
    ['/l/app-proxy/squid.conf?at=latest', 400, /"at" "latest": not known/],
    [`${LIST}?att=latest`, 400, /"att" "latest": not known: known are at \(did you mean at\?\)/],
    ['/v1/allowlists/app-proxy/text', 422, /app-proxy-ip/],
    ['/l/app-proxy/text.txt', 422, /app-proxy-ip/],
    ['/l/app-proxy/pac.pac', 422, /RANGEWARDEN_PAC_PROXY/],
  ])('%s is a problem with status %i', async (url, status, detail) => {
    const reply = await get(url)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
    expect(reply.statusCode).toBe(status)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.headers).not.toHaveProperty('etag')
  })
})
