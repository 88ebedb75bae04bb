/** A real nginx: asked to test a configuration, or run inside a network namespace. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkNamespace } from './network-namespace.ts'
import { untilListens } from './run-inside.ts'

const NGINX = '/usr/sbin/nginx'

/** A folder with nginx.conf and the file that it includes. */
export interface NginxFolder {
  readonly conf: string
  /** The path of the included file. */
  readonly included: string
  include(text: string): void
  remove(): void
}

/** `http` and `location` are lines of those contexts; they say where the file is included. */
export function nginxFolder(
  lines: (included: string) => { readonly http?: string; readonly location: string },
  listen: readonly string[] = ['127.0.0.1:8099'],
): NginxFolder {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-nginx-'))
  const conf = join(folder, 'nginx.conf')
  const included = join(folder, 'included.conf')
  const { http = '', location } = lines(included)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  writeFileSync(
    conf,
    `user root;
daemon off;
worker_processes 1;
pid ${join(folder, 'pid')};
error_log stderr notice;
events { worker_connections 64; }
http {
  access_log off;
  default_type text/plain;
  ${temporary.join('\n  ')}
  ${http}
  server {
    ${listen.map((address) => `listen ${address};`).join(' ')}
    root ${folder};
    location / { ${location} }
  }
}
`,
  )
  writeFileSync(join(folder, 'index.html'), 'reached\n')
  return {
    conf,
    included,
    include: (text) => writeFileSync(included, text),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** What `nginx -t` says, and its exit code; complaints are what a good file must not have. */
export function testConfiguration({ conf }: NginxFolder): {
  code: number | null
  complaints: string[]
} {
  const { status, stderr } = spawnSync(NGINX, ['-t', '-c', conf, '-e', 'stderr'], {
    encoding: 'utf8',
  })
  const fine = /^nginx: (the )?configuration file .* (syntax is ok|test is successful)$/
  const lines = stderr.split('\n').filter((line) => line !== '' && !fine.test(line))
  return { code: status, complaints: lines }
}

export interface RunningNginx {
  /** As `nginx -s reload` makes it, and waits until the old processes are gone. */
  reload(): Promise<void>
}

/** Ends with its namespace. */
export async function startNginx(
  inside: NetworkNamespace,
  { conf }: NginxFolder,
  address: string,
  port: number,
): Promise<RunningNginx> {
  const nginx = inside.spawn(NGINX, ['-c', conf, '-e', 'stderr'])
  let log = ''
  nginx.stderr.on('data', (data: Buffer) => (log += data.toString('utf8')))
  await untilListens(inside, address, port)
  return {
    async reload() {
      const from = log.length
      nginx.kill('SIGHUP')
      for (let tries = 0; tries < 100; tries++) {
        if (/worker process \d+ exited with code 0/.test(log.slice(from))) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(`nginx did not reload:\n${log}`)
    },
  }
}
