/** What is out of the ordinary about a list, as shown. */
import { z } from 'zod'
import type { ListNotices } from '../lists/notices.ts'

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
})

export function noticesView(notices: ListNotices): z.infer<typeof noticesShape> {
  const { missingTags, emptyTags, kept, rolledBack, leaving } = notices
  return {
    missingTags: [...missingTags],
    emptyTags: [...emptyTags],
    kept: kept ?? null,
    rolledBack: rolledBack ?? null,
    leaving: leaving.map(({ lastDay, prefixes }) => {
      return { lastDay, networks: prefixes.map(({ text }) => text) }
    }),
  }
}
