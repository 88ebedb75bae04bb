/**
 * Every forbidden network, in every spelling and embedding, against what is allowed. What an address
 * carries is written here anew, from the RFCs, in text.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BITS, formatAddress, type Address } from '../../src/core/address.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { SPECIAL_SPACE } from '../../src/core/special-space.ts'
import { createAddressGuard, type Verdict } from '../../src/webhooks/address-guard.ts'
import { addressAt, bigintOf, prefixesFrom, prefixFrom } from '../support/networks.ts'

const EVERYTHING = ['0.0.0.0/0', '::/0']

const NEVER = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  '::/128',
  'fe80::/10',
  'ff00::/8',
  'fd00:100::100:200/128',
  'fd00:42::42/128',
  'fd00:a9fe:a9fe::1/128',
  'fd00:c1::a9fe:a9fe/128',
  'fd00:ec2::23/128',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
]
const never = RangeSet.of(prefixesFrom(NEVER))

function judge(text: string, ...allowed: readonly string[]): Verdict {
  return createAddressGuard(prefixesFrom(allowed)).verdict(text)
}

const none = createAddressGuard([])
const all = createAddressGuard(prefixesFrom(EVERYTHING))

/** Any address of one of the networks; often its first or its last. */
function anyIn(networks: readonly Prefix[]): fc.Arbitrary<Address> {
  return fc.constantFrom(...networks).chain(({ family, first, length }) => {
    const most = 2n ** BigInt(BITS[family] - length) - 1n
    const offset = fc.oneof(fc.constantFrom(0n, most), fc.bigInt({ min: 0n, max: most }))
    return offset.map((by) => addressAt(family, bigintOf(first) + by))
  })
}

const hex = (word: number): string =>
  `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`

/** What carries an IPv4 address, by the name of the form; `x` is any 16 bits. */
const EMBEDDINGS: Readonly<Record<string, (word: number, x: number) => string>> = {
  mapped: (word) => `::ffff:${hex(word)}`,
  'mapped and dotted': (word) => `::ffff:${formatAddress({ family: 4, words: [word] })}`,
  'mapped and long': (word) => `0:0:0:0:0:FFFF:${hex(word)}`,
  compatible: (word) => `::${hex(word)}`,
  'compatible and dotted': (word) => `::${formatAddress({ family: 4, words: [word] })}`,
  translated: (word) => `::ffff:0:${hex(word)}`,
  NAT64: (word) => `64:ff9b::${hex(word)}`,
  'NAT64 and dotted': (word) => `0064:FF9B::${formatAddress({ family: 4, words: [word] })}`,
  'local NAT64 of 48 bits': (word, x) => {
    const [high, low] = [word >>> 16, word & 0xffff]
    const [first, second] = [low >>> 8, low & 255]
    return `64:ff9b:1:${high.toString(16)}:${first.toString(16)}:${(second << 8).toString(16)}::${x.toString(16)}`
  },
  'local NAT64 of 56 bits': (word) => {
    const [a, b, c, d] = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]
    return `64:ff9b:1:${a.toString(16)}:${b.toString(16)}:${((c << 8) | d).toString(16)}::`
  },
  'local NAT64 of 64 bits': (word) => {
    const [a, b, c, d] = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]
    return `64:ff9b:1:0:${a.toString(16)}:${((b << 8) | c).toString(16)}:${(d << 8).toString(16)}:0`
  },
  'local NAT64 of 96 bits': (word) => `64:ff9b:1::${hex(word)}`,
  '6to4': (word, x) => `2002:${hex(word)}:${x.toString(16)}::1`,
  'Teredo client': (word) => `2001:0:808:808:0:0:${hex(~word >>> 0)}`,
  'Teredo server': (word) => `2001:0:${hex(word)}:0:0:f7f7:f7f7`,
  ISATAP: (word, x) => `2600:1f00:${x.toString(16)}::5efe:${hex(word)}`,
  'ISATAP, unique': (word, x) => `2600:1f00:${x.toString(16)}:0:200:5efe:${hex(word)}`,
}

