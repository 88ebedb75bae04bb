/** Lists in the shape of a device: widened to a budget, split into shards, refused with numbers. */
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { someFormats as exporters } from '../support/formats.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import { parseFileDate } from '../../src/core/file-date.ts'
import { unstoredDefinition, type SelectionWish } from '../../src/lists/definition.ts'
import { createLists, type Lists } from '../../src/lists/lists.ts'
import type { Store } from '../../src/store/contract.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf, publicationAfter } from '../support/entries.ts'
import { smallDocument, tagValue } from '../support/feed.ts'
import { bytesOf, type AnyList } from '../support/list-bytes.ts'

const SETTINGS = {
  RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080',
  RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
}

/** Of 16 networks far apart; the first two are three quarters of a /22. */
const SCATTERED = Array.from({ length: 14 }, (_, i) => `20.${8 * i + 40}.0.0/24`)
const SQL = ['20.0.0.0/23', '20.0.2.0/24', ...SCATTERED]

let database: TestDatabase
let store: Store
let logged: Record<string, unknown>[]

beforeAll(async () => {
  database = await openTestDatabase('embedded')
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.reset()
  store = database.freshStore()
  logged = []
})

async function publish(date: string, serial: number, sql: readonly string[]): Promise<void> {
  const parsed = parseFileDate(date)
  if (!parsed.ok) throw new Error(parsed.reason)
  const values = [tagValue('AzureCloud', ['20.0.0.0/8']), tagValue('Sql', sql)]
  const text = smallDocument({ values })
  const entry = entryOf({ text, fileDate: parsed.value, fileName: date })
  const result = await store.publications.publish(entry, publicationAfter(serial))
  expect(result.kind).toBe('published')
}

