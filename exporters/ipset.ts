/**
 * Sets of ipset, for `ipset restore`: filled beside the sets in use and swapped in at the end.
 *
 * - `create` of a set that is there fails, even with `-exist`, unless its `maxelem` is the same: it
 *   is the same in every file. The size of the hash table may differ.
 * - Both families are filled before either is swapped, so a file with an error in it changes neither.
 * - Two loads at once would fill the same sets, and the first would swap in what the second has only
 *   begun: they are kept apart by `flock` in the guide's command. No file can do it by itself: were
 *   the sets to be filled refused when they are there (`create` without `-exist`), a load that was
 *   killed would keep out all that follow.
 * - `hash:net` refuses a prefix of length 0: all of a family is written as two halves.
 */
import { FAMILIES, type Family } from '../src/core/address.ts'
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { orHalves } from './parts/halves.ts'
import { lines } from './parts/networks.ts'

/** Room is not taken before it is used, so that it can be far more than any list has. */
const MAX_ELEMENTS = 1_048_576

/** ipset 7.17: "setname ... is longer than 31 characters". */
const MAX_SET_NAME = 31

/** What names of sets add; all are as long, so that two lists never share a set. */
const SUFFIX = '-v4'.length

const KINDS: Readonly<Record<Family, string>> = { 4: 'inet', 6: 'inet6' }

export const ipset: Exporter = {
  name: 'ipset',
  summary: 'sets for ipset restore, filled beside those in use and swapped',
  group: 'packet-filter',
  consumer: 'ipset, for rules of iptables and ip6tables',
  proof: {
    by: 'program',
    with: 'ipset 7.17: restored twice, overlapping and killed, read back and asked with ipset test, in a network namespace; no iptables rules',
  },
  guide: `\
\`\`\`sh
flock /run/rangewarden-LIST.lock ipset restore -file FILE
\`\`\`

The file makes the sets \`LIST-v4\` and \`LIST-v6\` (hash:net), fills \`LIST-t4\` and \`LIST-t6\`, swaps them and destroys
what was yesterday's. No option is needed: the lines that may find a set there say \`-exist\` themselves. Both sets are
there also when the list has nothing of a family. The file has no rule: it admits nothing by itself.

Always load by \`flock\` (util-linux) and with the same lock: of two loads of a list the second waits for the first.
Without it, loads that overlap fill the same \`LIST-t4\`, and a part of the list can come in force (tested). A load that
was killed leaves yesterday's sets in force and the half-filled ones beside them; the next load empties these first,
and none has to be removed by hand (tested).

By documentation, not run here:

\`\`\`sh
iptables -A FORWARD -s 10.1.2.10 -p tcp -m multiport --dports 80,443 -m set --match-set app-proxy-ip-v4 dst -j ACCEPT
ip6tables -A FORWARD -s fd00::a -p tcp -m multiport --dports 80,443 -m set --match-set app-proxy-ip-v6 dst -j ACCEPT
\`\`\`

Names of sets end at 31 characters, so lists with a longer name than 28 are refused. A set of that name that you made
of another family or type, or with another \`maxelem\` than 1048576, is an error in the file's first lines and changes
nothing (tested): destroy it, or swap it by hand, once. Sets are gone after a reboot: restore the file before the
rules that use them.

**Replaces** both sets at the end of the file, each at once: withdrawn networks are gone, rules that use the sets
stay, and a file with an error in it leaves yesterday's sets as they are (tested).`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'ipset',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {
    entries: MAX_ELEMENTS,
    nameLength: MAX_SET_NAME - SUFFIX,
    source: `the sets' maxelem is ${MAX_ELEMENTS}, and ipset 7.17 refuses names over ${MAX_SET_NAME} characters`,
  },
  options: [],
  onEmpty: 'refuse',

  *render(input) {
    const sets = FAMILIES.map((family) => {
      const texts = orHalves(input.prefixes, family)
      const parameters = `hash:net family ${KINDS[family]} hashsize ${hashSize(texts.length)}`
      const inUse = `${input.name}-v${family}`
      return { inUse, filled: `${input.name}-t${family}`, parameters, texts }
    })
    yield head(input, '# ')
    for (const { inUse, filled, parameters } of sets) {
      yield `create ${inUse} ${parameters} maxelem ${MAX_ELEMENTS} -exist\n`
      yield `create ${filled} ${parameters} maxelem ${MAX_ELEMENTS} -exist\n`
      yield `flush ${filled}\n`
    }
    for (const { filled, texts } of sets) yield lines(texts, `add ${filled} `, '\n')
    for (const { inUse, filled } of sets) yield `swap ${filled} ${inUse}\n`
    for (const { filled } of sets) yield `destroy ${filled}\n`
  },
}

/** A power of two with a place for each network; the kernel makes it larger as it needs. */
function hashSize(networks: number): number {
  return 2 ** Math.max(6, Math.ceil(Math.log2(Math.max(1, networks))))
}
