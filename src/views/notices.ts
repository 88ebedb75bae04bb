/** What is out of the ordinary about a list, as shown. */
import { z } from 'zod'
import type { ListNotices } from '../lists/notices.ts'
import { addressCountsShape, addressCountsView } from './address-counts.ts'

const snapshotName = { snapshot: z.string(), fileDate: z.iso.date() }

export const noticesShape = z.object({
  missingTags: z.array(z.string()).describe('Named by the list, not in the published file'),
  emptyTags: z.array(z.string()).describe('Named by the list, without prefixes in that file'),
  kept: z
    .object(snapshotName)
    .nullable()
    .describe('Where the addresses are from, when the published file has none for this list'),
  rolledBack: z
    .object({ ...snapshotName, until: z.iso.datetime().nullable() })
    .nullable()
    .describe('A person went back to this snapshot'),
  leaving: z
    .array(z.object({ lastDay: z.iso.date(), networks: z.array(z.string()) }))
    .describe('Not in the published file any more, admitted up to a day (UTC)'),
  widened: z
    .object({
      entries: z.int().describe('How many networks the list has'),
      lossless: z.int().describe('How many it would have as selected'),
      addresses: addressCountsShape,
      percent: z
        .object({ ipv4: z.number(), ipv6: z.number() })
        .describe("Of the family's addresses that are selected, rounded up"),
    })
    .nullable()
    .describe('Addresses nobody selected, admitted to have fewer entries; `json` lists them'),
  unfit: z.string().nullable().describe('Why the list does not fit its budget, and is refused'),
})

export function noticesView(notices: ListNotices): z.infer<typeof noticesShape> {
  const { missingTags, emptyTags, kept, rolledBack, leaving, widened, unfit } = notices
  return {
    missingTags: [...missingTags],
    emptyTags: [...emptyTags],
    kept: kept ?? null,
    rolledBack: rolledBack ?? null,
    leaving: leaving.map(({ lastDay, prefixes }) => {
      return { lastDay, networks: prefixes.map(({ text }) => text) }
    }),
    widened: widened
      ? {
          entries: widened.entries,
          lossless: widened.lossless,
          addresses: addressCountsView(widened.addresses),
          percent: { ipv4: widened.percent[4], ipv6: widened.percent[6] },
        }
      : null,
    unfit: unfit?.reason ?? null,
  }
}
