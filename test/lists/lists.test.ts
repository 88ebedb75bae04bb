import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { someFormats as exporters } from '../support/formats.ts'
import type { Cloud } from '../../src/core/cloud.ts'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import { unstoredDefinition } from '../../src/lists/definition.ts'
import { createLists, type Lists } from '../../src/lists/lists.ts'
import type { Store } from '../../src/store/contract.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf, publicationAfter } from '../support/entries.ts'
import { bytesOf, seenOf, type AnyList } from '../support/list-bytes.ts'
import { makeFeed, smallDocument, tagValue } from '../support/feed.ts'

const SETTINGS = {
  RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080',
  RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
}
const weeks = makeFeed({ seed: 5, weeks: 4 }).map(entryOf)

let database: TestDatabase
let store: Store

beforeAll(async () => {
  database = await openTestDatabase('embedded')
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.reset()
  store = database.freshStore()
})

async function loadLists(clouds: readonly Cloud[] = ['Public']): Promise<Lists> {
  const lists = createLists({
    store: database.freshStore(),
    clouds,
    exporters,
    settings: SETTINGS,
    log: pino({ level: 'silent' }),
  })
  await lists.refresh()
  return lists
}

async function publishWeek(i: number, expectedSerial = i): Promise<void> {
  const entry = weeks[i]
  if (!entry) throw new Error(`the feed has no week ${i}`)
  const result = await store.publications.publish(entry, publicationAfter(expectedSerial))
  expect(result.kind).toBe('published')
}

/** Everything a device could see of every list in every format. */
async function everything(lists: Lists): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {}
  for (const { name } of lists.definitions()) {
    for (const format of exporters) {
      try {
        const { representations, ...about } = await seenOf(lists.current(name, format.name))
        seen[`${name}/${format.name}`] = {
          ...about,
          etags: Object.values(representations).map(({ etag }) => etag),
        }
      } catch (error) {
        seen[`${name}/${format.name}`] = String(error)
      }
    }
  }
  return seen
}

async function textOf(list: AnyList): Promise<string> {
  return (await bytesOf(list)).representations.identity.body.toString()
}

describe('the lists', () => {
  it('are not ready before anything is published, and say what to do', async () => {
    const lists = await loadLists()
    expect(() => lists.current('app-proxy', 'squid')).toThrow(
      /first sync has not succeeded.*import/,
    )
    expect(lists.published('Public')).toBeUndefined()
  })

  it('are there for the first cloud by plain name and for others with the cloud in it', async () => {
    const lists = await loadLists(['Public', 'AzureGovernment', 'China'])
    expect(lists.definitions().map(({ name }) => name)).toEqual([
      'app-proxy',
      'app-proxy-ip',
      'app-proxy-any',
      'app-proxy.azuregovernment',
      'app-proxy-ip.azuregovernment',
      'app-proxy-any.azuregovernment',
      'app-proxy-ip.china',
      'app-proxy-any.china',
    ])
    expect(() => lists.definition('app-proxy.china')).toThrow(/Microsoft publishes no/)
    expect(() => lists.definition('nonsense')).toThrow(
      /no allowlist "nonsense": known are app-proxy,/,
    )
  })

  it('survive a restart without a byte, ETag or Last-Modified moving', async () => {
    await publishWeek(0)
    const before = await everything(await loadLists())
    expect(Object.keys(before)).toHaveLength(3 * exporters.length)
    expect(await everything(await loadLists())).toEqual(before)
  })

  it('move when their content does, and only those', async () => {
    await publishWeek(0)
    const lists = await loadLists()
    const [names, addresses] = ['app-proxy', 'app-proxy-ip'].map((name) =>
      lists.current(name, 'json'),
    )
    await publishWeek(1)
    await lists.refresh()
    expect(lists.published('Public')?.publication.serial).toBe(2)
    const [namesAfter, addressesAfter] = ['app-proxy', 'app-proxy-ip'].map((name) =>
      lists.current(name, 'json'),
    )
    expect(namesAfter?.digest).toBe(names?.digest)
    expect(namesAfter?.lastModified).toBe(names?.lastModified)
    expect(addressesAfter?.digest).not.toBe(addresses?.digest)
    expect(Date.parse(addressesAfter?.lastModified ?? '')).toBeGreaterThan(
      Date.parse(addresses?.lastModified ?? ''),
    )
  })

  it('do not move when a prefix is split or a tag is described otherwise', async () => {
    await publishDocument('2025-01-06', ['20.0.0.0/16'], 0)
    const lists = await loadLists()
    const before = lists.definitions().map(({ name }) => lists.current(name, 'json'))
    const facts = { region: 'westeurope', regionId: 18, networkFeatures: ['NSG'] }
    await publishDocument('2025-01-13', ['20.0.0.0/17', '20.0.128.0/17'], 1, facts)
    await lists.refresh()
    const after = lists.definitions().map(({ name }) => lists.current(name, 'json'))
    expect(after.map(({ digest, lastModified }) => [digest, lastModified])).toEqual(
      before.map(({ digest, lastModified }) => [digest, lastModified]),
    )
    expect(after[0]?.snapshotId).not.toBe(before[0]?.snapshotId)
  })

  it('get new validators on the way back to an earlier snapshot', async () => {
    await publishWeek(0)
    const lists = await loadLists()
    const first = lists.current('app-proxy-ip', 'text')
    await publishWeek(1)
    await lists.refresh()
    const back = (await store.history.list({ limit: 10 })).at(-1)
    if (!back) throw new Error('no history')
    await store.publications.republish(back, { ...publicationAfter(2), kind: 'rollback' })
    await lists.refresh()
    const third = lists.current('app-proxy-ip', 'text')
    expect(third.snapshotId).toBe(first.snapshotId)
    expect(third.digest).not.toBe(first.digest)
    expect(await prefixLines(third)).toEqual(await prefixLines(first))
  })

  it('keep serving the old bytes when the new ones cannot be prepared', async () => {
    await publishWeek(0)
    const lists = await loadLists()
    const before = await everything(lists)
    await publishWeek(1)
    await database.rows('ALTER TABLE list_bytes RENAME TO list_bytes_gone')
    await expect(lists.refresh()).rejects.toThrow()
    await database.rows('ALTER TABLE list_bytes_gone RENAME TO list_bytes')
    expect(await everything(lists)).toEqual(before)
    await lists.refresh()
    expect(await everything(lists)).not.toEqual(before)
  })

  it('refuse a format that cannot carry them, naming what can', async () => {
    await publishWeek(0)
    const lists = await loadLists()
    expect(() => lists.current('app-proxy', 'text')).toThrow(/app-proxy-ip/)
    expect(() => lists.current('app-proxy', 'nonsense')).toThrow(/known are squid, pac, json, text/)
  })
})

