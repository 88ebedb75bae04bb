/** `rollback`: back to any snapshot of history until it is released or ends. */
import { invalidInput } from '../../core/errors.ts'
import type { PublicationView } from '../../views/publication.ts'
import type { CliCommand } from '../command.ts'
import { withGateway } from '../gateway.ts'
import { toSeconds } from '../table.ts'
import { userName } from '../user-name.ts'

interface RollbackOptions {
  readonly to?: string
  readonly release?: boolean
  readonly until?: string
  readonly by?: string
  readonly reason: string
  readonly token?: string
}

export const rollback: CliCommand = {
  name: 'rollback',

  describe(command) {
    command
      .description('hand out an older snapshot; the schedule does not undo it')
      .argument('<cloud>')
      .option('--to <snapshot>', 'a snapshot id, a file date, `latest` (pins it) or `previous`')
      .option('--until <when>', 'ends by itself: a day (its end in UTC) or 2025-11-01T18:00:00Z')
      .option('--release', 'end the rollback that is in force')
      .requiredOption('--reason <text>', 'why, for whoever audits')
      .option('--by <name>', "who decides; by default this user's name")
      .option('--token <token>', 'admin token for --url; better set RANGEWARDEN_ADMIN_TOKEN')
  },

  async run(context, command) {
    const options = command.opts<RollbackOptions>()
    const { to, release = false, until, reason, token } = options
    if (release === (to !== undefined)) {
      throw invalidInput('say where to with --to, or end a rollback with --release')
    }
    const wish = {
      cloud: command.args[0] ?? '',
      action: release ? ('release' as const) : ('rollback' as const),
      snapshot: to,
      until,
      by: options.by ?? userName(),
      reason,
    }
    const publication = await withGateway(context, { token }, (gateway) => gateway.publish(wish))
    if (context.json) context.io.printJson(publication)
    else context.io.print(`${publishedText(publication)}\n`)
    return 0
  },
}

export function publishedText({ cloud, kind, snapshot, serial, until }: PublicationView): string {
  if (kind === 'release') {
    return `${cloud}: the rollback is released, ${snapshot} is published as serial ${serial}`
  }
  const end = until === null ? 'until it is released' : `until ${toSeconds(until)}`
  return `${cloud}: ${snapshot} is published as serial ${serial}, and stays ${end}`
}
