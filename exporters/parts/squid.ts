/**
 * What the formats for Squid share: names of ACLs, host names as Squid reads them, and which of
 * them must not stand beside each other.
 */
import { HTTP_PORT } from '../../src/core/connector-ports.ts'
import { formatPort, type EndpointRule, type PortRange } from '../../src/core/endpoint-rule.ts'
import { prefixOf, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { ExportRefused } from '../contract.ts'
import { orHalves } from './halves.ts'
import { hostName, withoutDots } from './names.ts'
import { lines, ofFamily, textsOf } from './networks.ts'

/** Squid 5.7: "ACL name ... too long, max 63 characters supported". */
export const MAX_ACL_NAME = 63

/**
 * The name of one ACL of a list. Injective: two lists in one squid.conf never share an ACL, which
 * Squid would read as one ACL with both contents. List names have no `_`, and no `part` has one.
 */
export function aclName(format: string, list: string, part: string): string {
  const acl = `rangewarden_${withoutDots(list)}_${part}`
  if (/^[a-z0-9_-]+$/.test(acl) && acl.length <= MAX_ACL_NAME) return acl
  throw new ExportRefused(
    `${format} cannot name an ACL "${acl}": lower-case letters, digits, "_" and "-", ` +
      `at most ${MAX_ACL_NAME} characters`,
    { length: acl.length, limit: MAX_ACL_NAME },
  )
}

/** A line for each value. */
export function aclLines(acl: string, type: string, values: readonly string[]): string {
  return lines(values, `acl ${acl} ${type} `, '\n')
}

/** Networks of a line: some 200 characters, of the 2,048 that Squid reads. */
const PER_LINE = 8

/** Several values a line: what stands before each would be three quarters of a long list. */
export function aclRows(acl: string, type: string, values: readonly string[]): string {
  let text = ''
  for (let at = 0; at < values.length; at += PER_LINE) {
    text += `acl ${acl} ${type} ${values.slice(at, at + PER_LINE).join(' ')}\n`
  }
  return text
}

/** `::ffff:0:0/96`: what an IPv4 address is to Squid when it compares. */
const MAPPED = RangeSet.of([prefixOf(6, [0, 0, 0xffff, 0], 96)])

/**
 * Networks as `dst` takes them. `0.0.0.0/0` is `all` to Squid, with an error, and so admits IPv6;
 * an IPv6 network around the mapped addresses admits IPv4, so it is written as what is beside them.
 */
export function dstNetworks(prefixes: readonly Prefix[]): string[] {
  const v6 = ofFamily(prefixes, 6)
  const isAround = v6.some(({ first }) => first[0] === 0)
  return [
    ...orHalves(prefixes, 4),
    ...(isAround ? RangeSet.of(v6).subtract(MAPPED).texts() : textsOf(v6)),
  ]
}

/** `*.x` as Squid writes it, which is x itself too: there is no narrower way. */
export function domains(format: string, names: readonly string[]): string[] {
  return names.map((name) => {
    const { host, wild } = hostName(format, name)
    return wild ? `.${host}` : host
  })
}

/** True if Squid reads `wide` as naming all that `name` does: its `.x` stands for x itself too. */
function swallows(wide: string, name: string): boolean {
  return wide !== name && wide.startsWith('*.') && `.${name}`.endsWith(wide.slice(1))
}

/** Without the names that a wildcard beside them admits: Squid up to 6 dies on `x` beside `.x`. */
export function distinct(names: readonly string[]): string[] {
  return names.filter((name) => !names.some((wide) => swallows(wide, name)))
}

/** Names that share their ports, and so their rules. */
export interface NameGroup {
  readonly ports: readonly PortRange[]
  readonly names: readonly string[]
}

/** In the order of their first names, none with a name twice. */
export function groupsOf(rules: readonly EndpointRule[]): NameGroup[] {
  const byPorts = new Map<string, { ports: readonly PortRange[]; names: string[] }>()
  for (const { name, ports } of rules) {
    const key = formatPorts(ports)
    const group = byPorts.get(key)
    if (group) group.names.push(name)
    else byPorts.set(key, { ports, names: [name] })
  }
  return [...byPorts.values()].map(({ ports, names }) => ({ ports, names: distinct(names) }))
}

/** `443 10100-10120`, as an ACL of the type `port` takes them. */
export function formatPorts(ports: readonly PortRange[]): string {
  return ports.map(formatPort).join(' ')
}

/** `port 443` or `ports 443, 10100-10120`, for people. */
export function spellPorts(ports: readonly PortRange[]): string {
  const isOne = ports.length === 1 && ports.every(({ first, last }) => first === last)
  return `port${isOne ? '' : 's'} ${ports.map(formatPort).join(', ')}`
}

export function hasHttp(ports: readonly PortRange[]): boolean {
  return ports.some(({ first, last }) => first <= HTTP_PORT && HTTP_PORT <= last)
}

export function withoutHttp(ports: readonly PortRange[]): PortRange[] {
  return withoutPorts(ports, { first: HTTP_PORT, last: HTTP_PORT })
}

export function withoutPorts(ports: readonly PortRange[], without: PortRange): PortRange[] {
  return ports
    .flatMap(({ first, last }) => [
      { first, last: Math.min(last, without.first - 1) },
      { first: Math.max(first, without.last + 1), last },
    ])
    .filter(({ first, last }) => first <= last)
}
