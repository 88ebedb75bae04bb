/** Text <-> address: one strict grammar, checked against Node's own readers. */
import * as fc from 'fast-check'
import { isIP } from 'node:net'
import { describe, expect, it } from 'vitest'
import { compareWords, formatAddress, parseAddress } from '../../src/core/address.ts'
import { addressOf, anyAddress, anyIPv6 } from '../support/networks.ts'

describe('parseAddress', () => {
  it.each([
    ['0.0.0.0', [0]],
    ['20.1.2.3', [0x14010203]],
    ['255.255.255.255', [0xffffffff]],
    ['::', [0, 0, 0, 0]],
    ['::1', [0, 0, 0, 1]],
    ['1::', [0x10000, 0, 0, 0]],
    ['2603:1000:4::', [0x26031000, 0x40000, 0, 0]],
    ['2603:1030:20E:3::23C', [0x26031030, 0x20e0003, 0, 0x23c]],
    ['1:2:3:4:5:6:7:8', [0x10002, 0x30004, 0x50006, 0x70008]],
    ['1:2:3:4:5:6:7::', [0x10002, 0x30004, 0x50006, 0x70000]],
    ['::2:3:4:5:6:7:8', [2, 0x30004, 0x50006, 0x70008]],
    ['0001:0:0:0:0:0:0:000f', [0x10000, 0, 0, 0xf]],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]],
  ])('reads %s', (text, words) => {
    expect(parseAddress(text)).toEqual({
      ok: true,
      value: { family: text.includes(':') ? 6 : 4, words },
    })
  })

  it.each([
    ['', 'four decimal octets'],
    ['1', 'four decimal octets'],
    ['1.2.3', 'four decimal octets'],
    ['1.2.3.4.5', 'four decimal octets'],
    ['1.2.3.', 'four decimal octets'],
    ['.1.2.3', 'four decimal octets'],
    ['1..2.3', 'four decimal octets'],
    ['1.2.3.4.', 'four decimal octets'],
    ['01.2.3.4', 'without leading zeros'],
    ['00.2.3.4', 'without leading zeros'],
    ['0x1.2.3.4', 'without leading zeros'],
    ['1.2.3.4 ', 'without leading zeros'],
    [' 1.2.3.4', 'without leading zeros'],
    ['+1.2.3.4', 'without leading zeros'],
    ['-1.2.3.4', 'without leading zeros'],
    ['1e1.2.3.4', 'without leading zeros'],
    ['1.2.3.٤', 'without leading zeros'],
    ['1.2.3.256', 'at most 255'],
    ['1.2.3.99999999999999999999', 'at most 255'],
    [':', 'one to four hexadecimal digits'],
    [':1', 'one to four hexadecimal digits'],
    ['1:', 'one to four hexadecimal digits'],
    ['1:2:3:4:5:6:7:', 'one to four hexadecimal digits'],
    [':1:2:3:4:5:6:7', 'one to four hexadecimal digits'],
    ['12345::', 'one to four hexadecimal digits'],
    ['g::', 'one to four hexadecimal digits'],
    ['::1 ', 'one to four hexadecimal digits'],
    ['1:2:3:4:5:6:7', 'eight groups'],
    ['1:2:3:4:5:6:7:8:9', 'eight groups'],
    ['1:2:3:4::5:6:7:8', 'at least one zero group'],
    ['::1:2:3:4:5:6:7:8', 'at least one zero group'],
    ['1::2::3', 'at most one "::"'],
    [':::', 'at most one "::"'],
    ['fe80::1%eth0', 'zone ids'],
    ['::1.2.3.4', 'dotted IPv4 tail'],
    ['::ffff:1.2.3.4', 'dotted IPv4 tail'],
    ['::ffff:102:304', 'IPv4-mapped'],
    ['0:0:0:0:0:FFFF:0:0', 'IPv4-mapped'],
  ])('refuses %j: %s', (text, rule) => {
    expect(parseAddress(text)).toEqual({
      ok: false,
      reason: expect.stringContaining(rule) as string,
    })
  })

  /** Characters of addresses and a few that are not, so that near misses are common. */
  const nearlyAddress = fc
    .array(
      fc.constantFrom(
        '0',
        '1',
        '2',
        '25',
        '255',
        '9',
        'a',
        'F',
        'ffff',
        ':',
        ':',
        '::',
        '.',
        '.',
        '%',
        ' ',
        '/',
      ),
      { maxLength: 18 },
    )
    .map((parts) => parts.join(''))
  const anyText = fc.oneof(nearlyAddress, nearlyAddress, fc.string(), anyAddress.map(formatAddress))

  it('accepts nothing that Node refuses, and refuses only by its own three extra rules', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseAddress(text)
        if (parsed.ok) expect(isIP(text)).toBe(parsed.value.family)
        else if (isIP(text) !== 0) expect(parsed.reason).toMatch(/zone ids|dotted|IPv4-mapped/)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('formatAddress', () => {
  it.each([
    // RFC 5952: 4.1 leading zeros, 4.2.2 no "::" for one group, 4.2.3 the longest run, else the first
    ['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:1:0:0:0:0:0', '0:0:1::'],
    ['ABCD:EF01::', 'abcd:ef01::'],
  ])('writes %s as %s', (long, short) => {
    expect(formatAddress(addressOf(long))).toBe(short)
  })

  it('is undone by parseAddress', () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual({ ok: true, value: address })
      }),
    )
  })

  it('writes IPv6 as URLs do (the same RFC 5952 text, another implementation)', () => {
    fc.assert(
      fc.property(anyIPv6, (address) => {
        const text = formatAddress(address)
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
      }),
    )
  })
})

describe('compareWords', () => {
  it('orders addresses as the numbers they are', () => {
    expect(compareWords([0x80000000], [0x7fffffff])).toBeGreaterThan(0)
    expect(compareWords([0, 0, 0, 1], [0, 0, 1, 0])).toBeLessThan(0)
    expect(compareWords([1, 2, 3, 4], [1, 2, 3, 4])).toBe(0)
  })
})
