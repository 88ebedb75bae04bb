/**
 * The feed of a real database: two clouds, weeks that were synced, held, decided about and rolled back.
 *
 *     Public   1 first   2 +2 blocks   3 additions   4 approved   5 rolled back   6 pinned   7 released
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChangesFeed, type ChangesFeed } from '../../src/feed/changes-feed.ts'
import { createPublishedChanges } from '../../src/history/published-changes.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { describeWith, program } from '../support/requirements.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { range, roundWeek } from '../support/weeks.ts'
import { feedparser, readFeed, schemaMistakes } from './atom-checks.ts'

const weeks = [
  roundWeek('2026-01-05', range(0, 100)),
  roundWeek('2026-01-12', range(0, 102)),
] as const
/** Loses 30 blocks and gains 3. */
const shrunk = roundWeek('2026-01-19', range(30, 105))
/** A word of people, within what the service takes from them. */
const REASON = 'a <b>&amp;</b> "week" | `that` *broke* \'mail\''
const AT = 'http://rw.example/v1/changes.atom'

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database, { clouds: ['Public', 'AzureGovernment'] })
  for (const week of weeks) expect((await site.sync(week)).kind).toBe('published')
  expect((await site.sync(shrunk)).kind).toBe('held')
  const who = { by: 'A. Person', reason: REASON, cloud: 'Public' }
  await call('/v1/holds/1/approve', { by: who.by, reason: REASON })
  await call('/v1/publications', { ...who, snapshot: '2026-01-05' })
  await call('/v1/publications', { ...who, snapshot: '2026-01-05', reason: 'still' })
  await call('/v1/publications', { ...who, action: 'release', reason: 'all is well' })
  for (const week of makeFeed({ cloud: 'AzureGovernment', seed: 5, weeks: 4 }))
    await site.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

async function call(url: string, payload: object): Promise<void> {
  const reply = await site.app.inject({ method: 'POST', url, payload, headers: ADMIN })
  expect(reply.statusCode, reply.body).toBeLessThan(300)
}

/** Of another process on the same database. */
function freshFeed(publicUrl?: string): ChangesFeed {
  const store = database.freshStore()
  const { publications, history, holds } = store
  const timelines = createTimelines(store.timelines)
  return createChangesFeed({
    publications,
    changes: createPublishedChanges({ timelines, history, holds }),
    timelines,
    clouds: ['Public', 'AzureGovernment'],
    publicUrl,
  })
}

interface Wish {
  cloud?: 'Public' | 'AzureGovernment' | 'China'
  tag?: string
  limit?: number
}

async function xmlOf({ cloud, tag, limit = 30 }: Wish, feed = freshFeed()): Promise<string> {
  return (await feed.read({ cloud, tag, limit })).bytes.toString('utf8')
}

function titlesIn(xml: string): string[] {
  return [...xml.matchAll(/<entry>\n<id>.*<\/id>\n<title>(.*)<\/title>/g)].map(
    ([, title]) => title ?? '',
  )
}

function idsIn(xml: string): string[] {
  return [...xml.matchAll(/<id>(.*)<\/id>/g)].map(([, id]) => id ?? '')
}

