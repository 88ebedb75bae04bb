/** What a report asks of the lists, from the database: no list is rendered, and nothing is stored. */
import type { Cloud } from '../core/cloud.ts'
import { readDefinitions } from '../lists/definitions.ts'
import { currentContent, readHandedOut } from '../lists/handed-out.ts'
import type { Published } from '../history/published.ts'
import { noticesOf, type ListNotices } from '../lists/notices.ts'
import type { Store } from '../store/contract.ts'
import type { ReportLists } from './contract.ts'

/** As they are now. */
export async function readReportLists(
  store: Pick<Store, 'allowlists' | 'publications' | 'history' | 'holds'>,
  clouds: readonly Cloud[],
): Promise<ReportLists> {
  const definitions = (await readDefinitions(store, clouds)).all()
  const published = new Map<Cloud, Published>()
  const notices = new Map<string, ListNotices>()
  for (const cloud of clouds) {
    const handedOut = await readHandedOut(store, cloud)
    if (!handedOut) continue
    published.set(cloud, handedOut.published)
    for (const definition of definitions) {
      if (definition.cloud !== cloud || definition.shard) continue
      const { content } = await currentContent(handedOut, definition)
      notices.set(definition.name, noticesOf(content))
    }
  }
  return {
    published: (cloud) => published.get(cloud),
    definitions: () => definitions,
    notices: (name) => notices.get(name),
  }
}
