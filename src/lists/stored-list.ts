/**
 * A stored list in every format. What it is (digest, date, version) is asked of the database once,
 * when something changed; its bytes lie in the cache and are made again without the database.
 */
import type { Exporter, ListVersion } from '../../exporters/contract.ts'
import { RangewardenError } from '../core/errors.ts'
import { sha256 } from '../documents/read-document.ts'
import type { Publication, Store } from '../store/contract.ts'
import { contentHashOf, type ListContent } from './content.ts'
import type { AllowlistDefinition } from './definition.ts'
import { currentContent, graceKey, type HandedOut } from './handed-out.ts'
import { sizeOf, type ListCache } from './list-cache.ts'
import { noticesOf, type ListNotices } from './notices.ts'
import { versionPath } from './paths.ts'
import { compress, type ListBytes, type ListHead, type StoredList } from './prepared-list.ts'
import { bytesKey, renderList, versionOf, type Settings } from './render.ts'

/** One list in one format as it is served, or why the format cannot carry it. */
export type Slot = ServedFormat | RangewardenError

export interface ServedFormat {
  readonly exporter: Exporter
  /** Of its bytes in the cache. */
  readonly key: string
  readonly list: StoredList
  /** The same under the path of this version. */
  readonly version: StoredList
}

/** A list as it is served: the definition and the bytes that belong to it change together. */
export interface Served {
  readonly definition: AllowlistDefinition
  readonly publication: Publication
  readonly grace: string
  readonly notices: ListNotices
  readonly formats: ReadonlyMap<string, Slot>
}

export interface StoredListDeps {
  readonly store: Pick<Store, 'lists'>
  readonly exporters: readonly Exporter[]
  readonly settings: Settings
  readonly cache: ListCache
}

/** Bytes that may still be prepared ahead: what is beyond is made when it is asked for. */
export interface Room {
  left: number
}

/** Asks the database, and the past of what was handed out. */
export async function prepareServed(
  deps: StoredListDeps,
  definition: AllowlistDefinition,
  handedOut: HandedOut,
  room: Room,
): Promise<Served> {
  const { content } = await currentContent(handedOut, definition)
  const version = await versionOf(deps.store, content, handedOut.published)
  const contentHash = contentHashOf(content, sha256)
  const making = { definition, handedOut, content, contentHash, version, room }
  const formats = new Map<string, Slot>()
  for (const exporter of deps.exporters) {
    formats.set(exporter.name, await prepareFormat(deps, making, exporter).catch(refusalOf))
  }
  return {
    definition,
    publication: handedOut.published.publication,
    grace: graceKey(handedOut, definition),
    notices: noticesOf(content),
    formats,
  }
}

/** Takes room for what of it is in the cache. That counts as use: exports are forgotten before it. */
export function reserve({ formats }: Served, cache: ListCache, room: Room): void {
  for (const slot of formats.values()) {
    const bytes = slot instanceof RangewardenError ? undefined : cache.get(slot.key)
    if (bytes) room.left -= sizeOf(bytes)
  }
}

interface Making {
  readonly definition: AllowlistDefinition
  readonly handedOut: HandedOut
  readonly content: ListContent
  readonly contentHash: string
  readonly version: ListVersion
  readonly room: Room
}

async function prepareFormat(
  deps: StoredListDeps,
  making: Making,
  exporter: Exporter,
): Promise<ServedFormat> {
  const { store, cache, settings } = deps
  const { definition, handedOut, version, room } = making
  const key = bytesKey(exporter, making.contentHash, version, settings)
  const known = cache.get(key)
  if (known) room.left -= sizeOf(known)
  const { digest, length } = known ? plainOf(known) : await renderAhead(deps, making, exporter, key)
  const changedAt = await store.lists.changedAt(definition.name, exporter.name, digest)
  const head: ListHead = {
    cloud: definition.cloud,
    mediaType: exporter.mediaType,
    digest,
    lastModified: changedAt.toUTCString(),
    snapshotId: handedOut.published.record.id,
    versionPath: versionPath(definition.name, exporter, digest),
    immutable: false,
  }
  const source = {
    length,
    bytes: () => cache.get(key),
    load: loader(deps, { definition, handedOut, version, exporter, key, digest }),
  }
  return {
    exporter,
    key,
    list: { ...head, ...source },
    version: { ...versionHead(head), ...source },
  }
}

interface Plain {
  readonly digest: string
  readonly length: number
}

function plainOf({ digest, representations }: ListBytes): Plain {
  return { digest, length: representations.identity.body.length }
}

async function renderAhead(
  { settings, cache }: StoredListDeps,
  { content, version, room }: Making,
  exporter: Exporter,
  key: string,
): Promise<Plain> {
  const rendered = renderList(exporter, content, version, settings)
  // Compressed, it takes less than as much again.
  if (2 * rendered.bytes.length <= room.left) {
    const ready = await compress(rendered)
    room.left -= sizeOf(ready)
    cache.keep(key, ready)
  }
  return { digest: rendered.digest, length: rendered.bytes.length }
}

interface Source extends Omit<Making, 'content' | 'contentHash' | 'room'> {
  readonly exporter: Exporter
  readonly key: string
  readonly digest: string
}

/** Apart from what prepares: it lives as long as the list, and must not keep its content alive. */
function loader({ settings, cache }: StoredListDeps, source: Source): () => Promise<ListBytes> {
  const { definition, handedOut, version, exporter, key, digest } = source
  async function make(): Promise<ListBytes> {
    const { content } = await currentContent(handedOut, definition)
    const rendered = renderList(exporter, content, version, settings)
    if (rendered.digest === digest) return compress(rendered)
    throw new Error(`${definition.name} as ${exporter.name} came out different the second time`)
  }
  return () => cache.obtain(key, make)
}

/** Nothing in it moves as long as the bytes do not: caches keep it for a year. */
export function versionHead({ cloud, mediaType, digest, lastModified }: ListHead): ListHead {
  const fixed = { snapshotId: undefined, versionPath: undefined, immutable: true }
  return { cloud, mediaType, digest, lastModified, ...fixed }
}

/** A format's refusal is an answer to keep; anything else is a fault. */
function refusalOf(error: unknown): RangewardenError {
  if (error instanceof RangewardenError && error.code === 'export-refused') return error
  throw error
}
