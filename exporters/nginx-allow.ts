/**
 * `allow` for each network and `deny all`, for `include` in a location or server of nginx. The rules
 * are read in order and the first that fits decides, so the last line is what refuses.
 */
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { lines, textsOf } from './parts/networks.ts'

export const nginxAllow: Exporter = {
  name: 'nginx-allow',
  summary: 'allow lines and a final deny all for nginx, by include in a server or location',
  group: 'reverse-proxy',
  consumer: 'nginx with ngx_http_access_module, by `include`',
  proof: {
    by: 'program',
    with: 'nginx 1.22.1: checked with nginx -t without a warning; live in a network namespace, with a reload',
  },
  guide: `\
\`include\` it in a \`server\` or a \`location\`: clients inside the list's networks are served, all others get 403. It
looks at the address that the connection comes from: behind another proxy, set \`set_real_ip_from\` and \`real_ip_header\`
first.

A location with \`allow\` or \`deny\` lines of its own takes none from the server around it, and \`satisfy any\` beside it
lets in whoever has a password. Lines before the \`include\` decide first; lines after it are never reached. For
thousands of networks and many requests \`nginx-geo\` is faster: these rules are compared one by one.

**Replaces**: \`nginx -s reload\` reads the file anew, and withdrawn networks get 403 (tested). By nginx's
documentation, open connections stay with the old processes until they end, and a file with an error in it is refused
by the reload: the old rules stay.`,
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
    lines(textsOf(input.prefixes), 'allow ', ';\n'),
    'deny all;\n',
  ],
}
