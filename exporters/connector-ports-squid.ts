/**
 * The connectors' ports as one file for `include` in squid.conf, above the line that denies CONNECT
 * to all ports but 443: that line would refuse port 80 and the ports of old connectors before any
 * rule for them is read. Opened here for the listed clients and names alone; `SSL_ports`, which
 * opens a port for everybody, stays as it is.
 */
import { DIRECT_PORTS, HTTP_PORT, HTTPS_PORT } from '../src/core/connector-ports.ts'
import { mergePorts, port, type EndpointRule, type PortRange } from '../src/core/endpoint-rule.ts'
import { ExportRefused, type Exporter, type ExportInput } from './contract.ts'
import { identity } from './head.ts'
import { comment } from './parts/comment.ts'
import { textsOf } from './parts/networks.ts'
import { clientsOf, clientsOption, connect80Of, connect80Option } from './parts/options.ts'
import {
  aclLines,
  aclName,
  domains,
  formatPorts,
  groupsOf,
  MAX_ACL_NAME,
  spellPorts,
  withoutHttp,
  withoutPorts,
  type NameGroup,
} from './parts/squid.ts'

export const connectorPortsSquid: Exporter = {
  name: 'connector-ports-squid',
  summary: "the connectors' ports as an include file for Squid: CONNECT to 80 and legacy ports",
  group: 'connector',
  consumer: 'Squid 5 and later, by `include` in squid.conf above its port denies',
  proof: {
    by: 'program',
    with:
      'Squid 5.7: parsed without a warning; live, in a network namespace: every port of the plan, look-alikes, other ' +
      'clients, loaded twice. Later versions by their documentation',
  },
  guide: `\
**Place**: above \`http_access deny !Safe_ports\` and \`http_access deny CONNECT !SSL_ports\`. Squid's own configuration
lets CONNECT through to 443 only, and refuses all else with 403 before a later rule is read.

**Admits** CONNECT from the clients of \`RANGEWARDEN_SQUID_CLIENTS\` (loopback unless set) to the list's names on 443; on
80 with \`RANGEWARDEN_CONNECTOR_CONNECT_80=yes\`, for the names that need 80; and on 8080, 9090-9091 and 10100-10120 in a
list of \`app-proxy-legacy\`. Of a list that admits all destinations it opens the ports alone. Other clients, names and
ports go on to your own rules, and \`SSL_ports\` need not be widened.

**Refuses** the connectors' CONNECT to 5671, 9350 and 9352 with 403. Service Bus tries those without the proxy first, so
the answer that counts is your packet filter's: \`connector-ports-nftables\` and \`connector-ports-windows\`.

**Plain HTTP** on port 80, for certificates, is not admitted here: include \`squid\` too, below the port denies. The two
share no ACL.

**Replaces**: \`squid -k reconfigure\` reads the file anew, and names and ports that left are gone for new requests
(tested). A CONNECT tunnel that is open outlives that, and connectors hold theirs for long: only a restart of Squid ends
it (tested with \`squid\`). How to apply the file safely: "Applying a file", above.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'conf',
  families: [4, 6],
  carries: ['names'],
  anyDestination: true,
  revision: 1,
  limits: { source: `Squid 5.7 refuses ACL names over ${MAX_ACL_NAME} characters` },
  options: [clientsOption, connect80Option],
  onEmpty: 'refuse',

  *render(input) {
    const acls = aclsOf(input.name)
    const groups = input.destinations === 'any' ? [anywhere(input)] : listed(input)
    yield* head(input, groups)
    yield aclLines(acls.clients, 'src', textsOf(clientsOf(input)))
    yield `acl ${acls.direct} port ${formatPorts(DIRECT_PORTS)}\n`
    yield `http_access deny ${acls.clients} CONNECT ${acls.direct}\n`
    for (const [i, group] of groups.entries()) yield* allow(group, i + 1, acls)
  },
}

type Acls = ReturnType<typeof aclsOf>

/** None is an ACL of the format `squid`: the same list is included in both. */
function aclsOf(list: string) {
  const name = (part: string): string => aclName(connectorPortsSquid.name, list, part)
  return {
    clients: name('pclients'),
    direct: name('direct'),
    ports: (group: number) => name(`pports${group}`),
    names: (group: number) => name(`pnames${group}`),
  }
}

function listed(input: ExportInput): NameGroup[] {
  const tunnelled = input.rules.map((rule) => ({ ...rule, ports: tunnelPorts(rule, input) }))
  const rules = tunnelled.filter(({ ports }) => ports.length > 0)
  if (rules.length > 0) return groupsOf(rules)
  throw new ExportRefused(
    `connector-ports-squid has no port to open: all ${input.rules.length} names of ${input.name} ` +
      `are for ports that are not tunnelled (80 is with ${connect80Option.setting}=yes)`,
    { names: input.rules.length, settings: [connect80Option.setting] },
  )
}

/** No names: 443, 80 and the other ports of the required ones. */
function anywhere(input: ExportInput): NameGroup {
  const asked = input.rules.flatMap(({ ports }) => ports)
  const ports = mergePorts([port(HTTP_PORT), port(HTTPS_PORT), ...asked])
  return { ports: tunnelPorts({ ports }, input), names: [] }
}

function tunnelPorts({ ports }: Pick<EndpointRule, 'ports'>, input: ExportInput): PortRange[] {
  const allowed = connect80Of(input) ? ports : withoutHttp(ports)
  return DIRECT_PORTS.reduce<PortRange[]>(withoutPorts, [...allowed])
}

function* allow({ ports, names }: NameGroup, group: number, acls: Acls): Iterable<string> {
  yield aclLines(acls.names(group), 'dstdomain -n', domains(connectorPortsSquid.name, names))
  yield `acl ${acls.ports(group)} port ${formatPorts(ports)}\n`
  const destination = names.length > 0 ? ` ${acls.names(group)}` : ''
  yield `http_access allow ${acls.clients} CONNECT ${acls.ports(group)}${destination}\n`
}

function* head(input: ExportInput, groups: readonly NameGroup[]): Iterable<string> {
  yield comment('# ', identity(input))
  yield comment('# ', admits(input, groups))
  yield '#\n'
  yield comment(
    '# ',
    'Include this file BEFORE "http_access deny !Safe_ports" and "http_access deny CONNECT !SSL_ports". ' +
      'It admits tunnels only: plain HTTP to port 80 is what the format squid admits.',
  )
}

function admits(input: ExportInput, groups: readonly NameGroup[]): string {
  const clients = textsOf(clientsOf(input)).join(' ')
  const open = mergePorts(groups.flatMap(({ ports }) => ports))
  const where = input.destinations === 'any' ? 'all destinations' : `the list's names`
  return (
    `Tunnels to ${where} on ${spellPorts(open)} for the clients ${clients} and no others; refuses their ` +
    `tunnels to ${spellPorts(DIRECT_PORTS)}, which Service Bus is to leave for 443.`
  )
}
