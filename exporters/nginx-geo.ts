/**
 * The entries of a `geo` block of nginx. The block stays with the operator, who alone knows which
 * address is to be looked at, and names the variable as it suits: nginx 1.22 refuses to start for a
 * variable longer than 46 characters, which our longest names of lists would not keep. Included
 * anywhere but in a `geo` block, the file is an error and not a list without effect.
 */
import { FAMILIES } from '../src/core/address.ts'
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { orHalves } from './parts/halves.ts'
import { lines } from './parts/networks.ts'

export const nginxGeo: Exporter = {
  name: 'nginx-geo',
  summary: 'the entries of a geo block of nginx, each with the value 1',
  group: 'reverse-proxy',
  consumer: 'nginx with ngx_http_geo_module, by `include` in a `geo` block',
  proof: {
    by: 'program',
    with: 'nginx 1.22.1: checked with nginx -t without a warning; live in a network namespace, with a reload',
  },
  guide: `\
The file holds entries alone. The block is yours, in the \`http\` context: it says which address is looked at, what the
variable is called and what all others get. Without the \`default\` line the others get an empty value.

\`\`\`
geo $remote_addr $from_azure {
  default 0;
  include /etc/nginx/app-proxy-ip.conf;
}
server {
  if ($from_azure = 0) { return 403; }
}
\`\`\`

Looking up is by a tree: as fast for thousands of networks as for ten. Behind another proxy, set \`set_real_ip_from\`
and \`real_ip_header\`, or the lines \`proxy\` of the block. Give each list a block of its own. All of a family, where a
list has it, is written as two halves, because nginx takes \`0.0.0.0/0\` and \`::/0\` for another \`default\`.

**Replaces**: \`nginx -s reload\` reads the file anew, and withdrawn networks get the default (tested). By nginx's
documentation, a file with an error in it is refused by the reload: the old entries stay.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'conf',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render: (input) => [
    head(input, '# '),
    ...FAMILIES.map((family) => lines(orHalves(input.prefixes, family), '', ' 1;\n')),
  ],
}
