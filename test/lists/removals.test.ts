/**
 * What lists do with networks that left what is published: they stay for their days and say so,
 * leave without a sync, and no list becomes empty because of the feed. Time is moved in the
 * database, by making publications older than they are.
 */
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { someFormats as exporters } from '../support/formats.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import { summaryOf } from '../../src/core/diff-summary.ts'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import { unstoredDefinition } from '../../src/lists/definition.ts'
import { createLists, type Lists } from '../../src/lists/lists.ts'
import type { StoredList } from '../../src/lists/prepared-list.ts'
import { findFormat, renderCurrent } from '../../src/lists/render.ts'
import type { Entry, PublicationKind, Store } from '../../src/store/contract.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf } from '../support/entries.ts'
import { smallDocument, tagValue } from '../support/feed.ts'
import { bytesOf, seenOf, type AnyList } from '../support/list-bytes.ts'

const SETTINGS = {
  RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080',
  RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
}
const DAY_MS = 86_400_000

let database: TestDatabase
let store: Store
let serial: number
let logged: Record<string, unknown>[]

beforeAll(async () => {
  database = await openTestDatabase('embedded')
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.reset()
  store = database.freshStore()
  serial = 0
  logged = []
})

type Tags = Readonly<Record<string, readonly string[]>>

function entry(date: string, tags: Tags): Entry {
  const all = { AzureCloud: ['20.0.0.0/16'], ...tags }
  const values = Object.entries(all).map(([name, prefixes]) => tagValue(name, prefixes))
  return entryOf({ text: smallDocument({ values }), fileDate: fileDateOf(date), fileName: date })
}

function request(kind: PublicationKind, until?: Date) {
  return { kind, publishedBy: 'Ada', reason: 'a reason', expectedSerial: serial++, until }
}

async function publish(date: string, tags: Tags): Promise<void> {
  expect((await store.publications.publish(entry(date, tags), request('sync'))).kind).toBe(
    'published',
  )
}

/** Hands out a snapshot of history once more. */
async function republish(date: string, kind: PublicationKind, until?: Date): Promise<void> {
  const known = await store.history.list({ limit: 200 })
  const record = known.find(({ fileDate }) => fileDate === date)
  if (!record) throw new Error(`no snapshot of ${date}`)
  expect((await store.publications.republish(record, request(kind, until))).kind).toBe('published')
}

/** As if everything but the last publication, which is what it was, were so many days older. */
async function daysPass(days: number): Promise<void> {
  await database.rows(
    `UPDATE publication SET published_at = published_at - ${days} * interval '24 hours'
     WHERE serial < (SELECT max(serial) FROM publication)`,
  )
}

