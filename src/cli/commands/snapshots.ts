/** `snapshots`: the history, newest first. */
import type { SnapshotView } from '../../views/snapshot.ts'
import type { CliCommand } from '../command.ts'
import { withGateway } from '../gateway.ts'
import { parseLimit } from '../limit.ts'
import { grouped, table, type Column } from '../table.ts'

interface SnapshotsOptions {
  readonly cloud?: string
  readonly limit: number
}

export const snapshots: CliCommand = {
  name: 'snapshots',

  describe(command) {
    command
      .description('list the snapshots of a cloud, newest first')
      .option('--cloud <cloud>', 'by default the only followed cloud')
      .option('--limit <count>', 'at most so many, up to 200', parseLimit, 50)
  },

  async run(context, command) {
    const { cloud, limit } = command.opts<SnapshotsOptions>()
    const { io, json } = context
    const found = await withGateway(context, {}, (gateway) => gateway.snapshots({ cloud, limit }))
    if (json) io.printJson(found)
    else if (found.snapshots.length > 0) io.print(snapshotTable(found.snapshots))
    else io.say('no snapshot yet: `rangewarden sync` or `rangewarden import` brings the first')
    if (found.next !== null && !json) io.say('there are older ones: raise --limit to see them')
    return 0
  },
}

const COLUMNS: readonly Column[] = [
  { title: 'SNAPSHOT' },
  { title: 'CLOUD' },
  { title: 'FILE DATE' },
  { title: 'CHANGE', align: 'right' },
  { title: 'TAGS', align: 'right' },
  { title: 'PREFIXES', align: 'right' },
  { title: 'ACCEPTED' },
]

export function snapshotTable(records: readonly SnapshotView[]): string {
  const rows = records.map((record) => [
    record.id,
    record.cloud,
    record.fileDate,
    String(record.changeNumber),
    grouped(record.tags),
    grouped(record.memberships),
    record.acceptedAt.replace(/\.\d+Z$/, 'Z'),
  ])
  return table(COLUMNS, rows)
}
