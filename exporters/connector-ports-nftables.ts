/**
 * The connectors' ports as a table of nftables, for a Linux firewall between the connectors and the
 * world. What it is for is the refusal: Service Bus tries its own ports first, and a silent drop
 * delays the fall back to 443, where a reset does not.
 *
 * It never opens anything: `accept` ends this chain alone, and a packet goes on to the chains of
 * later priority, where a drop of the site's own rules still drops it.
 */
import { FAMILIES, type Family } from '../src/core/address.ts'
import { DIRECT_PORTS, HTTP_PORT, HTTPS_PORT } from '../src/core/connector-ports.ts'
import { formatPort, mergePorts, port, type PortRange } from '../src/core/endpoint-rule.ts'
import type { Prefix } from '../src/core/prefix.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { comment } from './parts/comment.ts'
import { withoutDots } from './parts/names.ts'
import { ofFamily, textsOf } from './parts/networks.ts'
import { clientsOf, clientsOption } from './parts/options.ts'

const CHAIN = `\
  chain forward {
    type filter hook forward priority filter - 1; policy accept;
`

export const connectorPortsNftables: Exporter = {
  name: 'connector-ports-nftables',
  summary:
    "the connectors' ports as an nftables table: Service Bus's own ports refused with a reset",
  group: 'connector',
  consumer: 'nftables on a router or firewall that forwards for the connectors, by `nft -f`',
  proof: {
    by: 'program',
    with: 'nft 1.0.6: checked and loaded twice; live between network namespaces, both families',
  },
  guide: `\
Loaded with \`nft -f FILE\` on a Linux firewall that forwards the connectors' traffic. It is a table of its own, \`inet
rangewarden_LIST_ports\` (a dot of the list's name becomes \`_\`), read before the site's own rules (\`priority filter -
1\`), for the networks of \`RANGEWARDEN_SQUID_CLIENTS\` as sources and nobody else:

- 5671, 9350 and 9352 are refused with a TCP reset, so that the connector falls back to 443 at once.
- 443, 80 and the ports of the list's names (older ones with \`app-proxy-legacy\`) are counted and accepted in this
  chain. **That opens nothing**: an \`accept\` ends its own chain alone, and a drop in a chain of later priority still
  drops. Write the rule that admits them into your own table, with the sets of \`nftables\`.
- Everything else is left to the site's own rules. The policy is accept: nothing is dropped here.

\`nft list table inet rangewarden_LIST_ports\` shows the counters: packets on the \`reject\` lines say that a connector
tries to go around the proxy. Unless the setting names other networks than loopback, the rules meet nothing, and the
file's head says so: forwarded packets never come from loopback.

**Replaces** the whole table in one transaction, with its counters (tested). Another list's table stays: remove one
that you no longer load with \`nft delete table\`.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'nft',
  families: [4, 6],
  carries: [],
  anyDestination: true,
  revision: 1,
  limits: {
    nameLength: 237,
    source:
      'nft 1.0.6 takes names of tables up to 255 characters, and these add 18 to the name of the list',
  },
  options: [clientsOption],
  onEmpty: 'render',

  *render(input) {
    const clients = clientsOf(input)
    const table = `inet rangewarden_${withoutDots(input.name)}_ports`
    yield* words(input, clients)
    yield `table ${table} {\n}\ndelete table ${table}\ntable ${table} {\n`
    for (const family of FAMILIES) yield sources(ofFamily(clients, family), family)
    yield CHAIN
    yield rules(DIRECT_PORTS, 'reject with tcp reset')
    yield rules(portsOf(input), 'accept')
    yield '  }\n}\n'
  },
}

/** Beside 443 and 80, which every connector needs, those of the list's names. */
function portsOf({ rules: named }: ExportInput): readonly PortRange[] {
  return mergePorts([port(HTTP_PORT), port(HTTPS_PORT), ...named.flatMap(({ ports }) => ports)])
}

function sources(clients: readonly Prefix[], family: Family): string {
  const elements = clients.length === 0 ? '' : `    elements = { ${textsOf(clients).join(', ')} }\n`
  return (
    `  set connectors_v${family} {\n    type ipv${family}_addr\n    flags interval\n` +
    `${elements}  }\n`
  )
}

function rules(ports: readonly PortRange[], verdict: string): string {
  const to = `tcp dport { ${ports.map(formatPort).join(', ')} } counter ${verdict}\n`
  return `    ip saddr @connectors_v4 ${to}    ip6 saddr @connectors_v6 ${to}`
}

/** Nothing that moves when only the list's networks do. */
function* words({ name }: ExportInput, clients: readonly Prefix[]): Iterable<string> {
  const networks = textsOf(clients).join(' ')
  yield comment('# ', `Rangewarden: the ports of the connectors ${networks}, for the list ${name}.`)
  yield comment(
    '# ',
    'Service Bus ports are refused with a reset. An accept ends this chain alone and opens nothing ' +
      'that a later chain drops.',
  )
  if (clients.some((client) => !isLoopback(client))) return
  yield comment(
    '# ',
    `These rules meet nothing: forwarded packets never come from loopback. ${clientsOption.setting} ` +
      'names the networks of the connectors.',
  )
}

function isLoopback({ text, family }: Prefix): boolean {
  return family === 4 ? text.startsWith('127.') : text === '::1/128'
}
