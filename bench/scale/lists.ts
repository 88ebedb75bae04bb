/** Lists as people store them, to measure with: a few regional service tags each, by a seed. */
import type { Snapshot } from '../../src/core/snapshot.ts'
import { seededRandom } from '../../test/support/random.ts'
import type { Database } from './database.ts'

export interface SampleList {
  readonly name: string
  readonly tags: readonly string[]
  /** Prefixes of its tags together. */
  readonly entries: number
}

const TAGS_EACH = 3

/** Smaller tags hardly change, and would make lists cheaper than those people store. */
const LEAST_PREFIXES = 20

export function sampleLists(snapshot: Snapshot, count: number): SampleList[] {
  const random = seededRandom(count)
  const regional = [...snapshot.tags.values()].filter(
    ({ region, prefixes }) => region !== '' && prefixes.length >= LEAST_PREFIXES,
  )
  return Array.from({ length: count }, (_, i) => {
    const tags = Array.from({ length: TAGS_EACH }, () => random.pick(regional))
    return {
      name: `site-${i}`,
      tags: [...new Set(tags.map(({ name }) => name))].sort(),
      entries: tags.reduce((sum, { prefixes }) => sum + prefixes.length, 0),
    }
  })
}

/** All at once, as a restart with so many would find them; every process is told. */
export function storeLists(database: Database, lists: readonly SampleList[]): Promise<void> {
  const rows = lists.map(({ name, tags }) => {
    const definition = JSON.stringify({ cloud: 'Public', tags })
    return `('${name}', '${definition}'::jsonb)`
  })
  return database.run(`INSERT INTO allowlist (name, definition) VALUES ${rows.join(', ')}`)
}
