/** A service tag, as shown: in a list of all with counts, and by itself with its prefixes. */
import { z } from 'zod'
import { countsOf, type AddressCounts } from '../core/diff.ts'
import { RangeSet } from '../core/range-set.ts'
import type { ServiceTag } from '../core/snapshot.ts'
import { addressCountsShape, addressCountsView } from './address-counts.ts'

export const tagSummaryShape = z
  .object({
    name: z.string(),
    region: z.string().describe("Microsoft's internal spelling; empty for global tags"),
    regionId: z.int(),
    systemService: z.string(),
    networkFeatures: z.array(z.string()),
    counts: z.object({
      prefixes: z.object({ ipv4: z.int().nonnegative(), ipv6: z.int().nonnegative() }),
      addresses: addressCountsShape,
    }),
  })
  .meta({ id: 'TagSummary' })

export const tagShape = tagSummaryShape
  .extend({ prefixes: z.array(z.string()).describe('As published, IPv4 before IPv6') })
  .meta({ id: 'Tag' })

export type TagSummaryView = z.infer<typeof tagSummaryShape>
export type TagView = z.infer<typeof tagShape>

/** Counting is what costs; a tag that did not change is one object over many snapshots. */
const addresses = new WeakMap<ServiceTag, AddressCounts>()

export function tagSummaryView(tag: ServiceTag): TagSummaryView {
  const { name, region, regionId, systemService, networkFeatures, prefixes } = tag
  const ipv4 = prefixes.filter(({ family }) => family === 4).length
  return {
    name,
    region,
    regionId,
    systemService,
    networkFeatures: [...networkFeatures],
    counts: {
      prefixes: { ipv4, ipv6: prefixes.length - ipv4 },
      addresses: addressCountsView(addressesOf(tag)),
    },
  }
}

export function tagView(tag: ServiceTag): TagView {
  return { ...tagSummaryView(tag), prefixes: tag.prefixes.map(({ text }) => text) }
}

function addressesOf(tag: ServiceTag): AddressCounts {
  let counts = addresses.get(tag)
  if (!counts) addresses.set(tag, (counts = countsOf(RangeSet.of(tag.prefixes))))
  return counts
}
