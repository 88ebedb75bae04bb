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
import { HTTP_PORT as HTTP, HTTPS_PORT as HTTPS } from '../src/core/connector-ports.ts'
import { formatPort, mergePorts, port, type PortRange } from '../src/core/endpoint-rule.ts'
import type { Prefix } from '../src/core/prefix.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { addressWarnings, identity, notices } from './head.ts'
import { comment } from './parts/comment.ts'
import { textsOf } from './parts/networks.ts'
import { clientsOf, clientsOption } from './parts/options.ts'
import {
  aclLines,
  aclRows,
  aclName,
  dstNetworks,
  domains,
  formatPorts,
  groupsOf,
  hasHttp,
  MAX_ACL_NAME,
  withoutHttp,
  type NameGroup,
} from './parts/squid.ts'

export const squid: Exporter = {
  name: 'squid',
  summary: 'an include file for Squid: allow rules to stand before authentication',
  group: 'squid',
  consumer: 'Squid 5 and later, by `include` in squid.conf',
  proof: {
    by: 'program',
    with: 'Squid 5.7: parsed without a warning; live, in a network namespace; later versions by their documentation',
  },
  guide: `\
**Place**: after \`http_access deny !Safe_ports\` and \`http_access deny CONNECT !SSL_ports\`, before any rule with a
\`proxy_auth\` ACL: the first of those that is evaluated asks for a password, which the connector cannot give.

**Admits** the clients of \`RANGEWARDEN_SQUID_CLIENTS\` (loopback unless set) to the names on their ports (80 as plain
HTTP, all others by CONNECT) and to the addresses on 443 and 80. \`.x\` in Squid is x itself too. Addresses count, with
names in the list, only where the request names an address (\`dst -n\`); in a list of addresses alone, after resolving
the name (\`dst\`). [ADR 6](adr/0006-squid-matches-literal-addresses.md)

**CONNECT to port 80** is not admitted: Squid's default configuration denies it before this file is read. If your
connectors need it, include \`connector-ports-squid\` above that line.

**Replaces**: \`squid -k reconfigure\` reads the file anew, and withdrawn names and networks are gone for new requests
(tested). A CONNECT tunnel that is open outlives that, and connectors hold theirs for long: only a restart of Squid ends
it (tested). How to apply the file safely: "Applying a file", above.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'conf',
  families: [4, 6],
  carries: ['names', 'addresses'],
  anyDestination: true,
  revision: 3,
  limits: { source: `Squid 5.7 refuses ACL names over ${MAX_ACL_NAME} characters` },
  options: [clientsOption],
  onEmpty: 'refuse',

  *render(input) {
    const clients = clientsOf(input)
    const acls = aclsOf(input.name)
    yield* head(input, clients)
    yield aclLines(acls.clients, 'src', textsOf(clients))
    if (input.destinations === 'any') yield* anywhere(input, acls)
    else yield* listed(input, acls)
  },
}

type Acls = ReturnType<typeof aclsOf>

/** Names of one list's ACLs. */
function aclsOf(list: string) {
  const name = (part: string): string => aclName(squid.name, list, part)
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
  const groups = groupsOf(input.rules)
  if (input.prefixes.length > 0 || groups.some(({ ports }) => hasHttp(ports))) {
    yield `acl ${acls.http} port ${HTTP}\n`
  }
  for (const [i, group] of groups.entries()) yield* nameRules(group, i + 1, acls)
  if (input.prefixes.length > 0) yield* addressRules(input, acls)
}

function* nameRules({ ports, names }: NameGroup, group: number, acls: Acls): Iterable<string> {
  yield aclLines(acls.names(group), 'dstdomain -n', domains(squid.name, names))
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
  yield aclRows(acls.addresses, type, dstNetworks(prefixes))
  yield* tunnelPorts(ports, acls.https)
  yield* allow(acls, ports, acls.https, ` ${acls.addresses}`)
}

function* tunnelPorts(ports: readonly PortRange[], acl: string): Iterable<string> {
  const tunnels = withoutHttp(ports)
  if (tunnels.length > 0) yield `acl ${acl} port ${formatPorts(tunnels)}\n`
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

function* head(input: ExportInput, clients: readonly Prefix[]): Iterable<string> {
  yield comment('# ', identity(input))
  yield comment('# ', admits(input, clients))
  for (const notice of notices(input)) yield comment('# ', notice)
  yield '#\n'
  yield comment('# ', placement(input))
  if (input.rules.some(({ name }) => name.startsWith('*.')) && input.destinations === 'listed') {
    yield comment(
      '# ',
      'Squid reads .x as x itself and every name below it; there is no narrower way.',
    )
  }
  if (input.destinations === 'any') return
  for (const warning of addressWarnings(input)) yield comment('# ', warning)
  if (input.prefixes.length > 0) yield comment('# ', matching(input))
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
