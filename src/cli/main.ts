/** The command line: every command, its global options, and what a wrong call gets for an answer. */
import { Command, CommanderError } from 'commander'
import { exporters } from '../../exporters/index.ts'
import { ERROR_CODES, invalidInput, RangewardenError } from '../core/errors.ts'
import { VERSION } from '../version.ts'
import type { CliCommand } from './command.ts'
import { backtestCommand } from './commands/backtest.ts'
import { check } from './commands/check.ts'
import { configPrint } from './commands/config.ts'
import { coverage } from './commands/coverage.ts'
import { diff } from './commands/diff.ts'
import { exportCommand } from './commands/export.ts'
import { health } from './commands/health.ts'
import { holds, holdsApprove, holdsReject } from './commands/holds.ts'
import { importCommand } from './commands/import.ts'
import { lookup } from './commands/lookup.ts'
import { preflight } from './commands/preflight.ts'
import { purge } from './commands/purge.ts'
import { report } from './commands/report.ts'
import { rollback } from './commands/rollback.ts'
import { serve } from './commands/serve.ts'
import { snapshots } from './commands/snapshots.ts'
import { sync } from './commands/sync.ts'
import { contextOf, type Context, type GlobalOptions, type Surroundings } from './context.ts'

/** In the order of the help. Adding a command is its file and its line here. */
const COMMANDS: readonly CliCommand[] = [
  serve,
  sync,
  importCommand,
  backtestCommand,
  snapshots,
  diff,
  lookup,
  exportCommand,
  coverage,
  check,
  report,
  preflight,
  holds,
  holdsApprove,
  holdsReject,
  rollback,
  purge,
  health,
  configPrint,
]

/**
 * Runs the command that the arguments (without the program's own path) name; gives the exit code.
 * @throws RangewardenError as the command does
 */
export async function runCommandLine(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  let exit = 0
  const program = createProgram(surroundings)
  for (const cliCommand of COMMANDS) {
    const command = commandAt(program, cliCommand.name)
    cliCommand.describe(command)
    command.action(async () => {
      const context = contextOf(surroundings, command.optsWithGlobals<GlobalOptions>())
      refuseRemote(context, cliCommand)
      try {
        exit = await cliCommand.run(context, command)
      } catch (error) {
        throw withWayOut(error, cliCommand, args)
      }
    })
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exit
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // It has said what is wrong, or shown the help that was asked for.
    return error.exitCode === 0 ? 0 : ERROR_CODES['invalid-input'].exit
  }
}

function createProgram({ io }: Surroundings): Command {
  return new Command('rangewarden')
    .description('Keeps firewalls and proxies in step with the address ranges Azure publishes.')
    .version(VERSION)
    .option('--json', 'data as JSON, in the shape of the API')
    .option('--url <url>', 'ask a running service instead of opening the database')
    .option('--data-dir <folder>', 'folder of the embedded database')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.print(text),
      writeErr: (text) => io.say(text.trimEnd()),
    })
    .addHelpText('after', `\nFormats: ${exporters.map(({ name }) => name).join(', ')}`)
    .exitOverride()
}

/** `config print` lies below `config`. */
function commandAt(program: Command, name: string): Command {
  return name.split(' ').reduce((parent, word) => {
    return parent.commands.find((known) => known.name() === word) ?? parent.command(word)
  }, program)
}

function refuseRemote({ url }: Context, { name, localOnly }: CliCommand): void {
  if (url === undefined || localOnly === undefined) return
  throw invalidInput(`${name} does not work through --url: ${localOnly}`)
}

/** A data folder in use is the commonest mistake of all: the answer is the command that works. */
function withWayOut(error: unknown, { localOnly }: CliCommand, args: readonly string[]): unknown {
  if (!(error instanceof RangewardenError) || error.code !== 'cannot-start') return error
  const { url } = error.facts
  if (typeof url !== 'string') return error
  const wayOut =
    localOnly === undefined
      ? `rangewarden --url ${url} ${args.map(quoted).join(' ')}`
      : 'stop it first, or name another folder with --data-dir'
  return new RangewardenError(error.code, `${error.message}\n  ${wayOut}`, error.facts, {
    cause: error,
  })
}

/** As a POSIX shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
