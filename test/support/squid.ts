/** A real Squid: asked to parse a configuration, or run inside a network namespace. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatAddress, type Address, type Family } from '../../src/core/address.ts'
import type { RangeSet } from '../../src/core/range-set.ts'
import { networkNamespace, type NetworkNamespace } from './network-namespace.ts'
import { openTunnel, type Tunnel } from './open-tunnel.ts'
import type { Requirement } from './requirements.ts'

export const SQUID = '/usr/sbin/squid'

/** Debian's build with OpenSSL, unpacked beside the other, which its package would replace. */
const OPENSSL_FOLDER = '/opt/squid-openssl/usr'
export const SQUID_OPENSSL = `${OPENSSL_FOLDER}/sbin/squid`
export const CERTIFICATE_GENERATOR = `${OPENSSL_FOLDER}/lib/squid/security_file_certgen`

export const squidOpenssl: Requirement = existsSync(SQUID_OPENSSL)
  ? {}
  : { missing: `squid-openssl (unpacked in ${OPENSSL_FOLDER})` }

/** Squid stands here and its clients on other addresses of the namespace. */
export const SQUID_ADDRESS = '10.9.0.1'
export const CONNECTOR = '10.9.0.10'
export const STRANGER = '10.9.0.11'

export const INSIDE = '20.1.0.9'
export const INSIDE_6 = '2603:1030::9'
export const OUTSIDE = '198.51.100.7'

/** Every look-alike resolves into a listed network: only the name keeps it out. */
export const HOSTS = {
  'tenant.msappproxy.net': INSIDE,
  'msappproxy.net': INSIDE,
  'ns.servicebus.windows.net': INSIDE,
  'ns.servicebus.microsoft.net': INSIDE,
  'login.windows.net': INSIDE,
  'crl3.digicert.com': OUTSIDE,
  'ctldl.windowsupdate.com': OUTSIDE,
  'evilmsappproxy.net': INSIDE,
  'a.msappproxy.net.evil.xyz': INSIDE,
  'inside.example': INSIDE,
  'outside.example': OUTSIDE,
}

const PORT_DENIES = ['http_access deny !Safe_ports', 'http_access deny CONNECT !SSL_ports']

/** What squid.conf includes, and where: legacy ports must come before the port denies. */
export interface Includes {
  readonly beforePortDenies?: readonly string[]
  readonly afterPortDenies?: readonly string[]
}

/** A folder with squid.conf; `include` rewrites it. */
export interface SquidFolder {
  readonly path: string
  readonly conf: string
  include(includes: Includes): void
  /** Writes a file beside it; its path. */
  file(name: string, text: string): string
  remove(): void
}

export interface SquidSetup {
  /** The only DNS there is. */
  readonly hosts?: Readonly<Record<string, string>>
  /** Written behind the address of `http_port`. */
  readonly portOptions?: (folder: string) => string
  /** Lines before all others. */
  readonly lines?: (folder: string) => readonly string[]
}