/** An address of one of the networks inside an IPv6 address. */
function anyEmbedded(networks: readonly Prefix[]): fc.Arbitrary<string> {
  const anyForm = fc.constantFrom(...Object.entries(EMBEDDINGS))
  return fc
    .tuple(anyIn(networks), anyForm, fc.nat(0xffff))
    .filter(([{ words }, [form]]) => {
      const [word = 0] = words
      // Where an address lies in local NAT64 cannot be seen, and zeros in front may be padding;
      // `::` and `::1` are themselves.
      if (form.startsWith('local')) return word >>> 24 !== 0
      return !form.startsWith('compatible') || word > 1
    })
    .map(([{ words }, [, embed], x]) => embed(words[0] ?? 0, x))
}

/** Different texts of one IPv6 address. */
const spellings: readonly ((words: readonly number[]) => string)[] = [
  (words) => formatAddress({ family: 6, words }),
  (words) => formatAddress({ family: 6, words }).toUpperCase(),
  (words) => words.map(hex).join(':'),
  (words) =>
    words.map((word) => hex(word).replaceAll(/[0-9a-f]+/g, (g) => g.padStart(4, '0'))).join(':'),
  ([a = 0, b = 0, c = 0, d = 0]) =>
    `${hex(a)}:${hex(b)}:${hex(c)}:${formatAddress({ family: 4, words: [d] })}`,
]
const anySpelling = fc.constantFrom(...spellings)

function spell(address: Address, spelling: (words: readonly number[]) => string): string {
  return address.family === 4 ? formatAddress(address) : spelling(address.words)
}

