/** `diff`: what changed between any two snapshots. */
import type { ChangesView, TagChangeView } from '../../views/changes.ts'
import type { CliCommand } from '../command.ts'
import { withGateway } from '../gateway.ts'
import { counted, grouped } from '../table.ts'

interface DiffOptions {
  readonly cloud?: string
  readonly tag?: string
  readonly region?: string
  readonly summary?: boolean
}

export const diff: CliCommand = {
  name: 'diff',

  describe(command) {
    command
      .description('show what changed between two snapshots')
      .argument('<from>', 'a file date, `latest`, `previous` or a snapshot id')
      .argument('<to>', 'likewise')
      .option('--cloud <cloud>', 'by default the only followed cloud')
      .option('--tag <tag>', 'only this service tag')
      .option('--region <region>', 'only service tags of this region')
      .option('--summary', 'counts only')
  },

  async run(context, command) {
    const [from = '', to = ''] = command.args
    const { cloud, tag, region, summary = false } = command.opts<DiffOptions>()
    const wish = { cloud, from, to, tag, region }
    const changes = await withGateway(context, {}, (gateway) => gateway.changes(wish))
    const { io, json } = context
    if (json) io.printJson(changes)
    else io.print(summary ? changesSummary(changes) : changesText(changes))
    return 0
  },
}

/** Longer blocks about more than one tag say how many more there are: `--json` has them all. */
const MOST_LINES = 20

/** Of a split or merged prefix; its pieces are among the lines above, too. */
const MOST_PIECES = 4

/** Counts and coverage, then regions, what moved and what came back, then each tag's prefixes. */
export function changesText(changes: ChangesView): string {
  const { regions, moved, flapping, tags } = changes
  const blocks = [
    block('regions', regions.map(regionLine)),
    block('moved between tags', moved.map(movedLine)),
    block('came back', flapping.map(flappingLine)),
  ]
  return [changesSummary(changes), ...blocks.flat(), ...tags.map(tagText)].join('\n')
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const shown = lines.slice(0, MOST_LINES)
  const more = lines.length - shown.length
  const all = more === 0 ? shown : [...shown, `and ${grouped(more)} more`]
  return [`${title}\n${all.map((line) => `  ${line}\n`).join('')}`]
}

function regionLine({ region, coverage }: ChangesView['regions'][number]): string {
  return `${region}  ${addressesText(coverage)}`
}

function movedLine({ prefix, from, to }: ChangesView['moved'][number]): string {
  return `${prefix}  ${from.join(', ')} -> ${to.join(', ')}`
}

function flappingLine({ tag, prefix, ...days }: ChangesView['flapping'][number]): string {
  return `${prefix}  ${tag}, gone from ${days.leftOn} until ${days.cameBackOn}`
}

function addressesText({ gained, lost }: ChangesView['coverage']): string {
  return (
    `IPv4 +${grouped(gained.ipv4)} -${grouped(lost.ipv4)}, ` +
    `IPv6 +${grouped(gained.ipv6)} -${grouped(lost.ipv6)}`
  )
}

export function changesSummary({
  from,
  to,
  unchanged,
  counts,
  coverage,
  earliestUse,
  regions,
  moved,
  flapping,
}: ChangesView): string {
  const head = `${to.cloud} ${from.fileDate} (${from.id}) -> ${to.fileDate} (${to.id})\n`
  if (unchanged) return `${head}nothing changed\n`
  const also = [
    regions.length > 0 ? `${counted(regions.length, 'region')} with other addresses` : [],
    moved.length > 0 ? `${counted(moved.length, 'prefix', 'prefixes')} moved between tags` : [],
    flapping.length > 0 ? `${grouped(flapping.length)} came back` : [],
  ].flat()
  return (
    head +
    `tags       ${counts.tagsAdded} added, ${counts.tagsRemoved} removed, ${counts.tagsChanged} changed\n` +
    `prefixes   +${grouped(counts.prefixesAdded)} -${grouped(counts.prefixesRemoved)}\n` +
    `addresses  ${addressesText(coverage)}\n` +
    (also.length === 0 ? '' : `also       ${also.join(', ')}\n`) +
    (earliestUse === null ? '' : `additions  in use from ${earliestUse} at the earliest\n`)
  )
}

function tagText({
  name,
  kind,
  reaggregated,
  metadata,
  prefixesAdded,
  prefixesRemoved,
  split,
  merged,
  earliestUse,
}: TagChangeView): string {
  const note =
    (reaggregated ? ', same addresses' : '') +
    (earliestUse === null ? '' : `, in use from ${earliestUse}`)
  const lines = [
    `${name} (${kind}${note})`,
    ...metadata.map(({ field, from, to }) => `  ${field}: "${from}" -> "${to}"`),
    ...prefixesAdded.map((prefix) => `  +${prefix}`),
    ...prefixesRemoved.map((prefix) => `  -${prefix}`),
    ...split.map((wide) => `  ${wide.prefix} was split into ${piecesText(wide)}`),
    ...merged.map((wide) => `  ${wide.prefix} was merged from ${piecesText(wide)}`),
  ]
  return `${lines.join('\n')}\n`
}

function piecesText({ pieces, exact }: TagChangeView['split'][number]): string {
  const named =
    pieces.length <= MOST_PIECES ? pieces.join(', ') : `${grouped(pieces.length)} others`
  return exact ? named : `${named}, which are not all of it`
}
