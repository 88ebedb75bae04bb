import { describe, expect, it } from 'vitest'
import type { Cloud } from '../../src/core/cloud.ts'
import { comparePrefixes } from '../../src/core/prefix.ts'
import { MAX_REFUSALS, type ParsedDocument } from '../../src/core/service-tags.ts'
import { OLD_XML_LIMITS, parseOldXml } from '../../src/documents/old-xml.ts'
import { sha256 } from '../../src/documents/read-document.ts'
import { seededRandom } from '../support/random.ts'
import { oldXml } from './make-old-xml.ts'

function parse(text: string, cloud: Cloud = 'Public'): ParsedDocument {
  return parseOldXml(text, { cloud, sha256 })
}

/** Every refusal as one line. */
function refusals(parsed: ParsedDocument): string[] {
  return parsed.ok ? [] : parsed.refusals.map((r) => `${r.path}: ${r.value}: ${r.reason}`)
}

const TWO = { europewest: ['13.69.0.0/17', '13.73.128.0/18'], useast2: ['20.0.0.0/16'] }

describe('the retired XML', () => {
  it('becomes a tag for everything and one for each region, in the spelling of the time', () => {
    const parsed = parse(oldXml(TWO))
    if (!parsed.ok) throw new Error(refusals(parsed).join())
    const { snapshot } = parsed
    expect(snapshot).toMatchObject({ cloud: 'Public', changeNumber: 0, memberships: 6 })
    const tags = [...snapshot.tags.values()].map(({ name, region, prefixes }) => ({
      name,
      region,
      prefixes: prefixes.map(({ text }) => text),
    }))
    expect(tags).toEqual([
      {
        name: 'AzureCloud',
        region: '',
        prefixes: ['13.69.0.0/17', '13.73.128.0/18', '20.0.0.0/16'],
      },
      {
        name: 'AzureCloud.europewest',
        region: 'europewest',
        prefixes: ['13.69.0.0/17', '13.73.128.0/18'],
      },
      { name: 'AzureCloud.useast2', region: 'useast2', prefixes: ['20.0.0.0/16'] },
    ])
    expect(snapshot.tags.get('AzureCloud')).toMatchObject({
      regionId: 0,
      systemService: '',
      networkFeatures: [],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
  })

  it('says the same in any order, spelling and white space', () => {
    const [same, other] = [
      parse(
        '\r\n<?xml version="1.0"?>\r\n<AzurePublicIpAddresses>' +
          `<Region Name='useast2'><IpRange Subnet='20.0.0.0/16'></IpRange></Region>` +
          '<Region\n Name = "europewest" ><IpRange Subnet="13.73.128.0/18"/>' +
          '<IpRange Subnet="13.69.0.0/17"/></Region></AzurePublicIpAddresses>\n',
      ),
      parse(oldXml({ ...TWO, useast2: ['20.0.0.0/17'] })),
    ]
    const parsed = parse(oldXml(TWO))
    const hashes = [parsed, same, other].map((each) => each.ok && each.snapshot.contentHash)
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
    expect(hashes[2]).not.toBe(false)
  })

  it('may name a range in two regions: everything has it once', () => {
    const parsed = parse(oldXml({ uswest: ['20.0.0.0/16'], uswest2: ['20.0.0.0/16'] }))
    expect(parsed.ok && parsed.snapshot.tags.get('AzureCloud')?.prefixes).toHaveLength(1)
    expect(parsed.ok && parsed.snapshot.memberships).toBe(3)
  })

  it.each<[Cloud, string]>([
    ['China', 'chinanorth2'],
    ['AzureGermany', 'germanycentral'],
    ['AzureGermany', 'germanynortheast'],
    ['Public', 'germanyn'],
  ])('of %s has the region %s, and no other cloud has', (cloud, region) => {
    const text = oldXml({ [region]: ['20.0.0.0/16'] })
    expect(parse(text, cloud).ok).toBe(true)
    for (const other of ['Public', 'China', 'AzureGermany', 'AzureGovernment'] as const) {
      if (other === cloud) continue
      expect(refusals(parse(text, other)).join(), other).toContain(
        `Region[0].Name: ${region}: a region of ${cloud}, and the file's name is one of ${other}`,
      )
    }
  })

  it('of real size is read whole, in list order', () => {
    const random = seededRandom(4)
    const names = Array.from({ length: 45 }, (_, i) => `region${i}`)
    const regions = names.map((name, i) => {
      const at = Array.from({ length: 60 }, (_, j) => `20.${i * 5 + (j % 5)}.${j * 4}.0/22`)
      return [name, at.toSorted(() => random.below(3) - 1)] as const
    })
    const parsed = parse(oldXml(Object.fromEntries(regions)))
    expect(parsed.ok && parsed.snapshot.memberships).toBe(2 * 45 * 60)
    const all = parsed.ok ? (parsed.snapshot.tags.get('AzureCloud')?.prefixes ?? []) : []
    expect(all).toHaveLength(45 * 60)
    expect(all).toEqual(all.toSorted(comparePrefixes))
  })
})

describe('XML that is not the retired one as we know it', () => {
  const region = (inside: string, attributes = 'Name="uswest"'): string =>
    `<AzurePublicIpAddresses><Region ${attributes}>${inside}</Region></AzurePublicIpAddresses>`
  const range = '<IpRange Subnet="20.0.0.0/16"/>'

  it.each([
    ['a document type', `<!DOCTYPE a []>${region(range)}`, /no document type, comment, entity/],
    [
      'entities that grow',
      `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbb"><!ENTITY c "&b;&b;">]>${region('&c;')}`,
      /no document type/,
    ],
    [
      'an external entity',
      `<!DOCTYPE a SYSTEM "file:///etc/passwd">${region(range)}`,
      /no document/,
    ],
    ['a character reference', region('<IpRange Subnet="20.0.0.0&#47;16"/>'), /no document type/],
    ['a comment', region(`<!-- -->${range}`), /no document type, comment/],
    ['CDATA', region(`<![CDATA[x]]>${range}`), /no document type/],
    ['an instruction', `<?xml-stylesheet href="x"?>${region(range)}`, /no document type/],
    ['another encoding', `<?xml version="1.0" encoding="utf-16"?>${region(range)}`, /no document/],
    [
      'two declarations',
      `<?xml version="1.0"?><?xml version="1.0"?>${region(range)}`,
      /no document/,
    ],
    ['another root', '<feed/>', /the one root element is AzurePublicIpAddresses, not feed/],
    ['two roots', region(range) + region(range), /not well-formed/],
    ['two empty roots', '<AzurePublicIpAddresses/>'.repeat(2), /the one root element/],
    ['a root in other letters', '<azurepublicipaddresses/>', /the one root element/],
    ['no root', 'hello', /not well-formed/],
    ['no end', '<AzurePublicIpAddresses><Region Name="uswest">', /not well-formed XML/],
    [
      'tags that cross',
      '<AzurePublicIpAddresses><a></AzurePublicIpAddresses></a>',
      /not well-formed/,
    ],
    ['text after the end', `${region(range)}x`, /not well-formed/],
    ['an attribute twice', region(range, 'Name="uswest" Name="useast"'), /not well-formed/],
    ['an attribute without quotes', region(range, 'Name=uswest'), /not well-formed/],
    ['an unclosed tag', '<AzurePublicIpAddresses', /a tag of more than 500 characters/],
    ['a very long tag', region(range, `Name="${'x'.repeat(600)}"`), /a tag of more than 500/],
    ['names of JavaScript', '<__proto__ constructor="1"/>', /not read: |the one root element/],
    ['no region', '<AzurePublicIpAddresses/>', /AzurePublicIpAddresses has regions/],
    ['an attribute of the root', '<AzurePublicIpAddresses a="1"/>', /: a: .* name spaces only/],
    [
      'another element',
      region('<IpPrefix Subnet="20.0.0.0/16"/>'),
      /IpPrefix: nothing but IpRange/,
    ],
    ['text between ranges', region(`${range}x`), /IpRange\[1\]: #text: nothing but IpRange/],
    [
      'text between regions',
      '<AzurePublicIpAddresses>x</AzurePublicIpAddresses>',
      /#text: nothing/,
    ],
    ['content of a range', region('<IpRange Subnet="20.0.0.0/16">x</IpRange>'), /has no content/],
    ['nested regions', region(region(range)), /nothing but IpRange is expected/],
    ['a region without a name', region(range, ''), /Region has the attribute Name alone/],
    ['more about a region', region(range, 'Name="uswest" Id="1"'), /: Name, Id: Region has/],
    ['a range without its subnet', region('<IpRange/>'), /IpRange has the attribute Subnet alone/],
    ['a name that is none', region(range, 'Name="us west"'), /us west: a region is letters/],
    ['an empty name', region(range, 'Name=""'), /a region is letters/],
    ['a control character in a name', region(range, 'Name="us\u0001"'), /us\\u0001: a region is/],
    ['a bidi character in a name', region(range, 'Name="us\u202e"'), /us\\u202e: a region is/],
    ['a name that is too long', region(range, `Name="${'x'.repeat(118)}"`), /a region is letters/],
    [
      'a region twice',
      oldXml({ uswest: [], USWest: [] }),
      /USWest: the same region as Region\[0\]/,
    ],
    ['a range twice', region(range + range), /20\.0\.0\.0\/16: the same range twice in one region/],
    ['host bits', region('<IpRange Subnet="20.0.0.1/16"/>'), /\.Subnet: .*: host bits are set/],
    ['no length', region('<IpRange Subnet="20.0.0.0"/>'), /a prefix is an address, "\/" and a/],
    ['leading zeros', region('<IpRange Subnet="020.0.0.0/16"/>'), /leading zeros/],
    ['a space in a range', region('<IpRange Subnet=" 20.0.0.0 /16"/>'), /IPv4 octet is a decimal/],
    ['a zone', region('<IpRange Subnet="fe80::%1/64"/>'), /zone ids/],
  ])('for %s is refused', (_, text, rule) => {
    const said = refusals(parse(text))
    expect(said.length).toBeGreaterThan(0)
    expect(said.join('\n')).toMatch(rule)
  })

  it('says every place that is wrong, up to a number', () => {
    const text = oldXml({ uswest: ['20.0.0.1/16', '20.1.0.0/16', 'x'], useast: ['::/129'] })
    expect(refusals(parse(text))).toEqual([
      'Region[0].IpRange[0].Subnet: 20.0.0.1/16: host bits are set',
      'Region[0].IpRange[2].Subnet: x: a prefix is an address, "/" and a length',
      'Region[1].IpRange[0].Subnet: ::/129: an IPv6 prefix length is at most 128',
    ])
    const many = oldXml({ uswest: Array<string>(5000).fill('x') })
    expect(refusals(parse(many))).toHaveLength(MAX_REFUSALS)
  })

  it.each([
    ['too long', () => region(' '.repeat(OLD_XML_LIMITS.characters)), /characters; at most/],
    ['of too many elements', () => region('<a/>'.repeat(2 * OLD_XML_LIMITS.elements)), /elements/],
    ['deep', () => '<a>'.repeat(9000) + '</a>'.repeat(9000), /not read: Maximum nested tags/],
    ['never closed', () => '<a>'.repeat(9000), /not well-formed/],
    ['full of attributes', () => '<a b="1" c="2" d="3"/>'.repeat(19_000), /the one root element/],
    ['full of quotes', () => `<a b='"'/>`.repeat(19_000), /the one root element/],
    ['full of text', () => region('x'.repeat(1_000_000)), /#text: nothing but IpRange/],
  ])('%s is refused within its limits', (_, text, rule) => {
    expect(refusals(parse(text())).join('\n')).toMatch(rule)
  })
})
