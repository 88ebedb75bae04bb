/** Paths that have the same bytes for good. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createListCache } from '../../src/lists/list-cache.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const LIST = '/l/app-proxy-ip/text.txt'
const [older, newer] = makeFeed({ weeks: 2 }) as [WeeklyDocument, WeeklyDocument]

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})
beforeEach(async () => {
  await database.reset()
  site = await openSite(database)
  await site.sync(older)
  return () => site.app.close()
})
afterAll(() => database.close())

async function versionOf(url: string, headers: Record<string, string> = {}): Promise<string> {
  const { headers: told } = await site.app.inject({ url, headers })
  return String(told['content-location'])
}

describe('the version of a list', () => {
  it('is named by every answer for the list, and has the same bytes and validators', async () => {
    for (const encoding of ['identity', 'gzip', 'br']) {
      const accept = { 'accept-encoding': encoding }
      const whole = await site.app.inject({ url: LIST, headers: accept })
      const path = String(whole.headers['content-location'])
      expect(path).toMatch(/^\/l\/app-proxy-ip\/text\/[0-9a-f]{32}\.txt$/)
      const version = await site.app.inject({ url: path, headers: accept })
      expect(version.statusCode).toBe(200)
      expect(version.rawPayload).toEqual(whole.rawPayload)
      for (const name of ['etag', 'last-modified', 'vary', 'content-type', 'content-length']) {
        expect(version.headers[name], name).toBe(whole.headers[name])
      }
      expect(version.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      for (const name of ['content-location', 'rangewarden-snapshot', 'rangewarden-state']) {
        expect(version.headers).not.toHaveProperty(name)
      }
      const condition = { ...accept, 'if-none-match': String(whole.headers.etag) }
      expect(await versionOf(LIST, condition)).toBe(path)
      const notModified = await site.app.inject({ url: path, headers: condition })
      expect(notModified.statusCode).toBe(304)
      const head = await site.app.inject({ method: 'HEAD', url: path, headers: accept })
      expect({ ...head.headers, date: '' }).toEqual({ ...version.headers, date: '' })
    }
  })

  it('is shown with the list, and is private to who had to say who they are', async () => {
    const { formats } = (await site.app.inject('/v1/allowlists/app-proxy-ip')).json<{
      formats: { format: string; versionPath: string | null }[]
    }>()
    const path = formats.find(({ format }) => format === 'text')?.versionPath
    expect(path).toBe(await versionOf(LIST))
    expect(formats.find(({ format }) => format === 'pac')?.versionPath).toBeNull()
    const headers = { authorization: 'Bearer whatever' }
    const version = await site.app.inject({ url: String(path), headers })
    expect(version.headers['cache-control']).toBe('private, max-age=31536000, immutable')
  })

  it('is kept when another is published, and its path is that of its bytes', async () => {
    const before = await site.app.inject(LIST)
    const path = String(before.headers['content-location'])
    await site.sync(newer)
    const after = await site.app.inject(LIST)
    expect(after.headers['content-location']).not.toBe(path)
    const kept = await site.app.inject(path)
    expect(kept.rawPayload).toEqual(before.rawPayload)
    expect(kept.headers['last-modified']).toBe(before.headers['last-modified'])
    expect(kept.headers['cache-control']).toMatch(/immutable/)
    const now = await site.app.inject(String(after.headers['content-location']))
    expect(now.rawPayload).toEqual(after.rawPayload)
  })

  it('is gone where there was no room to keep it, and the current one is named', async () => {
    await site.app.close()
    site = await openSite(database, { cache: createListCache(1) })
    const path = await versionOf(LIST)
    expect((await site.app.inject(path)).statusCode).toBe(200)
    await site.sync(newer)
    const gone = await site.app.inject(path)
    expect(gone.statusCode).toBe(404)
    expect(gone.headers['cache-control']).toBe('no-store')
    const { current } = gone.json<{ current: string }>()
    expect(current).toBe(await versionOf(LIST))
    expect((await site.app.inject(current)).statusCode).toBe(200)
  })

  it('has the whole of its name in its path, and nothing after it', async () => {
    const path = await versionOf(LIST)
    for (const other of ['GARBAGE.txt', '0.txt']) {
      const reply = await site.app.inject(path.replace('.txt', other))
      expect(reply.statusCode).toBe(404)
      expect(reply.json()).toMatchObject({ current: path })
    }
    const upper = path.replace(/[0-9a-f]{32}/, (digest) => digest.toUpperCase())
    expect((await site.app.inject(upper)).statusCode).toBe(404)
  })

  it.each([
    ['/l/app-proxy-ip/text/0123.txt', 404, /no version that is still kept: the current one is/],
    ['/l/app-proxy-ip/text/0123.conf', 404, /wrong extension: a version in text ends in \.txt/],
    ['/l/app-proxy-ip/txt/0123.txt', 404, /no format "txt"/],
    ['/l/nobody/text/0123.txt', 404, /no allowlist "nobody"/],
    ['/l/app-proxy/text/0123.txt', 422, /app-proxy-ip/],
    ['/l/app-proxy-ip/text/0123.txt?at=latest', 400, /"at"/],
  ])('%s is a problem with status %i', async (url, status, detail) => {
    const reply = await site.app.inject(url)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
    expect(reply.statusCode).toBe(status)
  })

  it('goes with its list', async () => {
    const url = '/v1/allowlists/mine'
    const payload = { tags: ['ServiceBus'] }
    await site.app.inject({ method: 'PUT', url, headers: ADMIN, payload })
    const path = await versionOf(`${url}/text`)
    expect((await site.app.inject(path)).statusCode).toBe(200)
    await site.app.inject({ method: 'DELETE', url, headers: ADMIN })
    expect((await site.app.inject(path)).statusCode).toBe(404)
  })
})