describe('the feed of a cloud', () => {
  it('has an entry for each publication that changed something, newest first', async () => {
    expect(titlesIn(await xmlOf({ cloud: 'Public' }))).toEqual([
      'Public 2026-01-19 (release): 1 tag changed, +1,280 -7,680 IPv4 addresses',
      'Public 2026-01-05 (rollback): 1 tag changed, +7,680 -1,280 IPv4 addresses',
      'Public 2026-01-19 (approval): 1 tag changed, -7,680 IPv4 addresses',
      'Public 2026-01-12 (additions): 1 tag changed, +768 IPv4 addresses',
      'Public 2026-01-12: 1 tag changed, +512 IPv4 addresses',
      'Public 2026-01-05: the first publication, 61 tags',
    ])
  })

  it('is the same in every process, and the same again', async () => {
    const feed = freshFeed()
    const one = await xmlOf({ cloud: 'Public' }, feed)
    expect(await xmlOf({ cloud: 'Public' }, feed)).toBe(one)
    expect(await xmlOf({ cloud: 'Public' })).toBe(one)
  })

  it('says when, and never that it was another time', async () => {
    const xml = await xmlOf({ cloud: 'Public' })
    const rows = await database.rows(
      `SELECT published_at FROM publication WHERE cloud = 'Public' AND serial <> 6 ORDER BY serial DESC`,
    )
    const times = rows.map(({ published_at: at }) => (at as Date).toISOString())
    const of = (element: string): string[] =>
      [...xml.matchAll(new RegExp(`<${element}>(.*)</${element}>`, 'g'))].map(([, at]) => at ?? '')
    expect(of('published')).toEqual(times)
    expect(of('updated')).toEqual([times[0], ...times])
    expect(
      (await freshFeed().read({ cloud: 'Public', tag: undefined, limit: 30 })).updated,
    ).toEqual(new Date(times[0] ?? ''))
  })

  it('has as many entries as asked for, the newest', async () => {
    const all = titlesIn(await xmlOf({ cloud: 'Public' }))
    expect(titlesIn(await xmlOf({ cloud: 'Public', limit: 2 }))).toEqual(all.slice(0, 2))
  })

  it('has links that begin with the public address where there is one', async () => {
    const relative = await xmlOf({ cloud: 'Public' })
    expect(relative).toContain('<link rel="self" href="changes.atom?cloud=Public&amp;limit=30"')
    expect(relative).not.toContain('http://rw')
    const absolute = await xmlOf({ cloud: 'Public' }, freshFeed('https://rw.example'))
    expect(absolute).toContain(
      'href="https://rw.example/v1/changes.atom?cloud=Public&amp;limit=30"',
    )
    const hrefs = [...absolute.matchAll(/ href="([^"]*)"/g)].map(([, href]) => href ?? '')
    expect(hrefs.every((href) => href.startsWith('https://rw.example/v1/'))).toBe(true)
    expect(idsIn(absolute)).toEqual(idsIn(relative))
  })

  it('has links that the service answers', async () => {
    const xml = await xmlOf({ cloud: 'Public' })
    const hrefs = [...xml.matchAll(/ href="([^"]*)"/g)].map(([, href]) => href ?? '')
    expect(hrefs).toHaveLength(12)
    expect(hrefs.filter((href) => href.startsWith('holds/'))).toHaveLength(1)
    for (const href of new Set(hrefs)) {
      const reply = await site.app.inject(`/v1/${href.replaceAll('&amp;', '&')}`)
      expect(reply.statusCode, href).toBe(200)
    }
  })
})

describe('the feed of all clouds', () => {
  it('has the entries of each, by time, under the same ids', async () => {
    const all = idsIn(await xmlOf({})).slice(1)
    const [first, second] = [
      idsIn(await xmlOf({ cloud: 'Public' })).slice(1),
      idsIn(await xmlOf({ cloud: 'AzureGovernment' })).slice(1),
    ]
    // Government came last.
    expect(all).toEqual([...second, ...first])
    expect(idsIn(await xmlOf({ limit: 4 })).slice(1)).toEqual(all.slice(0, 4))
    expect(new Set(all).size).toBe(all.length)
  })

  it('has an id of its own, as each cloud and tag has', async () => {
    const wishes: Wish[] = [{}, { cloud: 'Public' }, { tag: 'AzureCloud' }]
    const ids = await Promise.all(wishes.map(async (wish) => idsIn(await xmlOf(wish))[0]))
    expect(new Set(ids).size).toBe(3)
  })
})

