/** Documents read the way the service reads them, for tests that need a snapshot and not a refusal. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Prefix } from '../../src/core/prefix.ts'
import { parseServiceTags } from '../../src/core/service-tags.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { smallDocument, tagValue } from './feed.ts'

export function sha256(text: string): string {
  return hash('sha256', text)
}

export function snapshotOf(text: string, predecessor?: Snapshot): Snapshot {
  const parsed = parseServiceTags(text, { sha256, predecessor })
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.refusals)}`)
  return parsed.snapshot
}

/** A Public snapshot from tag names and their prefixes. */
export function snapshotFrom(tags: Readonly<Record<string, readonly string[]>>): Snapshot {
  const values = Object.entries(tags).map(([name, prefixes]) => tagValue(name, prefixes))
  return snapshotOf(smallDocument({ values }))
}

/** The text of a file in test/fixtures. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
}

/** Every prefix of the snapshot once, by its text. */
export function distinctPrefixes(snapshot: Snapshot): ReadonlyMap<string, Prefix> {
  const tags = [...snapshot.tags.values()]
  return new Map(tags.flatMap(({ prefixes }) => prefixes.map((prefix) => [prefix.text, prefix])))
}
