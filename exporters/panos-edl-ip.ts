/**
 * An external dynamic list of addresses for PAN-OS: a network, a space and a comment on a line.
 *
 * The documentation has no line without a network, so there is no head: its sentences are comments
 * behind the first networks, one piece a line, in the characters that the documentation names.
 */
import type { Exporter, ExportInput } from './contract.ts'
import { sentences } from './head.ts'
import { wrap } from './parts/comment.ts'
import { lines, textsOf } from './parts/networks.ts'

/** How long a line may be is not documented: as long as a line of text. */
const COMMENT_WIDTH = 98

/** "comments and special characters such as * , : ; # or /", and what networks are written with. */
const UNDOCUMENTED = /[^A-Za-z0-9 *,:;#/.-]/g

export const panosEdlIp: Exporter = {
  name: 'panos-edl-ip',
  summary:
    'an IP address list for PAN-OS external dynamic lists, with comments behind the networks',
  group: 'vendor',
  consumer: 'PAN-OS firewalls and Prisma Access: external dynamic list of type IP List',
  proof: {
    by: 'grammar',
    with:
      'the documented line [network] [space] [comment] ("Formatting Guidelines for an External Dynamic List"), read ' +
      'strictly in the test; not run on a firewall',
  },
  guide: `\
An external dynamic list of type IP List, used as source or destination of a Security rule, without a commit. Whether
PAN-OS skips a whole line that is a comment is not documented, so there is none: what other formats say at their head
stands behind the first networks, \`20.0.0.0/24 # ...\`, to be read downwards. Signs beyond those that the documentation
names are written in others: \`%\` is \`percent\`, a parenthesis is \`;\`.

**The server counts**: an unreachable one leaves the last good list in force, also over a reboot; one that refuses the
credentials, or whose certificate is expired or revoked, ends the enforcement of the list. Rotate tokens with overlap.

**Limits**: 50,000 networks is what every model held in PAN-OS 7.1, all lists together (150,000 on PA-5000 and PA-7000).
What goes beyond is skipped by the firewall, with a system log only. Other models: \`List Capacities\` on the firewall.
How long a line may be is not documented and unverified.

**Replaces**: each refresh reads the whole list, withdrawn networks are gone. By the documentation, not run.`,
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: {
    entries: 50_000,
    source:
      'PAN-OS 7.1, "Objects > External Dynamic Lists": 50,000 on most models, 150,000 on PA-5000 and PA-7000',
  },
  options: [],
  onEmpty: 'refuse',

  render(input) {
    const texts = textsOf(input.prefixes)
    const comments = commentsFor(input, texts.length)
    const commented = comments.map((comment, i) => `${texts[i] ?? ''} # ${comment}\n`)
    return [...commented, lines(texts.slice(comments.length), '', '\n')]
  },
}

/** One for each of the first networks; longer ones where there are more pieces than networks. */
function commentsFor(input: ExportInput, networks: number): string[] {
  const pieces = sentences(input).flatMap((sentence) => wrap(documented(sentence), COMMENT_WIDTH))
  const share = Math.ceil(pieces.length / networks)
  const comments: string[] = []
  for (let at = 0; at < pieces.length; at += share) {
    comments.push(pieces.slice(at, at + share).join(' '))
  }
  return comments
}

/** The sentence in documented signs: nothing in it can begin a line. */
function documented(sentence: string): string {
  return sentence
    .replaceAll('%', 'percent')
    .replaceAll(' (', '; ')
    .replaceAll(/[)']/g, '')
    .replaceAll(UNDOCUMENTED, '-')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
}
