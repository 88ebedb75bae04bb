/**
 * The lists in memory: what is published per cloud, every definition, and the bytes of every list
 * in every format. A request for a stored list is a map lookup; the database is asked when
 * something has changed there, whoever changed it.
 */
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Exporter, ListVersion } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import { RangewardenError } from '../core/errors.ts'
import type { Publication, SnapshotRecord, Store } from '../store/contract.ts'
import { readPublished, type Published } from '../history/published.ts'
import { contentOf, type ListContent } from './content.ts'
import { bodyOf, parseDefinition, UNSTORED, type AllowlistDefinition } from './definition.ts'
import { readDefinitions, type Definitions } from './definitions.ts'
import { prepareList, type PreparedList } from './prepared-list.ts'
import {
  findFormat,
  notPublished,
  refuseUnknown,
  renderList,
  versionOf,
  type Settings,
} from './render.ts'

export interface Lists {
  /**
   * Brings memory to what the database says: new publications, stored and deleted definitions. Cheap
   * when nothing changed. Lists are made ready first and then swapped in together; a fault leaves
   * everything as it was, and the next call tries again.
   */
  refresh(): Promise<void>
  published(cloud: Cloud): Published | undefined
  definitions(): readonly AllowlistDefinition[]
  /** @throws RangewardenError `not-found` */
  definition(name: string): AllowlistDefinition
  /**
   * Stores or replaces a definition and serves it; true if it is new.
   * @throws RangewardenError `invalid-input` or `conflict` (a built-in list)
   */
  put(name: string, body: unknown): Promise<boolean>
  /** @throws RangewardenError `not-found` or `conflict` (a built-in list) */
  delete(name: string): Promise<void>
  /**
   * A stored list as it is served now.
   * @throws RangewardenError `not-found`, `not-ready` or `export-refused`
   */
  current(name: string, format: string): PreparedList
  /** A list that nobody stored, of what is published now; the last few are kept in memory. */
  adHoc(definition: AllowlistDefinition, format: string): Promise<PreparedList>
  /** Any definition as of a snapshot of the past. */
  asOf(
    definition: AllowlistDefinition,
    format: string,
    record: SnapshotRecord,
  ): Promise<PreparedList>
}

export interface ListsDeps {
  readonly store: Store
  readonly clouds: readonly Cloud[]
  readonly exporters: readonly Exporter[]
  readonly settings: Settings
  readonly log: Logger
}

/** One list in one format: bytes, or why the format cannot carry it. */
type Slot = PreparedList | RangewardenError

/** A list as it is served: the definition and the bytes that belong to it change together. */
interface Served {
  readonly definition: AllowlistDefinition
  readonly publication: Publication
  readonly formats: ReadonlyMap<string, Slot>
}

/** The largest built-in one, Squid's with addresses, takes 211 kB before it is compressed. */
const AD_HOC_KEPT = 64

