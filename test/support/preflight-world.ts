/**
 * A live Squid in a network namespace that owns the one address every required name resolves to,
 * and the preflight run beside it; nothing leaves the machine.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { findService } from '../../src/endpoints/index.ts'
import { makeAuthority } from './certificates.ts'
import { networkNamespace, type NetworkNamespace } from './network-namespace.ts'
import {
  SQUID_ADDRESS,
  squidFolder,
  startSquid,
  type Includes,
  type SquidFolder,
  type SquidSetup,
} from './squid.ts'

const INSIDE_PREFLIGHT = new URL('./inside-preflight.ts', import.meta.url).pathname
const INSIDE_ORIGIN = new URL('./inside-origin.ts', import.meta.url).pathname

export const ORIGIN = '20.1.0.9'
/** Given for wildcards. */
export const GIVEN = [
  'tenant.msappproxy.net',
  'ns.servicebus.windows.net',
  'login.microsoftonline.com',
]
const LISTED = findService('app-proxy', 'Public').endpoints.map(({ name }) => name)
export const NAMES = [...LISTED.filter((name) => !name.startsWith('*.')), ...GIVEN]
const HOSTS = Object.fromEntries(NAMES.map((name) => [name, ORIGIN]))
export const NAME_OPTIONS = GIVEN.flatMap((name) => ['--name', name])
export const LEGACY_PORTS = [8080, 9090, 9091, ...Array.from({ length: 21 }, (_, i) => 10_100 + i)]

export interface Row {
  readonly method: string
  readonly name: string
  readonly ports: readonly string[]
  readonly verdict: string
  readonly reason: string
  readonly status: number | null
  readonly issuer: string | null
  readonly addresses: readonly string[] | null
}

export interface Outcome {
  readonly code: number
  readonly rows: readonly Row[]
  readonly counts: Readonly<Record<string, number>>
  readonly ok: boolean
}

export interface PreflightWorld {
  readonly namespace: NetworkNamespace
  readonly folder: SquidFolder
  /** `http://10.9.0.1:3128` */
  readonly proxy: string
  /** The authority of every host there is. */
  readonly authority: string
  /** Swaps what squid.conf includes. */
  load(includes: Includes): Promise<void>
  /** `--json` and the proxy are given; by default the hosts' authority is the public one. */
  preflight(args: readonly string[], publicRoots?: readonly string[]): Promise<Outcome>
  /** Ports that are open from now on, until the program is ended. */
  open(ports: readonly number[]): Promise<ChildProcessWithoutNullStreams>
  close(): Promise<void>
}

export interface WorldSetup extends SquidSetup {
  /** Another Squid than the installed one. */
  readonly program?: string
  /** Before Squid starts. */
  readonly prepare?: (folder: SquidFolder, authority: string) => void
}

export async function preflightWorld(setup: WorldSetup = {}): Promise<PreflightWorld> {
  const { program, prepare, ...squid } = setup
  const authority = makeAuthority('Public Test Root')
  const folder = squidFolder({ hosts: HOSTS, ...squid })
  prepare?.(folder, authority.cert)
  folder.include({})
  const namespace = await networkNamespace([SQUID_ADDRESS, ORIGIN], [])
  const { key, cert } = authority.issue(NAMES)
  const files = [folder.file('hosts.key', key), folder.file('hosts.cert', cert)]
  await startOrigin(namespace, [...files, ...LEGACY_PORTS.map(String)])
  const running = await startSquid(namespace, folder, program)
  const proxy = `http://${running.address}`
  return {
    ...{ namespace, folder, proxy, authority: authority.cert },
    async load(includes) {
      folder.include(includes)
      await running.reconfigure()
    },
    async preflight(args, publicRoots = [authority.cert]) {
      const host = folder.file('host.json', JSON.stringify({ hosts: HOSTS, publicRoots }))
      const own = ['--proxy', proxy, '--timeout', '5', '--json', ...args]
      const inside = namespace.spawn(process.execPath, [INSIDE_PREFLIGHT, host, ...own])
      const { code, stdout } = JSON.parse(await outputOf(inside)) as {
        code: number
        stdout: string
      }
      const view = JSON.parse(stdout) as { checks: Row[] } & Omit<Outcome, 'rows'>
      return { ...view, code, rows: view.checks }
    },
    open: (ports) => startOrigin(namespace, ['', '', ...ports.map(String)]),
    async close() {
      await namespace.close()
      folder.remove()
    },
  }
}

async function startOrigin(
  namespace: NetworkNamespace,
  args: readonly string[],
): Promise<ChildProcessWithoutNullStreams> {
  const child = namespace.spawn(process.execPath, [INSIDE_ORIGIN, ...args])
  await outputOf(child, { word: 'ready' })
  return child
}

interface Awaited {
  /** Enough, before the program ends. */
  readonly word?: string
  readonly code?: number
}

/** All that a program says until it ends, or until the word comes. */
export function outputOf(
  child: ChildProcessWithoutNullStreams,
  { word, code = 0 }: Awaited = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', '']
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (word !== undefined && stdout.includes(word)) resolve(stdout)
    })
    child.once('close', (ended) => {
      if (ended === code) resolve(stdout)
      else reject(new Error(`ended with ${String(ended)}: ${stderr}`))
    })
  })
}
