/**
 * Names as a file that an ACL of Squid names: one a line. The file has no ports, so it holds the
 * names of all ports together and says at its head which ports they need.
 */
import type { Exporter, ExportInput } from './contract.ts'
import { identity } from './head.ts'
import { comment } from './parts/comment.ts'
import { lines } from './parts/networks.ts'
import { distinct, domains, groupsOf, spellPorts } from './parts/squid.ts'

const USE =
  'For Squid, acl NAME dstdomain -n "FILE". The file has no ports and no clients: the rules that use ' +
  'it must limit both.'

export const squidDstdomain: Exporter = {
  name: 'squid-dstdomain',
  summary: 'names as an ACL file of Squid (dstdomain): one a line, for rules of your own',
  group: 'squid',
  consumer: 'Squid 5 and later, by `acl NAME dstdomain "FILE"`',
  proof: {
    by: 'program',
    with:
      'Squid 5.7: parsed without a warning; live, in a network namespace: listed names, look-alikes and addresses, ' +
      'loaded twice. Other versions by their documentation',
  },
  guide: `\
One name a line, \`.x\` for x and all below it, which is Squid's only wildcard. A name below another is left out:
Squid up to 6 does not start with \`x\` beside \`.x\`. The rules are yours:

    acl azure_names dstdomain -n "/etc/squid/names.txt"
    acl connectors src 10.1.2.10
    acl tunnels port 443
    acl plain port 80
    http_access allow connectors CONNECT tunnels azure_names
    http_access allow connectors !CONNECT plain azure_names

They belong before any rule with a \`proxy_auth\` ACL. The file has no ports: its head says which names need which, and
rules like these admit every name on both. \`squid\` keeps each name to its own ports.

**\`-n\`** matters: without it a request for an address is looked up backwards, and whoever owns the address writes that
answer.

**Replaces**: \`squid -k reconfigure\` reads the file anew, and names that left are gone for new requests (tested). A
CONNECT tunnel that is open outlives that: only a restart of Squid ends it (tested with \`squid\`). How to apply the file
safely: "Applying a file", above.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['names'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render: (input) => [
    ...[identity(input), USE, ...portsOf(input), ...unsaid(input)].map((one) => comment('# ', one)),
    lines(domains(squidDstdomain.name, distinct(input.rules.map(({ name }) => name))), '', '\n'),
  ],
}

function portsOf({ rules }: ExportInput): string[] {
  return groupsOf(rules).map(({ ports, names }) => {
    return `Needed on ${spellPorts(ports)}: ${domains(squidDstdomain.name, names).join(' ')}`
  })
}

function unsaid({ prefixes }: ExportInput): string[] {
  if (prefixes.length === 0) return []
  return [`Networks of the list that are not in this file: ${prefixes.length}. squid-dst has them.`]
}
