/** The bytes of lists within their bound, and lists that do without being kept. */
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { someFormats as exporters } from '../support/formats.ts'
import { unstoredDefinition } from '../../src/lists/definition.ts'
import { createListCache, sizeOf, type ListCache } from '../../src/lists/list-cache.ts'
import { createLists, type Lists } from '../../src/lists/lists.ts'
import { compress, type ListBytes } from '../../src/lists/prepared-list.ts'
import type { Store } from '../../src/store/contract.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf, publicationAfter } from '../support/entries.ts'
import { makeFeed } from '../support/feed.ts'
import { bringToMemory } from '../support/list-bytes.ts'

function bytes(length: number, digest = 'a'.repeat(64)): Promise<ListBytes> {
  return compress({ bytes: Buffer.alloc(length, 'x'), digest })
}

describe('the cache of lists', () => {
  it('holds what fits, and forgets first what was not asked for the longest', async () => {
    const one = await bytes(10_000)
    const cache = createListCache(3 * sizeOf(one))
    for (const key of ['a', 'b', 'c']) cache.keep(key, one)
    expect(cache.get('a')).toBe(one)
    cache.keep('d', one)
    expect(['a', 'b', 'c', 'd'].map((key) => cache.has(key))).toEqual([true, false, true, true])
    expect(cache.held()).toBeLessThanOrEqual(cache.bound)
    cache.keep('huge', await bytes(100_000))
    expect(cache.has('huge')).toBe(false)
  })

  it('makes a list once for all who ask at once, and again after a failure', async () => {
    const cache = createListCache()
    let made = 0
    const make = async () => {
      made++
      await Promise.resolve()
      if (made === 1) throw new Error('not this time')
      return bytes(10)
    }
    const failed = await Promise.allSettled([cache.obtain('a', make), cache.obtain('a', make)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const [first, second] = await Promise.all([cache.obtain('a', make), cache.obtain('a', make)])
    expect(second).toBe(first)
    expect(await cache.obtain('a', make)).toBe(first)
    expect(made).toBe(2)
  })
})

describe('lists in a cache that is too small for them', () => {
  const [week] = makeFeed({ seed: 5, weeks: 1 }).map(entryOf)
  let database: TestDatabase
  let store: Store

  beforeAll(async () => {
    database = await openTestDatabase('embedded')
  })
  beforeEach(async () => {
    await database.reset()
    store = database.freshStore()
    if (week) await store.publications.publish(week, publicationAfter(0))
  })
  afterAll(() => database.close())

  async function open(cache: ListCache, from = store): Promise<Lists> {
    const log = pino({ level: 'silent' })
    const lists = createLists({
      store: from,
      clouds: ['Public'],
      exporters,
      settings: {},
      log,
      cache,
    })
    await lists.refresh()
    return lists
  }

  it('are the same, are made once for all who ask, and need no database for it', async () => {
    for (let i = 0; i < 12; i++) {
      await store.allowlists.put(`mine-${i}`, { cloud: 'Public', tags: ['AzureCloud'] })
    }
    const [ample, tight] = [createListCache(), createListCache(60_000)]
    const [kept, made] = [await open(ample), await open(tight)]
    await Promise.all([bringToMemory(kept), bringToMemory(made)])
    expect(tight.held()).toBeGreaterThan(0)
    expect(tight.held()).toBeLessThanOrEqual(60_000)
    expect(ample.held()).toBeGreaterThan(60_000)
    await database.rows('ALTER TABLE snapshot RENAME TO snapshot_gone')
    await database.rows('ALTER TABLE list_bytes RENAME TO list_bytes_gone')
    try {
      let absent = 0
      for (const { name } of kept.definitions().filter((one) => !one.builtIn)) {
        const [expected, list] = [kept.current(name, 'json'), made.current(name, 'json')]
        if (!list.bytes()) absent++
        expect([list.digest, list.lastModified, list.length]).toEqual([
          expected.digest,
          expected.lastModified,
          expected.length,
        ])
        const [one, two] = await Promise.all([list.load(), list.load()])
        expect(two).toBe(one)
        expect(one).toEqual(expected.bytes())
        expect(tight.held()).toBeLessThanOrEqual(60_000)
      }
      expect(absent).toBeGreaterThan(0)
    } finally {
      await database.rows('ALTER TABLE snapshot_gone RENAME TO snapshot')
      await database.rows('ALTER TABLE list_bytes_gone RENAME TO list_bytes')
    }
  })

  it('are made ahead where somebody asked for the version before, and only there', async () => {
    const cache = createListCache()
    const lists = await open(cache)
    expect(cache.held()).toBe(0)
    await lists.put('mine', { tags: ['AzureCloud'] })
    await lists.current('mine', 'text').load()
    const [one] = [cache.held()]
    await lists.put('mine', { tags: ['ServiceBus'] })
    expect(cache.held()).toBeGreaterThan(one)
    const two = cache.held()
    await lists.put('mine', { tags: ['AzureCloud', 'ServiceBus'] })
    expect(cache.held()).toBe(two)
    expect(lists.current('mine', 'text').bytes()).toBeUndefined()
    expect(lists.current('mine', 'squid').bytes()).toBeUndefined()
  })

  it('that nobody stored are made once for all who ask, and again when they were forgotten', async () => {
    const cache = createListCache()
    const lists = await open(cache)
    const wish = unstoredDefinition(
      { cloud: 'Public', tags: ['AzureCloud'], regions: [], families: [], endpoints: [] },
      { clouds: ['Public'], past: false },
    )
    const [first, second] = await Promise.all([
      lists.adHoc(wish, 'text'),
      lists.adHoc(wish, 'text'),
    ])
    expect(second.representations).toBe(first.representations)
    expect((await lists.adHoc(wish, 'text')).representations).toBe(first.representations)
    const forgetful = await open(createListCache(1))
    const [again] = [await forgetful.adHoc(wish, 'text'), await forgetful.adHoc(wish, 'text')]
    expect(again.digest).toBe(first.digest)
  })

  it('of a past day are found again, for as long as there is room', async () => {
    const lists = await open(createListCache())
    const [record] = await store.history.list({ limit: 1 })
    if (!record) throw new Error('no history')
    const definition = lists.definition('app-proxy-ip')
    const first = await lists.asOf(definition, 'text', record)
    await database.rows('ALTER TABLE document RENAME TO document_gone')
    try {
      const again = await lists.asOf(definition, 'text', record)
      expect(again.representations).toBe(first.representations)
    } finally {
      await database.rows('ALTER TABLE document_gone RENAME TO document')
    }
  })
})