async function loadLists(from: Store = database.freshStore()): Promise<Lists> {
  const log = pino(
    { level: 'info' },
    { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const lists = createLists({ store: from, clouds: ['Public'], exporters, settings: SETTINGS, log })
  await lists.refresh()
  return lists
}

async function textOf(list: AnyList): Promise<string> {
  return (await bytesOf(list)).representations.identity.body.toString()
}

async function entriesOf(list: AnyList): Promise<string[]> {
  return (await textOf(list)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

async function headOf(list: AnyList): Promise<string> {
  return (await textOf(list))
    .split('\n')
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2))
    .join(' ')
}

/** The list `mine`, as a device that reads prefixes gets it. */
function mine(lists: Lists): StoredList {
  return lists.current('mine', 'text')
}

async function everyFormat(lists: Lists): Promise<Awaited<ReturnType<typeof seenOf>>[]> {
  return Promise.all(exporters.map(({ name }) => seenOf(lists.current('mine', name))))
}

/** UTC day so many days from the last publication. */
async function dayAfter(days: number): Promise<string> {
  const [newest] = await store.publications.list('Public', 1)
  const at = (newest?.publishedAt.getTime() ?? NaN) + days * DAY_MS
  return new Date(at).toISOString().slice(0, 10)
}

describe('a network that left', () => {
  it('stays for 14 days, and every format says which day is its last', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    const lastDay = await dayAfter(14)
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
    for (const { name } of exporters) {
      const text = (await textOf(lists.current('mine', name))).replaceAll(/\n *(#|\/\/) /g, ' ')
      expect(text.slice(text.indexOf(lastDay)), name).toContain('20.9.0.0/24')
    }
    expect(lists.notices('mine')).toMatchObject({
      missingTags: [],
      leaving: [{ lastDay, prefixes: [{ text: '20.9.0.0/24' }] }],
    })
  })

  it('leaves when its days are over, without a sync, with new validators', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    await publish('2025-01-20', { ServiceBus: ['20.0.1.0/28'], Storage: ['20.0.2.0/28'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    await daysPass(13)
    await lists.refresh()
    const before = await everyFormat(lists)
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
    await daysPass(1)
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28'])
    expect(await headOf(mine(lists))).not.toContain('last day')
    for (const [i, after] of (await everyFormat(lists)).entries()) {
      expect(after['digest']).not.toBe(before[i]?.['digest'])
      expect(Date.parse(String(after['lastModified']))).toBeGreaterThan(
        Date.parse(String(before[i]?.['lastModified'])),
      )
    }
    expect(await headOf(mine(lists))).toMatch(/serial 3\b/)
  })

  it('leaves at once where the list has no grace, and stays as long as the list says', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'], removalGraceDays: 0 })
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28'])
    await lists.put('mine', { tags: ['ServiceBus'], removalGraceDays: 365 })
    await database.rows(`UPDATE publication SET published_at = published_at - interval '364 days'`)
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
    await lists.put('mine', { tags: ['ServiceBus'], removalGraceDays: 363 })
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28'])
  })

  it('and came back is not marked, whatever was between', async () => {
    const both = { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] }
    await publish('2025-01-06', both)
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    await publish('2025-01-20', { ServiceBus: ['20.9.0.0/25', '20.9.0.128/25', '20.0.1.0/28'] })
    await lists.refresh()
    expect(lists.notices('mine')?.leaving).toEqual([])
    expect(await headOf(mine(lists))).toMatch(/serial 1\b/)
  })

  it('leaves at once with the tag when a person takes that out of the list', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28'], Storage: ['20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'], Storage: ['20.9.0.0/25'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus', 'Storage'] })
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
    await lists.put('mine', { tags: ['ServiceBus'] })
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28'])
  })

  it('leaves at once with a purge', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    await republish('2025-01-13', 'purge')
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28'])
    expect(lists.notices('mine')?.leaving).toEqual([])
  })

  it('has no grace in a list of a past day: that is what Microsoft said', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    const [newest] = await store.history.list({ limit: 1 })
    if (!newest) throw new Error('no history')
    const past = await lists.asOf(lists.definition('mine'), 'text', newest)
    expect(await entriesOf(past)).toEqual(['20.0.1.0/28'])
  })
})

describe('bytes', () => {
  it('stay when something leaves the days of grace that the list did not lose', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28'], Storage: ['20.0.2.0/28'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    await publish('2025-01-20', { ServiceBus: ['20.0.1.0/28'], Sql: ['20.0.3.0/28'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    const before = await everyFormat(lists)
    await daysPass(20)
    await lists.refresh()
    expect(await everyFormat(lists)).toEqual(before)
  })

  it('are the same in another process, on the command line and after a restart', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'], Storage: [] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    const here = await loadLists()
    await here.put('mine', { tags: ['ServiceBus', 'AzureCloud'] })
    const there = await loadLists()
    expect(await everyFormat(there)).toEqual(await everyFormat(here))
    const surroundings = { clouds: ['Public'] as const, settings: SETTINGS }
    for (const exporter of exporters) {
      const direct = await renderCurrent(store, exporter, here.definition('mine'), surroundings)
      expect(direct.toString()).toBe(await textOf(here.current('mine', exporter.name)))
    }
  })

  it('are not prepared, and no snapshot is read, while nothing changes', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    const asked: string[] = []
    const watched = <T extends object>(room: string, methods: T): T =>
      new Proxy(methods, {
        get(target, method) {
          asked.push(`${room}.${String(method)}`)
          return Reflect.get(target, method) as unknown
        },
      })
    const fresh = database.freshStore()
    const lists = await loadLists({
      ...fresh,
      history: watched('history', fresh.history),
      publications: watched('publications', fresh.publications),
      holds: watched('holds', fresh.holds),
      allowlists: watched('allowlists', fresh.allowlists),
      lists: watched('lists', fresh.lists),
    })
    await lists.put('mine', { tags: ['ServiceBus'] })
    asked.length = 0
    await lists.refresh()
    expect(asked).toEqual(['lists.mark', 'allowlists.list', 'publications.servedWithin'])
  })
})

