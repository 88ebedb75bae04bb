/** What changed between two snapshots, as shown: in tags, in prefixes and in addresses. */
import { z } from 'zod'
import type { CoverageChange, Regrouping, TagChange } from '../core/diff.ts'
import { FLAPPING_DAYS } from '../core/diff-timeline.ts'
import type { Prefix } from '../core/prefix.ts'
import type { Changes } from '../history/changes.ts'
import { addressCountsShape, addressCountsView } from './address-counts.ts'
import { snapshotShape, snapshotView } from './snapshot.ts'

const coverageShape = z
  .object({ gained: addressCountsShape, lost: addressCountsShape })
  .meta({ id: 'Coverage', description: 'Addresses that only one of the two sides has' })

const regroupingShape = z
  .object({
    prefix: z.string().describe('The wider prefix'),
    pieces: z.array(z.string()).describe('The narrower prefixes inside it, two or more'),
    exact: z.boolean().describe('The pieces hold every address of the wider prefix'),
  })
  .meta({ id: 'Regrouping' })

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
    split: z
      .array(regroupingShape)
      .describe('Prefixes removed from this tag, each for two or more narrower ones added'),
    merged: z
      .array(regroupingShape)
      .describe('Prefixes added to this tag, each for two or more narrower ones removed'),
    earliestUse: z.iso
      .date()
      .nullable()
      .describe(
        'First day on which Azure may use addresses that this tag gained: a week after the first ' +
          'file that has one of the prefixes added; null if it gained none',
      ),
  })
  .meta({ id: 'TagChange' })

const regionChangeShape = z
  .object({
    region: z.string().describe("Microsoft's internal spelling"),
    coverage: coverageShape,
  })
  .meta({ id: 'RegionChange' })

const movedPrefixShape = z
  .object({
    prefix: z.string(),
    from: z.array(z.string()).describe('Service tags it left'),
    to: z.array(z.string()).describe('Service tags it entered'),
  })
  .meta({ id: 'MovedPrefix' })

const flappingPrefixShape = z
  .object({
    tag: z.string(),
    prefix: z.string(),
    leftOn: z.iso.date().describe('Date of the first file without it'),
    cameBackOn: z.iso.date().describe('Date of the first file that has it again'),
  })
  .meta({ id: 'FlappingPrefix' })

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
      .describe('The earliest of the tags; null if none of them gained an address'),
    regions: z
      .array(regionChangeShape)
      .describe('Regions, each the union of its tags, whose addresses are not the same'),
    moved: z
      .array(movedPrefixShape)
      .describe(
        'Prefixes that left at least one service tag and entered at least one other; with a filter, ' +
          'all that name at least one of the tags filtered for, the other tags included',
      ),
    flapping: z
      .array(flappingPrefixShape)
      .describe(
        `Prefixes added to a tag that they had left at most ${FLAPPING_DAYS} days before they came back`,
      ),
    tags: z.array(tagChangeShape),
  })
  .meta({ id: 'Changes' })

export type TagChangeView = z.infer<typeof tagChangeShape>
export type ChangesView = z.infer<typeof changesShape>

export function changesView(changes: Changes): ChangesView {
  const { from, to, diff, flapping, earliestUse, earliestUseOf } = changes
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
    regions: diff.regions.map(({ region, coverage }) => {
      return { region, coverage: coverageView(coverage) }
    }),
    moved: diff.moved.map((moved) => {
      return { prefix: moved.prefix.text, from: [...moved.from], to: [...moved.to] }
    }),
    flapping: flapping.map(({ prefix, ...more }) => ({ ...more, prefix: prefix.text })),
    tags: diff.tags.map((change) => tagChangeView(change, earliestUseOf.get(change.name))),
  }
}

function tagChangeView(change: TagChange, earliestUse: string | undefined): TagChangeView {
  return {
    name: change.name,
    kind: change.kind,
    prefixesAdded: change.prefixesAdded.map(textOf),
    prefixesRemoved: change.prefixesRemoved.map(textOf),
    metadata: change.metadata.map(({ field, from, to }) => ({ field, from, to })),
    coverage: coverageView(change.coverage),
    reaggregated: change.reaggregated,
    split: change.split.map(regroupingView),
    merged: change.merged.map(regroupingView),
    earliestUse: earliestUse ?? null,
  }
}

function regroupingView({ prefix, pieces, exact }: Regrouping): z.infer<typeof regroupingShape> {
  return { prefix: prefix.text, pieces: pieces.map(textOf), exact }
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
