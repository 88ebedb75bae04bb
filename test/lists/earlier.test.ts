/** What earlier versions of a list had, from histories small enough to be told by hand. */
import { describe, expect, it } from 'vitest'
import type { Position } from '../../src/core/file-date.ts'
import type { ServiceTag, Snapshot } from '../../src/core/snapshot.ts'
import { builtInDefinitions, type AllowlistDefinition } from '../../src/lists/definition.ts'
import { earlierCoverage, everSelected } from '../../src/lists/earlier.ts'
import { findService } from '../../src/endpoints/index.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import type { ListStore } from '../../src/store/list-contract.ts'
import { prefixesFrom } from '../support/networks.ts'
import { timelineOf } from '../support/timelines.ts'

type Tags = Readonly<Record<string, { readonly region?: string; readonly has: readonly string[] }>>

function snapshotOf(tags: Tags): Snapshot {
  const all = Object.entries(tags).map(([name, { region = '', has }]): [string, ServiceTag] => {
    const facts = { regionId: 0, systemService: '', networkFeatures: [], digest: '' }
    return [name, { name, region, ...facts, prefixes: prefixesFrom(has) }]
  })
  const facts = { cloud: 'Public', changeNumber: 1, memberships: 0, contentHash: '' } as const
  return { ...facts, tags: new Map(all) }
}

const weeks: readonly Tags[] = [
  {
    Sql: { has: ['20.0.0.0/24', '2603:1030::/48'] },
    'Sql.WestEurope': { region: 'westeurope', has: ['20.0.0.0/25'] },
    'Storage.WestEurope': { region: 'westeurope', has: ['20.9.0.0/24'] },
  },
  {
    Sql: { has: ['20.0.1.0/24', '2603:1030::/48'] },
    // It said nothing of a region, for a while.
    'Sql.WestEurope': { has: ['20.0.1.0/25'] },
    'Sql.GermanyWestCentral': { region: 'germanywc', has: ['20.0.1.128/25'] },
    'Storage.WestEurope': { region: 'westeurope', has: [] },
  },
  { Sql: { has: ['2603:1030::/48'] }, 'Sql.WestEurope': { region: 'westeurope', has: [] } },
]

const timeline = timelineOf(
  weeks.map((week, i) => ({
    position: (2025010100 + 100 * i) as Position,
    snapshot: snapshotOf(week),
  })),
)

function ever(tags: readonly string[], regions: readonly string[] = []): string[] {
  return everSelected(timeline, { tags, regions }).texts()
}

/** No version was kept, unless a test says otherwise. */
const versions: ListStore['versions'] = () => Promise.resolve([])

describe('what a selection ever had', () => {
  it('is every network of its tags, on whatever day', () => {
    expect(ever(['Sql'])).toEqual(['20.0.0.0/23', '2603:1030::/48'])
    expect(ever(['Sql', 'Storage.WestEurope', 'NoSuchTag'])).toEqual([
      ...['20.0.0.0/23', '20.9.0.0/24', '2603:1030::/48'],
    ])
    expect(ever(['NoSuchTag'])).toEqual([])
  })

  it('is that of the regions while the tags were in them', () => {
    expect(ever([], ['westeurope'])).toEqual(['20.0.0.0/25', '20.9.0.0/24'])
    expect(ever(['Sql'], ['WestEurope'])).toEqual(['20.0.0.0/25'])
    expect(ever(['Sql'], ['germanywestcentral'])).toEqual(['20.0.1.128/25'])
    expect(ever(['Storage'], ['germanywc'])).toEqual([])
    expect(ever(['Sql'], ['nowhere'])).toEqual([])
  })
})

describe('what a list ever had', () => {
  const [byName, byAddress] = builtInDefinitions(['Public'])
  const timelines = {
    of: () =>
      Promise.resolve({
        version: '',
        records: [],
        timeline,
        addresses: () => {
          throw new Error('nobody asks for single addresses')
        },
      }),
  }

  function earlier(given: Partial<AllowlistDefinition>) {
    if (!byAddress) throw new Error('no built-in list')
    return earlierCoverage({ timelines, versions }, { ...byAddress, ...given })
  }

  it('is of its families', async () => {
    const { coverage } = await earlier({ tags: ['Sql'], families: [6] })
    expect(coverage.texts()).toEqual(['2603:1030::/48'])
  })

  it('asks no history for a list of names alone, and knows what was required before', async () => {
    const unasked = { of: () => Promise.reject(new Error('history was asked')) }
    if (!byName) throw new Error('no built-in list')
    const { coverage, names } = await earlierCoverage({ timelines: unasked, versions }, byName)
    expect(coverage.isEmpty).toBe(true)
    const legacy = findService('app-proxy-legacy', 'Public').endpoints.map(({ name }) => name)
    expect(names).toEqual(legacy)
    expect((await earlier({ services: ['app-proxy-legacy'] })).names).toEqual([])
    expect((await earlier({ services: [] })).names).toEqual([])
  })

  it('has what earlier versions were handed out with, whatever their definition said', async () => {
    if (!byAddress) throw new Error('no built-in list')
    const kept = {
      coverage: RangeSet.of(prefixesFrom(['192.0.2.0/24'])),
      names: ['old.example'],
      tags: [],
    }
    const version = { list: 'l', serial: 1, snapshotId: 's', createdAt: new Date(0) }
    const asked: string[] = []
    const handedOut: ListStore['versions'] = ({ list }) => {
      asked.push(list)
      return Promise.resolve([
        { ...version, admitted: kept },
        { ...version, admitted: undefined },
      ])
    }
    const wish = { ...byAddress, tags: ['Sql'], regions: [], services: [] }
    const { coverage, names } = await earlierCoverage({ timelines, versions: handedOut }, wish)
    expect(coverage.texts()).toContain('192.0.2.0/24')
    expect(coverage.texts()).toContain('20.0.0.0/23')
    expect(names).toEqual(['old.example'])
    expect(asked).toEqual([byAddress.name])
  })
})
