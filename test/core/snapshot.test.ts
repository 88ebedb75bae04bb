/** What identifies a document: every fact and nothing else. */
import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import { compareText } from '../../src/core/snapshot.ts'
import { makeFeed, smallDocument, tagValue } from '../support/feed.ts'
import { snapshotOf } from '../support/snapshots.ts'

type Properties = Readonly<Record<string, unknown>>

const PREFIXES = ['20.0.1.0/28', '20.0.2.0/28', '2603:1000::/48']
const FACTS = { region: 'westeurope', regionId: 18, systemService: 'AzureServiceBus' }
const cloudTag = tagValue('AzureCloud', ['20.0.0.0/16'])

function hashOf(text: string): string {
  return snapshotOf(text).contentHash
}

function hashWith(properties: Properties = {}, prefixes: readonly string[] = PREFIXES): string {
  const tag = tagValue('ServiceBus', prefixes, {
    ...FACTS,
    networkFeatures: ['API', 'NSG'],
    ...properties,
  })
  return hashOf(smallDocument({ values: [tag, cloudTag] }))
}

describe('the content hash', () => {
  const base = hashWith()

  it.each([
    ['the order of prefixes', hashWith({}, PREFIXES.toReversed())],
    ['the spelling of an address', hashWith({}, [...PREFIXES.slice(0, 2), '2603:1000:0:0::/48'])],
    ['the order of features', hashWith({ networkFeatures: ['NSG', 'API'] })],
    ['a feature said twice', hashWith({ networkFeatures: ['NSG', 'API', 'NSG'] })],
    ['an empty feature', hashWith({ networkFeatures: ['', 'API', 'NSG'] })],
    ["a tag's change number", hashWith({ changeNumber: 99 })],
    ['properties that are not facts', hashWith({ platform: 'Azure Stack', state: 'Active' })],
  ])('ignores %s', (_, hash) => {
    expect(hash).toBe(base)
  })

  it('ignores the order of tags, white space and the number of the document', () => {
    const tag = tagValue('ServiceBus', PREFIXES, { ...FACTS, networkFeatures: ['API', 'NSG'] })
    const other = smallDocument({ values: [cloudTag, tag], changeNumber: 8 })
    expect(hashOf(other)).toBe(base)
    expect(hashOf(JSON.stringify(JSON.parse(other)))).toBe(base)
    expect(hashOf(`\n${other.replaceAll('\n', '\r\n\t')}  `)).toBe(base)
  })

  it('takes null, absent and no features for one', () => {
    const none = hashWith({ networkFeatures: null })
    expect(hashWith({ networkFeatures: undefined })).toBe(none)
    expect(hashWith({ networkFeatures: [] })).toBe(none)
    expect(hashWith({ networkFeatures: [''] })).toBe(none)
    expect(none).not.toBe(base)
  })

  it('takes an absent region number for 0', () => {
    expect(hashWith({ regionId: undefined })).toBe(hashWith({ regionId: 0 }))
  })

  it('differs for every fact, and all these differ from each other', () => {
    const one = (name: string, prefixes: readonly string[]): string =>
      hashOf(smallDocument({ values: [tagValue(name, prefixes), cloudTag] }))
    const hashes = [
      base,
      hashWith({ region: 'northeurope' }),
      hashWith({ region: '' }),
      hashWith({ regionId: 19 }),
      hashWith({ systemService: 'AzureStorage' }),
      hashWith({ networkFeatures: ['API'] }),
      hashWith({ networkFeatures: ['API', 'NSG', 'UDR'] }),
      hashWith({}, PREFIXES.slice(1)),
      hashWith({}, [...PREFIXES, '20.0.3.0/28']),
      hashWith({}, ['20.0.1.0/29', ...PREFIXES.slice(1)]),
      hashWith({}, []),
      one('ServiceBus2', PREFIXES),
      one('servicebus', PREFIXES),
      // The same prefixes in the other tag, and facts moved between neighbouring fields.
      hashOf(
        smallDocument({ values: [tagValue('AzureCloud', PREFIXES), tagValue('ServiceBus', [])] }),
      ),
      hashWith({ region: 'AzureServiceBus', systemService: 'westeurope' }),
      hashWith({ region: 'westeurope18', regionId: 0 }),
      hashOf(smallDocument({ values: [cloudTag] })),
      hashOf(smallDocument({ values: [] })),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('differs for every cloud', () => {
    expect(new Set(CLOUDS.map((cloud) => hashOf(smallDocument({ cloud })))).size).toBe(
      CLOUDS.length,
    )
  })

  it('moves exactly in the weeks that say something new', () => {
    const weeks = makeFeed({ weeks: 20, seed: 3 })
    const hashes = weeks.map(({ text }) => hashOf(text))
    weeks.forEach(({ isNews }, week) => {
      if (week > 0) expect(hashes[week] !== hashes[week - 1]).toBe(isNews)
    })
  })
})

describe('compareText', () => {
  it('orders by code unit, as no locale does', () => {
    expect(['b', 'a', 'B', 'Z', '_', 'ä', 'a.'].sort(compareText)).toEqual([
      'B',
      'Z',
      '_',
      'a',
      'a.',
      'b',
      'ä',
    ])
  })
})
