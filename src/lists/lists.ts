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
import type { Published } from '../history/published.ts'
import { contentOf, selectedOf, type ListContent } from './content.ts'
import { bodyOf, parseDefinition, UNSTORED, type AllowlistDefinition } from './definition.ts'
import { readDefinitions, type Definitions } from './definitions.ts'
import { currentContent, graceKey, readHandedOut, readPast, type HandedOut } from './handed-out.ts'
import { logNotices, noticesOf, type ListNotices } from './notices.ts'
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
   * Brings memory to what the database says: new publications, stored and deleted definitions, and
   * coverage whose last day has come. Cheap when nothing changed. Lists are made ready first and then swapped in together; a fault leaves
   * everything as it was, and the next call tries again.
   */
  refresh(): Promise<void>
  published(cloud: Cloud): Published | undefined
  definitions(): readonly AllowlistDefinition[]
  /** @throws RangewardenError `not-found` */
  definition(name: string): AllowlistDefinition
  /** Undefined while nothing is published for the list's cloud. */
  notices(name: string): ListNotices | undefined
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
  /** Any definition as of a snapshot of the past: what Microsoft said that day, without any grace. */
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
  readonly grace: string
  readonly notices: ListNotices
  readonly formats: ReadonlyMap<string, Slot>
}

/** The largest built-in one, Squid's with addresses, takes 211 kB before it is compressed. */
const AD_HOC_KEPT = 64

export function createLists({ store, clouds, exporters, settings, log }: ListsDeps): Lists {
  let handedOutByCloud: ReadonlyMap<Cloud, HandedOut> = new Map()
  let served: ReadonlyMap<string, Served> = new Map()
  let definitions: Definitions | undefined
  let warned = ''
  const adHocLists = new LRUCache<string, PreparedList>({ max: AD_HOC_KEPT })
  const inTurn = createQueue()

  async function update(): Promise<void> {
    const known = await readDefinitions(store, clouds)
    const handedOut = new Map<Cloud, HandedOut>()
    for (const cloud of clouds) {
      const current = await readHandedOut(store, cloud, handedOutByCloud.get(cloud))
      if (current) handedOut.set(cloud, current)
    }
    const next = new Map<string, Served>()
    for (const [cloud, current] of handedOut) {
      const ofCloud = known.all().filter((definition) => definition.cloud === cloud)
      const changed = ofCloud.filter((definition) => !servedAlready(definition, current))
      await readPast(current, changed)
      for (const definition of ofCloud) {
        next.set(
          definition.name,
          servedAlready(definition, current) ?? (await prepare(definition, current)),
        )
      }
    }
    for (const [name, { notices }] of next) {
      logNotices(log, name, served.get(name)?.notices, notices)
    }
    definitions = known
    handedOutByCloud = handedOut
    served = next
    warnOfUnusable(known)
  }

  /** Unless the definition, the publication or what is in grace is another than when it was prepared. */
  function servedAlready(
    definition: AllowlistDefinition,
    handedOut: HandedOut,
  ): Served | undefined {
    const before = served.get(definition.name)
    const isCurrent =
      before?.publication === handedOut.published.publication &&
      before.grace === graceKey(handedOut, definition) &&
      isSame(before.definition, definition)
    return isCurrent ? before : undefined
  }

  async function prepare(definition: AllowlistDefinition, handedOut: HandedOut): Promise<Served> {
    const { published } = handedOut
    const { content } = await currentContent(handedOut, definition)
    const version = await versionOf(store, content, published)
    const formats = exporters.map(async (exporter): Promise<[string, Slot]> => {
      const prepared = prepareStored(exporter, content, version, published)
      return [exporter.name, await prepared.catch(refusalOf)]
    })
    return {
      definition,
      publication: published.publication,
      grace: graceKey(handedOut, definition),
      notices: noticesOf(content),
      formats: new Map(await Promise.all(formats)),
    }
  }

  async function prepareStored(
    exporter: Exporter,
    content: ListContent,
    version: ListVersion,
    { record }: Published,
  ): Promise<PreparedList> {
    const rendered = renderList(exporter, content, version, settings)
    const changedAt = await store.lists.changedAt(content.name, exporter.name, rendered.digest)
    const { cloud, id: snapshotId } = record
    return prepareList(exporter, rendered, { cloud, changedAt, snapshotId })
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

  function requireHandedOut(cloud: Cloud): HandedOut {
    const handedOut = handedOutByCloud.get(cloud)
    if (handedOut) return handedOut
    throw notPublished(cloud, clouds)
  }

  return {
    refresh: () => inTurn(update),
    published: (cloud) => handedOutByCloud.get(cloud)?.published,
    definitions: () => definitions?.all() ?? [],
    definition: definitionOf,
    notices: (name) => served.get(definitionOf(name).name)?.notices,

    put: (name, body) =>
      inTurn(async () => {
        refuseBuiltIn(served.get(name)?.definition)
        const definition = parseDefinition(name, body, clouds)
        const handedOut = handedOutByCloud.get(definition.cloud)
        if (handedOut) {
          const { unknown } = await currentContent(handedOut, definition)
          refuseUnknown(unknown, handedOut.published)
        }
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
      requireHandedOut(definitionOf(name).cloud)
      throw new RangewardenError('not-ready', `the list ${name} is being prepared`)
    },

    async adHoc(definition, format) {
      const exporter = findFormat(exporters, format)
      const handedOut = requireHandedOut(definition.cloud)
      const { published } = handedOut
      const grace = graceKey(handedOut, definition)
      const key = JSON.stringify([published.publication, grace, format, definition])
      const known = adHocLists.get(key)
      if (known) return known
      const { content, unknown } = await currentContent(handedOut, definition)
      refuseUnknown(unknown, published)
      const version = await versionOf(store, content, published)
      const rendered = renderList(exporter, content, version, settings)
      const { cloud, id: snapshotId } = published.record
      const prepared = await prepareList(exporter, rendered, { cloud, snapshotId })
      adHocLists.set(key, prepared)
      return prepared
    },

    async asOf(definition, format, record) {
      const exporter = findFormat(exporters, format)
      const snapshot = await store.history.load(record)
      const content = contentOf(definition, selectedOf(definition, snapshot), { past: [] })
      // A stored list is served without a tag of a time that did not have it, as it is today.
      if (definition.name === UNSTORED) refuseUnknown(content.missingTags, { record, snapshot })
      const rendered = renderList(exporter, content, { snapshot: record.id }, settings)
      return prepareList(exporter, rendered, { cloud: record.cloud, snapshotId: record.id })
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
