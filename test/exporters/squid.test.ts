/** Squid's include file: what hostile names, odd ports and odd client networks come to. */
import { describe, expect, it } from 'vitest'
import { ExportRefused, type ExportInput } from '../../exporters/contract.ts'
import { squid } from '../../exporters/squid.ts'
import { port } from '../../src/core/endpoint-rule.ts'
import { exportInput, prefixes, renderText, rule } from '../support/export-input.ts'

const NAMES = [rule('login.example', 443)]

function lines(given: Partial<ExportInput>): string[] {
  return renderText(squid, exportInput({ name: 'list', ...given })).split('\n')
}

/** The lines that Squid acts on. */
function code(given: Partial<ExportInput>): string[] {
  return lines(given).filter((line) => line !== '' && !line.startsWith('#'))
}

describe('rules', () => {
  it('allow, and never deny', () => {
    const rules = code({ rules: NAMES, prefixes: prefixes('20.0.0.0/24') })
    for (const line of rules) expect(line).toMatch(/^(acl rangewarden_list_|http_access allow )/)
  })

  it('begin every allow with the client networks', () => {
    const rules = code({ rules: [rule('a.example', 80, 443)], prefixes: prefixes('20.0.0.0/24') })
    const allows = rules.filter((line) => line.startsWith('http_access'))
    expect(allows).toHaveLength(4)
    for (const line of allows) expect(line).toMatch(/^http_access allow rangewarden_list_clients /)
  })

  it('ask port 80 in plain HTTP and tunnel to every other port', () => {
    const rules = code({ rules: [rule('a.example', port(79, 81))] })
    expect(rules.slice(2)).toEqual([
      'acl rangewarden_list_http port 80',
      'acl rangewarden_list_names1 dstdomain -n a.example',
      'acl rangewarden_list_ports1 port 79 81',
      'http_access allow rangewarden_list_clients CONNECT rangewarden_list_ports1 rangewarden_list_names1',
      'http_access allow rangewarden_list_clients !CONNECT rangewarden_list_http rangewarden_list_names1',
    ])
  })

  it('define no port that nothing uses', () => {
    expect(code({ rules: NAMES }).join('\n')).not.toContain('_http port')
    expect(code({ rules: [rule('crl.example', 80)] }).join('\n')).not.toContain('_ports')
  })

  it('leave out a name beside the wildcard above it, which Squid 5 would die on', () => {
    const rules = [rule('*.relay.example', 443), rule('relay.example', 443)]
    const domains = code({ rules }).filter((line) => line.includes('dstdomain'))
    expect(domains).toEqual(['acl rangewarden_list_names1 dstdomain -n .relay.example'])
  })

  it('keep a name beside a wildcard whose ports are others, in an ACL of its own', () => {
    const rules = [rule('*.relay.example', 443), rule('relay.example', 80)]
    const domains = code({ rules }).filter((line) => line.includes('dstdomain'))
    expect(domains).toEqual([
      'acl rangewarden_list_names1 dstdomain -n .relay.example',
      'acl rangewarden_list_names2 dstdomain -n relay.example',
    ])
  })

  it('do not mistake a name that only ends like a wildcard for one below it', () => {
    const rules = [rule('*.relay.example', 443), rule('evilrelay.example', 443)]
    expect(code({ rules }).join('\n')).toContain('dstdomain -n evilrelay.example')
  })

  it('of a list with names match addresses without a lookup, of one without by a lookup', () => {
    const both = code({ rules: NAMES, prefixes: prefixes('20.0.0.0/24') })
    expect(both).toContain('acl rangewarden_list_addresses dst -n 20.0.0.0/24')
    const alone = code({ prefixes: prefixes('20.0.0.0/24') })
    expect(alone).toContain('acl rangewarden_list_addresses dst 20.0.0.0/24')
  })

  it('for all destinations keep to the ports of the required names', () => {
    const rules = code({ destinations: 'any', rules: [rule('a.example', 443, 8080)] })
    expect(rules.slice(2)).toEqual([
      'acl rangewarden_list_ports1 port 443 8080',
      'http_access allow rangewarden_list_clients CONNECT rangewarden_list_ports1',
    ])
  })
})

