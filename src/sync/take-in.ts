/** A document that was read: what becomes of it. Published, kept for later, held or refused. */
import { withAdditions } from '../core/additions.ts'
import { diffSnapshots } from '../core/diff.ts'
import { summaryOf } from '../core/diff-summary.ts'
import { snapshotId, type FileDate } from '../core/file-date.ts'
import type { GuardRule } from '../core/guard.ts'
import { sha256 } from '../documents/read-document.ts'
import type { Published } from '../history/published.ts'
import type { Origin } from '../sources/contract.ts'
import type { Entry, Hold, PublicationKind } from '../store/contract.ts'
import { judgeCandidate, refusalsOf, type Before, type Judged } from './judge-candidate.ts'
import { latestPlausibleDate } from './plausible-date.ts'
import type { RunOutcome, RunRequest, SyncDeps } from './run-once.ts'

/** How things stand when a pass begins. */
export interface Standing {
  readonly published: Published | undefined
  /** Of the newest file in history. */
  readonly newestFileDate: FileDate | undefined
  /** Of the same; 0 for none. */
  readonly newestPosition: number
  /** Of the newest file that was seen, also of a held one. */
  readonly seenFileDate: FileDate | undefined
}

export async function takeIn(
  deps: SyncDeps,
  request: RunRequest,
  standing: Standing,
  entry: Entry,
): Promise<RunOutcome> {
  const { snapshot, origin } = entry
  const judged = await judgeCandidate(
    deps,
    request.cloud,
    { snapshot, fileDate: origin.fileDate, dateIsGuessed: origin.dateIsGuessed },
    latestPlausibleDate(deps.now()),
    beforeOf(standing),
  )
  const { verdict, diff } = judged
  if (verdict.kind === 'refuse') {
    const refusals = refusalsOf(verdict.reasons, origin.fileName)
    return { kind: 'refused', refusals, url: origin.url }
  }
  const known = await knownAlready(deps, request, standing, entry)
  if (known) return known
  if (verdict.kind === 'hold') return hold(deps, request, standing, entry, judged)
  if (request.dryRun) return { kind: 'would-publish', fileDate: origin.fileDate, diff }
  if (standing.published?.publication.kind === 'rollback') {
    const { record } = await deps.store.history.accept(entry)
    await deps.store.holds.settle(request.cloud)
    return { kind: 'accepted', record, diff, reason: rollbackStands(standing.published) }
  }
  const result = await deps.store.publications.publish(entry, {
    kind: 'sync',
    publishedBy: request.requestedBy,
    reason: `${origin.fileName} by ${origin.strategy}`,
    expectedSerial: serialOf(standing),
    expectedNewest: standing.newestPosition,
  })
  return result.kind === 'published' ? { ...result, diff } : overtaken(origin.url)
}

function serialOf({ published }: Standing): number {
  return published?.publication.serial ?? 0
}

function beforeOf({ published, newestFileDate, seenFileDate }: Standing): Before | undefined {
  if (!published) return undefined
  const { snapshot, record } = published
  return {
    snapshot,
    fileDate: record.fileDate,
    newestFileDate: newestFileDate ?? record.fileDate,
    seenFileDate,
  }
}

/** A file that says what is served, that a person rejected, or that a rollback keeps back. */
async function knownAlready(
  { store }: SyncDeps,
  { cloud, dryRun }: RunRequest,
  { published }: Standing,
  entry: Entry,
): Promise<RunOutcome | undefined> {
  const { fileDate } = entry.origin
  const { contentHash } = entry.snapshot
  const known = await store.history.byId(snapshotId(cloud, fileDate, contentHash))
  if (known && provesNothing(entry.origin)) {
    return { kind: 'unchanged', fileDate, reason: `${known.id} is still there` }
  }
  if (published && isServed(published, contentHash)) {
    if (!dryRun) {
      await store.history.accept(entry)
      await store.holds.settle(cloud)
    }
    return { kind: 'unchanged', fileDate, reason: 'the file says what is published already' }
  }
  if (known && published?.publication.kind === 'rollback') {
    const reason = `${known.id} is known; ${rollbackStands(published)}`
    return { kind: 'unchanged', fileDate, reason }
  }
  const decided = await store.holds.lastDecided(cloud, contentHash)
  if (decided?.state !== 'rejected') return undefined
  return { kind: 'unchanged', fileDate, reason: rejectionOf(decided) }
}

