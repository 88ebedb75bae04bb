/** Which versions of the dependencies belong to a release, and which a folder has. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly optional?: boolean
}

/** `NAME@VERSION` of all but those of development, sorted; those for other platforms left out. */
export function lockedVersions(): string[] {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>
  }
  const needed = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional, optional }]) => path !== '' && !dev && !devOptional && !optional,
  )
  return needed.map(([path, { version = '' }]) => `${nameAt(path)}@${version}`).sort()
}

/** The same of what is installed in a `node_modules`, however deep. */
export function installedVersions(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((each) => `${name}/${each}`) : name,
  )
  return names
    .filter((name) => existsSync(join(folder, name, 'package.json')))
    .flatMap((name) => {
      const { version } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as {
        version: string
      }
      return [`${name}@${version}`, ...installedVersions(join(folder, name, 'node_modules'))]
    })
    .sort()
}

function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
