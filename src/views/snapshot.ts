/** A snapshot of history, as shown: what it is and where it came from, not its tags. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import type { SnapshotRecord } from '../store/contract.ts'

export const snapshotShape = z
  .object({
    id: z.string(),
    cloud: z.enum(CLOUDS),
    fileDate: z.iso.date().describe('The date in the name of the weekly file'),
    revision: z.int().nonnegative().describe('Counts the contents of one file date from 0'),
    changeNumber: z.int().describe('As published; it repeats and goes backwards'),
    tags: z.int().nonnegative(),
    memberships: z.int().nonnegative().describe('Pairs of tag and prefix'),
    contentHash: z.string().describe('Equal for two snapshots that say the same'),
    document: z.object({
      sha256: z.string(),
      size: z.int().nonnegative().describe('Bytes, as published'),
    }),
    acceptedAt: z.iso.datetime(),
  })
  .meta({ id: 'Snapshot' })

export type SnapshotView = z.infer<typeof snapshotShape>

export function snapshotView(record: SnapshotRecord): SnapshotView {
  const { id, cloud, fileDate, revision, changeNumber, tags, memberships, contentHash } = record
  return {
    id,
    cloud,
    fileDate,
    revision,
    changeNumber,
    tags,
    memberships,
    contentHash,
    document: { sha256: record.documentSha256, size: record.documentSize },
    acceptedAt: record.acceptedAt.toISOString(),
  }
}
