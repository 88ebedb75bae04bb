/**
 * The lists in memory: what is published per cloud, every definition, and the bytes of every list
 * in every format. A request for a stored list is a map lookup; the database is asked when
 * something has changed there, whoever changed it.
 */
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Exporter } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import { notFound, RangewardenError } from '../core/errors.ts'
import type { SnapshotRecord, Store } from '../store/contract.ts'
import type { Published } from '../history/published.ts'
import { createAskedLists } from './asked-lists.ts'
import { bodyOf, parseDefinition, type AllowlistDefinition } from './definition.ts'
import { readDefinitions, type Definitions } from './definitions.ts'
import { currentContent, graceKey, readHandedOut, readPast, type HandedOut } from './handed-out.ts'
import { createListCache, type ListCache } from './list-cache.ts'
import { logNotices, type ListNotices } from './notices.ts'
import {
  API_ROUTE,
  apiPath,
  DEVICE_ROUTE,
  devicePath,
  VERSION_ROUTE,
  versionPath,
} from './paths.ts'
import { untilNotOvertaken } from './record-version.ts'
import type { ListHead, PreparedList, StoredList } from './prepared-list.ts'
import { findFormat, notPublished, refuseUnknown, type Settings } from './render.ts'
import { prepareServed, reserve, versionHead, type Served } from './stored-list.ts'

export interface Lists {
  /**
   * Brings memory to what the database says: new publications, stored and deleted definitions, and
   * coverage whose last day has come. Cheap when nothing changed. Lists are made ready first and then
   * swapped in together; a fault leaves everything as it was, and the next call tries again.
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
  current(name: string, format: string): StoredList
  /**
   * A stored list under the path of a version: the current one always, an earlier one while its
   * bytes are in memory.
   * @param digest as in the path
   * @throws RangewardenError as `current`, and `not-found` naming the path of the current version
   */
  version(name: string, format: string, digest: string): StoredList
  /** The stored list with exactly this path: one look into a map, for whoever asks first. */
  atPath(path: string): ListAtPath | undefined
  /** A list that nobody stored, of what is published now. */
  adHoc(definition: AllowlistDefinition, format: string): Promise<PreparedList>
  /** Any definition as of a snapshot of the past: what Microsoft said that day, without any grace. */
  asOf(
    definition: AllowlistDefinition,
    format: string,
    record: SnapshotRecord,
  ): Promise<PreparedList>
}

/** Which list a path is of. */
export interface ListAtPath {
  readonly list: StoredList
  /** The pattern of the path. */
  readonly route: string
  readonly name: string
  readonly format: string
}

export interface ListsDeps {
  readonly store: Store
  readonly clouds: readonly Cloud[]
  readonly exporters: readonly Exporter[]
  readonly settings: Settings
  readonly log: Logger
  /** Where bytes are kept; one of the usual size if none is given. */
  readonly cache?: ListCache
}

/** An earlier version: its bytes may be in the cache still. */
interface EarlierVersion {
  readonly key: string
  readonly head: ListHead
  readonly length: number
}

/** Paths of earlier versions that are known at all: some 300 bytes each. */
const EARLIER_VERSIONS = 4_096

/**
 * A change that has waited so long for those before it is refused: each of them may have waited for
 * a database that does not answer, and so would this one.
 */
const CHANGE_PATIENCE_MS = 20_000

/** What stands for a digest in a path, all of it: what is longer would be cut to another's path. */
const WHOLE_VERSION = /^[0-9a-f]{32}$/

