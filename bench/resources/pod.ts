/** The service as a pod of the chart runs it, watched from outside, within a limit of memory if wanted. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endWith } from '../http-servers.ts'
import type { Pod } from './results.ts'

export const TOKEN = 'a-token-for-benchmarks'

export interface RunningPod {
  readonly name: Pod
  readonly url: string
  readonly pid: number
  get(path: string): Promise<unknown>
  post(path: string, body: unknown): Promise<unknown>
  stop(): Promise<void>
}

const LAUNCHER = fileURLToPath(new URL('../../bin/rangewarden.js', import.meta.url))

const SETTINGS = {
  RANGEWARDEN_ADMIN_TOKEN: TOKEN,
  RANGEWARDEN_PORT: '0',
  RANGEWARDEN_DRAIN_SECONDS: '0',
  // Weeks that are far apart are no reason to ask a person.
  RANGEWARDEN_GUARD: 'permissive',
  // With them every format can be prepared.
  RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:3128',
  RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
  RANGEWARDEN_CONNECTOR_PROXY: 'http://proxy.example:3128',
}

/** @param limits in MiB, of memory; what takes more is ended by the kernel, and that is an error here */
export async function startPod(
  name: Pod,
  settings: Readonly<Record<string, string>>,
  limits: Partial<Record<Pod, number>> = {},
): Promise<RunningPod> {
  const { PATH = '', HOME = '' } = process.env
  const group = limits[name] === undefined ? undefined : createGroup(name, limits[name])
  const command = [process.execPath, LAUNCHER, 'serve']
  const [program = '', ...args] = group ? group.around(command) : command
  const child = spawn(program, args, {
    env: { PATH, HOME, ...SETTINGS, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const end = endWith(child)
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000)
      const found = /"url":"(http:[^"]+)"/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(`the pod ${name} ended:\n${said}`)))
  })
  const { pid } = child
  if (pid === undefined) throw new Error('a process that says something has a number')

  async function ask(path: string, init: RequestInit): Promise<unknown> {
    const answer = await fetch(url + path, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    }).catch((cause: unknown) => {
      throw new Error(`the pod ${name} does not answer: ${said}`, { cause })
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} gave ${answer.status}: ${text.slice(0, 500)}`)
    return /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text
  }

  return {
    name,
    url,
    pid,
    get: (path) => ask(path, {}),
    post: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
    async stop() {
      await end()
      await group?.remove()
    },
  }
}

/** Where the two versions of cgroups keep memory. */
const MEMORY_V1 = '/sys/fs/cgroup/memory'
const UNIFIED = '/sys/fs/cgroup'

/** Undefined where this machine cannot limit memory: with the reason. */
export function whyNoLimits(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can limit memory'
  if (existsSync(`${MEMORY_V1}/memory.limit_in_bytes`)) return undefined
  const controllers = `${UNIFIED}/cgroup.subtree_control`
  if (existsSync(controllers) && readFileSync(controllers, 'utf8').includes('memory'))
    return undefined
  return 'there are no cgroups for memory'
}

interface Group {
  /** The command that runs inside. */
  around(command: readonly string[]): string[]
  remove(): Promise<void>
}

function createGroup(name: string, limitMiB: number): Group {
  const isV1 = existsSync(`${MEMORY_V1}/memory.limit_in_bytes`)
  const folder = `${isV1 ? MEMORY_V1 : UNIFIED}/rangewarden-${name}-${process.pid}`
  mkdirSync(folder)
  const limit = String(limitMiB * 2 ** 20)
  writeFileSync(`${folder}/${isV1 ? 'memory.limit_in_bytes' : 'memory.max'}`, limit)
  // A pod has no swap to go to.
  const swap = `${folder}/${isV1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max'}`
  if (existsSync(swap)) writeFileSync(swap, isV1 ? limit : '0')
  return {
    around: (command) => [
      '/bin/sh',
      '-c',
      `echo $$ >"${folder}/cgroup.procs"; exec "$@"`,
      'sh',
      ...command,
    ],
    async remove() {
      // The kernel lets a group go a moment after its last process.
      for (let tries = 0; tries < 50; tries++) {
        try {
          return rmdirSync(folder)
        } catch {
          await wait(100)
        }
      }
      throw new Error(`${folder} cannot be removed`)
    },
  }
}
