/**
 * Lists that are made because somebody asks: a selection that nobody stored, and any list as of a
 * past day. The same question again finds its bytes in the cache.
 */
import { LRUCache } from 'lru-cache'
import type { Exporter, ListVersion } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import { sha256 } from '../documents/read-document.ts'
import type { SnapshotRecord, Store } from '../store/contract.ts'
import { contentHashOf, contentOf, selectedOf, type ListContent } from './content.ts'
import { isUnstored, type AllowlistDefinition } from './definition.ts'
import { currentContent, graceKey, type HandedOut } from './handed-out.ts'
import { createOnce, type ListCache } from './list-cache.ts'
import { compress, type PreparedList } from './prepared-list.ts'
import {
  bytesKey,
  findFormat,
  refuseUnknown,
  renderList,
  versionOfUnstored,
  type Settings,
} from './render.ts'

export interface AskedLists {
  /** @throws RangewardenError `not-found`, `invalid-input` or `export-refused` */
  adHoc(
    definition: AllowlistDefinition,
    format: string,
    handedOut: HandedOut,
  ): Promise<PreparedList>
  /** @throws as `adHoc` */
  asOf(
    definition: AllowlistDefinition,
    format: string,
    record: SnapshotRecord,
  ): Promise<PreparedList>
}

export interface AskedListsDeps {
  readonly store: Store
  readonly exporters: readonly Exporter[]
  readonly settings: Settings
  readonly cache: ListCache
}

interface Content {
  readonly content: ListContent
  readonly version: ListVersion
}

/** Questions whose bytes' key is remembered; a key takes some 200 bytes. */
const REMEMBERED = 4_096

export function createAskedLists({
  store,
  exporters,
  settings,
  cache,
}: AskedListsDeps): AskedLists {
  const keys = new LRUCache<string, string>({ max: REMEMBERED })
  const once = createOnce<PreparedList>()

  /** `question` is all that the content depends on. */
  async function answer(
    question: unknown,
    exporter: Exporter,
    { cloud, id: snapshotId }: { cloud: Cloud; id: string },
    contentNow: () => Promise<Content>,
  ): Promise<PreparedList> {
    const asked = JSON.stringify([exporter.name, question])
    const key = keys.get(asked)
    const known = key === undefined ? undefined : cache.get(key)
    const about = {
      cloud,
      mediaType: exporter.mediaType,
      lastModified: undefined,
      snapshotId,
      versionPath: undefined,
      immutable: false,
    }
    if (known) return { ...about, ...known }
    return once(asked, async () => {
      const { content, version } = await contentNow()
      const key = bytesKey(exporter, contentHashOf(content, sha256), version, settings)
      const bytes = await cache.obtain(key, () =>
        compress(renderList(exporter, content, version, settings)),
      )
      keys.set(asked, key)
      return { ...about, ...bytes }
    })
  }

  return {
    async adHoc(definition, format, handedOut) {
      const { published } = handedOut
      const { publication, record } = published
      const question = [publication, graceKey(handedOut, definition), definition]
      return answer(question, findFormat(exporters, format), record, async () => {
        const { content, unknown } = await currentContent(handedOut, definition)
        refuseUnknown(unknown, published)
        return { content, version: versionOfUnstored(content) }
      })
    },

    async asOf(definition, format, record) {
      const question = [record.id, definition]
      return answer(question, findFormat(exporters, format), record, async () => {
        const snapshot = await store.history.load(record)
        const content = contentOf(definition, selectedOf(definition, snapshot), { past: [] })
        // A stored list is served without a tag of a time that did not have it, as it is today.
        if (isUnstored(definition)) refuseUnknown(content.missingTags, { record, snapshot })
        return { content, version: { snapshot: record.id } }
      })
    },
  }
}