describe('the feed of a tag', () => {
  it('has what changed this tag, told of it alone, under ids of its own', async () => {
    const xml = await xmlOf({ cloud: 'Public', tag: 'AzureCloud' })
    expect(titlesIn(xml)).toEqual([
      'Public 2026-01-19 (release): AzureCloud, +1,280 -7,680 IPv4 addresses',
      'Public 2026-01-05 (rollback): AzureCloud, +7,680 -1,280 IPv4 addresses',
      'Public 2026-01-19 (approval): AzureCloud, -7,680 IPv4 addresses',
      'Public 2026-01-12 (additions): AzureCloud, +768 IPv4 addresses',
      'Public 2026-01-12: AzureCloud, +512 IPv4 addresses',
    ])
    expect(xml).toMatch(/href="changes\?cloud=Public&amp;from=[^"]*&amp;tag=AzureCloud"/)
    const others = new Set(idsIn(await xmlOf({ cloud: 'Public' })))
    expect(idsIn(xml).filter((id) => others.has(id))).toEqual([])
  })

  it('is empty for a tag that never changed, and dated by the first publication', async () => {
    const { bytes, updated } = await freshFeed().read({
      cloud: 'Public',
      tag: 'Service1',
      limit: 30,
    })
    expect(titlesIn(bytes.toString())).toEqual([])
    const [first] = await site.store.publications.list('Public', 1, 2)
    expect(updated).toEqual(first?.publishedAt)
  })

  it('is of each cloud that has the tag, and none where no cloud ever had it', async () => {
    const only = await xmlOf({ tag: 'Service1' })
    expect(titlesIn(only)).toEqual([])
    expect(titlesIn(await xmlOf({ tag: 'AzureCloud' })).length).toBeGreaterThan(5)
    const error = await xmlOf({ tag: 'azurecloud' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'not-found',
      message:
        'no service tag "azurecloud" in any file of Public, AzureGovernment (did you mean AzureCloud?)',
    })
  })
})

it('says of a cloud without publications why there is no feed', async () => {
  await expect(xmlOf({ cloud: 'China' })).rejects.toMatchObject({ code: 'not-found' })
})

describeWith([program('xmllint')], 'feeds of a real database, by the rules of RFC 4287', () => {
  it.each<Wish>([
    {},
    { limit: 1 },
    { cloud: 'Public' },
    { cloud: 'AzureGovernment' },
    { tag: 'AzureCloud' },
    { cloud: 'Public', tag: 'Service1' },
  ])('are valid: %j', async (wish) => {
    for (const xml of [await xmlOf(wish), await xmlOf(wish, freshFeed('https://rw.example'))]) {
      expect(schemaMistakes(xml)).toBe('')
    }
  })
})

describeWith([feedparser], 'feeds of a real database, in a feed reader', () => {
  it('are read without repair: ids that differ, one alternate link each, ours to the letter', async () => {
    const { bozo, entries, id, updated } = readFeed(await xmlOf({}), AT)
    expect(bozo).toBe(false)
    expect(new Set([id, ...entries.map((entry) => entry.id)]).size).toBe(entries.length + 1)
    expect(updated).toBe(entries[0]?.updated)
    for (const { links } of entries) {
      const alternates = links.filter(({ rel }) => rel === 'alternate')
      expect(alternates).toHaveLength(1)
      for (const { href } of links) expect(href).toMatch(/^http:\/\/rw\.example\/v1\//)
    }
    const approval = entries.find(({ tags }) => tags.includes('approval'))
    expect(approval?.summary).toContain(`by A. Person: hold 1 was approved: ${REASON}.`)
    expect(approval?.content).toContain(
      'approved: a &lt;b&gt;&amp;amp;&lt;/b&gt; &quot;week&quot; | `that`',
    )
    expect(approval?.content).toContain('<td>AzureCloud</td>')
  })
})

describe('a long history', () => {
  it('is looked through as far as two hundred publications', async () => {
    const last = await site.store.publications.current('Public')
    const pins = 196
    await database.rows(`INSERT INTO publication
        (cloud, serial, snapshot_id, kind, published_by, reason, published_at)
      SELECT 'Public', serial, '${last?.snapshotId ?? ''}', 'purge', 'A. Person', 'again', now()
      FROM generate_series(8, ${7 + pins}) AS serial`)
    const titles = titlesIn(await xmlOf({ cloud: 'Public' }))
    // Of the 203 the oldest three are not looked at; the fourth has nothing to be compared with.
    expect(titles.map((title) => /\((\w+)\)/.exec(title)?.[1])).toEqual(['release', 'rollback'])
    await database.rows(`DELETE FROM publication WHERE cloud = 'Public' AND serial > 7`)
  })
})
