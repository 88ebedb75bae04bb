/** Weekly files by hand, over the API: the same judgement as `import`, the bytes as they are. */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MAX_FILE_BYTES } from '../../src/sources/weekly-files.ts'
import type { TestDatabase } from '../support/database.ts'
import { smallDocument } from '../support/feed.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { blockText, range, roundWeek } from '../support/weeks.ts'

const [older, week, doubled] = [
  roundWeek('2026-01-05', range(0, 100)),
  roundWeek('2026-01-12', range(0, 102)),
  roundWeek('2026-01-19', range(0, 150)),
]
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
  return () => site.app.close()
}

afterAll(() => database.close())

function send(name: string, payload: string | Buffer, headers: object = {}, more = '') {
  const url = `/v1/documents?name=${encodeURIComponent(name)}${more}`
  return site.app.inject({ method: 'POST', url, headers: { ...ADMIN, ...headers }, payload })
}

describe('an uploaded file', () => {
  beforeEach(fresh)

  it('is history, published and served, with the very bytes kept', async () => {
    const reply = await send(week.fileName, week.text, { 'content-type': 'application/json' })
    expect(reply.statusCode, reply.body).toBe(201)
    const { snapshot } = reply.json<{ snapshot: { id: string } }>()
    expect(reply.json()).toMatchObject({
      snapshot: { fileDate: '2026-01-12', cloud: 'Public' },
      isNew: true,
      reasons: [],
      publication: { kind: 'import', serial: 1, publishedBy: 'api', snapshot: snapshot.id },
    })
    expect((await site.app.inject(LIST)).body).toContain(blockText(101))
    const document = await site.app.inject(`/v1/snapshots/${snapshot.id}/document`)
    expect(document.body).toBe(week.text)
    const [sighting] = await database.rows('SELECT strategy, url FROM sighting')
    expect(sighting).toEqual({ strategy: 'upload', url: week.fileName })
  })

  it('that is known says so and changes nothing', async () => {
    await send(week.fileName, week.text)
    const before = await site.app.inject(LIST)
    const reply = await send(week.fileName, week.text)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({ isNew: false, publication: null })
    const after = await site.app.inject(LIST)
    expect(after.headers.etag).toBe(before.headers.etag)
    expect(after.rawPayload).toEqual(before.rawPayload)
  })

  it('that is older becomes history and is not handed out', async () => {
    await send(week.fileName, week.text)
    const reply = await send(older.fileName, older.text)
    expect(reply.statusCode).toBe(201)
    expect(reply.json()).toMatchObject({ publication: null })
    expect((await site.app.inject(LIST)).body).toContain(blockText(101))
    const past = await site.app.inject('/v1/tags/AzureCloud?at=2026-01-06')
    expect(past.json<{ tag: { prefixes: string[] } }>().tag.prefixes).toHaveLength(100)
  })

  it('that the guard would hold is published, and told', async () => {
    await send(older.fileName, older.text)
    const reply = await send(doubled.fileName, doubled.text)
    expect(reply.statusCode).toBe(201)
    const { reasons, publication } = reply.json<{
      reasons: { rule: string; text: string }[]
      publication: { reason: string }
    }>()
    expect(reasons).toContainEqual(
      expect.objectContaining({ rule: 'cloud-gain', family: 'ipv4', measured: 50, limit: 15 }),
    )
    expect(publication.reason).toContain(
      `which the guard would have held: ${reasons[0]?.text ?? '?'}`,
    )
    expect((await site.app.inject(LIST)).body).toContain(blockText(149))
  })

  it('settles the hold of what came by itself', async () => {
    await site.sync(older)
    expect((await site.sync(doubled)).kind).toBe('held')
    await send(doubled.fileName, doubled.text)
    const { holds } = (await site.app.inject('/v1/holds')).json<{ holds: unknown[] }>()
    expect(holds).toMatchObject([{ state: 'replaced' }])
    expect((await site.app.inject(LIST)).body).toContain(blockText(149))
  })

  it('leaves a newer hold to a person', async () => {
    await site.sync(older)
    expect((await site.sync(doubled)).kind).toBe('held')
    await send(week.fileName, week.text)
    const { holds } = (await site.app.inject('/v1/holds')).json<{ holds: unknown[] }>()
    expect(holds).toMatchObject([{ state: 'waiting' }])
    expect((await site.app.inject(LIST)).body).toContain(blockText(101))
  })

  it('does not undo a rollback', async () => {
    await site.sync(older)
    const payload = { snapshot: 'latest', reason: 'pinned' }
    const url = '/v1/publications'
    await site.app.inject({ method: 'POST', url, headers: ADMIN, payload })
    const reply = await send(week.fileName, week.text)
    expect(reply.json()).toMatchObject({ isNew: true, publication: null })
    expect((await site.app.inject(LIST)).body).not.toContain(blockText(101))
  })

  it('can be kept for history only, until one is published', async () => {
    const kept = await send(older.fileName, older.text, {}, '&publish=false')
    expect(kept.statusCode).toBe(201)
    expect(kept.json()).toMatchObject({ isNew: true, publication: null })
    expect((await site.app.inject(LIST)).statusCode).toBe(503)
    const known = await send(older.fileName, older.text, {}, '&publish=true')
    expect(known.json()).toMatchObject({ isNew: false, publication: { serial: 1 } })
    expect((await site.app.inject(LIST)).statusCode).toBe(200)
  })
})

