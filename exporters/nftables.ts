/**
 * Named sets of nftables, for `nft -f`: one set for each family, because a set has one type of key.
 *
 * nft applies a file as one transaction, so rules see yesterday's set or today's and never an empty
 * one. Both sets are declared and flushed even if the list has nothing of a family: without the
 * flush a load only adds, and what was withdrawn would stay.
 */
import { FAMILIES } from '../src/core/address.ts'
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { withoutDots } from './parts/names.ts'
import { lines, ofFamily, textsOf } from './parts/networks.ts'
import { nftablesTableOf, nftablesTableOption } from './parts/options.ts'

export const nftables: Exporter = {
  name: 'nftables',
  summary: 'named sets for nft -f, flushed and filled in one transaction',
  group: 'packet-filter',
  consumer: 'nftables, by `nft -f`',
  proof: {
    by: 'program',
    with: 'nft 1.0.6: checked, loaded twice and read back; live in a network namespace with a chain that uses the sets',
  },
  guide: `\
\`nft -f FILE\` declares the sets \`rangewarden_LIST_v4\` and \`rangewarden_LIST_v6\` (a dot of the list's name becomes \`_\`)
in the table of \`RANGEWARDEN_NFTABLES_TABLE\` (\`inet rangewarden\` unless set). A set is seen by the rules of its own
table alone, so name the table that your rules are in. The file has no rule and no chain: it admits nothing by itself.

\`\`\`
chain forward {
  type filter hook forward priority filter; policy drop;
  ct state established,related accept
  ip saddr 10.1.2.10 tcp dport { 80, 443 } ip daddr @rangewarden_app-proxy-ip_v4 accept
  ip6 saddr fd00::a tcp dport { 80, 443 } ip6 daddr @rangewarden_app-proxy-ip_v6 accept
}
\`\`\`

Check first with \`nft -c -f FILE\`. \`flush ruleset\`, as in the /etc/nftables.conf of many systems, takes the sets away
too: \`include\` the file there, before the rules that use it. A set of that name and another type is an error and
changes nothing. IPv4 sets in a table of the family \`ip6\`, and IPv6 sets in one of \`ip\`, are loaded and of no use.

**Replaces** both sets in one transaction: withdrawn networks are gone, rules that use the sets stay, and a file with
an error in it changes nothing (tested).`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'nft',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {
    nameLength: 240,
    source:
      'nft 1.0.6 takes names of sets up to 255 characters, and these add 15 to the name of the list',
  },
  options: [nftablesTableOption],
  onEmpty: 'refuse',

  *render(input) {
    const { family: kind, name } = nftablesTableOf(input)
    const table = `${kind} ${name}`
    const sets = FAMILIES.map((family) => ({
      set: `rangewarden_${withoutDots(input.name)}_v${family}`,
      type: `ipv${family}_addr`,
      texts: textsOf(ofFamily(input.prefixes, family)),
    }))
    yield head(input, '# ')
    yield `table ${table} {\n`
    for (const { set, type } of sets) {
      yield `  set ${set} {\n    type ${type}\n    flags interval\n  }\n`
    }
    yield '}\n'
    for (const { set } of sets) yield `flush set ${table} ${set}\n`
    for (const { set, texts } of sets) {
      if (texts.length === 0) continue
      yield `add element ${table} ${set} {\n${lines(texts, '  ', ',\n')}}\n`
    }
  },
}