async function loadLists(): Promise<Lists> {
  const log = pino(
    { level: 'info' },
    { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const from = database.freshStore()
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
  return (await textOf(list)).replaceAll(/^[^#].*$/gm, '').replaceAll(/\n# /g, ' ')
}

function refusalOf(work: () => unknown): RangewardenError {
  try {
    work()
  } catch (error) {
    if (error instanceof RangewardenError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function wish(given: Partial<SelectionWish>): SelectionWish {
  return { cloud: 'Public', tags: ['Sql'], regions: [], families: [], endpoints: [], ...given }
}

function unstored(given: Partial<SelectionWish>) {
  return unstoredDefinition(wish(given), { clouds: ['Public'], past: false })
}

describe('a list with a budget', () => {
  beforeEach(() => publish('2025-10-20', 0, SQL))

  it('has so many entries, and says in every format by how much that is wider', async () => {
    const lists = await loadLists()
    await lists.put('mine', { tags: ['Sql'], budget: { entries: 15, mostExtraPercent: 6 } })
    expect(await entriesOf(lists.current('mine', 'text'))).toEqual(['20.0.0.0/22', ...SCATTERED])
    for (const format of ['text', 'squid', 'pac']) {
      const head = (await textOf(lists.current('mine', format))).replaceAll(/\n *(#|\/\/) /g, ' ')
      expect(head).toContain(
        'Widened to have fewer entries, 15 instead of 16: it admits 256 IPv4 addresses ' +
          '(5.8824 % of those that are selected) that nobody selected.',
      )
    }
    const widened = {
      entries: 15,
      lossless: 16,
      addresses: { ipv4: 256, ipv6: '0' },
      percent: { ipv4: 5.8824, ipv6: 0 },
      prefixes: { ipv4: ['20.0.3.0/24'], ipv6: [] },
    }
    const shown = JSON.parse(await textOf(lists.current('mine', 'json'))) as Record<string, unknown>
    expect(shown['widened']).toEqual(widened)
    expect(shown['addresses']).toEqual({ ipv4: 18 * 256, ipv6: '0' })
    expect(lists.notices('mine')?.widened).toMatchObject({ entries: 15, lossless: 16 })
  })

  it('that it fits as it is has the bytes of one without', async () => {
    const lists = await loadLists()
    await lists.put('mine', { tags: ['Sql'], budget: { entries: 16 } })
    const before = exporters.map(({ name }) => lists.current('mine', name).digest)
    await lists.put('mine', { tags: ['Sql'] })
    const after = exporters.map(({ name }) => lists.current('mine', name).digest)
    expect(after).toEqual(before)
  })

  it('beyond its cap is refused in every format, with numbers, and logged once', async () => {
    const lists = await loadLists()
    await lists.put('mine', { tags: ['Sql'], endpoints: ['app-proxy'], budget: { entries: 15 } })
    for (const { name: format } of exporters) {
      const refusal = refusalOf(() => lists.current('mine', format))
      expect(refusal.code).toBe('export-refused')
      expect(refusal.message).toBe(
        'mine: 16 entries cannot be made 15 within the cap: that would admit 5.8824 % more IPv4 ' +
          'addresses than are listed, and at most 5 % are allowed',
      )
      expect(refusal.facts).toMatchObject({
        allowlist: 'mine',
        format,
        lossless: 16,
        entries: 15,
        extraPercent: 5.8824,
        mostExtraPercent: 5,
      })
    }
    await lists.refresh()
    const warnings = logged.filter(({ msg }) => String(msg).includes('does not fit its budget'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ allowlist: 'mine', level: 40 })
    await publish('2025-10-28', 1, SQL.slice(1))
    await lists.put('mine', { tags: ['Sql'], removalGraceDays: 0, budget: { entries: 15 } })
    expect(await entriesOf(lists.current('mine', 'text'))).toEqual(SQL.slice(1))
    expect(logged.at(-1)).toMatchObject({ msg: 'An allowlist fits its budget again' })
  })

  it('never has what it excludes', async () => {
    const lists = await loadLists()
    const list = async (never: string[], maxEntries: number) =>
      lists.adHoc(unstored({ maxEntries, maxExtraPercent: 100, never }), 'text')
    expect(await entriesOf(await list(['20.0.2.0-20.0.2.255'], 15))).toContain('20.0.0.0/22')
    await expect(list(['20.0.3.255'], 15)).rejects.toMatchObject({
      code: 'export-refused',
      message: expect.stringContaining('at most 100 % are allowed') as unknown,
    })
    await expect(list(['20.0.3.255', '20.32.0.0/11', '20.64.0.0/10'], 15)).rejects.toMatchObject({
      facts: { entries: 15, lossless: 16 },
    })
  })

  it('counts what leaves among its entries, and is shaped as of a past day too', async () => {
    await publish('2025-10-28', 1, SQL.slice(2))
    const lists = await loadLists()
    const definition = unstored({ maxEntries: 15, maxExtraPercent: 6 })
    const now = await lists.adHoc(definition, 'text')
    expect(await entriesOf(now)).toHaveLength(15)
    expect(await headOf(now)).toMatch(/last day .*20\.0\.0\.0\/23, 20\.0\.2\.0\/24\./)
    const [record] = (await store.history.list({ limit: 2 })).slice(1)
    if (!record) throw new Error('there are two snapshots')
    expect(await entriesOf(await lists.asOf(definition, 'text', record))).toContain('20.0.0.0/22')
  })
})

describe('a list with shards', () => {
  const shards = Array.from({ length: 8 }, (_, i) => `mine.${i + 1}of8`)
  const MANY = Array.from({ length: 200 }, (_, i) => `20.${i + 20}.0.0/24`)
  const body = { tags: ['Sql'], endpoints: ['app-proxy'], shards: 8 }

  beforeEach(() => publish('2025-10-20', 0, MANY))

  it('is whole under its name, and each of its networks is in one shard', async () => {
    const lists = await loadLists()
    await lists.put('mine', body)
    expect(lists.definitions().map(({ name }) => name)).toEqual(expect.arrayContaining(shards))
    expect(await entriesOf(lists.current('mine', 'text'))).toEqual(MANY)
    const parts = await Promise.all(shards.map((name) => entriesOf(lists.current(name, 'text'))))
    expect(parts.flat().sort()).toEqual([...MANY].sort())
    const shown = await Promise.all(
      shards.map(async (name) => JSON.parse(await textOf(lists.current(name, 'json'))) as Shown),
    )
    shown.forEach(({ list, shard, names, addresses }, i) => {
      expect({ list, shard }).toEqual({ list: shards[i], shard: { index: i + 1, of: 8 } })
      expect(names).toEqual(shown[0]?.names)
      expect(addresses.ipv4).toBe(256 * (parts[i]?.length ?? 0))
    })
    expect(await headOf(lists.current('mine.2of8', 'text'))).toContain('This is shard 2 of 8')
  })

  it('moves one shard when one network changes, and that one alone says so', async () => {
    const lists = await loadLists()
    await lists.put('mine', body)
    const seen = () =>
      shards.map((name) => exporters.map((format) => lists.current(name, format.name).digest))
    const before = seen()
    await publish('2025-10-28', 1, ['20.20.7.0/24', ...MANY.slice(1)])
    await lists.refresh()
    const moved = shards.filter((_, i) => String(seen()[i]) !== String(before[i]))
    expect(moved).toHaveLength(1)
    expect(await headOf(lists.current(moved[0] ?? '', 'text'))).toMatch(
      /last day .* 20\.20\.0\.0\/24\./,
    )
  })

  it('splits what its budget made of it, and each shard tells of its own extra addresses', async () => {
    const lists = await loadLists()
    await publish('2025-10-28', 1, [...MANY, '20.0.0.0/23', '20.0.2.0/24'])
    await lists.put('mine', { ...body, budget: { entries: 201 } })
    const parts = await Promise.all(shards.map((name) => entriesOf(lists.current(name, 'text'))))
    expect(parts.flat()).toHaveLength(201)
    const wide = shards.filter((name) => lists.notices(name)?.widened !== undefined)
    expect(wide).toHaveLength(1)
    const [one = ''] = wide
    expect(lists.notices(one)?.widened).toMatchObject({
      entries: (await entriesOf(lists.current(one, 'text'))).length,
      lossless: (await entriesOf(lists.current(one, 'text'))).length + 1,
      addresses: { 4: 256n, 6: 0n },
    })
  })

  it('lends its shards to nobody: they come, change and go with it', async () => {
    const lists = await loadLists()
    await lists.put('mine', body)
    await expect(lists.put('mine.1of8', body)).rejects.toMatchObject({ code: 'conflict' })
    await expect(lists.delete('mine.1of8')).rejects.toMatchObject({ code: 'conflict' })
    await lists.put('mine', { ...body, shards: 2 })
    expect(() => lists.current('mine.8of8', 'text')).toThrow(/no allowlist "mine.8of8"/)
    expect((await entriesOf(lists.current('mine.2of2', 'text'))).length).toBeGreaterThan(50)
    await lists.delete('mine')
    expect(() => lists.current('mine.2of2', 'text')).toThrow(/no allowlist/)
  })

  it('can be had without being stored, in the same parts', async () => {
    const lists = await loadLists()
    await lists.put('mine', body)
    for (const name of ['mine.1of8', 'mine.8of8']) {
      const asked = await lists.adHoc(unstored({ shard: name.slice(5) }), 'text')
      expect(await entriesOf(asked)).toEqual(await entriesOf(lists.current(name, 'text')))
    }
  })
})

interface Shown {
  readonly list: string
  readonly shard: unknown
  readonly names: unknown
  readonly addresses: { readonly ipv4: number }
}