export function createLists(deps: ListsDeps): Lists {
  const { store, clouds, exporters, settings, log, cache = createListCache() } = deps
  let handedOutByCloud: ReadonlyMap<Cloud, HandedOut> = new Map()
  let served: ReadonlyMap<string, Served> = new Map()
  let paths: ReadonlyMap<string, ListAtPath> = new Map()
  let definitions: Definitions | undefined
  let warned = ''
  const earlier = new LRUCache<string, EarlierVersion>({ max: EARLIER_VERSIONS })
  const asked = createAskedLists({ store, exporters, settings, cache })
  const inTurn = createQueue()

  async function update(): Promise<void> {
    const mark = await store.lists.mark()
    const known = await readDefinitions(store, clouds)
    const handedOut = new Map<Cloud, HandedOut>()
    for (const cloud of clouds) {
      const current = await readHandedOut(store, cloud, handedOutByCloud.get(cloud))
      if (current) handedOut.set(cloud, current)
    }
    const next = new Map<string, Served>()
    const room = { left: cache.bound }
    for (const one of served.values()) {
      const current = handedOut.get(one.definition.cloud)
      if (current && servedAlready(one.definition, current)) reserve(one, cache, room)
    }
    for (const [cloud, current] of handedOut) {
      const ofCloud = known.all().filter((definition) => definition.cloud === cloud)
      const changed = ofCloud.filter((definition) => !servedAlready(definition, current))
      await readPast(current, changed)
      for (const definition of ofCloud) {
        next.set(
          definition.name,
          servedAlready(definition, current) ??
            (await prepareServed({ store, exporters, settings, cache }, definition, current, {
              room,
              mark,
              before: served.get(definition.name),
            })),
        )
      }
    }
    for (const [name, { notices }] of next) {
      logNotices(log, name, served.get(name)?.notices, notices)
    }
    definitions = known
    handedOutByCloud = handedOut
    const gone = [...served.values()].filter((one) => next.get(one.definition.name) !== one)
    rememberVersions(gone)
    if (gone.length > 0 || next.size !== served.size) paths = pathsOf(next.values())
    served = next
    warnOfUnusable(known)
  }

  /** Another process may have seen something newer meanwhile: then it is read here, too. */
  function updateWhole(): Promise<void> {
    return untilNotOvertaken(update)
  }

  /** @throws RangewardenError `database-unavailable` if its turn comes too late */
  function change<T>(work: () => Promise<T>): Promise<T> {
    const askedAt = performance.now()
    return inTurn(async () => {
      if (performance.now() - askedAt <= CHANGE_PATIENCE_MS) return work()
      const seconds = CHANGE_PATIENCE_MS / 1_000
      const message = `changes before this one have kept the database busy for more than ${seconds} s`
      throw new RangewardenError('database-unavailable', message)
    })
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

  /** Without what could make them again: that would keep a snapshot nobody publishes any more. */
  function rememberVersions(all: Iterable<Served>): void {
    for (const { formats } of all) {
      for (const slot of formats.values()) {
        if (slot instanceof RangewardenError) continue
        const { list, key } = slot
        const { versionPath: path, length } = list
        if (path !== undefined) earlier.set(path, { key, head: versionHead(list), length })
      }
    }
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

  function currentList(name: string, format: string): StoredList {
    const slot = served.get(name)?.formats.get(format)
    if (slot instanceof RangewardenError) throw slot
    if (slot) return slot.list
    findFormat(exporters, format)
    requireHandedOut(definitionOf(name).cloud)
    throw new RangewardenError('not-ready', `the list ${name} is being prepared`)
  }

  return {
    refresh: () => inTurn(updateWhole),
    published: (cloud) => handedOutByCloud.get(cloud)?.published,
    definitions: () => definitions?.all() ?? [],
    definition: definitionOf,
    notices: (name) => served.get(definitionOf(name).name)?.notices,

    put: (name, body) =>
      change(async () => {
        refuseBuiltIn(served.get(name)?.definition)
        const definition = parseDefinition(name, body, clouds)
        const handedOut = handedOutByCloud.get(definition.cloud)
        if (handedOut) {
          const { unknown } = await currentContent(handedOut, definition)
          refuseUnknown(unknown, handedOut.published)
        }
        const created = await store.allowlists.put(name, bodyOf(definition))
        await updateWhole()
        return created
      }),

    delete: (name) =>
      change(async () => {
        if (!definitions?.unusable.has(name)) refuseBuiltIn(definitionOf(name))
        await store.allowlists.delete(name)
        await updateWhole()
      }),

    version(name, format, digest) {
      const exporter = findFormat(exporters, format)
      const isWhole = WHOLE_VERSION.test(digest)
      const path = versionPath(name, exporter, digest)
      const current = isWhole ? paths.get(path) : undefined
      if (current) return current.list
      definitionOf(name)
      const known = isWhole ? earlier.get(path) : undefined
      const bytes = known && cache.get(known.key)
      if (bytes) {
        return {
          ...known.head,
          length: known.length,
          bytes: () => bytes,
          load: () => Promise.resolve(bytes),
        }
      }
      const { versionPath: now } = currentList(name, format)
      throw notFound(`${path} is no version that is still kept: the current one is ${now}`, {
        current: now,
      })
    },

    atPath: (path) => paths.get(path),
    current: currentList,
    adHoc: async (definition, format) => {
      findFormat(exporters, format)
      return asked.adHoc(definition, format, requireHandedOut(definition.cloud))
    },
    asOf: asked.asOf,
  }
}

/** Refused formats have no path: whoever asks for one is told why elsewhere. */
function pathsOf(all: Iterable<Served>): Map<string, ListAtPath> {
  const paths = new Map<string, ListAtPath>()
  for (const { definition, formats } of all) {
    const { name } = definition
    for (const [format, slot] of formats) {
      if (slot instanceof RangewardenError) continue
      const { exporter, list, version } = slot
      paths.set(devicePath(name, exporter), { list, name, format, route: DEVICE_ROUTE })
      paths.set(apiPath(name, exporter), { list, name, format, route: API_ROUTE })
      const fixed = { list: version, name, format, route: VERSION_ROUTE }
      paths.set(versionPath(name, exporter, list.digest), fixed)
    }
  }
  return paths
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

function refuseBuiltIn(definition: AllowlistDefinition | undefined): void {
  if (definition?.shard) {
    throw new RangewardenError(
      'conflict',
      `${definition.name} is a shard and cannot be changed by itself: change the whole list`,
      { allowlist: definition.name },
    )
  }
  if (!definition?.builtIn) return
  throw new RangewardenError(
    'conflict',
    `${definition.name} is built in and cannot be changed: store your own under another name`,
    { allowlist: definition.name },
  )
}
