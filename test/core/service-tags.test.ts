/** Document -> snapshot, or located refusals. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_REFUSALS, parseServiceTags, type Refusal } from '../../src/core/service-tags.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { makeFeed, smallDocument, tagValue } from '../support/feed.ts'
import { fixture, sha256, snapshotOf } from '../support/snapshots.ts'

describe('parseServiceTags', () => {
  it('reads a document in the order of names and of addresses', () => {
    const values = [
      tagValue('Storage', ['2603:1000::/40', '40.0.0.0/16', '20.0.0.0/16'], {
        region: 'centralfrance',
        regionId: 31,
        systemService: 'AzureStorage',
        networkFeatures: ['NSG', 'API'],
      }),
      tagValue('AzureCloud', ['20.0.0.0/8']),
    ]
    const snapshot = snapshotOf(smallDocument({ values, changeNumber: 375, cloud: 'China' }))
    expect(snapshot).toMatchObject({ cloud: 'China', changeNumber: 375, memberships: 4 })
    expect([...snapshot.tags.keys()]).toEqual(['AzureCloud', 'Storage'])
    const storage = snapshot.tags.get('Storage')
    expect(storage).toMatchObject({
      name: 'Storage',
      region: 'centralfrance',
      regionId: 31,
      systemService: 'AzureStorage',
      networkFeatures: ['API', 'NSG'],
    })
    expect(textsOf(snapshot, 'Storage')).toEqual(['20.0.0.0/16', '40.0.0.0/16', '2603:1000::/40'])
  })

  it.each([
    ['without-region-ids.json', 'AzureActiveDirectory', { regionId: 0, networkFeatures: [] }],
    [
      'null-features.json',
      'ServiceBus.GermanyWestCentral',
      { region: 'germanywc', networkFeatures: [] },
    ],
    ['empty-feature.json', 'DataFactory.JioIndiaWest', { networkFeatures: ['NSG'] }],
    ['crlf.json', 'ServiceBus', { systemService: 'AzureServiceBus' }],
    ['empty-tag.json', 'StorageSyncService.GermanyWestCentral', { prefixes: [] }],
    ['dotted-names.json', 'AzurePortal.AzureAppServiceUx', { region: 'usgovtexas' }],
  ])('reads %s, a shape the publisher has used', (name, tag, facts) => {
    expect(snapshotOf(fixture(name)).tags.get(tag)).toMatchObject(facts)
  })

  it('has a fixture with CRLF that no tool has repaired', () => {
    expect(fixture('crlf.json')).toContain('{\r\n')
  })

  it('ignores properties it does not know', () => {
    const values = [{ ...tagValue('AzureCloud', ['20.0.0.0/8'], { state: 'Active' }), type: 'x' }]
    expect(snapshotOf(smallDocument({ values, nextLink: '' })).memberships).toBe(1)
  })

  it('makes equal prefixes of different tags one object', () => {
    for (const { text } of makeFeed({ weeks: 1 })) {
      const prefixes = [...snapshotOf(text).tags.values()].flatMap((tag) => tag.prefixes)
      expect(new Set(prefixes).size).toBe(new Set(prefixes.map((prefix) => prefix.text)).size)
    }
  })
})

const [TAG, IN_TAG] = ['values[0]', 'values[0].properties']

/** A document whose first tag is AzureCloud with one property replaced. */
function withProperty(name: string, value: unknown): string {
  return smallDocument({ values: [tagValue('AzureCloud', ['20.0.0.0/8'], { [name]: value })] })
}

function withPrefix(prefix: unknown): string {
  return withProperty('addressPrefixes', ['40.0.0.0/8', prefix])
}

const AT_PREFIX = `${IN_TAG}.addressPrefixes[1]`

