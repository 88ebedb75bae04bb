import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changesBetween } from '../../src/history/changes.ts'
import { lookUp } from '../../src/history/lookup.ts'
import { cloudOrOnly, resolveSnapshot } from '../../src/history/resolve.ts'
import { createTimelines, type Timelines } from '../../src/history/timelines.ts'
import type { Store } from '../../src/store/contract.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf } from '../support/entries.ts'
import { smallDocument, tagValue } from '../support/feed.ts'
import { parseFileDate } from '../../src/core/file-date.ts'

let database: TestDatabase
let store: Store
let timelines: Timelines

/** Four weeks: a range comes, goes, and comes back in another spelling. */
const HISTORY: readonly [string, readonly string[]][] = [
  ['2025-01-06', ['20.0.0.0/16']],
  ['2025-01-13', ['20.0.0.0/16', '20.5.0.0/24']],
  ['2025-01-20', ['20.0.0.0/16']],
  ['2025-01-27', ['20.0.0.0/16', '20.5.0.0/25', '20.5.0.128/25']],
]

beforeAll(async () => {
  database = await openTestDatabase('embedded')
  store = database.freshStore()
  timelines = createTimelines(store.timelines)
  for (const [day, prefixes] of HISTORY) {
    const values = [
      tagValue('AzureCloud', [...prefixes, '2603:1000::/40']),
      tagValue('Storage.WestEurope', prefixes.slice(1), { region: 'westeurope', regionId: 18 }),
    ]
    const fileDate = parseFileDate(day)
    if (!fileDate.ok) throw new Error(fileDate.reason)
    const entry = { text: smallDocument({ values }), fileDate: fileDate.value, fileName: day }
    await store.history.accept(entryOf(entry))
  }
})
afterAll(() => database.close())

describe('a point in history', () => {
  const points: [string, string][] = [
    ['latest', '2025-01-27'],
    ['previous', '2025-01-20'],
    ['2025-01-13', '2025-01-13'],
    ['20250119', '2025-01-13'],
    ['2031-01-01', '2025-01-27'],
  ]
  it.each(points)('%s is the file of %s', async (text, fileDate) => {
    expect((await resolveSnapshot(store.history, 'Public', text)).fileDate).toBe(fileDate)
  })

  it('can be a snapshot id', async () => {
    const latest = await resolveSnapshot(store.history, 'Public', 'latest')
    expect(await resolveSnapshot(store.history, 'Public', latest.id)).toEqual(latest)
  })

  const wrong: [string, string, RegExp][] = [
    [
      'a day before the first file',
      '2024-12-31',
      /no file of 2024-12-31 or before: the oldest is of 2025-01-06/,
    ],
    ['a day that does not exist', '2025-02-30', /no such day/],
    ['nonsense', 'yesterday', /"yesterday" is no point in history/],
    ['an unknown id', 'public-20250106-00000000', /no snapshot public-20250106-00000000/],
  ]
  it.each(wrong)('is refused for %s', async (_, text, why) => {
    await expect(resolveSnapshot(store.history, 'Public', text)).rejects.toThrow(why)
  })

  it('does not exist for a cloud without history', async () => {
    await expect(resolveSnapshot(store.history, 'China', 'latest')).rejects.toMatchObject({
      code: 'not-ready',
    })
  })

  it('needs the cloud to be named when several are followed', () => {
    expect(cloudOrOnly(undefined, ['China'])).toBe('China')
    expect(cloudOrOnly('Public', ['China'])).toBe('Public')
    expect(() => cloudOrOnly(undefined, ['Public', 'China'])).toThrow(/Public, China/)
    expect(() => cloudOrOnly('Mars', ['Public'])).toThrow(/no cloud "Mars"/)
  })
})

