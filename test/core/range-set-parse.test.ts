/** Text -> set: prefixes, addresses and ranges by one strict grammar; a refusal names text and rule. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../../src/core/address.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { addressOf, anyAddress, anyPrefix, bigintOf } from '../support/networks.ts'

function parsed(...texts: string[]): RangeSet {
  const set = RangeSet.parse(texts)
  if (!set.ok) throw new Error(set.reason)
  return set.value
}

/** A file of these lines, the last without a line feed or with one. */
function parseLines(lines: readonly string[], end = ''): ReturnType<typeof RangeSet.parseLines> {
  return RangeSet.parseLines(Buffer.from(lines.join('\n') + end))
}

describe('RangeSet.parseLines', () => {
  it.each(['', '\n', '\r\n', '\n\n\r\n'])('reads a file that ends with %j', (end) => {
    const set = parseLines(
      ['20.0.0.0/24', '2603::/33', '20.0.1.0-20.0.1.255\r', '', '2603:0:8000::/33'],
      end,
    )
    expect(set.ok && set.value.texts()).toEqual(['20.0.0.0/23', '2603::/32'])
  })

  it('reads nothing as the empty set', () => {
    for (const file of ['', '\n', '\r\n\n']) {
      const set = RangeSet.parseLines(Buffer.from(file))
      expect(set.ok && set.value.isEmpty).toBe(true)
    }
  })

  it('reads part of a larger array', () => {
    const set = RangeSet.parseLines(Buffer.from('1.1.1.1\n20.0.0.0/24\n2.2.2.2').subarray(8, 19))
    expect(set.ok && set.value.texts()).toEqual(['20.0.0.0/24'])
  })

  it.each([
    [['20.0.0.0/24', '', '20.0.0.1/24', 'x'], 'line 3, "20.0.0.1/24": host bits are set'],
    [
      ['20.0.0.0/24\r', '20.0.1.0/24\r\r'],
      'line 2, "20.0.1.0/24\\r": a prefix length is a decimal number',
    ],
    [['20.0.0.0 '], 'line 1, "20.0.0.0 ": an IPv4 octet is a decimal number without leading zeros'],
    [['2603::/32', '2603::/129'], 'line 2, "2603::/129": an IPv6 prefix length is at most 128'],
    [
      ['1'.repeat(1_000_000)],
      `line 1, "${'1'.repeat(79)}...": a network has at most 79 characters`,
    ],
  ])('refuses a broken line with its number', (lines, reason) => {
    expect(parseLines(lines)).toEqual({ ok: false, reason })
  })

  it('reads more networks than it made room for', () => {
    const hosts = Array.from({ length: 3_000 }, (_, i) => `::${i.toString(16)}`)
    const set = parseLines([...hosts, '20.0.0.0'])
    expect(set.ok && [set.value.count(6), set.value.count(4)]).toEqual([3_000n, 1n])
  })
})