describe('a stored definition', () => {
  const body = { tags: ['ServiceBus'], families: ['ipv4'], title: 'Mine' }

  it('is served at once, after a restart too, and until it is deleted', async () => {
    await publishWeek(0)
    const lists = await loadLists()
    expect(await lists.put('mine', body)).toBe(true)
    const stored = lists.current('mine', 'text')
    expect(await textOf(stored)).not.toContain('::')
    const later = await loadLists()
    expect(await seenOf(later.current('mine', 'text'))).toEqual(await seenOf(stored))
    expect(await later.put('mine', { ...body, families: ['ipv6'] })).toBe(false)
    expect(await textOf(later.current('mine', 'text'))).toContain('::')
    await later.delete('mine')
    expect(() => later.current('mine', 'text')).toThrow(/no allowlist "mine"/)
  })

  const wrong: [string, string, unknown, RegExp][] = [
    [
      'an unknown tag',
      'mine',
      { tags: ['servicebu'] },
      /no service tag or region "servicebu".*ServiceBus/,
    ],
    ['an unknown member', 'mine', { tag: ['ServiceBus'] }, /Unrecognized key: "tag"/],
    ['nothing selected', 'mine', {}, /selects nothing/],
    ['a bad name', 'Mine!', { tags: ['ServiceBus'] }, /"Mine!" is no allowlist name/],
    [
      'a name built in for another cloud',
      'app-proxy-ip.china',
      { tags: ['ServiceBus'] },
      /kept for lists/,
    ],
    ['a built-in name', 'app-proxy', { tags: ['ServiceBus'] }, /app-proxy is built in/],
    [
      'a cloud nobody follows',
      'mine',
      { cloud: 'China', tags: ['ServiceBus'] },
      /China is not followed/,
    ],
    ['an unknown service', 'mine', { endpoints: ['nonsense'] }, /no service "nonsense"/],
  ]
  it.each(wrong)('is refused with %s', async (_, name, given, why) => {
    await publishWeek(0)
    const lists = await loadLists()
    await expect(lists.put(name, given)).rejects.toThrow(why)
    expect(await store.allowlists.list()).toEqual([])
  })

  it('that names a tag which vanished is served without it, and says so', async () => {
    await publishWeek(0)
    await store.allowlists.put('mine', { tags: ['ServiceBus', 'Vanished'], cloud: 'Public' })
    const json = JSON.parse(await textOf((await loadLists()).current('mine', 'json'))) as Record<
      string,
      unknown
    >
    expect(JSON.stringify(json)).toContain('Vanished')
  })
})