describe('names of ACLs', () => {
  it('differ for lists that differ in a dot and a dash only', () => {
    const clientsOf = (name: string): string | undefined => code({ name, rules: NAMES })[0]
    expect(new Set(['a.b', 'a-b', 'a--b', 'a.-b'].map(clientsOf)).size).toBe(4)
  })

  it('fit for the longest list name', () => {
    expect(
      code({ name: 'a'.repeat(40), rules: NAMES, prefixes: prefixes('20.0.0.0/24') }),
    ).not.toEqual([])
  })

  it('are refused when too long, never cut', () => {
    expect(() => lines({ name: 'a'.repeat(52), rules: NAMES })).toThrow(ExportRefused)
    expect(() => lines({ name: 'a'.repeat(52), rules: NAMES })).toThrow('at most 63 characters')
  })

  it.each(['x\nhttp_access allow all', 'x y', 'x#', 'X', '"x"', '${x}'])(
    'are refused for the hostile list name %j',
    (name) => expect(() => lines({ name, rules: NAMES })).toThrow(ExportRefused),
  )
})

describe('hostile text', () => {
  it.each([
    'a.example\nhttp_access allow all',
    'a.example b.example',
    '"/etc/passwd"',
    '.example',
    '*.*.example',
    'a*.example',
    'a..example',
    '-n',
    '#a',
    '',
  ])('is refused as a name: %j', (name) => {
    expect(() => lines({ rules: [rule(name, 443)] })).toThrow(/not a host name/)
  })

  it.each(['x\nhttp_access allow all', 'x\r\nhttp_access allow all', 'x\u2028http_access', 'x\\'])(
    'stays in its comment: %j',
    (text) => {
      const given = { prefixes: prefixes('20.0.0.0/24'), uncovered: [text, 'end.example'] }
      expect(code(given)).toEqual(code({ prefixes: prefixes('20.0.0.0/24') }))
      expect(lines({ ...given, version: { snapshot: text } }).join('\n')).toContain('end.example')
      expect(code({ ...given, version: { snapshot: text } })).toEqual(code(given))
    },
  )
})

describe('client networks', () => {
  const clients = (value: string): string[] =>
    code({ rules: NAMES, options: { clients: value } })
      .filter((line) => line.includes('_clients src '))
      .map((line) => line.split(' ').at(-1) ?? '')

  it('are loopback only unless named', () => {
    expect(code({ rules: NAMES, options: {} }).slice(0, 2)).toEqual([
      'acl rangewarden_list_clients src 127.0.0.1/32',
      'acl rangewarden_list_clients src ::1/128',
    ])
  })

  it('are collapsed, because Squid 5 ignores the wider of two nested networks', () => {
    expect(clients('10.1.2.10/32, 10.1.2.0/24,fd00::/64')).toEqual(['10.1.2.0/24', 'fd00::/64'])
  })

  it('may be single addresses', () => {
    expect(clients('10.1.2.10, fd00::7,')).toEqual(['10.1.2.10/32', 'fd00::7/128'])
  })

  it.each([
    ['10.0.0.1/8', 'host bits are set'],
    ['all', '"all": an IPv4'],
    [',', 'at least one'],
    ['0.0.0.0/0', 'would admit everybody'],
    ['10.0.0.0/8,::/0', 'would admit everybody'],
    ['0.0.0.0/1,128.0.0.0/1', 'would admit everybody'],
    ['10.0.0.0/8\nhttp_access allow all', 'a prefix length is a decimal number'],
  ])('are refused when they are %j', (value, reason) => {
    expect(() => clients(value)).toThrow(reason)
    expect(() => clients(value)).toThrow('RANGEWARDEN_SQUID_CLIENTS')
  })
})

describe('the head', () => {
  it('says to include the file after the port denies and before authentication', () => {
    const text = lines({ rules: NAMES }).join(' ').replaceAll(' # ', ' ')
    expect(text).toContain(
      'after "http_access deny !Safe_ports" and "http_access deny CONNECT !SSL',
    )
    expect(text).toContain('before any rule with a proxy_auth ACL')
  })

  it('says to include it before the port denies where names need other ports', () => {
    const text = lines({ rules: [rule('a.example', 443, port(10100, 10120))] }).join(' ')
    expect(text.replaceAll(' # ', ' ')).toMatch(/to ports 10100-10120, which .* file BEFORE those/)
  })

  it('says how many addresses it admits and which names they cannot cover', () => {
    const given = { prefixes: prefixes('20.0.0.0/14'), uncovered: ['crl.example'] }
    const text = lines(given).join(' ').replaceAll(' # ', ' ')
    expect(text).toContain('262,144 IPv4 addresses')
    expect(text).toContain('cover these required names: crl.example.')
  })
})
