/**
 * The lists in memory: what is published per cloud, every definition, and the bytes of every list
 * in every format. A request is a map lookup; the database is asked only when something changes.
 */
import { LRUCache } from 'lru-cache'
import { type Exporter } from '../../exporters/contract.ts'
import { type Cloud } from '../core/cloud.ts'
import { invalidInput, notFound, RangewardenError } from '../core/errors.ts'
import { type Snapshot } from '../core/snapshot.ts'
import { sha256 } from '../documents/read-document.ts'
import { findService } from '../endpoints/index.ts'
import { type Publication, type SnapshotRecord, type Store } from '../store/contract.ts'
import { contentHashOf, contentOf, type ListContent } from './content.ts'
import {
  bodyOf,
  builtInDefinitions,
  parseDefinition,
  type AllowlistDefinition,
} from './definition.ts'
import { prepareList, renderList, type PreparedList } from './prepared-list.ts'

/** What a cloud's devices get now. */
export interface Published {
  readonly publication: Publication
  readonly record: SnapshotRecord
  readonly snapshot: Snapshot
}

export interface Lists {
  /** Reads what the database holds and prepares every list. */
  load(): Promise<void>
  /** After a publication: prepares the cloud's lists anew, then swaps them in at once. */
  reload(cloud: Cloud): Promise<void>
  published(cloud: Cloud): Published | undefined
  definitions(): readonly AllowlistDefinition[]
  /** @throws RangewardenError `not-found` */
  definition(name: string): AllowlistDefinition
  /**
   * Stores or replaces a definition; true if it is new.
   * @throws RangewardenError `invalid-input` or `conflict` (a built-in list)
   */
  put(name: string, body: unknown): Promise<boolean>
  delete(name: string): Promise<void>
  /**
   * A stored list as it is served now.
   * @throws RangewardenError `not-found`, `not-ready` or `export-refused`
   */
  current(name: string, format: string): PreparedList
  /** A list that nobody stored, of what is published now; the last few are kept. */
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
  /** Values of the exporters' options, by setting. */
  readonly settings: Readonly<Record<string, string | undefined>>
}

/** One list in one format: bytes, or why the format cannot carry it. */
type Slot = PreparedList | RangewardenError

/** Ad hoc lists kept; the largest takes about 500 kB in its three encodings. */
const AD_HOC_KEPT = 64

