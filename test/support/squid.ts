/** A real Squid: asked to parse a configuration, or run inside a network namespace. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkNamespace } from './network-namespace.ts'

const SQUID = '/usr/sbin/squid'

/** Squid stands here and its clients on other addresses of the namespace. */
export const SQUID_ADDRESS = '10.9.0.1'

const PORT_DENIES = ['http_access deny !Safe_ports', 'http_access deny CONNECT !SSL_ports']

/** What squid.conf includes, and where: legacy ports must come before the port denies. */
export interface Includes {
  readonly beforePortDenies?: readonly string[]
  readonly afterPortDenies?: readonly string[]
}

/** A folder with squid.conf; `include` rewrites it. */
export interface SquidFolder {
  readonly conf: string
  include(includes: Includes): void
  remove(): void
}

/** `hosts` is the only DNS there is. Shared memory has the folder's name, so tests do not meet. */
export function squidFolder(hosts: Readonly<Record<string, string>> = {}): SquidFolder {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-squid-'))
  chmodSync(folder, 0o755) // Squid gives up root and reads its files as another user
  const conf = join(folder, 'squid.conf')
  const entries = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`)
  writeFileSync(join(folder, 'hosts'), entries.join(''))
  writeFileSync(join(folder, 'passwords'), '')
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return `include ${join(folder, name)}`
  }
  return {
    conf,
    include({ beforePortDenies = [], afterPortDenies = [] }) {
      const lines = [
        ...settings(folder),
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
export function parseConfiguration(conf: string): { code: number | null; complaints: string[] } {
  const service = `rwparse${process.pid}`
  const { status, stderr } = spawnSync(SQUID, ['-k', 'parse', '-n', service, '-f', conf], {
    encoding: 'utf8',
  })
  const lines = stderr.split('\n').filter((line) => !line.includes('| Processing'))
  return { code: status, complaints: lines.filter((line) => /warning|error|fatal/i.test(line)) }
}

export interface RunningSquid {
  readonly address: string
  /** Reads the configuration again, as `squid -k reconfigure` makes it, and waits until it has. */
  reconfigure(): Promise<void>
}

/** Ends with its namespace. */
export async function startSquid(
  namespace: NetworkNamespace,
  { conf }: SquidFolder,
): Promise<RunningSquid> {
  const squid = namespace.spawn(SQUID, ['-N', '-d', '1', '-n', `rw${process.pid}`, '-f', conf])
  const log: string[] = []
  squid.stderr.on('data', (data: Buffer) => log.push(data.toString('utf8')))
  const accepting = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const from = log.length
      const look = (): void => {
        if (log.slice(from).join('').includes('Accepting HTTP Socket connections')) done(resolve)
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
  }
}

function settings(folder: string): string[] {
  return [
    `http_port ${SQUID_ADDRESS}:3128`,
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
