/**
 * An external resource of type category for FortiGate: URLs that become a remote category, which
 * the web filter allows and full SSL inspection exempts. (Type domain serves the DNS filter only.)
 *
 * Hosts without scheme or path. A line of `#` is no documented comment and would be read as a URL,
 * so there is none.
 */
import type { Exporter } from './contract.ts'
import { hostName } from './parts/names.ts'

export const fortinetCategory: Exporter = {
  name: 'fortinet-category',
  summary: 'a FortiGuard category feed for FortiGate: web filter and SSL exemption; names only',
  group: 'vendor',
  consumer: 'FortiGate: external resource of type category',
  proof: {
    by: 'grammar',
    with:
      'one URL per line, a wildcard at its beginning (FortiOS 7.0 to 7.4, "FortiGuard category threat feed"; FortiMail ' +
      'for the wildcard), read strictly in the test; not run on a device',
  },
  guide: `\
\`config system external-resource\`, \`set type category\`, \`set category 192\` (192 to 221). The feed becomes a remote
category: allow it in a web filter profile, and exempt it from full inspection in the SSL/SSH profile. A feed of type
domain is for the DNS filter only.

**Matches**: a line is a host, or \`*.\` and a host; scheme and path are left out, so every path is meant. A wildcard at
the beginning or end is documented for FortiMail's feeds of the same kind. That \`*.x.example\` is every name below
x.example at any depth, and not x.example itself, is how a wildcard reads, and unverified, as is whether a line without
one also covers the names below it. A name that is required itself has its own line.

**Ports** are the policy's business: give it services of TCP 443 and 80.

**No comments**: none are documented for FortiGate, and a line of \`#\` would be a URL.

**Limits**: before FortiOS 7.4.4, 10 MB or 131,072 lines per resource; from 7.4.4, by model and for all feeds together.

**Replaces**: each refresh reads the whole file, withdrawn names are gone; the last list stays in force while the server
is away. By the documentation, not run.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['names'],
  anyDestination: false,
  revision: 1,
  limits: {
    entries: 131_072,
    bytes: 10_000_000,
    source: 'FortiOS before 7.4.4: 10 MB or 131,072 lines per resource',
  },
  options: [],
  onEmpty: 'refuse',

  render: ({ rules }) => rules.map(({ name }) => `${entry(name)}\n`),
}

function entry(name: string): string {
  const { host, wild } = hostName('fortinet-category', name)
  return wild ? `*.${host}` : host
}