export function squidFolder({
  hosts = {},
  portOptions = () => '',
  lines: ownLines = () => [],
}: SquidSetup = {}): SquidFolder {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-squid-'))
  chmodSync(folder, 0o755) // Squid gives up root and reads its files as another user
  const conf = join(folder, 'squid.conf')
  const entries = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`)
  writeFileSync(join(folder, 'hosts'), entries.join(''))
  writeFileSync(join(folder, 'passwords'), '')
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const write = (name: string, text: string): string => `include ${file(name, text)}`
  return {
    path: folder,
    conf,
    file,
    include({ beforePortDenies = [], afterPortDenies = [] }) {
      const lines = [
        `http_port ${SQUID_ADDRESS}:3128 ${portOptions(folder)}`.trimEnd(),
        ...settings(folder),
        ...ownLines(folder),
        'acl SSL_ports port 443',
        'acl Safe_ports port 80 443',
        ...beforePortDenies.map((text, i) => write(`before${i}.conf`, text)),
        ...PORT_DENIES,
        ...afterPortDenies.map((text, i) => write(`after${i}.conf`, text)),
        `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${join(folder, 'passwords')}`,
        'auth_param basic children 1',
        'acl authenticated proxy_auth REQUIRED',
        'http_access allow authenticated',
        'http_access deny all',
      ]
      writeFileSync(conf, `${lines.join('\n')}\n`)
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** What `squid -k parse` says, and its exit code; complaints are what a good file must not have. */
export function parseConfiguration(
  conf: string,
  squid = SQUID,
): { code: number | null; complaints: string[] } {
  const service = `rwparse${process.pid}`
  const { status, stderr } = spawnSync(squid, ['-k', 'parse', '-n', service, '-f', conf], {
    encoding: 'utf8',
  })
  const lines = stderr.split('\n').filter((line) => !line.includes('| Processing'))
  return { code: status, complaints: lines.filter((line) => /warning|error|fatal/i.test(line)) }
}

const ACCEPTING = /Accepting (SSL bumped )?HTTP Socket connections/

export interface RunningSquid {
  readonly address: string
  /** Reads the configuration again, as `squid -k reconfigure` makes it, and waits until it has. */
  reconfigure(): Promise<void>
  stop(): Promise<void>
}

/** Ends with its namespace. */
export async function startSquid(
  namespace: NetworkNamespace,
  { conf }: SquidFolder,
  program = SQUID,
): Promise<RunningSquid> {
  const squid = namespace.spawn(program, ['-N', '-d', '1', '-n', `rw${process.pid}`, '-f', conf])
  const log: string[] = []
  squid.stderr.on('data', (data: Buffer) => log.push(data.toString('utf8')))
  const accepting = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const from = log.length
      const look = (): void => {
        if (ACCEPTING.test(log.slice(from).join(''))) done(resolve)
      }
      const ended = (): void => done(() => reject(new Error(`Squid ended:\n${log.join('')}`)))
      const done = (settle: () => void): void => {
        squid.stderr.off('data', look)
        squid.off('exit', ended)
        settle()
      }
      squid.stderr.on('data', look)
      squid.once('exit', ended)
    })
  await accepting()
  return {
    address: `${SQUID_ADDRESS}:3128`,
    async reconfigure() {
      const again = accepting()
      squid.kill('SIGHUP')
      await again
    },
    async stop() {
      const ended = once(squid, 'exit')
      squid.kill('SIGTERM')
      await ended
    },
  }
}

export interface World {
  readonly start: (destinations: readonly string[]) => Promise<void>
  readonly stop: () => Promise<void>
  /** Swaps what squid.conf includes. */
  readonly load: (includes: Includes) => Promise<void>
  /** Writes a file beside squid.conf; its path. */
  readonly file: (name: string, text: string) => string
  /** The status of a tunnel to `host:port`, or of a GET for an address with a scheme. */
  readonly admits: (from: string, target: string) => Promise<number>
  readonly tunnel: (from: string, target: string) => Promise<Tunnel>
  /** Ends Squid and starts another with the same configuration. */
  readonly restart: () => Promise<void>
}

/** A Squid in a namespace that owns the destinations and answers on `ports`. */
export function liveSquid(ports: readonly number[] = [80, 443, 10100]): World {
  let parts: { namespace: NetworkNamespace; folder: SquidFolder; running: RunningSquid } | undefined
  const started = (): NonNullable<typeof parts> => {
    if (parts) return parts
    throw new Error('not started')
  }
  return {
    async start(destinations) {
      const own = [SQUID_ADDRESS, CONNECTOR, STRANGER]
      const namespace = await networkNamespace([...own, ...destinations], ports)
      const folder = squidFolder({ hosts: HOSTS })
      folder.include({})
      parts = { namespace, folder, running: await startSquid(namespace, folder) }
    },
    async stop() {
      await parts?.namespace.close()
      parts?.folder.remove()
    },
    async load(includes) {
      started().folder.include(includes)
      await started().running.reconfigure()
    },
    file: (name, text) => started().folder.file(name, text),
    async admits(from, target) {
      const method = target.startsWith('http:') ? 'GET' : 'CONNECT'
      const { namespace, running } = started()
      return namespace.ask(running.address, { from, method, target })
    },
    tunnel: (from, target) =>
      openTunnel(started().namespace, started().running.address, from, target),
    async restart() {
      const { namespace, folder, running } = started()
      await running.stop()
      parts = { namespace, folder, running: await startSquid(namespace, folder) }
    },
  }
}

/** `host:443` of an address, as CONNECT has it. */
export function authority(address: string): string {
  return `${address.includes(':') ? `[${address}]` : address}:443`
}

/**
 * First and last addresses of the first, a middle and the last range of both families, and the IPv4
 * addresses after the first ranges.
 */
export function edgesOf(set: RangeSet): { inside: string[]; past: string[] } {
  const ranges = [...set.ranges()]
  const edges = (family: Family): string[] => {
    const own = ranges.filter((range) => range.family === family)
    return [own[0], own[Math.floor(own.length / 2)], own.at(-1)].flatMap((range) =>
      range ? [range.first, range.last].map((words) => formatAddress({ family, words })) : [],
    )
  }
  const past = ranges.slice(0, 20).map(({ family, last }) => after({ family, words: last }))
  return { inside: [...edges(4), ...edges(6)], past }
}

function after({ family, words }: Address): string {
  return formatAddress({ family, words: words.map((word) => word + 1) })
}

function settings(folder: string): string[] {
  return [
    `hosts_file ${join(folder, 'hosts')}`,
    `pid_filename none`,
    'dns_nameservers 127.0.0.1',
    'dns_timeout 1 second',
    'cache deny all',
    'cache_mem 1 MB',
    'memory_cache_shared off',
    'max_filedescriptors 512',
    'access_log none',
    'cache_log /dev/null',
    'netdb_filename none',
    'pinger_enable off',
    `coredump_dir ${folder}`,
    'shutdown_lifetime 0 seconds',
    'visible_hostname squid.test',
  ]
}
