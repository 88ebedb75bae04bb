/**
 * Snapshots from their documents. Reading the stored document again with the parser takes less
 * time than 90,000 rows, and proves on the way that history still says what was accepted.
 */
import { LRUCache } from 'lru-cache'
import { readAnyDocument } from '../documents/read-document.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { SnapshotRecord } from './contract.ts'
import { readDocumentBytes } from './documents.ts'
import type { Queries } from './rows.ts'

/** What a snapshot, accepted or held, is read from; `id` is any name nobody else has. */
export type Stored = Pick<SnapshotRecord, 'id' | 'cloud' | 'documentSha256' | 'contentHash'>

export interface SnapshotLoader {
  load(queries: Queries, record: Stored): Promise<Snapshot>
  /** A snapshot that was parsed anyway need not be read again. */
  remember(id: string, snapshot: Snapshot): void
}

/** A Public snapshot takes 12 MB, a neighbouring week beside it half a megabyte more. */
const KEPT = 4

export function createSnapshotLoader(): SnapshotLoader {
  const kept = new LRUCache<string, Snapshot>({ max: KEPT })

  /** The last one used: `values` begins with it. */
  function neighbour(cloud: Cloud): Snapshot | undefined {
    return [...kept.values()].find((snapshot) => snapshot.cloud === cloud)
  }

  return {
    remember: (id, snapshot) => void kept.set(id, snapshot),

    async load(queries, record) {
      const known = kept.get(record.id)
      if (known) return known
      const snapshot = await read(queries, record, neighbour(record.cloud))
      kept.set(record.id, snapshot)
      return snapshot
    },
  }
}

async function read(
  queries: Queries,
  record: Stored,
  predecessor: Snapshot | undefined,
): Promise<Snapshot> {
  const bytes = await readDocumentBytes(queries, record.documentSha256)
  if (!bytes) throw new Error(`the document of snapshot ${record.id} is gone`)
  const parsed = readAnyDocument(bytes, record.cloud, predecessor)
  if (!parsed.ok) throw new Error(`the document of snapshot ${record.id} does not parse any more`)
  if (parsed.snapshot.contentHash !== record.contentHash) {
    throw new Error(`the document of snapshot ${record.id} has another content than was accepted`)
  }
  return parsed.snapshot
}
