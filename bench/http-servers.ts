/** What the rows about HTTP share: servers in processes of their own, and the list they serve. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LIST_PATH, READ_TOKEN } from './http-child.ts'

const CHILD = fileURLToPath(new URL('./http-child.ts', import.meta.url))

/** Sent to every server alike; ours asks for it. */
export const CREDENTIALS = { authorization: `Bearer ${READ_TOKEN}` }

export interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

export interface Command {
  readonly program: string
  readonly options: readonly string[]
}

export async function startServer(
  kind: 'ours' | 'bare',
  folder: string,
  place: (command: Command) => Command = (command) => command,
): Promise<Running> {
  const { program, options } = place({ program: process.execPath, options: [CHILD, kind, folder] })
  const child = spawn(program, options, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  for await (const line of createInterface(child.stdout)) {
    const stop = async (): Promise<void> => {
      child.stdin.end()
      await ended
    }
    if (line.startsWith('http://')) return { url: line, stop }
  }
  throw new Error(`the ${kind} server ended before it listened`)
}

export interface ServedList {
  readonly body: Buffer
  /** The list's own, not the connection's. */
  readonly headers: Record<string, string> & { etag: string }
}

/** Node and Fastify add these by themselves. */
const CONNECTION_HEADERS = ['connection', 'keep-alive', 'date', 'content-length']

export async function readList(url: string, path = LIST_PATH): Promise<ServedList> {
  const headers = { ...CREDENTIALS, 'accept-encoding': 'identity' }
  const response = await fetch(url + path, { headers })
  const etag = response.headers.get('etag')
  if (response.status !== 200 || etag === null) throw new Error(`got ${response.status}, no list`)
  const own = [...response.headers].filter(([name]) => !CONNECTION_HEADERS.includes(name))
  const body = Buffer.from(await response.arrayBuffer())
  return { body, headers: { ...Object.fromEntries(own), etag } }
}

const SERVERS_CORE = '0'
const CLIENTS_CORE = '1'

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** Server and client on cores of their own, so that one does not slow the other; where possible. */
export const onServersCore = pinnedTo(SERVERS_CORE)
export const onClientsCore = pinnedTo(CLIENTS_CORE)

function pinnedTo(core: string): (command: Command) => Command {
  return (command) =>
    canPin
      ? { program: 'taskset', options: ['-c', core, command.program, ...command.options] }
      : command
}

/** The part of autocannon's result that is read. */
interface LoadResult {
  readonly requests: { readonly average: number }
  readonly statusCodeStats: Readonly<Record<string, { readonly count: number } | undefined>>
  readonly errors: number
}

/**
 * Requests per second of a load by autocannon (`--json`), in which every answer has to be the right
 * one.
 */
export function rateOf(output: string, url: string, status: number): number {
  const { requests, statusCodeStats, errors } = JSON.parse(output) as LoadResult
  const right = statusCodeStats[status]?.count ?? 0
  const all = Object.values(statusCodeStats).reduce((sum, one) => sum + (one?.count ?? 0), 0)
  if (errors > 0 || right === 0 || right !== all) {
    throw new Error(
      `${url} answered ${JSON.stringify(statusCodeStats)} and failed ${errors} times, ` +
        `all ${status} were wanted`,
    )
  }
  return requests.average
}

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/** Ends a program that knows no better when we are told to end, by a signal too. */
export function endWith(child: ChildProcess): () => Promise<void> {
  const ended = once(child, 'exit')
  const kill = (): void => void child.kill('SIGTERM')
  // A signal alone would end us without `exit`.
  const exit = (signal: keyof typeof SIGNALS): never => process.exit(128 + SIGNALS[signal])
  const signals = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]
  process.once('exit', kill)
  for (const signal of signals) process.once(signal, exit)
  return async () => {
    process.removeListener('exit', kill)
    for (const signal of signals) process.removeListener(signal, exit)
    if (child.exitCode === null && child.signalCode === null) {
      kill()
      await ended
    }
  }
}
