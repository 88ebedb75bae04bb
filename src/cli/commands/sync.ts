/** `sync`: one pass now, and what came of it. */
import { setTimeout as wait } from 'node:timers/promises'
import { invalidInput, RangewardenError } from '../../core/errors.ts'
import { SOURCE_FORMS } from '../../sources/index.ts'
import type { RunView } from '../../views/run.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { withGateway, type Gateway } from '../gateway.ts'
import { describeRun, EXIT_OF_OUTCOME } from '../run-sentence.ts'

interface SyncOptions {
  readonly cloud?: string
  readonly source?: string
  readonly dryRun?: boolean
  readonly token?: string
}

export const sync: CliCommand = {
  name: 'sync',

  describe(command) {
    command
      .description('look for a new file now and publish it if it can be trusted')
      .option('--cloud <cloud>', 'by default the only followed cloud')
      .option('--source <source>', `where files come from: ${SOURCE_FORMS.join(', ')}`)
      .option('--dry-run', 'say what would be published, keep nothing')
      .option('--token <token>', 'admin token for --url; better set RANGEWARDEN_ADMIN_TOKEN')
      .addHelpText(
        'after',
        '\nExit codes: 0 published, accepted, unchanged or would publish; 3 failed; 4 refused; 5 held',
      )
  },

  async run(context, command) {
    const { cloud, source, dryRun = false, token } = command.opts<SyncOptions>()
    if (context.url !== undefined && source !== undefined) {
      throw invalidInput('--source has no meaning with --url: the service has its own source')
    }
    const options = { overrides: { source }, token }
    const run = await withGateway(context, options, async (gateway) => {
      const { id } = await gateway.requestRun({ cloud, dryRun })
      return finished(gateway, id, context)
    })
    if (context.json) context.io.printJson(run)
    else context.io.print(`${describeRun(run)}\n`)
    return run.outcome === null ? 1 : EXIT_OF_OUTCOME[run.outcome]
  },
}

const POLL_MS = 250

/** The service itself gives up on a run after a quarter of an hour. */
const MOST_POLLS = (16 * 60_000) / POLL_MS

async function finished(gateway: Gateway, id: string, { stop }: Context): Promise<RunView> {
  for (let polls = 0; polls < MOST_POLLS && !stop.aborted; polls++) {
    const run = await gateway.run(id)
    if (run.state === 'finished') return run
    await wait(POLL_MS)
  }
  const why = stop.aborted ? 'stopped waiting' : 'gave up waiting'
  throw new RangewardenError('upstream-unavailable', `${why} for run ${id}, which has not ended`)
}
