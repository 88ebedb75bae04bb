/** `lookup`: which service tags hold an address, a network or a range, now or on a past day. */
import type { LookupView } from '../../views/lookup.ts'
import type { CliCommand } from '../command.ts'
import { withGateway, type LookupResult } from '../gateway.ts'
import { table, type Column } from '../table.ts'

interface LookupOptions {
  readonly cloud?: string
  readonly at?: string
}

export const lookup: CliCommand = {
  name: 'lookup',

  describe(command) {
    command
      .description('show the service tags that hold an address')
      .argument('<addresses...>', 'hosts, networks or ranges first-last')
      .option('--at <when>', 'a file date, `latest`, `previous` or a snapshot id')
      .option('--cloud <cloud>', 'in one cloud; by default in all that have history')
  },

  async run(context, command) {
    const { cloud, at } = command.opts<LookupOptions>()
    const wish = { addresses: command.args, cloud, at }
    const found = await withGateway(context, {}, (gateway) => gateway.lookup(wish))
    if (context.json) context.io.printJson(found)
    else context.io.print(resultsText(found.results))
    return 0
  },
}

const COLUMNS: readonly Column[] = [
  { title: 'TAG' },
  { title: 'REGION' },
  { title: 'SERVICE' },
  { title: 'HOLDS' },
  { title: 'PREFIX' },
  { title: 'FIRST SEEN' },
  { title: 'LAST SEEN' },
]

/** Per address the clouds that have it; one line for an address that none has. */
export function resultsText(results: readonly LookupResult[]): string {
  return results.map(resultText).join('\n')
}

function resultText({ query, answers }: LookupResult): string {
  const hits = answers.filter(({ tags }) => tags.length > 0)
  if (hits.length > 0) return hits.map(hitsText).join('\n')
  const asked = answers.map(({ cloud, snapshot }) => `${cloud} of ${snapshot.fileDate}`)
  return `${query} is in no service tag of ${asked.join(', ')}\n`
}

function hitsText({ query, cloud, snapshot, tags }: LookupView): string {
  const rows = tags.map((hit) => [
    hit.tag,
    hit.region === '' ? '-' : hit.region,
    hit.systemService === '' ? '-' : hit.systemService,
    hit.holds,
    hit.prefix ?? '-',
    hit.firstSeen,
    hit.lastSeen ?? 'still there',
  ])
  return `${query} in ${cloud} of ${snapshot.fileDate}\n${table(COLUMNS, rows)}`
}
