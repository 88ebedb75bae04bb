/**
 * A script of RouterOS that makes an address list of each family what the list is: first what is
 * missing is added, then what is not wanted any more is removed, so that no moment is without a
 * network that both have.
 *
 * - What is not wanted is told by how RouterOS shows a network, which is not known for all of them.
 *   So nothing is removed before each wanted network has been found among the entries as shown: no
 *   entry that is left over then is a wanted one in another spelling.
 * - Found networks are keys of an array, so that two entries of one network count once.
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
the same address list stay.

Before anything is removed the script looks for every network of the list among the entries. Unless it finds them all
it ends in an error that says how many it did not find, and removes nothing: yesterday's entries and the new ones are
both there, wider than the list. That happens on a device without room for both lists at once: make room, or remove
the entries with the comment \`rangewarden\` first, which leaves a gap, and run the script again. It also happens where
RouterOS shows a network in another spelling than the file's: then the file replaces nothing on your device, and what
is withdrawn is yours to remove.`,
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
    const list = `rangewarden-${input.name}`
    for (const family of FAMILIES) yield adding(list, family)
    for (const family of FAMILIES) yield finding(list, family)
    yield ':if ($rwMissing > 0) do={\n'
    yield `  :error ("${list}: " . $rwMissing . " networks not found after adding, nothing removed")\n`
    yield '}\n'
    for (const family of FAMILIES) yield removing(list, family)
    yield '}\n'
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

/** Adding what is there fails and is passed over. */
function adding(list: string, family: Family): string {
  return `\
:foreach rwNet,rwOne in=$rwWanted${family} do={
  :do { ${MENUS[family]} add list="${list}" address=$rwNet ${MARK} } on-error={}
}
`
}

/** Adds to the count of missing ones those that no entry shows. */
function finding(list: string, family: Family): string {
  const [array, found] = [`rwWanted${family}`, `rwFound${family}`]
  return `\
:local ${found} [:toarray ""]
${shownEntries(list, family)}\
  :if ([:typeof ($${array}->$rwNet)] != "nothing") do={ :set ($${found}->$rwNet) 1 }
}
:set rwMissing ($rwMissing + [:len $${array}] - [:len $${found}])
`
}

function removing(list: string, family: Family): string {
  const menu = MENUS[family]
  return `\
${shownEntries(list, family)}\
  :if ([:typeof ($rwWanted${family}->$rwNet)] = "nothing") do={
    :if ([${menu} get $rwId comment] = "rangewarden") do={ ${menu} remove $rwId }
  }
}
`
}

/** The head of a loop over the entries. One address may be shown without its length. */
function shownEntries(list: string, family: Family): string {
  const menu = MENUS[family]
  return `\
:foreach rwId in=[${menu} find list="${list}"] do={
  :local rwNet [:tostr [${menu} get $rwId address]]
  :if ([:typeof [:find $rwNet "/"]] = "nil") do={ :set rwNet ($rwNet . "/${BITS[family]}") }
`
}