describe('a tag that a list names', () => {
  it.each([
    ['vanished', {}, 'missingTags', /names what the published file lacks: Storage\./],
    ['became empty', { Storage: [] }, 'emptyTags', /published file has empty: Storage\./],
  ] as const)(
    'and that %s is said at once and leaves by its days',
    async (_, gone, member, said) => {
      const stays = { ServiceBus: ['20.0.1.0/28'] }
      await publish('2025-01-06', { ...stays, Storage: ['20.9.0.0/24'] })
      const lists = await loadLists()
      await lists.put('mine', { tags: ['ServiceBus', 'Storage'] })
      expect(lists.notices('mine')?.[member]).toEqual([])
      await publish('2025-01-13', { ...stays, ...gone })
      await publish('2025-01-20', { ...stays, ...gone, Sql: ['20.0.3.0/28'] })
      await lists.refresh()
      await lists.refresh()
      expect(lists.notices('mine')?.[member]).toEqual(['Storage'])
      expect(await headOf(mine(lists))).toMatch(said)
      expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
      expect(logged.filter(({ allowlist }) => allowlist === 'mine')).toMatchObject([
        { level: 40, [member]: ['Storage'], msg: 'An allowlist names what has no addresses' },
      ])
      await daysPass(14)
      await lists.refresh()
      expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28'])
      expect(await headOf(mine(lists))).toMatch(said)
      await publish('2025-01-27', { ...stays, Storage: ['20.9.0.0/24'] })
      await lists.refresh()
      expect(await headOf(mine(lists))).not.toMatch(said)
      expect(logged.filter(({ allowlist }) => allowlist === 'mine').at(-1)).toMatchObject({
        level: 30,
        msg: 'An allowlist has addresses for all it names again',
      })
    },
  )
})

