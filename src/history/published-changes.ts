/**
 * What a publication changed of what devices get, against the one before it or any other: counts,
 * addresses, and every tag with what it gained and lost. Prefixes are not kept: `changesBetween` has
 * them.
 */
import { LRUCache } from 'lru-cache'
import { withAdditions } from '../core/additions.ts'
import { FAMILIES } from '../core/address.ts'
import type { CoverageChange, SnapshotDiff, TagChange } from '../core/diff.ts'
import { diffSnapshots } from '../core/diff.ts'
import type { FileDate } from '../core/file-date.ts'
import { compareText, type Snapshot } from '../core/snapshot.ts'
import { sha256 } from '../documents/read-document.ts'
import type { HistoryStore, HoldStore, Publication, SnapshotRecord } from '../store/contract.ts'
import { changesBetween } from './changes.ts'
import type { Timelines } from './timelines.ts'

export interface ChangedTag {
  readonly name: string
  readonly kind: TagChange['kind']
  readonly prefixesAdded: number
  readonly prefixesRemoved: number
  readonly coverage: CoverageChange
  /** See `Changes`; undefined if it gained no address. */
  readonly earliestUse: string | undefined
}

export interface ChangeFacts {
  readonly prefixesAdded: number
  readonly prefixesRemoved: number
  /** Of all tags together. */
  readonly coverage: CoverageChange
  /** Those that move the most addresses first; none if nothing changed. */
  readonly tags: readonly ChangedTag[]
  readonly earliestUse: string | undefined
}

export interface PublishedChange {
  /** Undefined before the first publication. */
  readonly from: SnapshotRecord | undefined
  readonly to: SnapshotRecord
  /** Undefined for the first publication: it changed nothing, it began. */
  readonly facts: ChangeFacts | undefined
}

export interface PublishedChanges {
  /**
   * Between two publications of a cloud, `to` most often the later one. Additions of a held file
   * count as they were handed out then, whatever was decided about them since.
   * @throws RangewardenError `not-ready` while a snapshot is not in memory yet
   */
  between(from: Publication | undefined, to: Publication): Promise<PublishedChange>
}

export interface PublishedChangesStores {
  readonly timelines: Timelines
  readonly history: Pick<HistoryStore, 'byId' | 'load' | 'loadHeld'>
  readonly holds: Pick<HoldStore, 'byId'>
}

/** Of changed tags, all publications together: some 300 bytes each. A usual week has 200 of them. */
const REMEMBERED_TAGS = 50_000

/** As `changesBetween` counts: Microsoft's promise. */
const DAYS_OF_NOTICE = 7

export function createPublishedChanges(stores: PublishedChangesStores): PublishedChanges {
  const known = new LRUCache<string, PublishedChange>({
    maxSize: REMEMBERED_TAGS,
    sizeCalculation: ({ facts }) => 1 + (facts?.tags.length ?? 0),
  })
  const underWay = new Map<string, Promise<PublishedChange>>()

  return {
    async between(from, to) {
      const key = `${to.cloud} ${from?.serial ?? 0} ${to.serial}`
      const remembered = known.get(key)
      if (remembered) return remembered
      const joined = underWay.get(key)
      if (joined) return joined
      const begun = compare(stores, from, to).finally(() => underWay.delete(key))
      underWay.set(key, begun)
      const change = await begun
      known.set(key, change)
      return change
    },
  }
}

async function compare(
  stores: PublishedChangesStores,
  before: Publication | undefined,
  after: Publication,
): Promise<PublishedChange> {
  const to = await recordOf(stores, after)
  if (!before) return { from: undefined, to, facts: undefined }
  return { from: await recordOf(stores, before), to, facts: await factsOf(stores, before, after) }
}

