/** The files of this repository that an image is built from, and nothing else of it. */
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Copies what .dockerignore lets through. It is read as it is written here: all is kept out (`*`) but
 * the entries of the root that are named (`!src`), less paths below them; other patterns are errors.
 */
export function copyDockerContext(root: string, target: string): void {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  const [first, ...patterns] = lines.filter((line) => line !== '' && !line.startsWith('#'))
  const strange = patterns.filter((pattern) => !/^!?[\w.-]+(?:\/[\w.-]+)*$/.test(pattern))
  if (first !== '*' || strange.length > 0) {
    throw new Error(`.dockerignore is not "*" and plain paths: ${[first, ...strange].join(', ')}`)
  }
  const kept = patterns.filter((pattern) => pattern.startsWith('!')).map((each) => each.slice(1))
  const out = patterns.filter((pattern) => !pattern.startsWith('!')).map((each) => join(root, each))
  for (const name of kept) {
    cpSync(join(root, name), join(target, name), {
      recursive: true,
      filter: (source) => !out.includes(source),
    })
  }
}
