/**
 * An external dynamic list of URLs for PAN-OS, the one type of list that serves allow and
 * no-decrypt rules (domain lists only sinkhole).
 *
 * Every entry ends in `/`. Without it PAN-OS 10.1 and earlier, and later versions with the ending
 * token switched off, read `x.example` as `x.example.*` and admit `x.example.evil.example`.
 */
import type { Exporter } from './contract.ts'
import { hostName } from './parts/names.ts'

export const panosEdlUrl: Exporter = {
  name: 'panos-edl-url',
  summary:
    'a URL list for PAN-OS external dynamic lists, for allow and no-decrypt rules; names only',
  group: 'vendor',
  consumer: 'PAN-OS firewalls and Prisma Access: external dynamic list of type URL List',
  proof: {
    by: 'grammar',
    with:
      'the documented URL entries and wildcards ("Guidelines for URL Category Exceptions"), read and matched in the ' +
      'test; not run on a firewall',
  },
  guide: `\
An external dynamic list of type URL List, as URL category of a Security rule that allows, and of a Decryption rule that
does not decrypt. A list of type Domain List cannot allow anything: it serves Anti-Spyware and sinkholing.

**Matches**: \`x.example/\` is that host with every path. \`*.x.example/\` is every host below x.example, one or more
labels deep, and not x.example itself: \`*\` stands for one or more labels (\`^\` would be exactly one). That is what the
rules of a list mean by \`*.\`. Every entry ends in \`/\`: without it, older versions also admit \`x.example.evil.example\`.

**Ports** are the rule's business: give it a service of TCP 443 and 80. Whether an entry matches a URL with another port
(legacy connectors only) is not documented and unverified.

**No comments**: a URL list has none in the documentation. Which list it is stands in its address and in the headers of
the answer. Entries have at most 255 characters by the documentation; no host name is longer than 253.

**Limits**: 50,000 URLs on every model of PAN-OS 7.1, all lists together; what goes beyond is skipped with a system log.

**Replaces**: each refresh reads the whole list, withdrawn names are gone. By the documentation, not run.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['names'],
  anyDestination: false,
  revision: 1,
  limits: {
    entries: 50_000,
    source: 'PAN-OS 7.1, "Objects > External Dynamic Lists": 50,000 URLs on each model',
  },
  options: [],
  onEmpty: 'refuse',

  render: ({ rules }) => rules.map(({ name }) => `${entry(name)}/\n`),
}

/** As rules write it: `*` in front is one or more labels in both. */
function entry(name: string): string {
  const { host, wild } = hostName('panos-edl-url', name)
  return wild ? `*.${host}` : host
}
