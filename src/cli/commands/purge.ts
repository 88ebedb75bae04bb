/** `purge`: removed addresses leave every list of a cloud now, without their days of grace. */
import type { CliCommand } from '../command.ts'
import { withGateway } from '../gateway.ts'
import { userName } from '../user-name.ts'

interface PurgeOptions {
  readonly by?: string
  readonly reason: string
  readonly token?: string
}

export const purge: CliCommand = {
  name: 'purge',

  describe(command) {
    command
      .description('let addresses that Microsoft has removed leave every list now')
      .argument('<cloud>')
      .requiredOption('--reason <text>', 'why, for whoever audits')
      .option('--by <name>', "who decides; by default this user's name")
      .option('--token <token>', 'admin token for --url; better set RANGEWARDEN_ADMIN_TOKEN')
  },

  async run(context, command) {
    const { by = userName(), reason, token } = command.opts<PurgeOptions>()
    const wish = {
      cloud: command.args[0] ?? '',
      action: 'purge' as const,
      snapshot: undefined,
      until: undefined,
      by,
      reason,
    }
    const publication = await withGateway(context, { token }, (gateway) => gateway.publish(wish))
    const { cloud, snapshot, serial } = publication
    if (context.json) context.io.printJson(publication)
    else {
      context.io.print(
        `${cloud}: lists hold what ${snapshot} says and nothing removed before (serial ${serial})\n`,
      )
    }
    return 0
  },
}