async function factsOf(
  stores: PublishedChangesStores,
  before: Publication,
  after: Publication,
): Promise<ChangeFacts> {
  const isSame = before.snapshotId === after.snapshotId
  if (isSame && before.additionsOf === after.additionsOf) return NOTHING
  const changes = isSame
    ? undefined
    : await changesBetween(stores, {
        cloud: after.cloud,
        from: before.snapshotId,
        to: after.snapshotId,
      })
  if (changes && before.additionsOf === undefined && after.additionsOf === undefined) {
    return factsIn(changes.diff, (tag) => changes.earliestUseOf.get(tag))
  }
  // Additions of a held file are in no history: the documents tell.
  const diff = diffSnapshots(
    await snapshotHandedOut(stores, before),
    await snapshotHandedOut(stores, after),
  )
  const ofAdditions = await useOfAdditions(stores, before, after)
  return factsIn(diff, (tag) => changes?.earliestUseOf.get(tag) ?? ofAdditions)
}

const NOTHING: ChangeFacts = {
  prefixesAdded: 0,
  prefixesRemoved: 0,
  coverage: { gained: { 4: 0n, 6: 0n }, lost: { 4: 0n, 6: 0n } },
  tags: [],
  earliestUse: undefined,
}

function factsIn(
  diff: SnapshotDiff,
  earliestUseOf: (tag: string) => string | undefined,
): ChangeFacts {
  const tags = diff.tags.map((tag) => changedTag(tag, earliestUseOf)).sort(byMoved)
  const [earliestUse] = tags.flatMap((tag) => tag.earliestUse ?? []).sort()
  return {
    prefixesAdded: diff.membershipsAdded,
    prefixesRemoved: diff.membershipsRemoved,
    coverage: diff.coverage,
    tags,
    earliestUse,
  }
}

function changedTag(
  { name, kind, prefixesAdded, prefixesRemoved, coverage }: TagChange,
  earliestUseOf: (tag: string) => string | undefined,
): ChangedTag {
  return {
    name,
    kind,
    prefixesAdded: prefixesAdded.length,
    prefixesRemoved: prefixesRemoved.length,
    coverage,
    earliestUse: coverage.gained[4] + coverage.gained[6] > 0n ? earliestUseOf(name) : undefined,
  }
}

/** Most IPv4 addresses first, then IPv6, then by name. */
function byMoved(a: ChangedTag, b: ChangedTag): number {
  for (const family of FAMILIES) {
    const [movedA, movedB] = [a, b].map(({ coverage: { gained, lost } }) => {
      return gained[family] + lost[family]
    })
    if (movedA !== movedB) return (movedA ?? 0n) < (movedB ?? 0n) ? 1 : -1
  }
  return compareText(a.name, b.name)
}

/** What devices got then: a hold that was rejected since had not been. */
export async function snapshotHandedOut(
  stores: Pick<PublishedChangesStores, 'history' | 'holds'>,
  publication: Publication,
): Promise<Snapshot> {
  const { history, holds } = stores
  const snapshot = await history.load(await recordOf(stores, publication))
  const { additionsOf } = publication
  const hold = additionsOf === undefined ? undefined : await holds.byId(additionsOf)
  return hold ? withAdditions(snapshot, await history.loadHeld(hold), sha256) : snapshot
}

/** Of what a held file adds, if that is what is new. */
async function useOfAdditions(
  { holds }: PublishedChangesStores,
  before: Publication,
  { additionsOf }: Publication,
): Promise<string | undefined> {
  if (additionsOf === undefined || additionsOf === before.additionsOf) return undefined
  const hold = await holds.byId(additionsOf)
  return hold && dayAfterNotice(hold.fileDate)
}

function dayAfterNotice(fileDate: FileDate): string {
  const day = new Date(`${fileDate}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() + DAYS_OF_NOTICE)
  return day.toISOString().slice(0, 10)
}

async function recordOf(
  { history }: Pick<PublishedChangesStores, 'history'>,
  { snapshotId }: Publication,
): Promise<SnapshotRecord> {
  const record = await history.byId(snapshotId)
  if (!record) throw new Error(`the snapshot ${snapshotId} of a publication is gone`)
  return record
}
