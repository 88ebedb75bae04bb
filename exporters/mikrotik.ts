/**
 * A script of RouterOS that makes an address list of each family what the list is: first what is
 * missing is added, then what is not wanted any more is removed, so that no moment is without a
 * network that both have.
 *
 * - Entries have no timeout: those that have one are held in memory and gone after a reboot.
 * - Only entries with our comment are removed; what an operator added to the list stays.
 * - Names of properties are reserved (`:local address` breaks `get`), so variables begin with `rw`.
 * - One block around it all: a local variable of the top level is unknown on the next line where
 *   lines are run one by one, which `/import verbose=yes` and the console do.
 *
 * Sources: help.mikrotik.com, "Scripting language manual" (scopes, arrays, reserved names) and
 * "Address-lists" (timeouts).
 */
import { BITS, FAMILIES, type Family } from '../src/core/address.ts'
import type { Exporter } from './contract.ts'
import { sentences } from './head.ts'
import { comment } from './parts/comment.ts'
import { lines, ofFamily, textsOf } from './parts/networks.ts'

const MENUS: Readonly<Record<Family, string>> = {
  4: '/ip firewall address-list',
  6: '/ipv6 firewall address-list',
}

/** Marks an entry as ours. */
const MARK = 'comment="rangewarden"'

export const mikrotik: Exporter = {
  name: 'mikrotik',
  summary: 'a RouterOS script that adds what is missing to an address list, then removes the rest',
  group: 'packet-filter',
  consumer: 'MikroTik RouterOS 7 with IPv6, by `/import`',
  proof: {
    by: 'grammar',
    with: "a grammar and a simulation of ours, from MikroTik's Scripting and Address-lists pages; no RouterOS was run",
  },
  guide: `\
Fetch it with \`/tool fetch\` and run it with \`/import file-name=FILE.rsc\`. It makes the address lists
\`rangewarden-LIST\` of \`/ip firewall\` and of \`/ipv6 firewall\`; rules use them by \`dst-address-list=rangewarden-LIST\`.
Entries have no timeout, so they are there after a reboot. The file has no rule: it admits nothing by itself.

**Unverified**: no RouterOS was at hand. The script is written from MikroTik's documentation, read by a strict grammar
and run by a simulation in the tests. Try it first with \`/import file-name=FILE.rsc verbose=yes dry-run\` and look at
the list after the first real run. How long thousands of entries take on a small device, and how many a script may
hold in an array, is not known. RouterOS 6 without its ipv6 package knows no \`/ipv6\` and refuses the script.

**Replaces** the entries that carry the comment \`rangewarden\`: what is missing is added first, then entries with that
comment that the list has not are removed, so no network of both lists is missing for a moment. Your own entries in
the same address list stay. If an entry cannot be added, the script ends in an error that says how many are missing.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'rsc',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  *render(input) {
    yield words(sentences(input))
    yield '{\n:local rwMissing 0\n'
    for (const family of FAMILIES) {
      yield wanted(textsOf(ofFamily(input.prefixes, family)), family)
    }
    for (const family of FAMILIES) yield replacing(`list="rangewarden-${input.name}"`, family)
    yield ':if ($rwMissing > 0) do={\n'
    yield `  :error ("rangewarden-${input.name}: " . $rwMissing . " networks could not be added")\n`
    yield '}\n}\n'
  },
}

/** No backslash: at the end of a line it joins the next one to it, perhaps in a comment too. */
function words(texts: readonly string[]): string {
  return texts.map((text) => comment('# ', text.replaceAll('\\', '/'))).join('')
}

/** The networks as the keys of an array. */
function wanted(texts: readonly string[], family: Family): string {
  if (texts.length === 0) return `:local rwWanted${family} [:toarray ""]\n`
  return `:local rwWanted${family} {\n${lines(texts, '  "', '"=1;\n')}}\n`
}

/** Adding what is there fails and is passed over. One address may be shown without its length. */
function replacing(list: string, family: Family): string {
  const menu = MENUS[family]
  const array = `$rwWanted${family}`
  return `\
:foreach rwNet,rwOne in=${array} do={
  :do { ${menu} add ${list} address=$rwNet ${MARK} } on-error={}
}
:set rwMissing ($rwMissing + [:len ${array}])
:foreach rwId in=[${menu} find ${list}] do={
  :local rwNet [:tostr [${menu} get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/${BITS[family]}") }
  :if ([:typeof (${array}->$rwNet)] = "nothing") do={
    :if ([${menu} get $rwId comment] = "rangewarden") do={ ${menu} remove $rwId }
  } else={ :set rwMissing ($rwMissing - 1) }
}
`
}
