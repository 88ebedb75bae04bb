/**
 * Networks as a file that an ACL of Squid names: one a line. Such a file cannot say who may go there
 * and on which ports; the rule that uses the ACL must.
 */
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { comment } from './parts/comment.ts'
import { lines } from './parts/networks.ts'
import { dstNetworks } from './parts/squid.ts'

const USE =
  'For Squid, acl NAME dst -n "FILE": matches requests for an address. Without -n it matches every ' +
  'host that resolves into a network of this list, whoever owns the name.'

export const squidDst: Exporter = {
  name: 'squid-dst',
  summary: 'networks as an ACL file of Squid (dst): one a line, for rules of your own',
  group: 'squid',
  consumer: 'Squid 5 and later, by `acl NAME dst "FILE"`',
  proof: {
    by: 'program',
    with:
      'Squid 5.7: parsed without a warning, also the real union; live, in a network namespace: inside and outside, ' +
      'by address and by name, loaded twice. Other versions by their documentation',
  },
  guide: `\
One network a line. The rule is yours, and so are the clients and the ports that it admits:

    acl azure dst -n "/etc/squid/azure.txt"
    acl connectors src 10.1.2.10
    acl azure_ports port 443
    http_access allow connectors CONNECT azure_ports azure

**\`dst -n\` or \`dst\`**: with \`-n\` the ACL matches requests for an address (\`CONNECT 20.0.0.7:443\`) and nothing is
looked up. Without it Squid resolves the requested host and matches if any of its addresses is listed: whoever rents a
machine in Azure has a name that passes. Connectors ask for names, so take \`dst\` only where no list of names will do.
[ADR 6](adr/0006-squid-matches-literal-addresses.md). \`squid\` decides this by itself and brings its rules.

**All of a family**, where a list has it, is written in parts: Squid takes \`0.0.0.0/0\` for \`all\`, IPv6 too, and an
IPv6 network around \`::ffff:0:0/96\` for one that holds all IPv4 addresses.

**Empty or missing**: Squid goes on with an ACL that matches nothing, with a warning and exit code 0. An allow rule
then admits nothing; a rule like \`deny !azure\` would refuse everything.

**Replaces**: \`squid -k reconfigure\` reads the file anew, and withdrawn networks are gone for new requests (tested). A
CONNECT tunnel that is open outlives that: only a restart of Squid ends it (tested with \`squid\`). How to apply the file
safely: "Applying a file", above.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render: (input) => [
    head(input, '# '),
    comment('# ', USE),
    lines(dstNetworks(input.prefixes), '', '\n'),
  ],
}
