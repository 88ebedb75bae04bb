/** A real HAProxy: asked to check a configuration, or run inside a network namespace. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkNamespace } from './network-namespace.ts'
import { untilListens } from './run-inside.ts'

const HAPROXY = '/usr/sbin/haproxy'

/** A folder with haproxy.cfg and the file that it reads. */
export interface HaproxyFolder {
  readonly conf: string
  write(text: string): void
  remove(): void
}

/** `rules` are lines of the frontend; they say how the file is read. */
export function haproxyFolder(
  rules: (file: string) => readonly string[],
  bind: readonly string[] = ['127.0.0.1:8099'],
): HaproxyFolder {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-haproxy-'))
  const [conf, file] = [join(folder, 'haproxy.cfg'), join(folder, 'list')]
  const lines = [
    ...['global', '  maxconn 50', 'defaults', '  mode http'],
    ...['client', 'server', 'connect'].map((side) => `  timeout ${side} 5s`),
    'frontend test',
    ...bind.map((address) => `  bind ${address}`),
    ...rules(file).map((rule) => `  ${rule}`),
  ]
  writeFileSync(conf, `${lines.join('\n')}\n`)
  return {
    conf,
    write: (text) => writeFileSync(file, text),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** What `haproxy -c` says, and its exit code; complaints are what a good file must not have. */
export function checkConfiguration({ conf }: HaproxyFolder): {
  code: number | null
  complaints: string[]
} {
  const { status, stdout, stderr } = spawnSync(HAPROXY, ['-c', '-f', conf], { encoding: 'utf8' })
  const lines = (stdout + stderr).split('\n')
  const fine = (line: string): boolean => line === '' || line === 'Configuration file is valid'
  return { code: status, complaints: lines.filter((line) => !fine(line)) }
}

export interface RunningHaproxy {
  stop(): Promise<void>
}

/** Ends with its namespace, or when it is stopped. */
export async function startHaproxy(
  inside: NetworkNamespace,
  { conf }: HaproxyFolder,
  address: string,
  port: number,
): Promise<RunningHaproxy> {
  const haproxy = inside.spawn(HAPROXY, ['-db', '-f', conf])
  await untilListens(inside, address, port)
  return {
    async stop() {
      const ended = once(haproxy, 'exit')
      haproxy.kill('SIGTERM')
      await ended
    },
  }
}
