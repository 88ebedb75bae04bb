/** What was handed out from some moment on, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import type { Publication } from '../store/contract.ts'

export const publicationShape = z
  .object({
    cloud: z.enum(CLOUDS),
    serial: z.int().positive().describe("Counts the cloud's publications; only grows"),
    snapshot: z.string(),
    kind: z.enum(['sync', 'import', 'rollback']),
    publishedBy: z.string(),
    reason: z.string(),
    publishedAt: z.iso.datetime(),
  })
  .meta({ id: 'Publication' })

export type PublicationView = z.infer<typeof publicationShape>

export function publicationView(publication: Publication): PublicationView {
  const { cloud, serial, snapshotId, kind, publishedBy, reason, publishedAt } = publication
  return {
    cloud,
    serial,
    snapshot: snapshotId,
    kind,
    publishedBy,
    reason,
    publishedAt: publishedAt.toISOString(),
  }
}
