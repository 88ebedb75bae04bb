/**
 * A map of HAProxy from networks to the list's name, for `map_ip`. HAProxy takes a line for a
 * comment only if `#` is its first character: after blanks, or behind an entry, it is not one.
 */
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { lines, textsOf } from './parts/networks.ts'

export const haproxyMap: Exporter = {
  name: 'haproxy-map',
  summary: 'a map of HAProxy from each network to the name of the list, for src,map_ip',
  group: 'reverse-proxy',
  consumer: 'HAProxy, by the converter `map_ip`',
  proof: {
    by: 'program',
    with: 'HAProxy 2.6.12: checked with haproxy -c without a warning; live in a network namespace, with a restart',
  },
  guide: `\
\`\`\`
http-request deny unless { src,map_ip(/etc/haproxy/app-proxy-ip.map) -m found }
\`\`\`

The value is the name of the list, so several files joined to one map say which list an address is in: the longest
network decides, and of two equal ones the first. \`tcp-request connection reject unless\` with the same condition
refuses before a byte is read. For a yes or no without the name, \`acl azure src -f FILE\` takes the format \`text\` as it
is (tested with its head). The head is whole lines that begin with \`#\`: HAProxy 2.6 takes \`#\` anywhere else for part
of an entry.

**6to4 clients**: HAProxy matches an IPv6 client of \`2002::/16\` or \`::/96\` by the IPv4 address inside it, here and in
an ACL of \`src\`. With 20.0.0.0/24 in the list, 2002:1400:7::1 is admitted, which is 20.0.0.7 (tested). Where clients
come by IPv6, this line before the others refuses them (tested):

\`\`\`
http-request deny if { src 2002::/16 ::/96 }
\`\`\`

**Replaces**: HAProxy reads the file when it starts or reloads, and withdrawn networks are gone then (a restart is
tested). Between two reloads the running map is what the runtime API was told last, which the file knows nothing of.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'map',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render: (input) => [head(input, '# '), lines(textsOf(input.prefixes), '', ` ${input.name}\n`)],
}
