/**
 * One process of the service that is told to stop and started again at the same address, as an
 * orchestrator does it: SIGTERM, the end, a new one.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { portOf } from '../../test/support/publisher.ts'
import type { Random } from '../../test/support/random.ts'
import type { Settings } from '../../test/support/command-line.ts'

export type Role = 'all' | 'api' | 'worker'

export interface ServiceProcess {
  readonly origin: string
  /** Starts it; when this is done it is ready. Rejects if it ends before. */
  start(): Promise<void>
  /** SIGTERM; gives the exit code once it has ended, undefined if a signal ended it. */
  stop(): Promise<number | undefined>
  /** Ends it at once, whatever it does. */
  kill(): Promise<void>
  /** Of the one that runs. */
  pid(): number | undefined
  /** Everything all of them have logged. */
  said(): string
  /** How often one has ended that was not told to. */
  deaths(): number
}

export const ADMIN_TOKEN = 'a-token-for-tests'

const LAUNCHER = fileURLToPath(new URL('../../bin/rangewarden.js', import.meta.url))

/** For a machine that does everything else as well. */
const PATIENCE_MS = 120_000

const POLL_MS = 50

export function createProcess(port: number, role: Role, settings: Settings): ServiceProcess {
  const origin = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let ended: Promise<unknown> = Promise.resolve()
  let said = ''
  let deaths = 0
  let isTold = false

  function begin(): void {
    const { PATH = '', HOME = '' } = process.env
    isTold = false
    const begun = spawn(
      process.execPath,
      [LAUNCHER, 'serve', '--port', String(port), '--role', role],
      {
        env: { PATH, HOME, RANGEWARDEN_ADMIN_TOKEN: ADMIN_TOKEN, ...settings },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    begun.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    ended = once(begun, 'close').then(() => {
      if (!isTold) deaths++
    })
    child = begun
  }

  return {
    origin,
    async start() {
      begin()
      const deadline = performance.now() + PATIENCE_MS
      while (!(await isReady(origin))) {
        const isGone = child?.exitCode !== null || performance.now() > deadline
        if (isGone)
          throw new Error(`the ${role} at ${origin} does not start: ${said.slice(-2_000)}`)
        await wait(POLL_MS)
      }
    },

    async stop() {
      isTold = true
      child?.kill('SIGTERM')
      await Promise.race([ended, wait(PATIENCE_MS, undefined, { ref: false })])
      const code = child?.exitCode ?? undefined
      if (code === undefined) await this.kill()
      return code
    },

    async kill() {
      isTold = true
      child?.kill('SIGKILL')
      await ended
    },

    pid: () => child?.pid,
    said: () => said,
    deaths: () => deaths,
  }
}

/** Lines of level 50 and above, and what is no line of the log at all. */
export function errorsIn({ said }: Pick<ServiceProcess, 'said'>): string[] {
  return said()
    .split('\n')
    .filter((line) => /^\{"level":[56]0/.test(line) || /^[^{]/.test(line))
}

async function isReady(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(5_000) })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

/** Below those that the system gives to connections on their way out, which may take any of them. */
const PORTS = { first: 20_000, count: 12_000 }

/** Different ones that nobody listens on. */
export async function freePorts(count: number, random: Random): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = PORTS.first + random.below(PORTS.count)
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => {
      const isOurs = portOf(server) === port
      server.close(() => resolve(isOurs))
    })
  })
}
