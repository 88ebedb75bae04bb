/**
 * One prefix per line, what most devices fetch. Whole-line `#` comments at the head; a device that
 * takes none needs a format of its own.
 */
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { lines, textsOf } from './parts/networks.ts'

export const text: Exporter = {
  name: 'text',
  summary: 'one prefix per line, with a # head; replace the whole list on every load',
  group: 'data',
  consumer: 'whatever reads one prefix per line and ignores `#` lines',
  proof: { by: 'grammar', with: 'one canonical prefix per line, `#` lines only at the head' },
  guide: `\
One canonical prefix per line, IPv4 before IPv6. The head says how many addresses the list admits, and which required
names no address of it covers. "Devices that read a plain list", below, says how each of them takes it.
An ACL file of HAProxy admits 6to4 clients by the IPv4 address inside theirs: see \`haproxy-map\`.

**Replaces** where the consumer does: a plain list is read whole. Carries only addresses: asked of \`app-proxy\` it
answers 422 naming \`app-proxy-ip\`.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 2,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render: (input) => [head(input, '# '), lines(textsOf(input.prefixes), '', '\n')],
}
