/** The command line under test: as a process of its own, or in this one with what it says caught. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openApp } from '../../src/app.ts'
import { runCommandLine } from '../../src/cli/main.ts'
import { createIo } from '../../src/cli/io.ts'
import { readConfig } from '../../src/config.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import { createLog } from '../../src/observe/log.ts'

export interface Settings {
  readonly [name: string]: string
}

export interface Ended {
  /** Undefined if a signal ended the process. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface CliProcess {
  readonly ended: Promise<Ended>
  /** The first line of stderr that fits; rejects when the process ends before it. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  signal(name: NodeJS.Signals): void
  /** Undefined if it could not be started. */
  readonly pid: number | undefined
}

const LAUNCHER = fileURLToPath(new URL('../../bin/rangewarden.js', import.meta.url))

/** Nothing of the machine's own settings reaches a test. */
const OURS = /^(?:RANGEWARDEN_|DATABASE_URL|(?:https?|no|all)_proxy$|PG)/i

export function startCli(args: readonly string[], settings: Settings = {}): CliProcess {
  const machine = Object.entries(process.env).filter(([name]) => !OURS.test(name))
  const env = { ...Object.fromEntries(machine), ...settings }
  return startProgram(process.execPath, [LAUNCHER, ...args], { env })
}

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Signals reach what it starts, too, as those of a terminal do. */
  readonly detached?: boolean
}

/** Any program, followed in the same way. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): CliProcess {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const look of waiting) look()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? undefined, stdout, stderr }))
  })
  return {
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stderr)
          if (!match) return
          waiting.delete(look)
          resolve(match)
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`ended without ${String(pattern)}: ${stderr}`)))
      }),
    signal(name) {
      if (options.detached && child.pid !== undefined) process.kill(-child.pid, name)
      else child.kill(name)
    },
    pid: child.pid,
  }
}

export function runCli(args: readonly string[], settings: Settings = {}): Promise<Ended> {
  return startCli(args, settings).ended
}

export interface Answered extends Ended {
  /** What the process would report in one sentence. */
  readonly error?: RangewardenError
}

/** The same command in this process: everything but signals and the exit itself. */
export async function callCli(
  args: readonly string[],
  settings: Settings = {},
  stop = new AbortController().signal,
): Promise<Answered> {
  let [stdout, stderr] = ['', '']
  const io = createIo({
    stdout: { write: (data) => (stdout += Buffer.from(data).toString('utf8')) },
    stderr: { write: (text) => (stderr += text) },
  })
  try {
    const code = await runCommandLine(args, {
      io,
      stop,
      readConfig: (overrides) => readConfig(settings, undefined, overrides),
      openService: (config) => openApp(config, createLog('silent')),
    })
    return { code, stdout, stderr }
  } catch (error) {
    if (!(error instanceof RangewardenError)) throw error
    return { code: undefined, stdout, stderr, error }
  }
}