describe('changes', () => {
  const between = (from: string, to: string, more = {}) =>
    changesBetween({ timelines, history: store.history }, { cloud: 'Public', from, to, ...more })

  it('tell what was gained, and from when on it may be used', async () => {
    const { diff, earliestUse } = await between('2025-01-06', '2025-01-13')
    expect(diff).toMatchObject({ membershipsAdded: 2, membershipsRemoved: 0 })
    expect(diff.coverage).toEqual({ gained: { 4: 256n, 6: 0n }, lost: { 4: 0n, 6: 0n } })
    expect(earliestUse).toBe('2025-01-20')
  })

  it('know a split from a loss', async () => {
    const { diff } = await between('2025-01-13', '2025-01-27')
    expect(diff.tags.map(({ reaggregated }) => reaggregated)).toEqual([true, true])
    expect(diff.coverage).toEqual({ gained: { 4: 0n, 6: 0n }, lost: { 4: 0n, 6: 0n } })
  })

  it('wait only for what is new in a tag, and for each tag from the file that first had it', async () => {
    const { earliestUse, earliestUseOf } = await between('2025-01-13', '2025-01-27')
    expect([earliestUse, [...earliestUseOf]]).toEqual([undefined, []])
    const { earliestUse: first, earliestUseOf: each } = await between('2025-01-20', 'latest')
    expect(first).toBe('2025-02-03')
    expect([...each]).toEqual([
      ['AzureCloud', '2025-02-03'],
      ['Storage.WestEurope', '2025-02-03'],
    ])
  })

  it('name what came back, in which tag and after which absence', async () => {
    for (const [day, prefixes] of [
      ['2025-01-06', ['20.0.0.0/24']],
      ['2025-01-13', []],
      ['2025-01-20', ['20.0.0.0/24']],
    ] as const) {
      const values = [tagValue('Sql', prefixes), tagValue('AzureCloud', [])]
      const text = smallDocument({ cloud: 'AzureGermany', values })
      const fileDate = parseFileDate(day)
      if (!fileDate.ok) throw new Error(fileDate.reason)
      await store.history.accept(entryOf({ text, fileDate: fileDate.value, fileName: `d-${day}` }))
    }
    const ask = async (more: object) => {
      const query = { cloud: 'AzureGermany', from: 'previous', to: 'latest', ...more } as const
      const { flapping } = await changesBetween({ timelines, history: store.history }, query)
      return flapping.map((one) => ({ ...one, prefix: one.prefix.text }))
    }
    expect(await ask({})).toEqual([
      { tag: 'Sql', prefix: '20.0.0.0/24', leftOn: '2025-01-13', cameBackOn: '2025-01-20' },
    ])
    expect(await ask({ tag: 'AzureCloud' })).toEqual([])
    expect(await ask({ from: 'latest', to: 'previous' })).toEqual([])
  })

  it('count the week of notice from the file in which a tag entered the region', async () => {
    const weeks = [
      ['2025-10-06', 'eastus', null],
      ['2025-10-13', 'westus', null],
      ['2025-10-27', 'westus', ['NSG']],
    ] as const
    const cloud = 'AzureGermany'
    for (const [day, region, networkFeatures] of weeks) {
      const more = { region, regionId: 1, networkFeatures }
      const text = smallDocument({ cloud, values: [tagValue('Sql', ['20.0.0.0/24'], more)] })
      const fileDate = parseFileDate(day)
      if (!fileDate.ok) throw new Error(fileDate.reason)
      await store.history.accept(entryOf({ text, fileDate: fileDate.value, fileName: `g-${day}` }))
    }
    const { earliestUse } = await between('2025-10-06', 'latest', { cloud, region: 'westus' })
    expect(earliestUse).toBe('2025-10-20')
  })

  it('are not asked between clouds', async () => {
    const { id } = await resolveSnapshot(store.history, 'AzureGermany', 'latest')
    await expect(between(id, 'latest')).rejects.toThrow(/is of AzureGermany, Public was asked/)
  })

  it('are counted by region, and only of the tags that are asked for', async () => {
    const { diff } = await between('2025-01-06', '2025-01-13')
    const gained = { gained: { 4: 256n, 6: 0n }, lost: { 4: 0n, 6: 0n } }
    expect(diff.regions).toEqual([{ region: 'westeurope', coverage: gained }])
    const global = await between('2025-01-06', '2025-01-13', { tag: 'AzureCloud' })
    expect(global.diff.regions).toEqual([])
  })

  it('go backwards too, with nothing to wait for', async () => {
    const { diff, earliestUse } = await between('2025-01-13', '2025-01-06')
    expect(diff.coverage.lost[4]).toBe(256n)
    expect(earliestUse).toBeUndefined()
  })

  it('can be asked of one tag or one region, in either spelling', async () => {
    const names = async (more: object) =>
      (await between('2025-01-06', 'latest', more)).diff.tags.map(({ name }) => name)
    expect(await names({ tag: 'AzureCloud' })).toEqual(['AzureCloud'])
    expect(await names({ region: 'WestEurope' })).toEqual(['Storage.WestEurope'])
    await expect(names({ tag: 'Nonsense' })).rejects.toThrow(/no service tag "Nonsense"/)
    await expect(names({ region: 'mars' })).rejects.toThrow(/no region "mars"/)
  })
})

