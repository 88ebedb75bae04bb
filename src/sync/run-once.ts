/** One pass of the sync: fetch, check, compare, publish. The whole service on one screen. */
import type { Cloud } from '../core/cloud.ts'
import type { SnapshotDiff } from '../core/diff.ts'
import { OPEN, type FileDate } from '../core/file-date.ts'
import type { GuardReason } from '../core/guard.ts'
import type { Refusal } from '../core/service-tags.ts'
import { readDocument } from '../documents/read-document.ts'
import { readPublished } from '../history/published.ts'
import type { FetchAttempt, Fetched, Origin, Source } from '../sources/contract.ts'
import type { Publication, SnapshotRecord, Store } from '../store/contract.ts'
import { releaseEnded } from './decisions.ts'
import type { GuardDeps } from './judge-candidate.ts'
import { latestPlausibleDate } from './plausible-date.ts'
import { provesNothing, takeIn, type Standing } from './take-in.ts'

export interface SyncDeps extends GuardDeps {
  readonly source: Source
  readonly store: Store
  readonly now: () => Date
}

export interface RunRequest {
  readonly cloud: Cloud
  readonly dryRun: boolean
  /** Who asked: written into the publication. */
  readonly requestedBy: string
  readonly signal: AbortSignal
  /** Told of every request that was made, in order. */
  readonly record: (attempt: FetchAttempt) => void
}

/** How the file was found. */
export interface Found {
  readonly strategy: string
  /** What an earlier strategy said, when a later one brought the file. */
  readonly degraded: string | undefined
}

/** What a pass came to. Every caller switches over it exhaustively. */
export type RunOutcome = { readonly found?: Found } & (
  | {
      readonly kind: 'published'
      readonly publication: Publication
      readonly record: SnapshotRecord
      readonly diff: SnapshotDiff
    }
  | { readonly kind: 'would-publish'; readonly fileDate: FileDate; readonly diff: SnapshotDiff }
  /** Taken into history and not published: a rollback is in force. */
  | {
      readonly kind: 'accepted'
      readonly record: SnapshotRecord
      readonly diff: SnapshotDiff
      readonly reason: string
    }
  /** The publisher has nothing new; `fileDate` is that of the file it offers. */
  | { readonly kind: 'unchanged'; readonly fileDate: FileDate; readonly reason: string }
  /** Arrived and cannot be right. */
  | {
      readonly kind: 'refused'
      readonly refusals: readonly Refusal[]
      readonly url: string | undefined
    }
  /** Could be right; a person has to look. What it adds may be published already. */
  | {
      readonly kind: 'held'
      readonly reasons: readonly GuardReason[]
      readonly fileDate: FileDate
      readonly contentHash: string
      readonly diff: SnapshotDiff
      /** Id of the hold; undefined in a dry run. */
      readonly hold: number | undefined
      readonly additions: Publication | undefined
    }
  /** Nothing arrived: their side or the way there. Worth another try. */
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly url: string | undefined
      /** As the publisher asked. */
      readonly retryAfterSeconds?: number | undefined
    }
)

/** Never throws for what the publisher does; a fault of the database or of ours is thrown. */
export async function runOnce(deps: SyncDeps, request: RunRequest): Promise<RunOutcome> {
  const { source, store, now } = deps
  const { cloud, dryRun, signal, record } = request
  if (!dryRun) await releaseEnded(store, cloud)
  const published = await readPublished(store, cloud)
  const newest = await store.history.at(cloud, OPEN)
  const standing: Standing = {
    published,
    newestFileDate: newest?.fileDate,
    newestPosition: newest?.position ?? 0,
    seenFileDate: await store.history.newestFileDate(cloud),
  }

  const fetched = await source.fetch({
    cloud,
    signal,
    record,
    now: now(),
    notAfter: latestPlausibleDate(now()),
    newestFileDate: newest?.fileDate,
    lastGood: await store.history.lastGood(cloud),
    // A 304 may only stand for the newest file saying what is published: all else is judged.
    validatorsOf: (url) => store.history.validatorsOf(cloud, url, contentServed(standing)),
  })
  if (fetched.kind === 'unavailable') return { ...fetched, kind: 'failed', url: fetched.url }
  if (fetched.kind === 'refused') return { ...fetched, url: fetched.url }
  const found = { strategy: fetched.origin.strategy, degraded: fetched.degraded }
  return { ...(await judged(deps, request, standing, fetched)), found }
}

type Arrived = Extract<Fetched, { kind: 'document' | 'not-modified' }>

async function judged(
  deps: SyncDeps,
  request: RunRequest,
  standing: Standing,
  fetched: Arrived,
): Promise<RunOutcome> {
  const { origin } = fetched
  if (fetched.kind === 'not-modified') {
    const tells = !provesNothing(origin)
    if (tells && !request.dryRun) await seenAgain(deps.store, request.cloud, origin)
    const reason = 'the publisher says that the file has not changed'
    return { kind: 'unchanged', fileDate: origin.fileDate, reason }
  }
  const parsed = readDocument(fetched.bytes, standing.published?.snapshot)
  if (!parsed.ok) return { kind: 'refused', refusals: parsed.refusals, url: origin.url }
  const entry = { snapshot: parsed.snapshot, bytes: fetched.bytes, origin }
  return takeIn(deps, request, standing, entry)
}

/** The content that devices get, if it is one file's and nothing else. */
function contentServed({ published }: Standing): string | undefined {
  if (!published || published.publication.additionsOf !== undefined) return undefined
  return published.record.contentHash
}

/** The publisher offers what is published: no other candidate waits for a person any more. */
async function seenAgain({ history, holds }: Store, cloud: Cloud, origin: Origin): Promise<void> {
  await history.seenAgain(cloud, origin)
  await holds.settle(cloud)
}
