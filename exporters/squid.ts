/**
 * One file for `include` in squid.conf: allow rules for the connectors, to be read before any rule
 * that asks for a password, which the connector cannot answer.
 *
 * - Only `http_access allow`, for listed client networks only: where the file is missing or the
 *   list is short, Squid goes on to the site's own rules and nothing is widened.
 * - Squid up to 6 dies on `x` beside `.x` in one ACL and ignores the wider of two nested networks,
 *   so covered names are dropped and nothing here overlaps within an ACL.
 * - Names use `-n`: without it a request by address is looked up backwards, and whoever owns the
 *   address writes that answer.
 */
import { parseClientNetworks } from '../src/core/client-networks.ts'
import { formatPort, mergePorts, port, type PortRange } from '../src/core/endpoint-rule.ts'
import type { Prefix } from '../src/core/prefix.ts'
import { ExportRefused, type Exporter, type ExportInput } from './contract.ts'
import { addressWarnings, identity, notices, wrap } from './head.ts'

/** Squid 5.7: "ACL name ... too long, max 63 characters supported". */
const MAX_ACL_NAME = 63

/** The connector asks certificate hosts in plain HTTP; everything else it tunnels. */
const HTTP = 80
const HTTPS = 443

const DEFAULT_CLIENTS = '127.0.0.1/32,::1/128'

