/** The PAC file as a script: evaluated here by Node, and by real clients in test/consumers. */
import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExportRefused, type ExportInput } from '../../exporters/contract.ts'
import { pac } from '../../exporters/pac.ts'
import { formatAddress } from '../../src/core/address.ts'
import { prefixOf } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { exportInput, PAC_OPTIONS, prefixes, renderText, rule } from '../support/export-input.ts'

const LISTED = PAC_OPTIONS.proxy
const OTHER = PAC_OPTIONS.fallback

type FindProxy = (host: string) => string

/** The file's function; `dns` answers lookups, and counts them by being asked. */
function evaluate(
  given: Partial<ExportInput>,
  dns: (host: string) => string | null = refuseLookup,
): FindProxy {
  const context = createContext({ dnsResolve: dns, answer: '', host: '' })
  runInContext(renderText(pac, exportInput(given)), context)
  return (host) => {
    context['host'] = host
    return String(runInContext('FindProxyForURL("https://" + host + "/", host)', context))
  }
}

function refuseLookup(host: string): never {
  throw new Error(`looked up ${host}`)
}

describe('names', () => {
  const find = evaluate({ rules: [rule('*.relay.example', 443), rule('login.example', 443)] })

  it.each([
    'login.example',
    'LOGIN.Example',
    'login.example.',
    'a.relay.example',
    'a.b.relay.example.',
  ])('on the list use the proxy: %s', (host) => expect(find(host)).toBe(LISTED))

  it.each([
    'relay.example',
    'evilrelay.example',
    'a.relay.example.evil.xyz',
    '.relay.example',
    'a.login.example',
    'login.example..',
    'example',
    '',
    'constructor',
    'a.constructor',
    'hasOwnProperty',
    '__proto__',
    '20.0.0.1',
  ])('off the list use the fallback: %j', (host) => expect(find(host)).toBe(OTHER))
})