describe('an address that no webhook may reach', () => {
  it.each(NEVER)('is any of %s, even if everything is allowed', (network) => {
    const verdict = all.verdict(network.replace(/\/\d+$/, ''))
    expect(verdict).toMatchObject({ ok: false })
    expect(!verdict.ok && verdict.reason).toContain('which no webhook may reach')
  })

  it('is refused in any spelling', () => {
    fc.assert(
      fc.property(anyIn(prefixesFrom(NEVER)), anySpelling, (address, spelling) => {
        expect(all.verdict(spell(address, spelling)).ok).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused inside any IPv6 address', () => {
    const ipv4 = prefixesFrom(NEVER).filter(({ family }) => family === 4)
    fc.assert(
      fc.property(anyEmbedded(ipv4), (text) => {
        expect(all.verdict(text).ok).toBe(false)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('special space', () => {
  it.each(SPECIAL_SPACE.map(({ text }) => text))('%s is closed unless it is allowed', (network) => {
    fc.assert(
      fc.property(anyIn([prefixFrom(network)]), anySpelling, (address, spelling) => {
        expect(none.verdict(spell(address, spelling)).ok).toBe(false)
      }),
    )
  })

  it('is open where it is allowed, except for what is never reached', () => {
    fc.assert(
      fc.property(anyIn(SPECIAL_SPACE.filter(({ family }) => family === 4)), (address) => {
        const verdict = judge(formatAddress(address), ...EVERYTHING)
        expect(verdict.ok).toBe(!never.contains(address))
        if (verdict.ok) expect(verdict.isInside).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('is closed inside any IPv6 address, even if all of IPv6 is allowed', () => {
    const guard = createAddressGuard(prefixesFrom(['::/0']))
    const ipv4 = SPECIAL_SPACE.filter(({ family }) => family === 4)
    fc.assert(
      fc.property(anyEmbedded(ipv4), (text) => {
        expect(guard.verdict(text).ok).toBe(false)
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    ['10.1.2.3', '10.0.0.0/8'],
    ['172.31.255.255', '172.16.0.0/12'],
    ['192.168.1.1', '192.168.0.0/16'],
    ['127.0.0.1', '127.0.0.0/8'],
    ['100.64.0.1', '100.64.0.0/10'],
    ['198.18.0.1', '198.18.0.0/15'],
    ['203.0.113.9', '203.0.113.0/24'],
    ['::1', '::1/128'],
    ['fd12:3456::1', 'fd12:3456::/32'],
    ['2001:db8::1', '2001:db8::/32'],
    ['::ffff:10.1.2.3', '10.0.0.0/8'],
    ['::ffff:a01:203', '10.0.0.0/8'],
  ])('has %s inside once %s is allowed', (address, network) => {
    expect(judge(address).ok).toBe(false)
    expect(judge(address, network)).toEqual({ ok: true, isInside: true })
  })

  it('is named with the address and the setting', () => {
    expect(judge('10.1.2.3', '10.2.0.0/16')).toEqual({
      ok: false,
      reason: '10.1.2.3 is in 10.0.0.0/8, which RANGEWARDEN_WEBHOOK_ALLOW does not hold',
    })
    const carried = judge('::ffff:10.1.2.3')
    expect(!carried.ok && carried.reason).toContain('which carries 10.1.2.3, is in 10.0.0.0/8')
  })
})

describe('an IPv6 address that carries another', () => {
  it('needs both allowed, the translator and what is behind it', () => {
    expect(judge('64:ff9b::8.8.8.8').ok).toBe(false)
    expect(judge('64:ff9b::8.8.8.8', '64:ff9b::/96')).toEqual({ ok: true, isInside: false })
    expect(judge('64:ff9b::10.1.2.3', '64:ff9b::/96').ok).toBe(false)
    expect(judge('64:ff9b::10.1.2.3', '10.0.0.0/8').ok).toBe(false)
    const both = judge('64:ff9b::10.1.2.3', '64:ff9b::/96', '10.0.0.0/8')
    expect(both).toEqual({ ok: true, isInside: true })
  })

  it('is what a mapped address carries, and nothing else', () => {
    expect(judge('::ffff:20.1.2.3')).toEqual({ ok: true, isInside: false })
    expect(judge('::ffff:20.1.2.3', '20.1.0.0/16')).toEqual({ ok: true, isInside: true })
  })

  it('carries nothing as loopback', () => {
    expect(judge('::1', '::1/128')).toEqual({ ok: true, isInside: true })
    expect(judge('::1', '127.0.0.0/8').ok).toBe(false)
  })
})

describe('a public address', () => {
  it('is open, and inside only where it is allowed', () => {
    const special = RangeSet.of(SPECIAL_SPACE)
    const anyPublic = anyIn(prefixesFrom(['0.0.0.0/0', '2000::/3'])).filter(
      (address) =>
        !special.contains(address) &&
        !never.contains(address) &&
        // Interface identifiers of ISATAP carry an address.
        (((address.words[2] ?? 0) & 0xfcffffff) !== 0x5efe || address.family === 4),
    )
    fc.assert(
      fc.property(anyPublic, anySpelling, (address, spelling) => {
        const text = spell(address, spelling)
        expect(none.verdict(text)).toEqual({ ok: true, isInside: false })
        expect(all.verdict(text)).toEqual({ ok: true, isInside: true })
      }),
      { numRuns: 1000 },
    )
  })

  it('has neighbours: what lies next to a forbidden network is open', () => {
    for (const text of ['1.0.0.0', '168.63.129.15', '168.63.129.17', '223.255.255.255']) {
      expect(none.verdict(text)).toEqual({ ok: true, isInside: false })
    }
    for (const text of ['100.100.100.199', '100.100.100.201', 'fd00:ec2::253', 'fd20:ce::255']) {
      expect(all.verdict(text)).toEqual({ ok: true, isInside: true })
    }
  })
})

describe('a text that is no address', () => {
  it.each([
    'fe80::1%eth0',
    '2606:4700::1%0',
    '::ffff:20.1.2.3%1',
    '0177.0.0.1',
    '2130706433',
    '0x7f000001',
    '127.1',
    '20.1.2.3.',
    ' 20.1.2.3',
    '20.1.2.3\n',
    '20.1.2.3/32',
    '[2606:4700::1]',
    '2606:4700::1]/@[::1',
    '::1]:80/',
    ':',
    ':::',
    '1:2:3',
    '2606:4700::1::2',
    '::ffff:1.2.3.256',
    'example.com',
    '',
  ])('like %s is refused', (text) => {
    const verdict = all.verdict(text)
    expect(verdict.ok).toBe(false)
  })

  it('is refused in few words, however long it is', () => {
    for (const text of ['1'.repeat(10_000), `${'0'.repeat(10_000)}::1`]) {
      const verdict = all.verdict(text)
      expect(verdict.ok).toBe(false)
      expect(!verdict.ok && verdict.reason.length).toBeLessThan(150)
    }
  })
})