export function createLists({ store, clouds, exporters, settings, log }: ListsDeps): Lists {
  let publishedByCloud: ReadonlyMap<Cloud, Published> = new Map()
  let served: ReadonlyMap<string, Served> = new Map()
  let definitions: Definitions | undefined
  let warned = ''
  const adHocLists = new LRUCache<string, PreparedList>({ max: AD_HOC_KEPT })
  const inTurn = createQueue()

  async function update(): Promise<void> {
    const known = await readDefinitions(store, clouds)
    const published = new Map<Cloud, Published>()
    for (const cloud of clouds) {
      const current = await readCurrent(cloud)
      if (current) published.set(cloud, current)
    }
    const next = new Map<string, Served>()
    for (const definition of known.all()) {
      const current = published.get(definition.cloud)
      if (current) next.set(definition.name, await serve(definition, current))
    }
    definitions = known
    publishedByCloud = published
    served = next
    warnOfUnusable(known)
  }

  /** What is in memory, unless the database has a newer publication. */
  async function readCurrent(cloud: Cloud): Promise<Published | undefined> {
    const inMemory = publishedByCloud.get(cloud)
    const newest = await store.publications.current(cloud)
    return isSame(inMemory?.publication, newest) ? inMemory : readPublished(store, cloud)
  }

  /** What is served already, unless the definition or the publication is another. */
  async function serve(definition: AllowlistDefinition, published: Published): Promise<Served> {
    const { publication } = published
    const before = served.get(definition.name)
    if (before?.publication === publication && isSame(before.definition, definition)) return before
    const content = contentOf(definition, published.snapshot)
    const version = await versionOf(store, content, published)
    const formats = exporters.map(async (exporter): Promise<[string, Slot]> => {
      const prepared = prepareStored(exporter, content, version, published)
      return [exporter.name, await prepared.catch(refusalOf)]
    })
    return { definition, publication, formats: new Map(await Promise.all(formats)) }
  }

  async function prepareStored(
    exporter: Exporter,
    content: ListContent,
    version: ListVersion,
    { record }: Published,
  ): Promise<PreparedList> {
    const rendered = renderList(exporter, content, version, settings)
    const changedAt = await store.lists.changedAt(content.name, exporter.name, rendered.digest)
    return prepareList(exporter, rendered, { changedAt, snapshotId: record.id })
  }

  function warnOfUnusable({ unusable }: Definitions): void {
    const reasons = [...unusable.values()].map(({ message }) => message)
    if (reasons.length > 0 && reasons.join() !== warned) {
      log.warn({ reasons }, 'Stored allowlists cannot be used')
    }
    warned = reasons.join()
  }

  function definitionOf(name: string): AllowlistDefinition {
    if (definitions) return definitions.find(name)
    throw new RangewardenError('not-ready', 'the lists are being loaded')
  }

  function requirePublished(cloud: Cloud): Published {
    const published = publishedByCloud.get(cloud)
    if (published) return published
    throw notPublished(cloud, clouds)
  }

  return {
    refresh: () => inTurn(update),
    published: (cloud) => publishedByCloud.get(cloud),
    definitions: () => definitions?.all() ?? [],
    definition: definitionOf,

    put: (name, body) =>
      inTurn(async () => {
        refuseBuiltIn(served.get(name)?.definition)
        const definition = parseDefinition(name, body, clouds)
        const published = publishedByCloud.get(definition.cloud)
        if (published) refuseUnknown(contentOf(definition, published.snapshot), published)
        const created = await store.allowlists.put(name, bodyOf(definition))
        await update()
        return created
      }),

    delete: (name) =>
      inTurn(async () => {
        if (!definitions?.unusable.has(name)) refuseBuiltIn(definitionOf(name))
        await store.allowlists.delete(name)
        await update()
      }),

    current(name, format) {
      const slot = served.get(name)?.formats.get(format)
      if (slot instanceof RangewardenError) throw slot
      if (slot) return slot
      findFormat(exporters, format)
      requirePublished(definitionOf(name).cloud)
      throw new RangewardenError('not-ready', `the list ${name} is being prepared`)
    },

    async adHoc(definition, format) {
      const exporter = findFormat(exporters, format)
      const published = requirePublished(definition.cloud)
      const key = JSON.stringify([published.publication, format, definition])
      const known = adHocLists.get(key)
      if (known) return known
      const content = contentOf(definition, published.snapshot)
      refuseUnknown(content, published)
      const version = await versionOf(store, content, published)
      const rendered = renderList(exporter, content, version, settings)
      const prepared = await prepareList(exporter, rendered, { snapshotId: published.record.id })
      adHocLists.set(key, prepared)
      return prepared
    },

    async asOf(definition, format, record) {
      const exporter = findFormat(exporters, format)
      const snapshot = await store.history.load(record)
      const content = contentOf(definition, snapshot)
      // A stored list is served without a tag of a time that did not have it, as it is today.
      if (definition.name === UNSTORED) refuseUnknown(content, { record, snapshot })
      const rendered = renderList(exporter, content, { snapshot: record.id }, settings)
      return prepareList(exporter, rendered, { snapshotId: record.id })
    },
  }
}

/** Runs what it is given one after the other, also after a failure. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work, work)
    last = result.catch(() => undefined)
    return result
  }
}

function isSame<T>(a: T, b: T): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** A format's refusal is an answer to keep; anything else is a fault. */
function refusalOf(error: unknown): RangewardenError {
  if (error instanceof RangewardenError && error.code === 'export-refused') return error
  throw error
}

function refuseBuiltIn(definition: AllowlistDefinition | undefined): void {
  if (!definition?.builtIn) return
  throw new RangewardenError(
    'conflict',
    `${definition.name} is built in and cannot be changed: store your own under another name`,
    { allowlist: definition.name },
  )
}
