/**
 * Network object groups for Cisco ASA. The ASA neither removes nor empties a group that a command
 * uses, and the file does not know what the device holds, so access rules name a group that never
 * holds a network itself, only one of two groups beside it:
 *
 *     fill STAGE  ->  rules use STAGE  ->  remove LIVE and fill it anew  ->  rules use LIVE  ->  remove STAGE
 *
 * At every line the group of the rules has yesterday's networks, today's or both. A load that was
 * broken off leaves one of these states, and each of them is a beginning that ends at today's list.
 */
import { formatWords } from '../src/core/address.ts'
import type { Prefix } from '../src/core/prefix.ts'
import type { Exporter } from './contract.ts'
import { sentences } from './head.ts'
import { comment, plain } from './parts/comment.ts'
import { lines } from './parts/networks.ts'

/** "Object names are limited to 64 characters, including letters, numbers" and `.`, `-` among others. */
const MAX_NAME = 64

const PREFIX = 'rangewarden-'
const STAGE = '-STAGE'
const LIVE = '-LIVE'

/** What stands behind an IPv4 address in place of its length, by length. */
const MASKS: readonly string[] = Array.from({ length: 33 }, (_, length) => {
  return ` ${formatWords(4, [length === 0 ? 0 : (-1 << (32 - length)) >>> 0])}`
})

export const ciscoAsa: Exporter = {
  name: 'cisco-asa',
  summary: 'network object groups for Cisco ASA, replaced without ever emptying the one in use',
  group: 'vendor',
  consumer: 'Cisco ASA 9: commands for the running configuration',
  proof: {
    by: 'grammar',
    with:
      'the documented commands and rules of object groups (ASA Firewall CLI guides 9.2 to 9.12, "Guidelines for ' +
      'Objects"), as a model in the test that runs whole, repeated and broken-off loads; no ASA was at hand',
  },
  guide: `\
\`copy https://…/LIST/cisco-asa.cfg running-config\`, or the lines pasted in configuration mode. Access rules name the
group \`rangewarden-LIST\`. It holds no network itself: it holds \`rangewarden-LIST-LIVE\`, and while the file loads
\`rangewarden-LIST-STAGE\`. Do not use those two in rules: they could not be replaced any more.

**First load**: two lines take away what is not there yet (\`no group-object …-LIVE\`, \`no object-group network …-LIVE\`),
and the ASA prints an error for each, which does no harm. A tool that stops at the first error must not stop at these.
Later loads print none. Then write the access rules, and after each load \`write memory\`.

**Replaces**: the group in use is never empty, networks of both yesterday and today are admitted all along, and
withdrawn ones are gone at the end (a model of the documented rules, in the test; not run on an ASA). After a load that
was broken off, load the file again as a whole: until its end the rules may still admit networks of the broken-off one.

**Size**: the networks stand in the file twice, and on the device twice while it loads. Access rules grow with a group:
\`object-group-search access-control\` keeps them small. A list that is too long for the model can have a budget.

**IPv6**: a group of both families works in access rules and not in NAT. The guides of older releases (9.2 is one) say
that a group with IPv6 entries cannot be put into another IPv6 group; that of 9.12 does not. On an older release use a
list without IPv6. Unverified on either.

**FTD and FMC** take no object groups from a file: they read \`text\` as a feed.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'cfg',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {
    nameLength: MAX_NAME - PREFIX.length - STAGE.length,
    source: `the ASA takes object names of at most ${MAX_NAME} characters`,
  },
  options: [],
  onEmpty: 'refuse',

  render(input) {
    const group = `object-group network ${PREFIX}${input.name}`
    const [stage, live] = [`${PREFIX}${input.name}${STAGE}`, `${PREFIX}${input.name}${LIVE}`]
    const networks = lines(input.prefixes.map(member), ' network-object ', '\n')
    return [
      ...sentences(input).map(remark),
      `object-group network ${stage}\n`,
      networks,
      `${group}\n group-object ${stage}\n no group-object ${live}\n`,
      `no object-group network ${live}\nobject-group network ${live}\n`,
      networks,
      `${group}\n group-object ${live}\n no group-object ${stage}\n`,
      `no object-group network ${stage}\n`,
    ]
  },
}

/** `20.0.0.0 255.255.255.0`, `host 20.0.0.7`, `2001:db8::/32` */
function member({ family, length, text }: Prefix): string {
  if (family === 6) return text
  const address = text.slice(0, length < 10 ? -2 : -3)
  return length === 32 ? `host ${address}` : address + (MASKS[length] ?? '')
}

/** Without `?`, which asks a terminal for help even in a comment. */
function remark(sentence: string): string {
  return comment('! ', plain(sentence).replaceAll('?', '.'))
}
