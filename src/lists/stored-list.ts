/**
 * A stored list in every format. What it is (digest, date, version) is asked of the database once,
 * when something changed; its bytes lie in the cache and are made again without the database.
 */
import type { Exporter } from '../../exporters/contract.ts'
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
import { Overtaken, recordVersion, type StoredVersion } from './record-version.ts'
import { bytesKey, renderedOf, renderList, writeList, type Settings } from './render.ts'

/** One list in one format as it is served, or why the format cannot carry it. */
export type Slot = ServedFormat | RangewardenError

export interface ServedFormat {
  readonly exporter: Exporter
  /** Of its bytes in the cache. */
  readonly key: string
  readonly list: StoredList
  /** The same under the path of this version. */
  readonly version: StoredList
  /** Somebody has asked for its bytes. */
  isAsked(): boolean
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

/**
 * Asks the database, and the past of what was handed out (all of it read after the mark was taken). Every format is written once, for its
 * digest; bytes are compressed and kept ahead where somebody asked for those of `before`, and made
 * when they are first asked for elsewhere: nobody loads a list in every format.
 * @throws Overtaken if another process knows a newer content
 */
export async function prepareServed(
  deps: StoredListDeps,
  definition: AllowlistDefinition,
  handedOut: HandedOut,
  { room, before, mark }: { room: Room; before: Served | undefined; mark: number },
): Promise<Served> {
  const { content } = await currentContent(handedOut, definition)
  const { published } = handedOut
  const version = await recordVersion(deps.store, content, { published, mark })
  const making: Making = {
    definition,
    handedOut,
    content,
    contentHash: contentHashOf(content, sha256),
    version,
    room,
    before,
  }
  const made = new Map<string, Made | RangewardenError>()
  for (const exporter of deps.exporters) {
    made.set(exporter.name, await makeFormat(deps, making, exporter).catch(refusalOf))
  }
  return {
    definition,
    publication: handedOut.published.publication,
    grace: graceKey(handedOut, definition),
    notices: noticesOf(content),
    formats: await slotsOf(deps, making, made),
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
  readonly version: StoredVersion
  readonly room: Room
  /** The same list as it was served until now. */
  readonly before: Served | undefined
}

/** What a format came to. */
interface Made extends Plain {
  readonly exporter: Exporter
  readonly key: string
}

async function makeFormat(deps: StoredListDeps, making: Making, exporter: Exporter): Promise<Made> {
  const { cache, settings } = deps
  const key = bytesKey(exporter, making.contentHash, making.version, settings)
  const known = cache.get(key)
  if (known) making.room.left -= sizeOf(known)
  const plain = known ? plainOf(known) : await renderAhead(deps, making, exporter, key)
  return { exporter, key, ...plain }
}

async function slotsOf(
  deps: StoredListDeps,
  making: Making,
  made: ReadonlyMap<string, Made | RangewardenError>,
): Promise<Map<string, Slot>> {
  const digests = new Map<string, string>()
  for (const [format, one] of made) {
    if (!(one instanceof RangewardenError)) digests.set(format, one.digest)
  }
  const { name } = making.definition
  const changed = await deps.store.lists.changedAt(name, making.version.serial, digests)
  if (changed === 'overtaken') throw new Overtaken(name)
  const slots = new Map<string, Slot>()
  for (const [format, one] of made) {
    slots.set(
      format,
      one instanceof RangewardenError ? one : slotOf(deps, making, one, changed.get(format)),
    )
  }
  return slots
}

function slotOf(
  deps: StoredListDeps,
  { definition, handedOut, version }: Making,
  { exporter, key, digest, length }: Made,
  changedAt: Date | undefined,
): ServedFormat {
  if (!changedAt) throw new Error('the database kept no time for the list')
  const head: ListHead = {
    cloud: definition.cloud,
    mediaType: exporter.mediaType,
    digest,
    lastModified: changedAt.toUTCString(),
    snapshotId: handedOut.published.record.id,
    versionPath: versionPath(definition.name, exporter, digest),
    immutable: false,
  }
  const load = loader(deps, { definition, handedOut, version, exporter, key, digest })
  let isAsked = false
  const source = {
    length,
    bytes: () => {
      isAsked = true
      return deps.cache.get(key)
    },
    load: () => {
      isAsked = true
      return load()
    },
  }
  return {
    exporter,
    key,
    isAsked: () => isAsked,
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
  { content, version, room, before }: Making,
  exporter: Exporter,
  key: string,
): Promise<Plain> {
  const written = writeList(exporter, content, version, settings)
  const { file, digest } = written
  const earlier = before?.formats.get(exporter.name)
  const isAsked = earlier && !(earlier instanceof RangewardenError) && earlier.isAsked()
  // Compressed, it takes less than as much again.
  if (isAsked && 2 * file.length <= room.left) {
    const ready = await compress(renderedOf(written))
    room.left -= sizeOf(ready)
    cache.keep(key, ready)
  }
  return { digest, length: file.length }
}

interface Source extends Pick<Making, 'definition' | 'handedOut' | 'version'> {
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
