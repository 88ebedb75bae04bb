/**
 * What a cloud hands out now and has handed out before, as far as its lists are made of it: the
 * coverage that is in grace, and the last addresses of a list that the feed left none.
 */
import { LRUCache } from 'lru-cache'
import type { RolledBack } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { snapshotOfPublication, type Published } from '../history/published.ts'
import type { Publication, ServedPublication, Store } from '../store/contract.ts'
import {
  contentOf,
  selectedOf,
  type KeptCoverage,
  type ListContent,
  type Selected,
  type Selection,
} from './content.ts'
import { isUnstored, type AllowlistDefinition } from './definition.ts'
import { inGrace, MAX_GRACE_DAYS, type PastCoverage } from './grace.ts'
import { createRememberedFit, type Fit } from './shaped.ts'

export type HandedOutStores = Pick<Store, 'publications' | 'history' | 'holds'>

export interface HandedOut {
  readonly published: Published
  /** The database's time when it was asked. */
  readonly now: Date
  /** As far back as any grace goes; newest first, the current one included. */
  readonly served: readonly ServedPublication[]
  readonly past: Past
}

/** Selections from earlier publications, remembered while the same publication is current. */
interface Past {
  /** What a selection had of a publication and has not now, and the names it lacked. */
  lostSince(publication: Publication, selection: Selection): Promise<Lost>
  /** Its newest coverage that is not empty. */
  kept(selection: Selection): Promise<KeptCoverage | undefined>
  /** One for a list and its shards. */
  readonly fit: Fit
}

type Lost = Pick<Selected, 'coverage' | 'missing'>

/** One per selection and publication in grace. Most lost nothing, which takes next to no room. */
const REMEMBERED = 20_000

/** Three years of weeks. A list that was empty for longer has no address and is refused. */
const KEPT_SEARCH = 156

const PAGE = 52

/** From the database; undefined while nothing is published. One small query if nothing changed. */
export async function readHandedOut(
  store: HandedOutStores,
  cloud: Cloud,
  known?: HandedOut,
): Promise<HandedOut | undefined> {
  const { now, served } = await store.publications.servedWithin(cloud, MAX_GRACE_DAYS)
  const [newest] = served
  if (!newest) return undefined
  const { endedAt: _, ...publication } = newest
  if (known && isSame(known.published.publication, publication)) return { ...known, now, served }
  const record = await store.history.byId(publication.snapshotId)
  if (!record) throw new Error(`the snapshot ${publication.snapshotId} of a publication is gone`)
  const snapshot = await snapshotOfPublication(store, publication)
  const published = { publication, record, snapshot }
  return { published, now, served, past: createPast(store, published) }
}

/** The publications whose coverage the list still has: another text, and the list may be another. */
export function graceKey({ served, now }: HandedOut, definition: AllowlistDefinition): string {
  if (!selectsAddresses(definition)) return ''
  const { removalGraceDays } = definition
  return inGrace(served, removalGraceDays, now)
    .map(({ serial, endedAt }) => `${serial} ${endedAt.toISOString()}`)
    .join()
}

/** Reads each publication in grace once, for all definitions of the cloud that need it. */
export async function readPast(
  { served, now, past }: HandedOut,
  definitions: readonly AllowlistDefinition[],
): Promise<void> {
  for (const publication of served) {
    for (const definition of definitions.filter(selectsAddresses)) {
      if (inGrace([publication], definition.removalGraceDays, now).length === 0) continue
      await past.lostSince(publication, definition)
    }
  }
}

export interface CurrentContent {
  readonly content: ListContent
  /** Names the definition has that neither the snapshot nor anything in grace knows. */
  readonly unknown: readonly string[]
}

/**
 * What a list says now. A stored list that the snapshot has no address for keeps its last ones; one
 * that nobody stored does not: whoever asks for it is told so.
 * @throws RangewardenError `not-found` for an endpoint service the cloud does not have
 */
