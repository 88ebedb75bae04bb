/** What a cloud's devices get: the newest publication with its snapshot. */
import type { Cloud } from '../core/cloud.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Publication, SnapshotRecord, Store } from '../store/contract.ts'

export interface Published {
  readonly publication: Publication
  readonly record: SnapshotRecord
  readonly snapshot: Snapshot
}

/** From the database; undefined while nothing is published. */
export async function readPublished(
  { publications, history }: Pick<Store, 'publications' | 'history'>,
  cloud: Cloud,
): Promise<Published | undefined> {
  const publication = await publications.current(cloud)
  const record = publication && (await history.byId(publication.snapshotId))
  if (!publication || !record) return undefined
  return { publication, record, snapshot: await history.load(record) }
}
