/**
 * CSV (RFC 4180) for pipelines and spreadsheets: a row for each name, network and sentence. The
 * sentences are rows too, since CSV has no comments, and come first.
 */
import { formatPort, type EndpointRule } from '../src/core/endpoint-rule.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { sentences } from './head.ts'
import { plain } from './parts/comment.ts'
import { hostName } from './parts/names.ts'
import { lines, ofFamily, textsOf } from './parts/networks.ts'

export const csv: Exporter = {
  name: 'csv',
  summary: 'a row for each name and network, and what one must know of them, under a header',
  group: 'data',
  consumer: 'pipelines, databases, spreadsheets',
  proof: {
    by: 'program',
    with: 'the csv module of Python 3 in strict mode, and a strict parser of ours; no spreadsheet was run',
  },
  guide: `\
Four columns, named in the first row: \`kind,value,family,ports\`.

- \`note\`: a sentence about the list in \`value\`, such as how many addresses it admits. These rows come first; **take
  only the kinds you know** and leave the others.
- \`name\`: a host name, or \`*.x\` for every name below x (not x itself), and in \`ports\` its TCP ports and ranges of
  them with spaces between: \`80 443 10100-10120\`.
- \`network\`: a network in CIDR notation, and in \`family\` 4 or 6. Its ports are for the rule to say: 443 and 80.

Quotes are as in RFC 4180. Lines end in LF alone (the RFC says CRLF; Python's \`csv\` and PostgreSQL's \`COPY\` read
both). No cell begins with a sign that spreadsheets take for a formula, also where they split at ";". A spreadsheet was
not run.

**Replaces**: one file is one whole list. Empty the table and fill it in one transaction; do not add to it.`,
  mediaType: 'text/csv; charset=utf-8',
  fileExtension: 'csv',
  families: [4, 6],
  carries: ['names', 'addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render(input) {
    return [
      'kind,value,family,ports\n',
      ...sentences(input).map(note),
      ...input.rules.map(named),
      networks(input, 4),
      networks(input, 6),
    ]
  },
}

/**
 * Every sentence begins with a word of ours, never with the sign of a formula. Where ";" separates
 * cells, a spreadsheet would begin one after it, so there is none.
 */
function note(sentence: string): string {
  return `note,"${plain(sentence).replaceAll(';', ',').replaceAll('"', '""')}",,\n`
}

function named({ name, ports }: EndpointRule): string {
  const { host, wild } = hostName('csv', name)
  return `name,${wild ? '*.' : ''}${host},,${ports.map(formatPort).join(' ')}\n`
}

function networks({ prefixes }: ExportInput, family: 4 | 6): string {
  return lines(textsOf(ofFamily(prefixes, family)), 'network,', `,${family},\n`)
}
