/** `config print`: the effective settings, secrets hidden. */
import { printConfig } from '../../config.ts'
import type { CliCommand } from '../command.ts'

export const configPrint: CliCommand = {
  name: 'config print',
  localOnly: 'it shows the settings of this machine',

  describe(command) {
    command.parent?.description('settings of this installation')
    command.description('show the effective settings, secrets hidden')
  },

  run({ io, json, dataDir, readConfig }) {
    const settings = printConfig(readConfig({ dataDir }))
    if (json) io.printJson(settings)
    else for (const [name, value] of Object.entries(settings)) io.print(`${name}=${value}\n`)
    return 0
  },
}