describe('RangeSet.parse', () => {
  it.each([
    [[], []],
    [['20.0.1.0/24', '20.0.0.0/24'], ['20.0.0.0/23']],
    [['20.0.0.7'], ['20.0.0.7/32']],
    [['2603::7'], ['2603::7/128']],
    [['20.0.0.0-20.0.3.255'], ['20.0.0.0/22']],
    [['20.0.0.255-20.0.1.0'], ['20.0.0.255/32', '20.0.1.0/32']],
    [['20.0.0.7-20.0.0.7'], ['20.0.0.7/32']],
    [
      ['0.0.0.0-255.255.255.255', '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['0.0.0.0/0', '::/0'],
    ],
    [
      ['2603::-2603:0:0:3:ffff:ffff:ffff:ffff', '20.0.0.0/32'],
      ['20.0.0.0/32', '2603::/62'],
    ],
    [['::', '::1', '::2-::3'], ['::/126']],
    [['2603:1000:0:0:0:0:0:0/40', '2603:1000:0100::/40', '2603:1000:200::/39'], ['2603:1000::/38']],
  ])('reads %j as %j', (texts, cover) => {
    expect(parsed(...texts).texts()).toEqual(cover)
  })

  it.each([
    ['', 'four decimal octets'],
    ['Storage', 'without leading zeros'],
    ['20.0.0.0/', 'a prefix length is a decimal number'],
    ['20.0.0.0/08', 'a prefix length is a decimal number'],
    ['20.0.0.0/24 ', 'a prefix length is a decimal number'],
    ['20.0.0.0/24-20.0.1.0', 'a prefix length is a decimal number'],
    ['20.0.0.0/33', 'an IPv4 prefix length is at most 32'],
    ['2603::/129', 'an IPv6 prefix length is at most 128'],
    ['20.0.0.1/24', 'host bits are set'],
    ['2603::1/64', 'host bits are set'],
    ['20.0.0', 'four decimal octets'],
    ['20.0.0.0.0', 'four decimal octets'],
    ['20.0.0.256', 'at most 255'],
    ['20.0.0.1000', 'at most 255'],
    ['20.0.0.01', 'without leading zeros'],
    ['20.0.0.0 - 20.0.0.1', 'without leading zeros'],
    ['20.0.0.0-', 'four decimal octets'],
    ['-20.0.0.0', 'without leading zeros'],
    ['20.0.0.1-20.0.0.0', 'the last address of a range comes before its first'],
    ['2603::1-2603::', 'the last address of a range comes before its first'],
    ['20.0.0.0-20.0.0.1-20.0.0.2', 'without leading zeros'],
    ['20.0.0.0-20.0.0.1/32', 'without leading zeros'],
    ['2603::-2603::1/128', 'one to four hexadecimal digits'],
    ['2603::-20.0.0.0', 'dotted IPv4 tail'],
    ['2603::%eth0', 'zone ids'],
    ['::ffff:20.0.0.0', 'dotted IPv4 tail'],
    ['::ffff:1400:0', 'IPv4-mapped'],
    ['2603:1:2:3:4:5:6:7:8', 'eight groups'],
    [':1:2:3:4:5:6:7:8/128', 'one to four hexadecimal digits'],
    ['1:2:3:4:5:6:7:/112', 'one to four hexadecimal digits'],
    ['2603:::/32', 'at most one "::"'],
    ['1:2:3:4:5:6:7:8::/128', 'at least one zero group'],
    ['2603::1::', 'at most one "::"'],
  ])('refuses %j: %s', (text, rule) => {
    const refused = RangeSet.parse(['20.0.0.0/8', '2603::/32', text, 'never read'])
    expect(refused).toEqual({ ok: false, reason: expect.stringContaining(rule) as string })
    expect(RangeSet.parse([`${text}\n20.0.0.0/8`]).ok).toBe(false)
    if (!refused.ok) expect(refused.reason.startsWith(`${JSON.stringify(text)}: `)).toBe(true)
  })

  it('does not repeat a text of megabytes', () => {
    const refused = RangeSet.parse(['1'.repeat(5_000_000)])
    expect(refused.ok ? '' : refused.reason).toMatch(
      /^"1{79}\.\.\.": a network has at most 79 characters$/,
    )
  })

  /** Near misses are common among texts of these. */
  const nearly = fc
    .array(
      fc.constantFrom(
        '0',
        '1',
        '20',
        '255',
        '256',
        'f',
        'ffff',
        ':',
        '::',
        '.',
        '.',
        '/',
        '/3',
        '-',
      ),
      { maxLength: 16 },
    )
    .map((parts) => parts.join(''))
  const addressText = anyAddress.map(formatAddress)
  /** A prefix with one character taken out, put in or replaced. */
  const mistyped = fc
    .tuple(
      anyPrefix,
      fc.nat(),
      fc.constantFrom('', '', ':', '.', '/', '-', '0', '1', 'f'),
      fc.nat(1),
    )
    .map(([{ text }, place, put, taken]) => {
      const at = place % (text.length + 1)
      return text.slice(0, at) + put + text.slice(at + taken)
    })
  const anyText = fc.oneof(
    mistyped,
    mistyped,
    nearly,
    addressText,
    anyPrefix.map(({ text }) => text),
    fc.tuple(addressText, fc.nat(130)).map(([text, length]) => `${text}/${length}`),
    fc.tuple(addressText, addressText).map(([first, last]) => `${first}-${last}`),
  )

  it('reads a text exactly if the readers of one prefix or address do, as the same addresses', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const expected = slowlyRead(text)
        for (const set of [RangeSet.parse([text]), parseLines(['', text, ''])]) {
          if (text === '') continue
          expect(set.ok).toBe(expected !== undefined)
          if (set.ok && expected) expect([...set.value.ranges()]).toEqual([expected])
        }
      }),
      { numRuns: 10_000 },
    )
  })

  it('reads the text of any set of addresses that may be written', () => {
    const mapped = parsed('::fffe:ffff:ffff-::1:0:0:0')
    fc.assert(
      fc.property(fc.array(anyPrefix, { maxLength: 40 }), (prefixes) => {
        const set = RangeSet.of(prefixes).subtract(mapped)
        expect(parsed(...set.texts()).equals(set)).toBe(true)
      }),
    )
  })
})

/** The same grammar by the readers of one network, with a big number for the last address. */
function slowlyRead(text: string): { family: 4 | 6; first: number[]; last: number[] } | undefined {
  if (text.includes('/')) {
    const prefix = parsePrefix(text)
    if (!prefix.ok) return undefined
    return [...RangeSet.of([prefix.value]).ranges()].map(({ family, first, last }) => ({
      family,
      first: [...first],
      last: [...last],
    }))[0]
  }
  const ends = text.split('-').map(parseAddress)
  const [first, last = first] = ends
  if (ends.length > 2 || !first?.ok || !last?.ok) return undefined
  if (first.value.family !== last.value.family) return undefined
  if (bigintOf(first.value.words) > bigintOf(last.value.words)) return undefined
  const { family, words } = addressOf(formatAddress(first.value))
  return { family, first: [...words], last: [...last.value.words] }
}