describe('a refusal', () => {
  it.each([
    // what is wrong, document, path, value, reason
    ['an empty body', '', '', '', /^not JSON: /],
    ['a page', '<!DOCTYPE html>\n<html>', '', '<!DOCTYPE html>\\u000a<html>', /^not JSON: /],
    ['a cut-off file', smallDocument().slice(0, 40), '', /^\{.*/, /^not JSON: /],
    ['a list', '[]', '', '(a list of 0)', 'the document is a JSON object'],
    ['null', 'null', '', 'null', 'the document is a JSON object'],
    ['a number', '12', '', '12', 'the document is a JSON object'],
    ['no cloud', smallDocument({ cloud: undefined }), 'cloud', '(missing)', /^one of the clouds/],
    [
      'an unknown cloud',
      smallDocument({ cloud: 'public' }),
      'cloud',
      'public',
      /^one of the clouds/,
    ],
    [
      'a change number as text',
      smallDocument({ changeNumber: '7' }),
      'changeNumber',
      '7',
      /^a whole/,
    ],
    [
      'half a change',
      smallDocument({ changeNumber: 7.5 }),
      'changeNumber',
      '7.5',
      /^a whole number/,
    ],
    [
      'too large a number',
      smallDocument({ changeNumber: 2 ** 31 }),
      'changeNumber',
      '2147483648',
      /^a/,
    ],
    [
      'no values',
      smallDocument({ values: undefined }),
      'values',
      '(missing)',
      'a list of service tags',
    ],
    [
      'values as object',
      smallDocument({ values: {} }),
      'values',
      '(an object)',
      /^a list of service/,
    ],
    ['a tag as text', smallDocument({ values: ['x'] }), TAG, 'x', 'a service tag is an object'],
    ['a tag as list', smallDocument({ values: [[]] }), TAG, '(a list of 0)', /is an object$/],
    [
      'a missing name',
      smallDocument({ values: [{}] }),
      `${TAG}.name`,
      '(missing)',
      /^a tag name is/,
    ],
    [
      'a name as number',
      smallDocument({ values: [{ name: 5 }] }),
      `${TAG}.name`,
      '5',
      /^a tag name/,
    ],
    [
      'an empty name',
      smallDocument({ values: [tagValue('', [])] }),
      `${TAG}.name`,
      '',
      /^a tag name/,
    ],
    [
      'a name with a line end',
      smallDocument({ values: [tagValue('Storage\nallow all', [])] }),
      `${TAG}.name`,
      'Storage\\u000aallow all',
      /^a tag name is/,
    ],
    [
      'a name that turns text around',
      smallDocument({ values: [tagValue('Storage\u202egnp', [])] }),
      `${TAG}.name`,
      'Storage\\u202egnp',
      /^a tag name is/,
    ],
    [
      'a name of __proto__',
      smallDocument({ values: [tagValue('__proto__', [])] }),
      `${TAG}.name`,
      '__proto__',
      /^a tag name is/,
    ],
    [
      'a name that is too long',
      smallDocument({ values: [tagValue('a'.repeat(129), [])] }),
      `${TAG}.name`,
      `${'a'.repeat(120)}…`,
      /^a tag name is/,
    ],
    [
      'no properties',
      smallDocument({ values: [{ name: 'AzureCloud' }] }),
      IN_TAG,
      '(missing)',
      'properties are an object',
    ],
    [
      'no region',
      withProperty('region', undefined),
      `${IN_TAG}.region`,
      '(missing)',
      /^plain text/,
    ],
    ['a null region', withProperty('region', null), `${IN_TAG}.region`, 'null', /^plain text/],
    ['a region beyond ASCII', withProperty('region', 'ü'), `${IN_TAG}.region`, '\\u00fc', /^plain/],
    [
      'a region number as text',
      withProperty('regionId', '18'),
      `${IN_TAG}.regionId`,
      '18',
      'a whole number from 0 to 2147483647',
    ],
    [
      'a service with a control character',
      withProperty('systemService', 'a\u0000b'),
      `${IN_TAG}.systemService`,
      'a\\u0000b',
      /^plain text/,
    ],
    [
      'an id that is no plain text',
      smallDocument({ values: [{ ...tagValue('AzureCloud', []), id: 'a\u0000b' }] }),
      'values[0].id',
      'a\\u0000b',
      /^plain text/,
    ],
    [
      'a negative change number of a tag',
      withProperty('changeNumber', -1),
      `${IN_TAG}.changeNumber`,
      '-1',
      /^a whole number from 0/,
    ],
    [
      'a thousand features',
      withProperty(
        'networkFeatures',
        Array.from({ length: 1000 }, (_, i) => `F${i}`),
      ),
      `${IN_TAG}.networkFeatures`,
      '(a list of 1000)',
      'at most 50 network features',
    ],
    [
      'features as text',
      withProperty('networkFeatures', 'NSG'),
      `${IN_TAG}.networkFeatures`,
      'NSG',
      'a list of network features',
    ],
    [
      'a feature as number',
      withProperty('networkFeatures', ['NSG', 5]),
      `${IN_TAG}.networkFeatures[1]`,
      '5',
      /^plain text/,
    ],
    [
      'no prefixes at all',
      withProperty('addressPrefixes', undefined),
      `${IN_TAG}.addressPrefixes`,
      '(missing)',
      'a list of prefixes',
    ],
    ['a prefix as number', withPrefix(20), AT_PREFIX, '20', 'a prefix is a string'],
    ['a prefix as null', withPrefix(null), AT_PREFIX, 'null', 'a prefix is a string'],
    ['a prefix as list', withPrefix(['20.0.0.0/8']), AT_PREFIX, '(a list of 1)', /is a string$/],
    ['host bits', withPrefix('20.0.0.1/8'), AT_PREFIX, '20.0.0.1/8', 'host bits are set'],
    ['an address alone', withPrefix('20.0.0.1'), AT_PREFIX, '20.0.0.1', /^a prefix is an address/],
    ['a bad octet', withPrefix('20.0.0.256/32'), AT_PREFIX, '20.0.0.256/32', /at most 255$/],
    ['a bad length', withPrefix('20.0.0.0/33'), AT_PREFIX, '20.0.0.0/33', /at most 32$/],
    [
      'a prefix twice',
      withPrefix('40.0.0.0/8'),
      `${IN_TAG}.addressPrefixes`,
      '40.0.0.0/8',
      'the same prefix twice in one tag',
    ],
    [
      'a prefix in two spellings',
      withProperty('addressPrefixes', ['2603:1000::/40', '2603:1000:0::/40']),
      `${IN_TAG}.addressPrefixes`,
      '2603:1000::/40',
      'the same prefix twice in one tag',
    ],
    [
      'a tag twice',
      smallDocument({ values: [tagValue('AzureCloud', []), tagValue('AzureCloud', [])] }),
      'values[1].name',
      'AzureCloud',
      'the same tag as values[0]',
    ],
    [
      'a tag twice in different case',
      smallDocument({ values: [tagValue('AzureCloud', []), tagValue('azurecloud', [])] }),
      'values[1].name',
      'azurecloud',
      'the same tag as values[0]',
    ],
  ])('of %s says where, what and why', (_, text, path, value, reason) => {
    const expected = { path, value: matching(value), reason: matching(reason) }
    expect(refusalsOf(text)).toEqual([expected])
    expect(refusalsOf(text, snapshotOf(smallDocument()))).toEqual([expected])
  })

  it('lists everything wrong in one look', () => {
    const values = [
      tagValue('AzureCloud', ['20.0.0.1/8', 'x'], { region: null }),
      tagValue('Storage', ['20.0.0.0/8'], { systemService: 5 }),
    ]
    expect(refusalsOf(smallDocument({ values, cloud: 'Mars' })).map(({ path }) => path)).toEqual([
      'cloud',
      'values[0].properties.region',
      'values[0].properties.addressPrefixes[0]',
      'values[0].properties.addressPrefixes[1]',
      'values[1].properties.systemService',
    ])
  })

  it('stops at twenty, whether in one tag or over many', () => {
    const bad = Array.from({ length: 1_000 }, (_, i) => `bad ${i}`)
    const inOneTag = smallDocument({ values: [tagValue('AzureCloud', bad)] })
    const inMany = smallDocument({ values: bad.map((name) => tagValue(name, [])) })
    const last = tagValue('AzureCloud', ['x'], { region: 1, regionId: 'x', systemService: 1 })
    const inTheLast = smallDocument({ values: [...bad.slice(0, 18).map(() => ({})), last] })
    for (const text of [inOneTag, inMany, inTheLast]) {
      expect(refusalsOf(text)).toHaveLength(MAX_REFUSALS)
    }
  })

  it('is short and printable, whatever the document holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const refusal of [...refusalsOf(text), ...refusalsOf(withPrefix(text))]) {
          for (const part of Object.values(refusal)) expect(part).toMatch(/^[\x20-\x7e…]{0,730}$/)
        }
      }),
    )
  })

  it.each(['[', '{"values":'])(
    'of text nested ten thousand deep (%s) is an answer, not a crash',
    (open) => {
      const close = open === '[' ? ']' : '}'
      const nested = `${open.repeat(10_000)}1${close.repeat(10_000)}`
      expect(refusalsOf(nested)).not.toHaveLength(0)
      expect(refusalsOf(smallDocument().replace('"20.0.0.0/16"', nested))).toHaveLength(1)
    },
  )

  it('is given for keys that would reach a prototype, which stays as it is', () => {
    const text = '{"__proto__": {"cloud": "Public", "changeNumber": 1, "values": []}}'
    expect(refusalsOf(text).map(({ path }) => path)).toEqual(['cloud', 'changeNumber', 'values'])
    const properties = '{"__proto__": {"region": "", "systemService": "", "addressPrefixes": []}}'
    const values = `[{"name": "AzureCloud", "properties": ${properties}}]`
    expect(refusalsOf(`{"cloud": "Public", "changeNumber": 1, "values": ${values}}`)).toHaveLength(
      3,
    )
    expect({}).not.toHaveProperty('cloud')
  })

  it('is given for any value in place of any other, or the document is read: nothing is thrown', () => {
    const anyValue = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('__proto__', 'constructor', 1e308, -0),
    )
    const anyTag = fc.record(
      { name: anyValue, properties: fc.oneof(anyValue, fc.dictionary(fc.string(), anyValue)) },
      { requiredKeys: [] },
    )
    const anyDocument = fc.oneof(
      anyValue,
      fc.record({
        cloud: anyValue,
        changeNumber: anyValue,
        values: fc.array(fc.oneof(anyValue, anyTag)),
      }),
    )
    fc.assert(
      fc.property(anyDocument, (document) => {
        const parsed = parseServiceTags(JSON.stringify(document), { sha256 })
        if (!parsed.ok) expect(parsed.refusals.length).toBeGreaterThan(0)
      }),
    )
  })
})

function refusalsOf(text: string, predecessor?: Snapshot): readonly Refusal[] {
  const parsed = parseServiceTags(text, { sha256, predecessor })
  return parsed.ok ? [] : parsed.refusals
}

function textsOf(snapshot: Snapshot, tag: string): string[] | undefined {
  return snapshot.tags.get(tag)?.prefixes.map(({ text }) => text)
}

function matching(expected: string | RegExp): unknown {
  return typeof expected === 'string' ? expected : expect.stringMatching(expected)
}