export function createLists({ store, clouds, exporters, settings }: ListsDeps): Lists {
  const publishedByCloud = new Map<Cloud, Published>()
  const definitions = new Map<string, AllowlistDefinition>()
  const slots = new Map<string, ReadonlyMap<string, Slot>>()
  const adHocSlots = new LRUCache<string, PreparedList>({ max: AD_HOC_KEPT })

  async function readPublished(cloud: Cloud): Promise<Published | undefined> {
    const publication = await store.publications.current(cloud)
    const record = publication && (await store.history.byId(publication.snapshotId))
    if (!publication || !record) return undefined
    return { publication, record, snapshot: await store.history.load(record) }
  }

  function optionsOf(exporter: Exporter): Record<string, string> {
    return Object.fromEntries(
      exporter.options.flatMap(({ name, setting, default: fallback }) => {
        const value = settings[setting] ?? fallback
        return value === undefined ? [] : [[name, value]]
      }),
    )
  }

  function formatOf(name: string): Exporter {
    const exporter = exporters.find((known) => known.name === name)
    if (exporter) return exporter
    const known = exporters.map((each) => each.name)
    throw notFound(`no format "${name}": known are ${known.join(', ')}`, { format: name, known })
  }

  /** `key` names the list in the database: its serial and its times outlive this process. */
  async function prepare(
    exporter: Exporter,
    key: string,
    content: ListContent,
    { record }: Published,
  ): Promise<PreparedList> {
    const hash = contentHashOf(content, sha256)
    const { serial, snapshotId } = await store.lists.version(key, hash, record.id)
    const input = {
      ...content,
      version: { serial, snapshot: snapshotId },
      options: optionsOf(exporter),
    }
    const rendered = renderList(exporter, input)
    const changedAt = await store.lists.changedAt(key, exporter.name, rendered.digest)
    return prepareList(exporter, content.name, rendered, { changedAt, snapshotId: record.id })
  }

  async function prepareFormats(
    definition: AllowlistDefinition,
    published: Published,
  ): Promise<ReadonlyMap<string, Slot>> {
    const content = contentOf(definition, published.snapshot)
    const prepared = new Map<string, Slot>()
    for (const exporter of exporters) {
      const slot = await prepare(exporter, definition.name, content, published).catch(refusalOf)
      prepared.set(exporter.name, slot)
    }
    return prepared
  }

  /** Everything of a cloud is made ready first and then swapped in without a pause in between. */
  async function reload(cloud: Cloud): Promise<void> {
    const published = await readPublished(cloud)
    if (!published) return
    const prepared = new Map<string, ReadonlyMap<string, Slot>>()
    for (const definition of definitions.values()) {
      if (definition.cloud !== cloud) continue
      prepared.set(definition.name, await prepareFormats(definition, published))
    }
    publishedByCloud.set(cloud, published)
    for (const [name, formats] of prepared) slots.set(name, formats)
    adHocSlots.clear()
  }

  function requirePublished(cloud: Cloud): Published {
    const published = publishedByCloud.get(cloud)
    if (published) return published
    if (!clouds.includes(cloud)) {
      throw notFound(`cloud ${cloud} is not followed here: followed are ${clouds.join(', ')}`)
    }
    throw new RangewardenError(
      'not-ready',
      `nothing is published for ${cloud} yet: the first sync has not succeeded. ` +
        'Without a route to Microsoft, take files in with `rangewarden import`.',
      { cloud },
    )
  }

  function definitionOf(name: string): AllowlistDefinition {
    const definition = definitions.get(name)
    if (definition) return definition
    explainMissing(name, clouds)
    const known = [...definitions.keys()]
    throw notFound(`no allowlist "${name}": known are ${known.join(', ')}`, { allowlist: name })
  }

  return {
    async load() {
      for (const { name, definition } of await store.allowlists.list()) {
        definitions.set(name, parseDefinition(name, definition, clouds))
      }
      for (const builtIn of builtInDefinitions(clouds)) definitions.set(builtIn.name, builtIn)
      for (const cloud of clouds) await reload(cloud)
    },

    reload,
    published: (cloud) => publishedByCloud.get(cloud),
    definitions: () => [...definitions.values()],
    definition: definitionOf,

    async put(name, body) {
      refuseBuiltIn(definitions.get(name))
      const definition = parseDefinition(name, body, clouds)
      const published = publishedByCloud.get(definition.cloud)
      if (published) refuseUnknown(contentOf(definition, published.snapshot), published)
      const created = await store.allowlists.put(name, bodyOf(definition))
      definitions.set(name, definition)
      if (published) slots.set(name, await prepareFormats(definition, published))
      return created
    },

    async delete(name) {
      refuseBuiltIn(definitionOf(name))
      await store.allowlists.delete(name)
      definitions.delete(name)
      slots.delete(name)
    },

    current(name, format) {
      const slot = slots.get(name)?.get(format)
      if (slot instanceof RangewardenError) throw slot
      if (slot) return slot
      formatOf(format)
      requirePublished(definitionOf(name).cloud)
      throw new RangewardenError('not-ready', `the list ${name} is being prepared`)
    },

    async adHoc(definition, format) {
      const exporter = formatOf(format)
      const published = requirePublished(definition.cloud)
      const key = `export:${sha256(JSON.stringify(definition))}`
      const slot = `${key}:${format}`
      const known = adHocSlots.get(slot)
      if (known) return known
      const content = contentOf(definition, published.snapshot)
      refuseUnknown(content, published)
      const prepared = await prepare(exporter, key, content, published)
      adHocSlots.set(slot, prepared)
      return prepared
    },

    async asOf(definition, format, record) {
      const exporter = formatOf(format)
      const snapshot = await store.history.load(record)
      const content = contentOf(definition, snapshot)
      refuseUnknown(content, { record, snapshot })
      const version = { snapshot: record.id }
      const rendered = renderList(exporter, { ...content, version, options: optionsOf(exporter) })
      const about = { changedAt: record.acceptedAt, snapshotId: record.id }
      return prepareList(exporter, content.name, rendered, about)
    },
  }
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

/** Names a person mistyped are told; a stored list whose tag vanishes later is served without it. */
function refuseUnknown(
  { missingTags }: ListContent,
  { record, snapshot }: Pick<Published, 'record' | 'snapshot'>,
): void {
  const [missing] = missingTags
  if (missing === undefined) return
  const lower = missing.toLowerCase()
  const near = [...snapshot.tags.keys()].filter((name) => name.toLowerCase().includes(lower))
  const hint = near.length > 0 ? `: did you mean ${near.slice(0, 5).join(', ')}?` : ''
  throw invalidInput(
    `no service tag or region "${missing}" in ${record.cloud} of ${record.fileDate}${hint}`,
    { missing: missingTags },
  )
}

/** A connector list that a followed cloud cannot have has a reason worth telling. */
function explainMissing(name: string, clouds: readonly Cloud[]): void {
  for (const [i, cloud] of clouds.entries()) {
    if (name === `app-proxy${i === 0 ? '' : `.${cloud.toLowerCase()}`}`)
      findService('app-proxy', cloud)
  }
}