describe('a lookup', () => {
  const ask = (text: string, at?: string) =>
    lookUp(timelines, text, { clouds: ['Public', 'China'], at }).then(([answer]) => answer)

  it('names every tag that holds an address, since when, and until when', async () => {
    const answer = await ask('20.5.0.200', '2025-01-14')
    expect(answer?.hits).toEqual([
      {
        tag: 'AzureCloud',
        region: '',
        systemService: '',
        holds: 'whole',
        prefix: '20.5.0.0/24',
        firstSeen: '2025-01-13',
        lastSeen: undefined,
      },
      expect.objectContaining({ tag: 'Storage.WestEurope', region: 'westeurope' }),
    ])
    expect((await ask('20.5.0.200', '2025-01-20'))?.hits).toEqual([])
    expect((await ask('20.5.0.200'))?.hits[0]?.prefix).toBe('20.5.0.128/25')
  })

  it('tells when a tag last held what it holds no more', async () => {
    const answer = await ask('20.5.0.0/24', '2025-01-13')
    expect(answer?.hits[0]).toMatchObject({ prefix: '20.5.0.0/24', firstSeen: '2025-01-13' })
    // It came back in two halves: together they are the same addresses.
    expect(answer?.hits[0]?.lastSeen).toBeUndefined()
    const wider = await ask('20.0.255.0-20.0.255.9', '2025-01-06')
    expect(wider?.hits[0]).toMatchObject({ firstSeen: '2025-01-06', lastSeen: undefined })
  })

  it('names region and service as the tag had them then, also where it holds the range on', async () => {
    for (const [day, systemService] of [
      ['2025-01-06', 'OldService'],
      ['2025-01-13', 'NewService'],
    ] as const) {
      const facts = { systemService, region: systemService.toLowerCase() }
      const values = [tagValue('AzureCloud', ['20.0.0.0/16'], facts)]
      const text = smallDocument({ cloud: 'AzureGovernment', values })
      const fileDate = parseFileDate(day)
      if (!fileDate.ok) throw new Error(fileDate.reason)
      await store.history.accept(entryOf({ text, fileDate: fileDate.value, fileName: `g-${day}` }))
    }
    const factsAt = async (at: string) => {
      const [answer] = await lookUp(timelines, '20.0.0.1', { clouds: ['AzureGovernment'], at })
      return answer?.hits.map(({ region, systemService }) => [region, systemService])
    }
    expect(await factsAt('2025-01-06')).toEqual([['oldservice', 'OldService']])
    expect(await factsAt('latest')).toEqual([['newservice', 'NewService']])
  })

  it('says what is wrong with the day also where one of the clouds has no history', async () => {
    const clouds = ['China', 'Public'] as const
    const refused = (at: string) => expect(lookUp(timelines, '20.0.0.1', { clouds, at })).rejects
    await refused('nonsense').toMatchObject({ code: 'invalid-input' })
    await refused('2015-01-01').toMatchObject({ code: 'not-found' })
    await refused('public-20250106-00000000').toMatchObject({ code: 'not-found' })
    await expect(lookUp(timelines, '20.0.0.1', { clouds: ['China'] })).rejects.toThrow(
      'there is no snapshot of China yet',
    )
  })

  const readings: [string, string][] = [
    ['20.0.3.7', '20.0.0.0/16'],
    ['20.0.3.7/24', '20.0.0.0/16'],
    ['20.0.3.7/255.255.255.0', '20.0.0.0/16'],
    ['20.0.0.1-20.0.255.255', '20.0.0.0/16'],
    [' 2603:1000:ff::1 ', '2603:1000::/40'],
    ['2603:1000::1/64', '2603:1000::/40'],
  ]
  it.each(readings)('reads %s as people mean it', async (text, prefix) => {
    expect((await ask(text))?.hits.map((hit) => hit.prefix)).toEqual([prefix])
  })

  it('finds nothing for what no prefix holds any address of', async () => {
    expect((await ask('198.51.100.1'))?.hits).toEqual([])
    expect((await ask('198.51.0.0/16'))?.hits).toEqual([])
  })

  it('tells what is held in part, and since when any of it was', async () => {
    expect((await ask('20.5.0.0/23', '2025-01-13'))?.hits[0]).toEqual({
      tag: 'AzureCloud',
      region: '',
      systemService: '',
      holds: 'part',
      prefix: undefined,
      firstSeen: '2025-01-13',
      lastSeen: undefined,
    })
    expect((await ask('20.0.0.0/15'))?.hits).toMatchObject([{ tag: 'AzureCloud', holds: 'part' }])
    const both = await ask('20.0.255.255-20.5.0.0')
    expect(both?.hits.map(({ tag, holds }) => [tag, holds])).toEqual([
      ['AzureCloud', 'part'],
      ['Storage.WestEurope', 'part'],
    ])
  })

  it('takes several prefixes of a tag together, in whatever spelling it held them', async () => {
    const [together] = (await ask('20.5.0.0/24'))?.hits ?? []
    expect(together).toMatchObject({
      holds: 'whole',
      prefix: undefined,
      firstSeen: '2025-01-13',
      lastSeen: undefined,
    })
    const [alone] = (await ask('20.5.0.0/25'))?.hits ?? []
    expect(alone).toMatchObject({ holds: 'whole', prefix: '20.5.0.0/25', firstSeen: '2025-01-13' })
  })

  it.each([
    '',
    'nonsense',
    '20.0.0',
    '20.0.0.1/33',
    '20.0.0.1/255.0.255.0',
    '020.0.0.1/255.255.0.0',
    '1.2.3.4-::1',
    '1.2.3.4-1.2.3.5-1.2.3.6',
    '020.0.0.1',
    '020.0.0.1/16',
    '2603:1000::/040',
    '20.0.0.0/016',
    '20.0.0.0/255.255.0.0/16',
    '2603:1000::/40/64',
    '20.0.0.0/0xff.0xff.0.0',
    '20.0.0.0/255.255',
    '2603:1000::1/255.255.0.0',
    'fe80::1%eth0/64',
    '20.0.0.9-20.0.0.1',
  ])('refuses "%s" and says why', async (text) => {
    await expect(ask(text)).rejects.toMatchObject({ code: 'invalid-input' })
  })
})
