/**
 * The process: configuration, signals, errors and exit codes; nothing else. stdout is data, stderr
 * is talk.
 */
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { runCommandLine } from './cli/main.ts'
import type { ServiceUse } from './cli/context.ts'
import { createIo } from './cli/io.ts'
import { processEnvironment, readConfig, type Config } from './config.ts'
import { ERROR_CODES, RangewardenError } from './core/errors.ts'
import { createLog } from './observe/log.ts'

/** Runs one command and sets the exit code; the process ends when nothing is left to do. */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  process.stdout.on('error', ignoreClosedPipe)
  const io = createIo(process)
  try {
    process.exitCode = await runCommandLine(argv.slice(2), {
      io,
      stop: stopSignal(),
      readConfig: (overrides) => readConfig(processEnvironment(), readText, overrides),
      async openService(config, use) {
        // Loading the database's code takes a while, and a command through --url never needs it.
        const { openApp } = await import('./app.ts')
        return openApp(config, createLog(logLevel(config, use)))
      },
    })
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    io.say(`rangewarden: ${sentenceOf(error)}`)
  }
}

function exitCodeOf(error: unknown): number {
  return error instanceof RangewardenError ? ERROR_CODES[error.code].exit : 1
}

/** A caller's error is its message; of our own bug, everything that is known. */
function sentenceOf(error: unknown): string {
  return error instanceof RangewardenError ? error.message : inspect(error)
}

/** A command says itself what came of it, so its log is for faults and for those who ask for more. */
function logLevel({ logLevel }: Config, use: ServiceUse): string {
  return use === 'command' && (logLevel === 'info' || logLevel === 'warn') ? 'error' : logLevel
}

/** A terminal signals the whole group and npm passes its own on: one Ctrl-C arrives twice. */
const SAME_SIGNAL_MS = 500

/** Aborts at the first SIGINT or SIGTERM; the second ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let since = 0
  const onSignal = (signal: 'SIGINT' | 'SIGTERM', code: number): void => {
    if (!stop.signal.aborted) {
      since = performance.now()
      stop.abort(signal)
    } else if (performance.now() - since > SAME_SIGNAL_MS) {
      process.exit(code)
    }
  }
  // 128 and the signal's number, as a shell reports it.
  process.on('SIGINT', () => onSignal('SIGINT', 130))
  process.on('SIGTERM', () => onSignal('SIGTERM', 143))
  return stop.signal
}

/** `rangewarden … | head`: who reads has seen enough. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}
