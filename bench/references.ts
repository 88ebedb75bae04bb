/**
 * The programs and libraries that rows are compared with: how each says its version and where it
 * comes from. One that the machine lacks is listed as absent by name, never left out.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Reference } from './contract.ts'

/** Debian's packages; each program prints its version by the given argument, on either stream. */
const PROGRAMS = {
  iprange: { package: 'iprange', ask: '--version', version: /iprange (\d[\w.+-]*)/ },
  nginx: { package: 'nginx', ask: '-v', version: /nginx\/(\d[\w.]*)/ },
  wrk: { package: 'wrk', ask: '-v', version: /wrk (?:debian\/)?(\d[\w.+-]*)/ },
  // Debian's build prints an empty line; its package knows.
  pactester: { package: 'libpacparser1', ask: '-v', version: /(\d+\.\d[\w.]*)/ },
  python3: { package: 'python3', ask: '--version', version: /Python (\d[\w.]*)/ },
  psql: { package: 'postgresql', ask: '--version', version: /PostgreSQL\) (\d[\w.]*)/ },
} as const

/** Packages that `npm install` brings. */
const LIBRARIES = ['autocannon', 'cidr-tools', 'fast-cidr-tools', 'fastify', 'ip-cidr'] as const

/** Part of Node itself. */
const NODES_OWN = ['JSON.parse', 'net.BlockList'] as const

export type ReferenceName =
  keyof typeof PROGRAMS | (typeof LIBRARIES)[number] | (typeof NODES_OWN)[number]

/** All of them, with what this machine has. */
export function findReferences(): Reference[] {
  return [
    ...Object.entries(PROGRAMS).map(([name, about]) => ({
      name,
      version: programVersion(name, about),
      from: `Debian ${about.package}`,
    })),
    ...LIBRARIES.map((name) => ({ name, version: libraryVersion(name), from: 'npm install' })),
    ...NODES_OWN.map((name) => ({ name, version: process.versions.node, from: 'Node' })),
  ]
}

/** `iprange 1.0.4`, or `iprange (absent)`. */
export function nameWithVersion({ name, version, from }: Reference): string {
  if (version === null) return `${name} (absent)`
  return from === 'Node' ? `${name} of Node ${version}` : `${name} ${version}`
}

function programVersion(
  name: string,
  about: { readonly package: string; readonly ask: string; readonly version: RegExp },
): string | null {
  const said = output(name, [about.ask])
  if (said === undefined) return null
  const packaged = (): string | undefined =>
    output('dpkg-query', ['-W', '-f', '${Version}', about.package])
  return about.version.exec(said)?.[1] ?? packaged() ?? 'of unknown version'
}

/** Both streams; undefined if there is no such program. */
function output(program: string, options: readonly string[]): string | undefined {
  const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`
  const { stdout, stderr, error } = spawnSync(program, options, {
    encoding: 'utf8',
    env: { ...process.env, PATH },
  })
  return error ? undefined : stdout + stderr
}

function libraryVersion(name: string): string | null {
  try {
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
    return version
  } catch {
    return null
  }
}
