/** Which tags of a cloud hold an address, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import type { LookupAnswer } from '../history/lookup.ts'
import { snapshotShape, snapshotView } from './snapshot.ts'

export const lookupShape = z
  .object({
    query: z.string(),
    cloud: z.enum(CLOUDS),
    snapshot: snapshotShape.describe('What the answer is true of'),
    tags: z.array(
      z.object({
        tag: z.string(),
        region: z.string(),
        systemService: z.string(),
        prefix: z.string().describe('The published prefix that holds the query'),
        firstSeen: z.iso.date().describe('Date of the first file in which the tag held it'),
        lastSeen: z.iso.date().nullable().describe('Of the last one; null while it still does'),
      }),
    ),
  })
  .meta({ id: 'Lookup' })

export type LookupView = z.infer<typeof lookupShape>

export function lookupView({ query, cloud, snapshot, hits }: LookupAnswer): LookupView {
  return {
    query,
    cloud,
    snapshot: snapshotView(snapshot),
    tags: hits.map(({ tag, region, systemService, prefix, firstSeen, lastSeen }) => {
      return { tag, region, systemService, prefix, firstSeen, lastSeen: lastSeen ?? null }
    }),
  }
}
