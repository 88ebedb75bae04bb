/** One pass of the sync: fetch, check, compare, publish. The whole service on one screen. */
import type { Cloud } from '../core/cloud.ts'
import { diffSnapshots, type SnapshotDiff } from '../core/diff.ts'
import { OPEN, type FileDate } from '../core/file-date.ts'
import { judge, type GuardPolicy } from '../core/guard.ts'
import type { Refusal } from '../core/service-tags.ts'
import { readDocument } from '../documents/read-document.ts'
import { readPublished } from '../history/published.ts'
import type { Origin, Source } from '../sources/contract.ts'
import type { Entry, Publication, SnapshotRecord, Store } from '../store/contract.ts'
import { latestPlausibleDate } from './plausible-date.ts'

export interface SyncDeps {
  readonly source: Source
  readonly store: Store
  readonly policy: GuardPolicy
  readonly now: () => Date
}

export interface RunRequest {
  readonly cloud: Cloud
  readonly dryRun: boolean
  /** Who asked: written into the publication. */
  readonly requestedBy: string
  readonly signal: AbortSignal
}

/** What a pass came to. Every caller switches over it exhaustively. */
export type RunOutcome =
  | {
      readonly kind: 'published'
      readonly publication: Publication
      readonly record: SnapshotRecord
      readonly diff: SnapshotDiff
    }
  | { readonly kind: 'would-publish'; readonly fileDate: FileDate; readonly diff: SnapshotDiff }
  /** The publisher has nothing new; `fileDate` is that of the file it offers. */
  | { readonly kind: 'unchanged'; readonly fileDate: FileDate; readonly reason: string }
  /** Arrived and cannot be right. */
  | {
      readonly kind: 'refused'
      readonly refusals: readonly Refusal[]
      readonly url: string | undefined
    }
  /** Could be right; a person has to look. */
  | {
      readonly kind: 'held'
      readonly reasons: readonly string[]
      readonly fileDate: FileDate
      readonly contentHash: string
    }
  /** Nothing arrived: their side or the way there. Worth another try. */
  | { readonly kind: 'failed'; readonly reason: string; readonly url: string | undefined }

/** Never throws for what the publisher does; a fault of the database or of ours is thrown. */
export async function runOnce(
  { source, store, policy, now }: SyncDeps,
  { cloud, dryRun, requestedBy, signal }: RunRequest,
): Promise<RunOutcome> {
  const current = await readPublished(store, cloud)
  const newest = await store.history.at(cloud, OPEN)
  // A 304 may only stand for the newest file saying what is published: everything else is judged.
  const contentHash = current?.record.contentHash
  const validatorsOf = (url: string) => store.history.validatorsOf(cloud, url, contentHash)
  const fetched = await source.fetch({ cloud, validatorsOf, signal })
  if (fetched.kind === 'unavailable') {
    return { kind: 'failed', reason: fetched.reason, url: fetched.url }
  }
  if (fetched.kind === 'refused') {
    return { kind: 'refused', refusals: fetched.refusals, url: fetched.url }
  }
  const { origin } = fetched
  if (fetched.kind === 'not-modified') {
    if (!dryRun) await seenAgain(store, cloud, origin)
    return unchanged(origin, 'the publisher says that the file has not changed')
  }

  const parsed = readDocument(fetched.bytes, current?.snapshot)
  if (!parsed.ok) return { kind: 'refused', refusals: parsed.refusals, url: origin.url }
  const { snapshot } = parsed
  const facts = {
    cloud,
    candidate: { snapshot, fileDate: origin.fileDate },
    notAfter: latestPlausibleDate(now()),
    current: current && {
      newestFileDate: newest?.fileDate ?? current.record.fileDate,
      rolledBack: current.publication.kind === 'rollback',
    },
  }
  const verdict = judge(facts, policy)
  if (verdict.kind === 'refuse') return refusedByGuard(verdict.reasons, origin)

  const entry = { snapshot, bytes: fetched.bytes, origin }
  if (snapshot.contentHash === contentHash) {
    if (!dryRun) await acceptAgain(store, entry)
    return unchanged(origin, 'the file says what is published already')
  }
  if (verdict.kind === 'hold') {
    if (!dryRun) await store.holds.hold(entry, verdict.reasons)
    const { contentHash } = snapshot
    return { kind: 'held', reasons: verdict.reasons, fileDate: origin.fileDate, contentHash }
  }

  const diff = diffSnapshots(current?.snapshot, snapshot)
  if (dryRun) return { kind: 'would-publish', fileDate: origin.fileDate, diff }
  const result = await store.publications.publish(entry, {
    kind: 'sync',
    publishedBy: requestedBy,
    reason: `${origin.fileName} by ${origin.strategy}`,
    expectedSerial: current?.publication.serial ?? 0,
  })
  if (result.kind === 'published') return { ...result, diff }
  const reason = `serial ${result.currentSerial} was published by somebody else meanwhile`
  return { kind: 'failed', reason, url: origin.url }
}

/** The publisher offers what is published: no other candidate waits for a person any more. */
async function seenAgain({ history, holds }: Store, cloud: Cloud, origin: Origin): Promise<void> {
  await history.seenAgain(cloud, origin)
  await holds.settle(cloud)
}

async function acceptAgain({ history, holds }: Store, entry: Entry): Promise<void> {
  await history.accept(entry)
  await holds.settle(entry.snapshot.cloud)
}

function unchanged({ fileDate }: Origin, reason: string): RunOutcome {
  return { kind: 'unchanged', fileDate, reason }
}

function refusedByGuard(reasons: readonly string[], { url, fileName }: Origin): RunOutcome {
  const refusals = reasons.map((reason) => ({ path: '', value: fileName, reason }))
  return { kind: 'refused', refusals, url }
}
