/** `serve`: the service, until a signal ends it. */
import { once } from 'node:events'
import type { Overrides } from '../../config.ts'
import { RangewardenError } from '../../core/errors.ts'
import { LOG_LEVELS, ROLES } from '../../config/rules.ts'
import { SOURCE_FORMS } from '../../sources/index.ts'
import type { CliCommand } from '../command.ts'
import { withService, type Service } from '../context.ts'

export const serve: CliCommand = {
  name: 'serve',
  localOnly: 'it starts a service here',

  describe(command) {
    command
      .description('run the service: follow the clouds, serve lists over HTTP')
      // Every setting but the secrets, which a list of processes would show.
      .option('--source <source>', `where files come from: ${SOURCE_FORMS.join(', ')}`)
      .option('--cloud, --clouds <list>', 'clouds to follow, separated by commas')
      .option('--host <host>', 'address to listen on')
      .option('--role <role>', `what this process does: ${ROLES.join(', ')}`)
      .option('--port <port>', 'port to listen on; 0 picks a free one and logs it')
      .option('--schedule <expression>', 'when to look for a new file (node-cron)')
      .option('--publisher-url <origin>', 'a mirror of the publisher inside the network')
      .option('--log-level <level>', `least important messages to log: ${LOG_LEVELS.join(', ')}`)
  },

  async run(context, command) {
    const { stop } = context
    const overrides = command.opts<Overrides>()
    return withService(context, { use: 'serve', overrides }, async (service) => {
      await listen(service)
      if (!stop.aborted) await once(stop, 'abort')
      // Somebody at a terminal is not a load balancer, and does not want to wait.
      await service.close({ drain: stop.reason === 'SIGTERM' })
      return 0
    })
  },
}

/** What the operating system says when the address cannot be had, and what a person can do. */
const NO_ADDRESS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop what listens there, or set another RANGEWARDEN_PORT (--port)',
  EACCES: 'may not be listened on: set RANGEWARDEN_PORT (--port) to 1024 or higher',
  EADDRNOTAVAIL: 'is no address of this machine: set RANGEWARDEN_HOST (--host)',
  ENOTFOUND: 'is no known host: set RANGEWARDEN_HOST (--host)',
}

async function listen(service: Service): Promise<void> {
  try {
    await service.serve()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const fix = NO_ADDRESS[code]
    if (fix === undefined) throw cause
    const { host, port } = service.config
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
    throw new RangewardenError('cannot-start', `${place} ${fix}`, { host, port }, { cause })
  }
}
