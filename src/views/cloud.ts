/** How a followed cloud is doing, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import { CLOUD_STATES, type CloudOverview } from '../history/overview.ts'
import { publicationShape, publicationView } from './publication.ts'
import { runShape, runView } from './run.ts'
import { snapshotShape, snapshotView } from './snapshot.ts'

export const cloudShape = z
  .object({
    cloud: z.enum(CLOUDS),
    state: z.enum(CLOUD_STATES),
    published: z
      .object({ snapshot: snapshotShape, publication: publicationShape })
      .nullable()
      .describe('What devices get now; null before the first publication'),
    rollback: z
      .object({
        snapshot: z.string(),
        fileDate: z.iso.date(),
        since: z.iso.datetime(),
        until: z.iso
          .datetime()
          .nullable()
          .describe('When it ends by itself; null for one that waits to be released'),
        by: z.string(),
        reason: z.string(),
      })
      .nullable()
      .describe('A person went back to this snapshot: the schedule does not undo it'),
    waiting: z.array(z.int()).describe('Ids of the held files that wait for a person'),
    discovery: z
      .object({
        strategy: z.string().describe('`details-page` is the first of Microsoft'),
        degraded: z
          .string()
          .nullable()
          .describe('What an earlier strategy said, when a later one found the file'),
      })
      .nullable()
      .describe('How the last file was found; null before the first'),
    newestFileDate: z.iso
      .date()
      .nullable()
      .describe('Date of the newest file seen at the publisher, whatever it said'),
    ageInDays: z.int().nullable().describe('Whole days since newestFileDate'),
    lastRuns: z.array(runShape).describe('Newest first'),
    complete: z
      .boolean()
      .describe('False while the database does not answer: then only what is in memory is shown'),
  })
  .meta({ id: 'Cloud' })

export type CloudView = z.infer<typeof cloudShape>

export function cloudView(overview: CloudOverview): CloudView {
  const { cloud, state, published, newestFileDate, ageInDays, lastRuns, complete } = overview
  const { rollback, waiting, discovery } = overview
  return {
    cloud,
    state,
    published: published
      ? {
          snapshot: snapshotView(published.record),
          publication: publicationView(published.publication),
        }
      : null,
    rollback: rollback
      ? {
          snapshot: rollback.snapshot,
          fileDate: rollback.fileDate,
          since: rollback.since.toISOString(),
          until: rollback.until?.toISOString() ?? null,
          by: rollback.by,
          reason: rollback.reason,
        }
      : null,
    waiting: [...waiting],
    discovery: discovery
      ? { strategy: discovery.strategy, degraded: discovery.degraded ?? null }
      : null,
    newestFileDate: newestFileDate ?? null,
    ageInDays: ageInDays ?? null,
    lastRuns: lastRuns.map(runView),
    complete,
  }
}
