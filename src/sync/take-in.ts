/** A document that was read: what becomes of it. Published, kept for later, held or refused. */
import { withAdditions } from '../core/additions.ts'
import { summaryOf } from '../core/diff-summary.ts'
import { snapshotId, type FileDate } from '../core/file-date.ts'
import { sha256 } from '../documents/read-document.ts'
import type { Published } from '../history/published.ts'
import type { Entry, Hold, PublishResult } from '../store/contract.ts'
import { judgeCandidate, type Before, type Judged } from './judge-candidate.ts'
import { latestPlausibleDate } from './plausible-date.ts'
import type { RunOutcome, RunRequest, SyncDeps } from './run-once.ts'

/** How things stand when a pass begins. */
export interface Standing {
  readonly published: Published | undefined
  /** Of the newest file in history. */
  readonly newestFileDate: FileDate | undefined
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
    const refusals = verdict.reasons.map(({ text }) => ({
      path: '',
      value: origin.fileName,
      reason: text,
    }))
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
    expectedSerial: standing.published?.publication.serial ?? 0,
  })
  return result.kind === 'published' ? { ...result, diff } : overtaken(result, origin.url)
}

function beforeOf({ published, newestFileDate }: Standing): Before | undefined {
  if (!published) return undefined
  const { snapshot, record } = published
  return {
    snapshot,
    fileDate: record.fileDate,
    newestFileDate: newestFileDate ?? record.fileDate,
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
  if (published && isServed(published, contentHash)) {
    if (!dryRun) {
      await store.history.accept(entry)
      await store.holds.settle(cloud)
    }
    return { kind: 'unchanged', fileDate, reason: 'the file says what is published already' }
  }
  if (published?.publication.kind === 'rollback') {
    const id = snapshotId(cloud, fileDate, contentHash)
    if (await store.history.byId(id)) {
      return { kind: 'unchanged', fileDate, reason: `${id} is known; ${rollbackStands(published)}` }
    }
  }
  const held = await store.holds.find(cloud, fileDate, contentHash)
  if (held?.state !== 'rejected') return undefined
  return { kind: 'unchanged', fileDate, reason: rejectionOf(held) }
}

function isServed({ publication, record }: Published, contentHash: string): boolean {
  return publication.additionsOf === undefined && record.contentHash === contentHash
}

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
  const additions = await safeAdditions(deps, request, standing, entry)
  if (!additions) {
    const { id } = await store.holds.hold(entry, kept)
    return { ...held, hold: id, additions: undefined }
  }
  const { record, publication } = additions
  const result = await store.publications.publishAdditions(entry, kept, record, {
    kind: 'additions',
    publishedBy: request.requestedBy,
    reason: `what ${origin.fileName} adds; what it removes waits for a person`,
    expectedSerial: publication.serial,
  })
  if (result.kind === 'conflict') return overtaken(result, origin.url)
  const { additionsOf } = result.publication
  return { ...held, hold: additionsOf, additions: result.publication }
}

/** What is published, if the candidate's additions to it pass the guard and are not there yet. */
async function safeAdditions(
  deps: SyncDeps,
  { cloud }: RunRequest,
  standing: Standing,
  { snapshot, origin }: Entry,
): Promise<Published | undefined> {
  const { published } = standing
  if (!published || published.publication.kind === 'rollback') return undefined
  const merged = withAdditions(published.snapshot, snapshot, sha256)
  if (merged.contentHash === published.snapshot.contentHash) return undefined
  const { verdict, diff } = await judgeCandidate(
    deps,
    cloud,
    { snapshot: merged, fileDate: origin.fileDate, dateIsGuessed: origin.dateIsGuessed },
    latestPlausibleDate(deps.now()),
    beforeOf(standing),
  )
  const adds = diff.coverage.gained[4] + diff.coverage.gained[6] > 0n
  return verdict.kind === 'safe' && adds ? published : undefined
}

function rollbackStands({ publication: { snapshotId, serial, until } }: Published): string {
  const end = until ? `until ${until.toISOString()}` : 'until it is released'
  return `the rollback to ${snapshotId} (serial ${serial}) stands ${end}`
}

function rejectionOf({ id, decision }: Hold): string {
  const who = decision ? ` by ${decision.by}: ${decision.reason}` : ''
  return `the file was rejected (hold ${id})${who}`
}

function overtaken(
  { currentSerial }: Extract<PublishResult, { kind: 'conflict' }>,
  url: string,
): RunOutcome {
  const reason = `serial ${currentSerial} was published by somebody else meanwhile`
  return { kind: 'failed', reason, url }
}
