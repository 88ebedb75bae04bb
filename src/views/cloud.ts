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
  return {
    cloud,
    state,
    published: published
      ? {
          snapshot: snapshotView(published.record),
          publication: publicationView(published.publication),
        }
      : null,
    newestFileDate: newestFileDate ?? null,
    ageInDays: ageInDays ?? null,
    lastRuns: lastRuns.map(runView),
    complete,
  }
}