describe('a list nobody stored', () => {
  const selection = {
    cloud: 'Public',
    tags: ['ServiceBus'],
    regions: [],
    families: [],
    endpoints: [],
  } as const
  const wish = unstoredDefinition(selection, { clouds: ['Public'], past: false })

  it('carries the hash of its content, and keeps its bytes while its tags do not change', async () => {
    await publishDocument('2025-01-06', ['20.0.0.0/16'], 0)
    const lists = await loadLists()
    const first = await lists.adHoc(wish, 'json')
    expect((await lists.adHoc(wish, 'json')).representations).toBe(first.representations)
    await publishDocument('2025-01-13', ['20.0.0.0/16', '20.1.0.0/16'], 1)
    await lists.refresh()
    const later = await lists.adHoc(wish, 'json')
    expect(later.digest).toBe(first.digest)
    expect(later.snapshotId).not.toBe(first.snapshotId)
    expect(await textOf(later)).toMatch(/"content": "[0-9a-f]{12}"/)
    expect(later.lastModified).toBeUndefined()
    const remembered = await database.rows(
      `SELECT list FROM list_version WHERE list NOT LIKE 'app-proxy%'`,
    )
    expect(remembered).toEqual([])
  })

  it('can be had as of any snapshot, without a serial', async () => {
    await publishWeek(0)
    await publishWeek(1)
    const lists = await loadLists()
    const [, oldest] = await store.history.list({ limit: 2 })
    if (!oldest) throw new Error('no history')
    const past = await lists.asOf(lists.definition('app-proxy-ip'), 'text', oldest)
    expect(await textOf(past)).toContain(`snapshot ${oldest.id}`)
    expect(await textOf(past)).not.toContain('serial')
    expect(past.lastModified).toBeUndefined()
    expect(await prefixLines(past)).not.toEqual(
      await prefixLines(lists.current('app-proxy-ip', 'text')),
    )
  })

  it('is refused with a tag of another time; a stored one is served without it', async () => {
    await publishDocument('2024-12-30', ['20.0.0.0/16'], 0)
    await publishWeek(1)
    const lists = await loadLists()
    const [, oldest] = await store.history.list({ limit: 2 })
    if (!oldest) throw new Error('no history')
    const tags = ['AzureFrontDoor.Frontend']
    const wanted = unstoredDefinition({ ...selection, tags }, { clouds: ['Public'], past: true })
    await expect(lists.asOf(wanted, 'text', oldest)).rejects.toThrow(/AzureFrontDoor.Frontend/)
    const past = await lists.asOf(lists.definition('app-proxy-ip'), 'text', oldest)
    expect(await prefixLines(past)).toEqual(['20.0.0.0/16'])
  })
})

describe('several at once', () => {
  it('end with the definition and the bytes that belong together', async () => {
    await publishWeek(0)
    const lists = await loadLists()
    await Promise.all([
      lists.put('mine', { tags: ['ServiceBus'] }),
      lists.put('mine', { tags: ['AzureCloud'] }),
      lists.refresh(),
    ])
    expect(lists.definition('mine').tags).toEqual(['AzureCloud'])
    const json = JSON.parse(await textOf(lists.current('mine', 'json'))) as { tags: string[] }
    expect(json.tags).toEqual(['AzureCloud'])
    await Promise.all([lists.delete('mine'), lists.refresh()])
    expect(() => lists.current('mine', 'json')).toThrow(/no allowlist "mine"/)
  })

  it('see what another process published and stored', async () => {
    await publishWeek(0)
    const [here, there] = [await loadLists(), await loadLists()]
    await here.put('mine', { tags: ['ServiceBus'] })
    await publishWeek(1)
    await there.refresh()
    await here.refresh()
    expect(await everything(there)).toEqual(await everything(here))
    expect(there.published('Public')?.publication.serial).toBe(2)
    await there.delete('mine')
    await here.refresh()
    expect(() => here.definition('mine')).toThrow(/no allowlist/)
  })

  it('go on with the others when one belongs to a cloud that is not followed any more', async () => {
    await publishWeek(0)
    await store.allowlists.put('chinese', { cloud: 'China', tags: ['AzureCloud'] })
    const lists = await loadLists()
    expect(() => lists.current('chinese', 'text')).toThrow(
      /stored and cannot be used.*China is not followed/,
    )
    expect(lists.current('app-proxy', 'squid').digest).toMatch(/^[0-9a-f]{64}$/)
    await lists.delete('chinese')
    expect(await store.allowlists.list()).toEqual([])
  })
})

async function publishDocument(
  date: string,
  prefixes: string[],
  serial: number,
  properties: object = {},
): Promise<void> {
  const values = [
    tagValue('AzureCloud', prefixes),
    tagValue('ServiceBus', ['20.0.1.0/28'], { ...properties }),
  ]
  const fileDate = fileDateOf(date)
  const entry = entryOf({ text: smallDocument({ values }), fileDate, fileName: date })
  expect((await store.publications.publish(entry, publicationAfter(serial))).kind).toBe('published')
}

function fileDateOf(text: string): FileDate {
  const parsed = parseFileDate(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

async function prefixLines(list: AnyList): Promise<string[]> {
  return (await textOf(list)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}