describe('addresses', () => {
  const held = prefixes(
    '20.0.0.0/24',
    '20.0.1.0/25',
    '255.255.255.254/31',
    '2603:1030::/47',
    '::/64',
  )
  const find = evaluate({ rules: [rule('login.example', 443)], prefixes: held })

  it.each([
    '20.0.0.0',
    '20.0.1.127',
    '255.255.255.255',
    '2603:1030::',
    '2603:1030:1:ffff:ffff:ffff:ffff:ffff',
    '2603:1030:0:0:0:0:0:1',
    '[2603:1030::1]',
    '2603:1030::A',
    '::',
    '::1',
    '20.0.0.7.',
  ])('in the list use the proxy: %s', (host) => expect(find(host)).toBe(LISTED))

  it.each([
    '19.255.255.255',
    '20.0.1.128',
    '255.255.255.253',
    '0.0.0.0',
    '2603:1030:2::',
    '2603:102f:ffff:ffff:ffff:ffff:ffff:ffff',
    '0:0:0:1::',
    '2603:1030::1::1',
    '2603:1030::12345',
    '2603:1030:0:0:0:0:0:0:1',
    '1:2:3:4:5:6:7:8::',
    ':::',
    ':',
    '2603:1030',
    '2603:1030::%eth0',
    '::ffff:20.0.0.1',
    '20.0.0',
    '20.0.0.256',
    '020.0.0.1',
    '20.0.0.01',
    '335544320',
    '0x14.0.0.1',
    '20.0.0.1.evil.example',
  ])('outside, or written oddly, use the fallback: %s', (host) => expect(find(host)).toBe(OTHER))

  it.each([
    ['0.0.0.0/0', ['0.0.0.0', '9.9.9.9', '255.255.255.255'], ['::', '1::']],
    ['::/0', ['::', '1::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], ['0.0.0.0']],
    [
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128',
      ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['::'],
    ],
    [
      '2603:1030:ffff:ffff::/64',
      ['2603:1030:ffff:ffff::9'],
      ['2603:1031::', '2603:1030:ffff:fffe::'],
    ],
    ['0.0.0.5/32', ['0.0.0.5'], ['0.0.0.4', '0.0.0.6']],
  ] as const)('at the ends of the space are all there: %s', (network, inside, outside) => {
    const find = evaluate({ rules: [rule('login.example', 443)], prefixes: prefixes(network) })
    expect(inside.map(find)).toEqual(inside.map(() => LISTED))
    expect(outside.map(find)).toEqual(outside.map(() => OTHER))
  })

  it('are never looked up for a list with names', () => {
    expect(find('a.example')).toBe(OTHER)
  })

  it('answer for random sets as the sets do', () => {
    const prefix = fc
      .tuple(
        fc.constantFrom(4 as const, 6 as const),
        fc.bigInt(0n, 15n),
        fc.integer({ min: 1, max: 4 }),
      )
      .map(([family, top, length]) => {
        const first = Number(((top << BigInt(4 - length)) & 15n) << 28n)
        return prefixOf(family, family === 4 ? [first] : [first, 0, 0, 0], length)
      })
    const probe = fc.record({
      family: fc.constantFrom(4 as const, 6 as const),
      top: fc.integer({ min: 0, max: 15 }),
      rest: fc.constantFrom(0, 1, 2 ** 28 - 1),
    })
    fc.assert(
      fc.property(
        fc.array(prefix, { minLength: 1, maxLength: 6 }),
        fc.array(probe),
        (some, probes) => {
          const set = RangeSet.of(some)
          const find = evaluate({ prefixes: set.prefixes() })
          for (const { family, top, rest } of probes) {
            const words = [top * 2 ** 28 + rest, ...(family === 4 ? [] : [0, 0, rest])]
            const address = { family, words }
            const expected = set.contains(address) ? LISTED : OTHER
            expect(find(formatAddress(address))).toBe(expected)
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('a list of addresses alone', () => {
  const held = prefixes('20.0.0.0/24', '2603:1030::/47')

  it('looks a host up once and compares what comes back', () => {
    const asked: string[] = []
    const find = evaluate({ prefixes: held }, (host) => {
      asked.push(host)
      return host === 'in.example' ? '20.0.0.9' : '8.8.8.8'
    })
    expect([find('in.example'), find('out.example')]).toEqual([LISTED, OTHER])
    expect(asked).toEqual(['in.example', 'out.example'])
  })

  it('looks up no address and no intranet name', () => {
    const find = evaluate({ prefixes: held })
    expect(['20.0.0.1', '20.0.1.1', '2603:1030::1', '2001::1', 'intranet'].map(find)).toEqual([
      LISTED,
      OTHER,
      LISTED,
      OTHER,
      OTHER,
    ])
  })

  it('takes a failed lookup, and an odd answer, as not on the list', () => {
    for (const answer of [null, '', 'error', '2001::1']) {
      expect(evaluate({ prefixes: held }, () => answer)('a.example')).toBe(OTHER)
    }
    expect(evaluate({ prefixes: held }, () => '2603:1030::A')('a.example')).toBe(LISTED)
  })

  it('is refused where matching means going past the proxy', () => {
    for (const proxy of ['DIRECT; PROXY p.example:1', ' PROXY p.example:1;DIRECT ']) {
      const given = exportInput({ prefixes: held, options: { ...PAC_OPTIONS, proxy } })
      const render = (): string => renderText(pac, given)
      expect(render).toThrow(ExportRefused)
      expect(render).toThrow(
        /2 networks and RANGEWARDEN_PAC_PROXY=".*DIRECT.*" has DIRECT: clients/,
      )
      const names = { rules: [rule('a.example', 443)], options: given.options }
      expect(renderText(pac, exportInput(names))).toContain('DIRECT')
    }
  })

  it('answers in one spelling, however the setting was typed', () => {
    const options = { proxy: 'PROXY a:1;PROXY b:2', fallback: ' DIRECT ' }
    const find = evaluate({ prefixes: held, options })
    expect([find('20.0.0.1'), find('20.0.1.1')]).toEqual(['PROXY a:1; PROXY b:2', 'DIRECT'])
  })
})

describe('the file', () => {
  it('begins with the function, which Zscaler asks for', () => {
    const text = renderText(pac, exportInput({ rules: [rule('a.example', 443)] }))
    expect(text.split('\n')[0]).toBe('function FindProxyForURL(url, host) {')
  })

  it('uses nothing newer than ES5 and no chain of isInNet', () => {
    const given = {
      rules: [rule('a.example', 443)],
      prefixes: prefixes('20.0.0.0/24', '2603::/32'),
    }
    const code = renderText(pac, exportInput(given)).replaceAll(/\/\/.*/g, '')
    expect(code).not.toMatch(/\b(let|const|class|for \(var \w+ of)\b|=>|`|isInNet|\.includes\(/)
  })

  it.each(['x\n} evil(); {', 'x\u2028evil()', 'x\r\nevil()', '*/ evil()'])(
    'keeps hostile text in its comment: %j',
    (text) => {
      const given = { prefixes: prefixes('20.0.0.0/24'), uncovered: [text] }
      expect(evaluate(given)('20.0.0.1')).toBe(LISTED)
      expect(evaluate({ ...given, version: { snapshot: text } })('20.0.0.1')).toBe(LISTED)
    },
  )

  it.each(['"};evil()', 'a.example\n', 'a b', '__proto__', '*.*.example', ''])(
    'refuses what is no host name: %j',
    (name) => {
      const render = (): string => renderText(pac, exportInput({ rules: [rule(name, 443)] }))
      expect(render).toThrow(/not a host name/)
    },
  )

  it.each([
    'DIRECT',
    'PROXY proxy.example:8080',
    'PROXY 10.0.0.1:8080; PROXY [fd00::1]:8080; DIRECT',
    'HTTPS proxy.example:443;SOCKS5 s.example:1080',
    'SOCKS4 s.example:1080',
  ])('takes %s as an answer', (value) => {
    expect(pac.options.map((option) => option.check(value))).toEqual([undefined, undefined])
  })

  it.each([
    'proxy.example:8080',
    'PROXY proxy.example',
    'PROXY proxy.example:0',
    'PROXY proxy.example:65536',
    'PROXY p:1"; evil(); "',
    'PROXY p:1;',
    'direct',
    '',
  ])('refuses %j as an answer', (value) => {
    expect(pac.options[0]?.check(value)).toContain('is not DIRECT')
  })

  it.each([
    [10_000, false],
    [12_000, true],
  ])('of %i networks says at its head if it is over 256 kB: %s', (networks, isLong) => {
    const many = Array.from({ length: networks }, (_, i) => prefixOf(4, [1e9 + i * 512], 24))
    const input = exportInput({ prefixes: RangeSet.of(many).prefixes() })
    const text = renderText(pac, input)
    const said = '\n  // This file is longer than 256 kB (262,144 bytes)'
    expect(text.length > 262_144).toBe(isLong)
    expect(text.startsWith(`function FindProxyForURL(url, host) {${said}`)).toBe(isLong)
    expect(text.includes(said)).toBe(isLong)
  })

  it('is refused over a million bytes, with both numbers', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => prefixOf(4, [i * 65_536], 24))
    const input = exportInput({ prefixes: RangeSet.of(many).prefixes() })
    expect(() => renderText(pac, input)).toThrow(/takes 1\d{6} bytes, pac holds 1000000 \(Chromium/)
  })
})