describe('a list that the feed leaves no address', () => {
  const others = (i: number): Tags => ({ ServiceBus: [`20.0.1.${16 * i}/28`] })

  async function vanish(): Promise<Lists> {
    await publish('2025-01-06', { ...others(0), Storage: ['20.9.0.0/24'] })
    await publish('2025-01-13', { ...others(1), Storage: ['20.9.0.0/25'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['Storage'] })
    await publish('2025-01-20', others(2))
    await lists.refresh()
    return lists
  }

  it('keeps its last ones, says so at once, and lets the earlier ones leave by their days', async () => {
    const lists = await vanish()
    const kept = {
      fileDate: '2025-01-13',
      snapshot: expect.stringMatching(/^public-20250113-/) as unknown,
    }
    expect(lists.notices('mine')).toMatchObject({
      kept,
      missingTags: ['Storage'],
      leaving: [{ prefixes: [{ text: '20.9.0.128/25' }] }],
    })
    expect(await entriesOf(mine(lists))).toEqual(['20.9.0.0/24'])
    expect(await headOf(mine(lists))).toMatch(
      /those of 2025-01-13 .* are kept until a person decides/,
    )
    expect(logged.filter(({ allowlist }) => allowlist === 'mine')).toMatchObject([{ kept }])
  })

  it('keeps them for as long as it takes, in every process', async () => {
    await vanish()
    for (const [i, date] of ['2025-01-27', '2025-02-03', '2025-02-10'].entries()) {
      await publish(date, others(3 + i))
    }
    await daysPass(400)
    const lists = await loadLists()
    expect(await entriesOf(mine(lists))).toEqual(['20.9.0.0/25'])
    expect(lists.notices('mine')).toMatchObject({ kept: { fileDate: '2025-01-13' }, leaving: [] })
    expect(await everyFormat(await loadLists())).toEqual(await everyFormat(lists))
  })

  it('looks further back than one page for them', async () => {
    await publish('2024-01-01', { Storage: ['20.9.0.0/24'] })
    for (let week = 0; week < 60; week++) {
      const date = new Date(Date.parse('2024-01-08') + week * 7 * DAY_MS).toISOString().slice(0, 10)
      await publish(date, { ServiceBus: [`20.1.${week}.0/24`] })
    }
    await store.allowlists.put('mine', { tags: ['Storage'], removalGraceDays: 0 })
    expect(await entriesOf(mine(await loadLists()))).toEqual(['20.9.0.0/24'])
  })

  it.each(['purge', 'rollback'] as const)('is refused once a %s has taken them', async (kind) => {
    const lists = await vanish()
    await republish('2025-01-20', kind)
    await lists.refresh()
    expect(() => mine(lists)).toThrow(/no addresses/)
    await publish('2025-01-27', others(3))
    await lists.refresh()
    expect(() => mine(lists)).toThrow(/no addresses/)
    expect(lists.notices('mine')?.kept).toBeUndefined()
  })

  it('is served by what the feed has for it as soon as there is something', async () => {
    const lists = await vanish()
    await publish('2025-01-27', { Storage: ['20.8.0.0/24'] })
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.8.0.0/24', '20.9.0.0/24'])
    expect(lists.notices('mine')).toMatchObject({ kept: undefined, missingTags: [] })
  })

  it('has names still, and keeps its addresses beside them', async () => {
    await publish('2025-01-06', { Storage: ['20.9.0.0/24'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['Storage'], endpoints: ['app-proxy'], removalGraceDays: 0 })
    await publish('2025-01-13', {})
    await lists.refresh()
    expect(await textOf(lists.current('mine', 'squid'))).toMatch(/dst -n 20\.9\.0\.0\/24/)
  })
})

describe('a rollback', () => {
  it('says so in every list, is in force at once, and moves bytes even to the same snapshot', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    const names = await textOf(lists.current('app-proxy', 'squid'))
    const first = await everyFormat(lists)
    await republish('2025-01-06', 'rollback')
    await lists.refresh()
    const pinned = await everyFormat(lists)
    for (const [i, { digest }] of pinned.entries()) expect(digest).not.toBe(first[i]?.['digest'])
    expect(await headOf(mine(lists))).toMatch(
      /went back to the file of 2025-01-06 .*until it is released/,
    )
    expect(await textOf(lists.current('app-proxy', 'squid'))).not.toBe(names)
    await republish('2025-01-06', 'release')
    await lists.refresh()
    for (const [i, { digest }] of (await everyFormat(lists)).entries()) {
      expect([first[i]?.['digest'], pinned[i]?.['digest']]).not.toContain(digest)
    }
    expect(await headOf(mine(lists))).not.toMatch(/went back/)
    expect(await textOf(mine(lists))).not.toContain('Ada')
  })

  it('has no grace for what was handed out before it, and its own has when it is released', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.8.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    await republish('2025-01-06', 'rollback', new Date('2031-02-03T04:05:06Z'))
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.8.0.0/24'])
    expect(lists.notices('mine')).toMatchObject({
      leaving: [],
      rolledBack: { fileDate: '2025-01-06', until: '2031-02-03T04:05:06.000Z' },
    })
    await republish('2025-01-13', 'release')
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.8.0.0/24', '20.9.0.0/24'])
    expect(lists.notices('mine')?.leaving).toMatchObject([{ prefixes: [{ text: '20.8.0.0/24' }] }])
  })
})

