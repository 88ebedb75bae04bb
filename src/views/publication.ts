/** What was handed out from some moment on, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import { PUBLICATION_KINDS, type Publication } from '../store/contract.ts'

export const publicationShape = z
  .object({
    cloud: z.enum(CLOUDS),
    serial: z.int().positive().describe("Counts the cloud's publications; only grows"),
    snapshot: z.string(),
    kind: z
      .enum(PUBLICATION_KINDS)
      .describe(
        '`approval`, `rollback`, `release` and `purge` are decisions of people; `additions`: what ' +
          'a held file adds is handed out beside the snapshot; `rejection`: no longer',
      ),
    publishedBy: z.string(),
    reason: z.string(),
    publishedAt: z.iso.datetime(),
    until: z.iso
      .datetime()
      .nullable()
      .describe('When a rollback ends by itself; null for one that waits to be released'),
    additionsOf: z
      .int()
      .nullable()
      .describe('Hold whose additions are handed out beside the snapshot'),
  })
  .meta({ id: 'Publication' })

/** Newest first. */
export const publicationsShape = z.object({
  publications: z.array(publicationShape),
  next: z.int().nullable().describe('`before` of the next page; null on the last'),
})

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
    until: publication.until?.toISOString() ?? null,
    additionsOf: publication.additionsOf ?? null,
  }
}
