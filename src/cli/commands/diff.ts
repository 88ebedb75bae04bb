/** `diff`: what changed between any two snapshots. */
import type { ChangesView, TagChangeView } from '../../views/changes.ts'
import type { CliCommand } from '../command.ts'
import { withGateway } from '../gateway.ts'
import { grouped } from '../table.ts'

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

/** Counts and coverage, then each tag with its prefixes. */
export function changesText(changes: ChangesView): string {
  return [changesSummary(changes), ...changes.tags.map(tagText)].join('\n')
}

export function changesSummary({
  from,
  to,
  unchanged,
  counts,
  coverage,
  earliestUse,
}: ChangesView): string {
  const head = `${to.cloud} ${from.fileDate} (${from.id}) -> ${to.fileDate} (${to.id})\n`
  if (unchanged) return `${head}nothing changed\n`
  const { gained, lost } = coverage
  return (
    head +
    `tags       ${counts.tagsAdded} added, ${counts.tagsRemoved} removed, ${counts.tagsChanged} changed\n` +
    `prefixes   +${grouped(counts.prefixesAdded)} -${grouped(counts.prefixesRemoved)}\n` +
    `addresses  IPv4 +${grouped(gained.ipv4)} -${grouped(lost.ipv4)}, ` +
    `IPv6 +${grouped(gained.ipv6)} -${grouped(lost.ipv6)}\n` +
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
}: TagChangeView): string {
  const note = reaggregated ? ', same addresses' : ''
  const lines = [
    `${name} (${kind}${note})`,
    ...metadata.map(({ field, from, to }) => `  ${field}: "${from}" -> "${to}"`),
    ...prefixesAdded.map((prefix) => `  +${prefix}`),
    ...prefixesRemoved.map((prefix) => `  -${prefix}`),
  ]
  return `${lines.join('\n')}\n`
}