const HOST = /^(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/

/** Names that share their ports, and so their rules. */
interface Group {
  readonly ports: readonly PortRange[]
  readonly names: readonly string[]
}

export const squid: Exporter = {
  name: 'squid',
  summary: 'an include file for Squid: allow rules to stand before authentication',
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'conf',
  families: [4, 6],
  carries: ['names', 'addresses'],
  anyDestination: true,
  revision: 2,
  limits: { source: `Squid 5.7 refuses ACL names over ${MAX_ACL_NAME} characters` },
  options: [
    {
      name: 'clients',
      setting: 'RANGEWARDEN_SQUID_CLIENTS',
      summary: 'networks of the connectors, the only clients the rules admit',
      required: false,
      default: DEFAULT_CLIENTS,
      check: brokenClients,
    },
  ],
  onEmpty: 'refuse',

  *render(input) {
    const clients = clientsOf(input)
    const acls = aclsOf(input.name)
    yield* head(input, clients)
    for (const { text } of clients) yield `acl ${acls.clients} src ${text}\n`
    if (input.destinations === 'any') yield* anywhere(input, acls)
    else yield* listed(input, acls)
  },
}

type Acls = ReturnType<typeof aclsOf>

/**
 * Names of one list's ACLs. They are injective: two lists in one squid.conf never share an ACL,
 * which Squid would read as one ACL with both contents. List names have no `_`, parts neither.
 */
function aclsOf(list: string) {
  const name = (part: string): string => {
    const acl = `rangewarden_${list.replaceAll('.', '_')}_${part}`
    if (/^[a-z0-9_-]+$/.test(acl) && acl.length <= MAX_ACL_NAME) return acl
    throw new ExportRefused(
      `squid cannot name an ACL "${acl}": lower-case letters, digits, "_" and "-", ` +
        `at most ${MAX_ACL_NAME} characters`,
      { length: acl.length, limit: MAX_ACL_NAME },
    )
  }
  return {
    clients: name('clients'),
    http: name('http'),
    https: name('https'),
    addresses: name('addresses'),
    ports: (group: number) => name(`ports${group}`),
    names: (group: number) => name(`names${group}`),
  }
}

/** All destinations: limited by clients and by the ports of the required names (443 and 80). */
function* anywhere(input: ExportInput, acls: Acls): Iterable<string> {
  const asked = input.rules.flatMap(({ ports }) => ports)
  const ports = mergePorts(asked.length > 0 ? asked : [port(HTTP), port(HTTPS)])
  if (hasHttp(ports)) yield `acl ${acls.http} port ${HTTP}\n`
  yield* tunnelPorts(ports, acls.ports(1))
  yield* allow(acls, ports, acls.ports(1), '')
}

function* listed(input: ExportInput, acls: Acls): Iterable<string> {
  const groups = groupsOf(input)
  if (input.prefixes.length > 0 || groups.some(({ ports }) => hasHttp(ports))) {
    yield `acl ${acls.http} port ${HTTP}\n`
  }
  for (const [i, group] of groups.entries()) yield* nameRules(group, i + 1, acls)
  if (input.prefixes.length > 0) yield* addressRules(input, acls)
}

function* nameRules({ ports, names }: Group, group: number, acls: Acls): Iterable<string> {
  for (const name of names) yield `acl ${acls.names(group)} dstdomain -n ${domain(name)}\n`
  yield* tunnelPorts(ports, acls.ports(group))
  yield* allow(acls, ports, acls.ports(group), ` ${acls.names(group)}`)
}

/**
 * `dst` looks a name up and compares its addresses; `dst -n` sees only addresses written in the
 * request. A list with names admits those by name, so looking up would only add look-alikes.
 */
function* addressRules({ rules, prefixes }: ExportInput, acls: Acls): Iterable<string> {
  const type = rules.length > 0 ? 'dst -n' : 'dst'
  const ports = [port(HTTP), port(HTTPS)]
  for (const { text } of prefixes) yield `acl ${acls.addresses} ${type} ${text}\n`
  yield* tunnelPorts(ports, acls.https)
  yield* allow(acls, ports, acls.https, ` ${acls.addresses}`)
}

function* tunnelPorts(ports: readonly PortRange[], acl: string): Iterable<string> {
  const tunnels = withoutHttp(ports)
  if (tunnels.length > 0) yield `acl ${acl} port ${tunnels.map(formatPort).join(' ')}\n`
}

function* allow(
  acls: Acls,
  ports: readonly PortRange[],
  tunnels: string,
  destination: string,
): Iterable<string> {
  const rule = `http_access allow ${acls.clients}`
  if (withoutHttp(ports).length > 0) yield `${rule} CONNECT ${tunnels}${destination}\n`
  if (hasHttp(ports)) yield `${rule} !CONNECT ${acls.http}${destination}\n`
}

/** In the order of their first names. A name that a wildcard beside it admits is left out. */
function groupsOf({ rules }: ExportInput): Group[] {
  const byPorts = new Map<string, { ports: readonly PortRange[]; names: string[] }>()
  for (const { name, ports } of rules) {
    const key = ports.map(formatPort).join(' ')
    const group = byPorts.get(key) ?? { ports, names: [] }
    byPorts.set(key, { ports, names: [...group.names, name] })
  }
  return [...byPorts.values()].map(({ ports, names }) => {
    return { ports, names: names.filter((name) => !names.some((wide) => swallows(wide, name))) }
  })
}

/** True if Squid reads `wide` as naming all that `name` does: its `.x` stands for x itself too. */
function swallows(wide: string, name: string): boolean {
  return wide !== name && wide.startsWith('*.') && `.${name}`.endsWith(wide.slice(1))
}

/** `*.x` as Squid writes it; a text that is no host name would be a file name or a second entry. */
function domain(name: string): string {
  const host = name.startsWith('*.') ? name.slice(2) : name
  if (!HOST.test(host)) {
    throw new ExportRefused(`squid cannot match ${JSON.stringify(name)}: not a host name`, { name })
  }
  return name.startsWith('*.') ? `.${host}` : host
}

function hasHttp(ports: readonly PortRange[]): boolean {
  return ports.some(({ first, last }) => first <= HTTP && HTTP <= last)
}

function withoutHttp(ports: readonly PortRange[]): PortRange[] {
  return ports
    .flatMap(({ first, last }) => [
      { first, last: Math.min(last, HTTP - 1) },
      { first: Math.max(first, HTTP + 1), last },
    ])
    .filter(({ first, last }) => first <= last)
}

function brokenClients(value: string): string | undefined {
  const clients = parseClientNetworks(value)
  return clients.ok ? undefined : clients.reason
}

function clientsOf({ options }: ExportInput): readonly Prefix[] {
  const clients = parseClientNetworks(options['clients'] ?? DEFAULT_CLIENTS)
  if (clients.ok) return clients.value
  throw new ExportRefused(`squid cannot use the option clients: ${clients.reason}`)
}

function* head(input: ExportInput, clients: readonly Prefix[]): Iterable<string> {
  yield comment(identity(input))
  yield comment(admits(input, clients))
  for (const notice of notices(input)) yield comment(notice)
  yield '#\n'
  yield comment(placement(input))
  if (input.rules.some(({ name }) => name.startsWith('*.')) && input.destinations === 'listed') {
    yield comment('Squid reads .x as x itself and every name below it; there is no narrower way.')
  }
  if (input.destinations === 'any') return
  for (const warning of addressWarnings(input)) yield comment(warning)
  if (input.prefixes.length > 0) yield comment(matching(input))
}

function admits({ destinations, rules, prefixes }: ExportInput, clients: readonly Prefix[]) {
  const what =
    destinations === 'any'
      ? 'all destinations, limited by port only,'
      : `${rules.length} names and ${prefixes.length} networks`
  return `Admits ${what} for the clients ${clients.map(({ text }) => text).join(' ')} and no others.`
}

function placement({ destinations, rules }: ExportInput): string {
  const extra = mergePorts(rules.flatMap(({ ports }) => ports)).filter(
    ({ first, last }) => first !== last || (first !== HTTP && first !== HTTPS),
  )
  const before =
    'before any rule with a proxy_auth ACL: the first of those that is read asks for a password ' +
    '(407), which the connector cannot give.'
  if (extra.length === 0) {
    return (
      'Include this file after "http_access deny !Safe_ports" and "http_access deny CONNECT ' +
      `!SSL_ports", and ${before}`
    )
  }
  const ports = extra.map(formatPort).join(', ')
  const what = destinations === 'any' ? 'It tunnels' : 'It has names that are tunnelled'
  return (
    `${what} to ports ${ports}, which "http_access deny !Safe_ports" or "http_access deny ` +
    `CONNECT !SSL_ports" may refuse: include this file BEFORE those two, and ${before}`
  )
}

function matching({ rules }: ExportInput): string {
  return rules.length > 0
    ? 'Addresses are matched only where a request is for an address (dst -n): the names are ' +
        'admitted by name, and another name is not admitted because it resolves into a listed network.'
    : 'The list has no names, so a host is looked up and admitted if any of its addresses is ' +
        'listed (dst), whoever owns the name.'
}

/** Lines that begin with `# ` whatever the text holds (`#line` would be a directive to Squid). */
function comment(sentence: string): string {
  return wrap(sentence.replaceAll(/[^\x20-\x7e]/g, '?'), 98)
    .map((line) => `# ${line}\n`)
    .join('')
}
