/** One canonical network: the grammar, and what other readers of the same text make of it. */
import * as fc from 'fast-check'
import IPCIDR from 'ip-cidr'
import { Netmask } from 'netmask'
import { BlockList } from 'node:net'
import { describe, expect, it } from 'vitest'
import { BITS, formatAddress } from '../../src/core/address.ts'
import { comparePrefixes, parsePrefix, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { addressAt, anyAddress, anyPrefix, bigintOf, prefixFrom } from '../support/networks.ts'

describe('parsePrefix', () => {
  it.each(['0.0.0.0/0', '20.0.0.0/8', '20.1.2.3/32', '::/0', '2603:1000::/40', '2603:1000::1/128'])(
    'reads %s and keeps its text',
    (text) => {
      expect(prefixFrom(text).text).toBe(text)
    },
  )

  it('gives different spellings of one network the same text', () => {
    expect(prefixFrom('2603:1000:0:0:0:0:0:0/40').text).toBe('2603:1000::/40')
    expect(prefixFrom('2A01:111::/48').text).toBe('2a01:111::/48')
  })

  it.each([
    ['', 'an address, "/" and a length'],
    ['20.0.0.0', 'an address, "/" and a length'],
    ['20.0.0.0/', 'a prefix length is a decimal number'],
    ['20.0.0.0/08', 'a prefix length is a decimal number'],
    ['20.0.0.0/+8', 'a prefix length is a decimal number'],
    ['20.0.0.0/8 ', 'a prefix length is a decimal number'],
    ['20.0.0.0/8/8', 'a prefix length is a decimal number'],
    ['20.0.0.0/255.0.0.0', 'a prefix length is a decimal number'],
    ['20.0.0.0/-1', 'a prefix length is a decimal number'],
    ['20.0.0.0/33', 'an IPv4 prefix length is at most 32'],
    ['2603::/129', 'an IPv6 prefix length is at most 128'],
    ['/8', 'four decimal octets'],
    ['20.0.0/8', 'four decimal octets'],
    ['20.0.0.1/31', 'host bits are set'],
    ['20.0.0.0/5', 'host bits are set'],
    ['2603:1000::1/127', 'host bits are set'],
    ['2603:1000::/19', 'host bits are set'],
    ['::ffff:20.0.0.0/104', 'dotted IPv4 tail'],
  ])('refuses %j: %s', (text, rule) => {
    expect(parsePrefix(text)).toEqual({
      ok: false,
      reason: expect.stringContaining(rule) as string,
    })
  })

  it('refuses every length that leaves a bit of the address out', () => {
    fc.assert(
      fc.property(anyAddress, fc.nat(128), ({ family, words }, bit) => {
        fc.pre(bit < BITS[family])
        const lastBit = 1n << BigInt(BITS[family] - 1 - bit)
        const high = (bigintOf(words) / lastBit) * lastBit
        const address = formatAddress(addressAt(family, high | lastBit))
        fc.pre(
          !/^::ffff:/.test(address) && !/^::ffff:/.test(formatAddress(addressAt(family, high))),
        )
        for (let length = 0; length <= BITS[family]; length++) {
          expect(parsePrefix(`${address}/${length}`).ok).toBe(length > bit)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('is undone by its text', () => {
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        expect(parsePrefix(prefix.text)).toEqual({ ok: true, value: prefix })
      }),
    )
  })
})

describe('comparePrefixes', () => {
  it('puts IPv4 first, then earlier addresses, then wider networks', () => {
    const inOrder = ['20.0.0.0/8', '20.0.0.0/16', '200.0.0.0/8', '::/0', '2603::/16', '2603::/32']
    const shuffled = [3, 5, 0, 4, 2, 1].map((i) => prefixFrom(inOrder[i] ?? ''))
    expect(shuffled.sort(comparePrefixes).map(({ text }) => text)).toEqual(inOrder)
  })

  it('is a total order in which only equal text is equal', () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, anyPrefix, (a, b, c) => {
        expect(comparePrefixes(a, b) === 0).toBe(a.text === b.text)
        expect(Math.sign(comparePrefixes(a, b))).toBe(-Math.sign(comparePrefixes(b, a)) + 0)
        if (comparePrefixes(a, b) <= 0 && comparePrefixes(b, c) <= 0) {
          expect(comparePrefixes(a, c)).toBeLessThanOrEqual(0)
        }
      }),
    )
  })
})

/** First and last address as text, as another reader understands the prefix; undefined if refused. */
type Reader = (text: string) => readonly [first: string, last: string] | undefined

const readers: Readonly<Record<'ip-cidr' | 'netmask', Reader>> = {
  'ip-cidr': (text) => {
    if (!IPCIDR.isValidCIDR(text)) return undefined
    const [first, last] = new IPCIDR(text).toRange<string>()
    return [first, last]
  },
  netmask: (text) => {
    try {
      const { base, broadcast, first, last } = new Netmask(text)
      // Of /31 and /32 it names no broadcast address: both ends are usable there.
      return broadcast === undefined ? [first, last] : [base, broadcast]
    } catch {
      return undefined
    }
  },
}

describe('other readers of the same text', () => {
  it.each(Object.entries(readers))('%s reads what we accept, with the same meaning', (_, read) => {
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        const [first, last] = endsOf(prefix)
        expect(read(prefix.text)?.map(canonical)).toEqual([first, last])
      }),
      { numRuns: 500 },
    )
  })

  it("Node's net.BlockList reads what we accept, with the same meaning", () => {
    fc.assert(
      fc.property(anyPrefix, ({ family, first, length, text }) => {
        const list = new BlockList()
        const name = family === 4 ? 'ipv4' : 'ipv6'
        list.addSubnet(text.slice(0, text.indexOf('/')), length, name)
        const start = bigintOf(first)
        const end = start + 2n ** BigInt(BITS[family] - length)
        const holds = (value: bigint): boolean =>
          list.check(formatAddress(addressAt(family, value)), name)
        expect([holds(start), holds((start + end) / 2n), holds(end - 1n)]).toEqual([
          true,
          true,
          true,
        ])
        if (start > 0n) expect(holds(start - 1n)).toBe(false)
        if (end < 2n ** BigInt(BITS[family])) expect(holds(end)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  /**
   * What they take and we refuse, and what each takes it for. One text with two meanings is why:
   * a list must not mean something else to the next program. `-` is a refusal.
   */
  it.each([
    // text, our rule, ip-cidr, netmask, net.BlockList
    ['20.0.0.1/8', 'host bits', '20.0.0.0-20.255.255.255', '20.0.0.0-20.255.255.255', '20.0.0.1/8'],
    ['2603::1/126', 'host bits', '2603::-2603::3', '2603::-2603::3', '2603::1/126'],
    ['20.0.0.0', 'a length', '-', '20.0.0.0-20.0.0.0', '-'],
    ['2603::', 'a length', '-', '2603::-2603::', '-'],
    ['20.0.0.0/', 'decimal number', '-', '20.0.0.0-20.0.0.0', '20.0.0.0/0'],
    [
      '20.0.0.0/08',
      'decimal number',
      '20.0.0.0-20.255.255.255',
      '20.0.0.0-20.255.255.255',
      '20.0.0.0/8',
    ],
    ['20.0.0.0/+8', 'decimal number', '-', '20.0.0.0-20.255.255.255', '20.0.0.0/8'],
    ['20.0.0.0/8 ', 'decimal number', '-', '20.0.0.0-20.255.255.255', '20.0.0.0/8'],
    ['20.0.0.0/8/8', 'decimal number', '-', '20.0.0.0-20.255.255.255', '20.0.0.0/8'],
    ['20.0.0.0/1e1', 'decimal number', '-', '0.0.0.0-127.255.255.255', '20.0.0.0/10'],
    ['20.0.0.0/255.0.0.0', 'decimal number', '-', '20.0.0.0-20.255.255.255', '-'],
    ['020.0.0.0/8', 'leading zeros', '-', '16.0.0.0-16.255.255.255', '-'],
    ['0x14.0.0.0/8', 'leading zeros', '-', '20.0.0.0-20.255.255.255', '-'],
    ['20/8', 'four decimal octets', '-', '0.0.0.0-0.255.255.255', '-'],
    ['20.1/16', 'four decimal octets', '-', '20.0.0.0-20.0.255.255', '-'],
    ['2603::%eth0/128', 'zone ids', '2603::-2603::', '2603::-2603::', '2603::/128'],
    ['::20.0.0.0/128', 'dotted', '20.0.0.0-20.0.0.0', '::1400:0-::1400:0', '::20.0.0.0/128'],
    [
      '::ffff:20.0.0.0/128',
      'dotted',
      '20.0.0.0-20.0.0.0',
      '::ffff:1400:0-::ffff:1400:0',
      '::ffff:20.0.0.0/128',
    ],
    [
      '::ffff:1400:0/128',
      'IPv4-mapped',
      '::ffff:1400:0-::ffff:1400:0',
      '::ffff:1400:0-::ffff:1400:0',
      '::ffff:20.0.0.0/128',
    ],
  ])('refuses %j (%s), which others take', (text, rule, ipCidr, netmask, blockList) => {
    expect(parsePrefix(text)).toEqual({
      ok: false,
      reason: expect.stringContaining(rule) as string,
    })
    const taken = (read: Reader): string => read(text)?.map(canonical).join('-') ?? '-'
    expect([taken(readers['ip-cidr']), taken(readers.netmask), takenByBlockList(text)]).toEqual([
      ipCidr,
      netmask,
      blockList,
    ])
  })
})

/** How Node understands the text when a caller cuts it at the slash. */
function takenByBlockList(text: string): string {
  const list = new BlockList()
  const [address = '', length] = text.split('/')
  try {
    list.addSubnet(address, Number(length), text.includes(':') ? 'ipv6' : 'ipv4')
  } catch {
    return '-'
  }
  return list.rules.join().replace(/^Subnet: IPv[46] /, '')
}

function endsOf(prefix: Prefix): [string, string] {
  for (const { family, first, last } of RangeSet.of([prefix]).ranges()) {
    return [formatAddress({ family, words: first }), formatAddress({ family, words: last })]
  }
  throw new Error('a prefix holds at least one address')
}

function canonical(text: string): string {
  return text.includes(':') ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text
}