describe('on its way', () => {
  beforeEach(fresh)

  it.each([
    ['as application/json', week.fileName, week.text, { 'content-type': 'application/json' }],
    [
      'as a form',
      week.fileName,
      week.text,
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    ['without a type', week.fileName, Buffer.from(week.text), {}],
    ['gzipped', `${week.fileName}.gz`, gzipSync(week.text), { 'content-type': 'application/gzip' }],
    ['with gzip', week.fileName, gzipSync(week.text), { 'content-encoding': 'gzip' }],
    [
      'gzipped with gzip',
      `${week.fileName}.gz`,
      gzipSync(gzipSync(week.text)),
      { 'content-encoding': 'gzip' },
    ],
  ])('%s the same bytes arrive', async (_, name, payload, headers) => {
    const reply = await send(name, payload, headers)
    expect(reply.statusCode, reply.body).toBe(201)
    const { snapshot } = reply.json<{ snapshot: { id: string } }>()
    const document = await site.app.inject(`/v1/snapshots/${snapshot.id}/document`)
    expect(document.body).toBe(week.text)
  })
})

describe('a file that cannot be right', () => {
  beforeAll(async () => {
    const close = await fresh()
    await site.sync(older)
    return close
  })

  const bomb = gzipSync(Buffer.alloc(MAX_FILE_BYTES + 1))

  it.each([
    ['is no JSON', week.fileName, '{"values": [', 'not JSON'],
    ['is a page', week.fileName, '<html>Sorry</html>', 'not'],
    ['has few tags', week.fileName, smallDocument(), '2 tags'],
    ['is of another cloud', 'ServiceTags_China_20260112.json', week.text, 'China was asked for'],
    ['is of the future', 'ServiceTags_Public_21460101.json', week.text, 'dated 2146-01-01'],
    ['is not gzipped', `${week.fileName}.gz`, week.text, 'damaged gzip'],
    ['unzips to too much', `${week.fileName}.gz`, bomb, `more than ${MAX_FILE_BYTES} bytes`],
  ])('since it %s is refused with every reason', async (_, name, payload, detail) => {
    const before = await site.app.inject(LIST)
    const reply = await send(name, payload)
    expect(reply.statusCode, reply.body).toBe(422)
    expect(reply.json()).toMatchObject({
      type: 'urn:rangewarden:problem:upstream-refused',
      detail: expect.stringContaining(detail) as string,
      refusals: expect.arrayContaining([
        expect.objectContaining({ reason: expect.any(String) as string }),
      ]) as unknown,
    })
    expect((await site.app.inject(LIST)).rawPayload).toEqual(before.rawPayload)
    expect((await site.app.inject('/v1/snapshots')).json()).toMatchObject({
      snapshots: [{ fileDate: '2026-01-05' }],
    })
  })
})

describe('a request that cannot be right', () => {
  beforeAll(fresh)

  it('is told which names files have', async () => {
    for (const name of ['service-tags.json', '../ServiceTags_Public_20260112.json', '']) {
      const reply = await send(name, week.text)
      expect(reply.statusCode).toBe(400)
      expect(reply.json<{ detail: string }>().detail).toContain(`name "${name}": a weekly file is`)
    }
  })

  it.each([
    ['no name', '/v1/documents', /"name"/],
    ['a parameter nobody knows', '/v1/documents?name=x&fileName=y', /"fileName".*known are name/],
    ['a wish to publish that is none', '/v1/documents?name=x&publish=no', /"publish" "no"/],
  ])('with %s is refused', async (_, url, detail) => {
    const request = { method: 'POST', url, headers: ADMIN, payload: week.text } as const
    const reply = await site.app.inject(request)
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
  })

  it('with nothing in it is told to send the file', async () => {
    const reply = await send(week.fileName, '')
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ detail: string }>().detail).toBe('the body is empty: send the file itself')
  })

  it('with too much is stopped at the limit of files, not of other bodies', async () => {
    const reply = await send(week.fileName, Buffer.alloc(MAX_FILE_BYTES + 1, ' '))
    expect(reply.statusCode).toBe(413)
    expect(reply.json()).toMatchObject({
      type: 'urn:rangewarden:problem:body-too-large',
      detail: `a file has at most ${MAX_FILE_BYTES} bytes`,
    })
    const most = await send(week.fileName, Buffer.alloc(MAX_FILE_BYTES, ' '))
    expect(most.statusCode).toBe(422)
  })

  it('in another encoding, or a broken one, is refused', async () => {
    const brotli = brotliCompressSync(week.text)
    const other = await send(week.fileName, brotli, { 'content-encoding': 'br' })
    expect(other.statusCode).toBe(415)
    expect(other.json<{ detail: string }>().detail).toContain('Content-Encoding br')
    const cut = gzipSync(week.text).subarray(0, 100)
    const broken = await send(week.fileName, cut, { 'content-encoding': 'gzip' })
    expect(broken.statusCode).toBe(400)
    expect(broken.json<{ detail: string }>().detail).toContain('damaged gzip')
  })

  it('without the token is not even read', async () => {
    const large = Buffer.alloc(MAX_FILE_BYTES + 1)
    const none = { authorization: '' }
    expect((await send(week.fileName, large, none)).statusCode).toBe(401)
    const wrong = { authorization: 'Bearer x' }
    expect((await send(week.fileName, week.text, wrong)).statusCode).toBe(401)
    const closed = await openSite(database, { adminToken: undefined })
    const url = `/v1/documents?name=${week.fileName}`
    const request = { method: 'POST', url, headers: ADMIN, payload: week.text } as const
    expect((await closed.app.inject(request)).statusCode).toBe(403)
    await closed.app.close()
    expect((await site.app.inject('/v1/snapshots')).json()).toMatchObject({ snapshots: [] })
  })
})