export async function currentContent(
  handedOut: HandedOut,
  definition: AllowlistDefinition,
): Promise<CurrentContent> {
  const { published, served, now, past } = handedOut
  const selected = selectedOf(definition, published.snapshot)
  const rolledBack = rollbackOf(published)
  if (!selectsAddresses(definition)) {
    const content = contentOf(definition, selected, { past: [], rolledBack })
    return { content, unknown: [] }
  }
  const lost: (Lost & PastCoverage)[] = []
  for (const publication of inGrace(served, definition.removalGraceDays, now)) {
    const { endedAt } = publication
    lost.push({ ...(await past.lostSince(publication, definition)), endedAt })
  }
  const keeps = !isUnstored(definition) && selected.coverage.isEmpty
  const kept = keeps ? await past.kept(definition) : undefined
  return {
    content: contentOf(definition, selected, { past: lost, kept, rolledBack, fit: past.fit }),
    unknown: selected.missing.filter((name) => lost.every((one) => one.missing.includes(name))),
  }
}

/** The rollback in force. */
function rollbackOf({ publication, record }: Published): RolledBack | undefined {
  if (publication.kind !== 'rollback') return undefined
  const until = publication.until?.toISOString() ?? null
  return { snapshot: record.id, fileDate: record.fileDate, until }
}

function createPast(store: HandedOutStores, published: Published): Past {
  const lost = new LRUCache<string, Lost>({ max: REMEMBERED })
  const keptCoverage = new Map<string, KeptCoverage | undefined>()
  let last: { readonly serial: number; readonly snapshot: Snapshot } | undefined

  async function snapshotAt(publication: Publication): Promise<Snapshot> {
    const { serial } = publication
    if (last?.serial !== serial) {
      last = { serial, snapshot: await snapshotOfPublication(store, publication) }
    }
    return last.snapshot
  }

  return {
    fit: createRememberedFit(),

    async lostSince(publication, selection) {
      const key = `${publication.serial} ${keyOf(selection)}`
      const known = lost.get(key)
      if (known) return known
      const then = selectedOf(selection, await snapshotAt(publication))
      const now = selectedOf(selection, published.snapshot)
      const found = { coverage: then.coverage.subtract(now.coverage), missing: then.missing }
      lost.set(key, found)
      return found
    },

    async kept(selection) {
      const key = keyOf(selection)
      if (!keptCoverage.has(key)) {
        keptCoverage.set(key, await lastCoverage(store, published.publication, selection))
      }
      return keptCoverage.get(key)
    },
  }
}

async function lastCoverage(
  store: HandedOutStores,
  current: Publication,
  selection: Selection,
): Promise<KeptCoverage | undefined> {
  const looked = new Set([contentKey(current)])
  for await (const publication of undecidedBefore(store, current)) {
    if (looked.has(contentKey(publication))) continue
    looked.add(contentKey(publication))
    const { coverage } = selectedOf(selection, await snapshotOfPublication(store, publication))
    if (coverage.isEmpty) continue
    const record = await store.history.byId(publication.snapshotId)
    if (record) return { snapshot: record.id, fileDate: record.fileDate, coverage }
  }
  return undefined
}

/** Newest first, as far as a rollback or a purge: what a person decided stays decided. */
async function* undecidedBefore(
  { publications }: HandedOutStores,
  current: Publication,
): AsyncIterable<Publication> {
  let newer = current
  for (let seen = 0; seen < KEPT_SEARCH; seen += PAGE) {
    const page = await publications.list(current.cloud, PAGE, newer.serial)
    for (const publication of page) {
      if (newer.kind === 'rollback' || newer.kind === 'purge') return
      yield publication
      newer = publication
    }
    if (page.length < PAGE) return
  }
}

function selectsAddresses({ tags, regions }: Selection): boolean {
  return tags.length + regions.length > 0
}

function keyOf({ tags, regions, families }: Selection): string {
  return JSON.stringify([tags, regions, families])
}

/** Publications with the same one hand out the same. */
function contentKey({ snapshotId, additionsOf }: Publication): string {
  return `${snapshotId} ${additionsOf ?? ''}`
}

function isSame(a: Publication, b: Publication): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
