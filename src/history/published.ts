/** What a cloud's devices get: the newest publication with its snapshot. */
import { withAdditions } from '../core/additions.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { sha256 } from '../documents/read-document.ts'
import type { Publication, SnapshotRecord, Store } from '../store/contract.ts'

export interface Published {
  readonly publication: Publication
  readonly record: SnapshotRecord
  /** What devices get: the record's snapshot, and what a held candidate adds to it. */
  readonly snapshot: Snapshot
}

type Stores = Pick<Store, 'publications' | 'history' | 'holds'>

/** From the database; undefined while nothing is published. */
export async function readPublished(stores: Stores, cloud: Cloud): Promise<Published | undefined> {
  const publication = await stores.publications.current(cloud)
  const record = publication && (await stores.history.byId(publication.snapshotId))
  if (!publication || !record) return undefined
  return { publication, record, snapshot: await snapshotOf(stores, record, publication) }
}

/**
 * What devices got of a publication, of today or of before. Additions of a candidate that a person
 * rejected since count for nothing.
 */
export async function snapshotOfPublication(
  stores: Stores,
  publication: Publication,
): Promise<Snapshot> {
  const record = await stores.history.byId(publication.snapshotId)
  if (!record) throw new Error(`the snapshot ${publication.snapshotId} of a publication is gone`)
  return snapshotOf(stores, record, publication)
}

async function snapshotOf(
  { history, holds }: Stores,
  record: SnapshotRecord,
  { additionsOf }: Publication,
): Promise<Snapshot> {
  const snapshot = await history.load(record)
  const hold = additionsOf === undefined ? undefined : await holds.byId(additionsOf)
  if (!hold || hold.state === 'rejected') return snapshot
  return withAdditions(snapshot, await history.loadHeld(hold), sha256)
}