describe('additions of a held week', () => {
  it('are in the list, and leave at once when a person rejects them', async () => {
    const before = { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] }
    await publish('2025-01-06', before)
    const lists = await loadLists()
    await lists.put('mine', { tags: ['ServiceBus'] })
    const candidate = entry('2025-01-13', { ServiceBus: ['20.7.0.0/24'] })
    const [record] = await store.history.list({ limit: 1 })
    const current = lists.published('Public')
    if (!record || !current) throw new Error('nothing is published')
    const diff = summaryOf(diffSnapshots(current.snapshot, candidate.snapshot))
    await store.publications.publishAdditions(
      candidate,
      { reasons: [], diff },
      record,
      request('additions'),
    )
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.7.0.0/24', '20.9.0.0/24'])
    expect(lists.notices('mine')?.leaving).toEqual([])
    const [hold] = await store.holds.list({ limit: 1 })
    if (!hold) throw new Error('nothing is held')
    await store.holds.reject(hold, { by: 'Ada', reason: 'not ours' })
    await lists.refresh()
    expect(await entriesOf(mine(lists))).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
    expect(lists.notices('mine')?.leaving).toEqual([])
  })
})

describe('a list nobody stored', () => {
  const selection = { cloud: 'Public', regions: [], families: [], endpoints: [] } as const
  const followed = { clouds: ['Public'], past: false } as const
  const wish = (tags: string[], removalGraceDays?: number) =>
    unstoredDefinition({ ...selection, tags, removalGraceDays }, followed)

  it('has the same grace, or what it asks for, and leaves it without a sync', async () => {
    await publish('2025-01-06', { ServiceBus: ['20.0.1.0/28', '20.9.0.0/24'] })
    await publish('2025-01-13', { ServiceBus: ['20.0.1.0/28'] })
    await publish('2025-01-20', { ServiceBus: ['20.0.1.0/28'], Sql: ['20.0.3.0/28'] })
    const lists = await loadLists()
    const get = async (days?: number) => lists.adHoc(wish(['ServiceBus'], days), 'text')
    expect(await entriesOf(await get())).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
    expect((await get(14)).representations).toBe((await get()).representations)
    expect(await entriesOf(await get(0))).toEqual(['20.0.1.0/28'])
    await daysPass(14)
    await lists.refresh()
    expect(await entriesOf(await get())).toEqual(['20.0.1.0/28'])
    expect(await entriesOf(await get(15))).toEqual(['20.0.1.0/28', '20.9.0.0/24'])
    const text = findFormat(exporters, 'text')
    const surroundings = { clouds: ['Public'] as const, settings: {} }
    const direct = await renderCurrent(store, text, wish(['ServiceBus'], 15), surroundings)
    expect(direct.toString()).toBe(await textOf(await get(15)))
  })

  it('knows a tag that vanished as long as it is in grace, and refuses it then', async () => {
    await publish('2025-01-06', { Storage: ['20.9.0.0/24'] })
    await publish('2025-01-13', {})
    await publish('2025-01-20', { ServiceBus: ['20.0.1.0/28'] })
    const lists = await loadLists()
    const list = await lists.adHoc(wish(['Storage']), 'text')
    expect(await entriesOf(list)).toEqual(['20.9.0.0/24'])
    expect(await headOf(list)).toMatch(/lacks: Storage\..*last day/)
    await expect(lists.adHoc(wish(['Storage'], 0), 'text')).rejects.toThrow(
      /no service tag .*"Storage"/,
    )
    await expect(lists.adHoc(wish(['Storag']), 'text')).rejects.toThrow(/no service tag .*"Storag"/)
    await daysPass(14)
    await lists.refresh()
    await expect(lists.adHoc(wish(['Storage']), 'text')).rejects.toThrow(
      /no service tag .*"Storage"/,
    )
  })

  it.each([-1, 366, 1.5])('cannot ask for %s days', (days) => {
    expect(() => wish(['Storage'], days)).toThrow(/removalGraceDays/)
  })
})

function fileDateOf(text: string): FileDate {
  const parsed = parseFileDate(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}
