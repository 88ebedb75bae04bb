/** What changed between two snapshots, as shown: in tags, in prefixes and in addresses. */
import { z } from 'zod'
import type { CoverageChange, TagChange } from '../core/diff.ts'
import type { Prefix } from '../core/prefix.ts'
import type { Changes } from '../history/changes.ts'
import { addressCountsShape, addressCountsView } from './address-counts.ts'
import { snapshotShape, snapshotView } from './snapshot.ts'

const coverageShape = z
  .object({ gained: addressCountsShape, lost: addressCountsShape })
  .meta({ id: 'Coverage', description: 'Addresses that only one of the two sides has' })

const tagChangeShape = z
  .object({
    name: z.string(),
    kind: z.enum(['added', 'removed', 'changed']),
    prefixesAdded: z.array(z.string()),
    prefixesRemoved: z.array(z.string()),
    metadata: z.array(
      z.object({
        field: z.enum(['region', 'regionId', 'systemService', 'networkFeatures']),
        from: z.string(),
        to: z.string(),
      }),
    ),
    coverage: coverageShape,
    reaggregated: z.boolean().describe('The prefixes changed and the addresses did not'),
  })
  .meta({ id: 'TagChange' })

export const changesShape = z
  .object({
    from: snapshotShape,
    to: snapshotShape,
    unchanged: z.boolean(),
    counts: z.object({
      tagsAdded: z.int().nonnegative(),
      tagsRemoved: z.int().nonnegative(),
      tagsChanged: z.int().nonnegative(),
      prefixesAdded: z.int().nonnegative(),
      prefixesRemoved: z.int().nonnegative(),
    }),
    coverage: coverageShape.describe('Of all these tags together'),
    earliestUse: z.iso
      .date()
      .nullable()
      .describe('First day on which Azure may use what was added; null if nothing was'),
    tags: z.array(tagChangeShape),
  })
  .meta({ id: 'Changes' })

export type TagChangeView = z.infer<typeof tagChangeShape>
export type ChangesView = z.infer<typeof changesShape>

export function changesView({ from, to, diff, earliestUse }: Changes): ChangesView {
  return {
    from: snapshotView(from),
    to: snapshotView(to),
    unchanged: diff.isEmpty,
    counts: {
      tagsAdded: ofKind(diff.tags, 'added'),
      tagsRemoved: ofKind(diff.tags, 'removed'),
      tagsChanged: ofKind(diff.tags, 'changed'),
      prefixesAdded: diff.membershipsAdded,
      prefixesRemoved: diff.membershipsRemoved,
    },
    coverage: coverageView(diff.coverage),
    earliestUse: earliestUse ?? null,
    tags: diff.tags.map(tagChangeView),
  }
}

function tagChangeView(change: TagChange): TagChangeView {
  return {
    name: change.name,
    kind: change.kind,
    prefixesAdded: change.prefixesAdded.map(textOf),
    prefixesRemoved: change.prefixesRemoved.map(textOf),
    metadata: change.metadata.map(({ field, from, to }) => ({ field, from, to })),
    coverage: coverageView(change.coverage),
    reaggregated: change.reaggregated,
  }
}

function coverageView({ gained, lost }: CoverageChange): z.infer<typeof coverageShape> {
  return { gained: addressCountsView(gained), lost: addressCountsView(lost) }
}

function ofKind(tags: readonly TagChange[], kind: TagChange['kind']): number {
  return tags.filter((tag) => tag.kind === kind).length
}

function textOf({ text }: Prefix): string {
  return text
}