/** That the newest accepted file is still at its address says nothing about a newer one. */
export function provesNothing({ strategy }: Origin): boolean {
  return strategy === 'last-good-link'
}

function isServed({ publication, record }: Published, contentHash: string): boolean {
  return publication.additionsOf === undefined && record.contentHash === contentHash
}

/** Vanished tags are a matter of size. A withdrawal or a wide prefix is not about removals. */
const ABOUT_REMOVALS: readonly GuardRule[] = ['cloud-loss', 'tag-loss', 'size']

/** What it adds is published at once if that alone is safe; what it removes waits for a person. */
async function hold(
  deps: SyncDeps,
  request: RunRequest,
  standing: Standing,
  entry: Entry,
  { verdict, diff }: Judged,
): Promise<RunOutcome> {
  const { store } = deps
  const { origin, snapshot } = entry
  const reasons = verdict.kind === 'safe' ? [] : verdict.reasons
  const { fileDate } = origin
  const { contentHash } = snapshot
  const held = { kind: 'held', reasons, fileDate, contentHash, diff } as const
  if (request.dryRun) return { ...held, hold: undefined, additions: undefined }
  const kept = { reasons, diff: summaryOf(diff) }
  const removes = reasons.every(({ rule }) => ABOUT_REMOVALS.includes(rule))
  const additions = removes ? await safeAdditions(deps, request, standing, entry) : undefined
  if (!additions) {
    const hold = await store.holds.hold(entry, kept, serialOf(standing))
    if (hold) return { ...held, hold: hold.id, additions: undefined }
    return overtaken(origin.url)
  }
  const { record, publication } = additions
  const result = await store.publications.publishAdditions(entry, kept, record, {
    kind: 'additions',
    publishedBy: request.requestedBy,
    reason: `what ${origin.fileName} adds; what it removes waits for a person`,
    expectedSerial: publication.serial,
  })
  if (result.kind === 'conflict') return overtaken(origin.url)
  const { additionsOf } = result.publication
  return { ...held, hold: additionsOf, additions: result.publication }
}

/**
 * What is published, if the candidate's additions to that very snapshot pass the guard and are not
 * handed out already. Additions of an earlier candidate make place for them, which is judged too.
 * After a person has taken additions back none follow until something else is published.
 */
async function safeAdditions(
  deps: SyncDeps,
  { cloud }: RunRequest,
  standing: Standing,
  { snapshot, origin }: Entry,
): Promise<Published | undefined> {
  const { published } = standing
  if (!published || DECIDED.includes(published.publication.kind)) return undefined
  const base = await deps.store.history.load(published.record)
  const merged = withAdditions(base, snapshot, sha256)
  const { gained } = diffSnapshots(base, merged).coverage
  if (gained[4] + gained[6] === 0n) return undefined
  if (await areHandedOut(deps, published, snapshot.contentHash, origin.fileDate)) return undefined
  const { verdict } = await judgeCandidate(
    deps,
    cloud,
    { snapshot: merged, fileDate: origin.fileDate, dateIsGuessed: origin.dateIsGuessed },
    latestPlausibleDate(deps.now()),
    beforeOf(standing),
  )
  return verdict.kind === 'safe' ? published : undefined
}

/** Kinds of publications after which a person is asked before anything of a held week is added. */
const DECIDED: readonly PublicationKind[] = ['rollback', 'rejection']

/** As additions of this very candidate: rejecting it then takes them back. */
async function areHandedOut(
  { store }: SyncDeps,
  { publication: { additionsOf } }: Published,
  contentHash: string,
  fileDate: FileDate,
): Promise<boolean> {
  const hold = additionsOf === undefined ? undefined : await store.holds.byId(additionsOf)
  return hold?.contentHash === contentHash && hold.fileDate === fileDate
}

function rollbackStands({ publication: { snapshotId, serial, until } }: Published): string {
  const end = until ? `until ${until.toISOString()}` : 'until it is released'
  return `the rollback to ${snapshotId} (serial ${serial}) stands ${end}`
}

function rejectionOf({ id, decision }: Hold): string {
  const who = decision ? ` by ${decision.by}: ${decision.reason}` : ''
  return `the file was rejected (hold ${id})${who}`
}

/** Worth another try: what was decided upon is not how things stand any more. */
function overtaken(url: string): RunOutcome {
  return { kind: 'failed', reason: 'somebody else published or imported meanwhile', url }
}
