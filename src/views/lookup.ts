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
        holds: z
          .enum(['whole', 'part'])
          .describe('Whether the tag holds all addresses of the query or some of them'),
        prefix: z
          .string()
          .nullable()
          .describe('The narrowest published prefix that holds the query; null if none does alone'),
        firstSeen: z.iso
          .date()
          .describe('Date of the first file in which the tag held as much: all of it, or any'),
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
    tags: hits.map((hit) => ({
      tag: hit.tag,
      region: hit.region,
      systemService: hit.systemService,
      holds: hit.holds,
      prefix: hit.prefix ?? null,
      firstSeen: hit.firstSeen,
      lastSeen: hit.lastSeen ?? null,
    })),
  }
}
