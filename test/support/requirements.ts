/**
 * What some tests need and a machine may lack: real files, real programs. A missing thing is named
 * in the suite's title and by the skip reporter; with REQUIRE_REAL=1 it is a failure.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, it } from 'vitest'

/** A thing that is there (`missing` undefined), or the sentence that says what is missing. */
export interface Requirement {
  readonly missing?: string | undefined
}

/** Folder of real weekly files. */
export const REAL_DATA = resolve(
  process.env['RANGEWARDEN_REAL_DATA'] ?? '../shared/data/service-tags',
)

export const realData: Requirement = existsSync(REAL_DATA)
  ? {}
  : { missing: 'real weekly files (RANGEWARDEN_REAL_DATA)' }

/** A program on the PATH, or in one of the given folders. */
export function program(name: string, folders: readonly string[] = []): Requirement {
  const found = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', ...folders].some(
    (folder) => folder !== '' && existsSync(`${folder}/${name}`),
  )
  return found ? {} : { missing: `the program ${name}` }
}

/** The oldest Node that `engines` promises; where CI puts it, since nobody else has just that one. */
export const oldestNode: Requirement & { readonly path?: string } = findOldestNode()

/** Root with the right to make network namespaces: what isolates a live proxy from the world. */
export const networkNamespaces: Requirement = canUnshareNetwork()
  ? {}
  : { missing: 'the right to make network namespaces' }

/** `describe`, or a skipped suite that says by name what it lacks. */
export function describeWith(
  requirements: readonly Requirement[],
  name: string,
  body: () => void,
): void {
  const missing = requirements.flatMap((requirement) => requirement.missing ?? [])
  if (missing.length === 0) return void describe(name, body)
  const lacks = `needs ${missing.join(' and ')}`
  if (process.env['REQUIRE_REAL'] === '1') {
    return void describe(name, () => {
      it('has what it needs', () => {
        throw new Error(lacks)
      })
    })
  }
  describe.skip(`${name} [${lacks}]`, body)
}

/**
 * The same where a program is asked only if a machine happens to have it, because no package of the
 * distribution has: without `optional` things the suite is skipped by name, REQUIRE_REAL or not.
 */
export function describeWhere(
  optional: readonly Requirement[],
  requirements: readonly Requirement[],
  name: string,
  body: () => void,
): void {
  const missing = optional.flatMap((requirement) => requirement.missing ?? [])
  if (missing.length === 0) return describeWith(requirements, name, body)
  describe.skip(`${name} [asked where there is ${missing.join(' and ')}]`, body)
}

function findOldestNode(): Requirement & { readonly path?: string } {
  const path = process.env['OLDEST_NODE'] ?? '/opt/node-22.18.0/node_modules/node/bin/node'
  return existsSync(path) ? { path } : { missing: 'Node 22.18.0 (OLDEST_NODE)' }
}

function canUnshareNetwork(): boolean {
  try {
    execFileSync('unshare', ['-n', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
