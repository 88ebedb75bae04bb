/** What the store keeps, in the domain's words. Rows never leave the room; these values do. */
import type { Cloud } from '../core/cloud.ts'
import type { DiffSummary } from '../core/diff-summary.ts'
import type { FileDate, Position } from '../core/file-date.ts'
import type { GuardReason } from '../core/guard.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Timeline } from '../core/timeline.ts'
import type { LastGood, Origin, Validators } from '../sources/contract.ts'
import type { AllowlistStore, ListStore } from './list-contract.ts'
import type {
  DeliveryStore,
  DeviceStore,
  EventDraft,
  EventStore,
  WebhookStore,
} from './telling-contract.ts'

/** One accepted content of a cloud and file date. */
export interface SnapshotRecord {
  readonly id: string
  readonly cloud: Cloud
  readonly fileDate: FileDate
  readonly revision: number
  readonly position: Position
  readonly contentHash: string
  readonly changeNumber: number
  readonly tags: number
  readonly memberships: number
  /** SHA-256 of the document's bytes. */
  readonly documentSha256: string
  /** Size of the document in bytes, as published. */
  readonly documentSize: number
  readonly acceptedAt: Date
}

/** A checked document on its way into history. */
export interface Entry {
  readonly snapshot: Snapshot
  readonly bytes: Uint8Array
  readonly origin: Origin
}

export interface Accepted {
  readonly record: SnapshotRecord
  /** False when this content of this file date was known. */
  readonly isNew: boolean
}

/**
 * Why something was published. `additions`: a held week's additions beside the snapshot before it;
 * `rejection`: those are taken back; `rollback`: a person chose a snapshot, which stays until it is
 * released or ends; `release`: back to the newest snapshot; `purge`: removed coverage leaves now.
 */
export const PUBLICATION_KINDS = [
  'sync',
  'import',
  'approval',
  'additions',
  'rejection',
  'rollback',
  'release',
  'purge',
] as const

export type PublicationKind = (typeof PUBLICATION_KINDS)[number]

/** What was handed out from some moment on. */
export interface Publication {
  readonly cloud: Cloud
  /** Counts the cloud's publications from 1; only grows. */
  readonly serial: number
  readonly snapshotId: string
  readonly kind: PublicationKind
  readonly publishedBy: string
  readonly reason: string
  readonly publishedAt: Date
  /** When a rollback ends by itself; undefined for one that waits to be released. */
  readonly until: Date | undefined
  /** Id of the held candidate whose additions are handed out beside the snapshot. */
  readonly additionsOf: number | undefined
}

/** A publication of the last days, with the moment it was replaced. */
export interface ServedPublication extends Publication {
  /** Undefined for the current one. */
  readonly endedAt: Date | undefined
}

export interface PublicationRequest {
  readonly kind: PublicationKind
  readonly publishedBy: string
  readonly reason: string
  /** Serial of the publication the caller decided upon; 0 for none. Another one is a conflict. */
  readonly expectedSerial: number
  /**
   * Position of the newest snapshot the caller saw, 0 for none: another one is a conflict too, since
   * an import does not move the serial.
   */
  readonly expectedNewest?: number | undefined
  /** Of a rollback. */
  readonly until?: Date | undefined
  /** Kept handing out beside the snapshot: a purge changes nothing of it. */
  readonly additionsOf?: number | undefined
}

/** Who decided about a held candidate, and why. */
export interface Decision {
  readonly by: string
  readonly reason: string
}

export type PublishResult =
  | {
      readonly kind: 'published'
      readonly publication: Publication
      readonly record: SnapshotRecord
    }
  /** Somebody else published in between; nothing was written. */
  | { readonly kind: 'conflict'; readonly currentSerial: number }

/** As `PublishResult`, or somebody else has decided meanwhile; then nothing was written. */
export type DecisionResult =
  PublishResult | { readonly kind: 'decided'; readonly state: Hold['state'] }

export interface HistoryStore {
  /** Takes a document into history, at its place, whatever the order of arrival. */
  accept(entry: Entry): Promise<Accepted>
  byId(id: string): Promise<SnapshotRecord | undefined>
  /** The newest snapshot at or before a position. */
  at(cloud: Cloud, position: Position): Promise<SnapshotRecord | undefined>
  /** The newest snapshot strictly before a position. */
  before(cloud: Cloud, position: Position): Promise<SnapshotRecord | undefined>
  /** The oldest snapshot strictly after a position. */
  after(cloud: Cloud, position: Position): Promise<SnapshotRecord | undefined>
  /** Newest first; of one cloud or of all. `after` is the id of the last one already seen. */
  list(query: {
    cloud?: Cloud | undefined
    limit: number
    after?: string | undefined
  }): Promise<SnapshotRecord[]>
  /** The snapshot itself, read from its document; the last few are kept in memory. */
  load(record: SnapshotRecord): Promise<Snapshot>
  /** The bytes as published. */
  document(sha256: string): Promise<Buffer | undefined>
  /** A held candidate, read from its document; kept in memory like snapshots. */
  loadHeld(hold: Hold): Promise<Snapshot>
  /** Where the newest accepted file was fetched over HTTP; undefined if it never was. */
  lastGood(cloud: Cloud): Promise<LastGood | undefined>
  /**
   * Validators of a URL whose file, when it was fetched, was the cloud's newest and said exactly
   * this content: a 304 then says that there is nothing new.
   */
  validatorsOf(
    cloud: Cloud,
    url: string,
    contentHash: string | undefined,
  ): Promise<Validators | undefined>
  /** Notes that the publisher still offers what was fetched from this URL. */
  seenAgain(cloud: Cloud, origin: Origin): Promise<void>
  /** Newest file date seen at the publisher, whatever it said. */
  newestFileDate(cloud: Cloud): Promise<FileDate | undefined>
}

/** All that history says of a cloud, at one moment. */
export interface StoredTimeline {
  /** See `TimelineStore.version`. */
  readonly version: string
  readonly timeline: Timeline
  /** Of every snapshot, in order of position. */
  readonly records: readonly SnapshotRecord[]
}

export interface TimelineStore {
  /** Everything at once, for memory; empty for a cloud without history. */
  read(cloud: Cloud): Promise<StoredTimeline>
  /** Another text whenever the cloud's history has grown, at its end or by back-fill; cheap. */
  version(cloud: Cloud): Promise<string>
}

export interface PublicationStore {
  current(cloud: Cloud): Promise<Publication | undefined>
  /** Newest first; `before` is the serial of the last one already seen. */
  list(cloud: Cloud, limit: number, before?: number): Promise<Publication[]>
  /**
   * What was handed out at any time of the last days (by the database's clock, given as `now`),
   * newest first, but nothing from before the last rollback or purge: those take effect at once.
   */
  servedWithin(cloud: Cloud, days: number): Promise<{ now: Date; served: ServedPublication[] }>
  /** Accepts and publishes in one transaction. */
  publish(entry: Entry, request: PublicationRequest): Promise<PublishResult>
  /** Publishes a snapshot that history has: an import's newest, a rollback, a release, a purge. */
  republish(record: SnapshotRecord, request: PublicationRequest): Promise<PublishResult>
  /** Accepts, publishes and marks the waiting hold as approved, in one transaction. */
  approve(
    hold: Hold,
    entry: Entry,
    request: PublicationRequest,
    decision: Decision,
  ): Promise<DecisionResult>
  /**
   * Holds the candidate and publishes the current snapshot with what the candidate adds, in one
   * transaction.
   */
  publishAdditions(
    entry: Entry,
    verdict: HeldVerdict,
    record: SnapshotRecord,
    request: PublicationRequest,
  ): Promise<PublishResult>
  /** The rollback in force, if it has ended by the database's clock. */
  endedRollback(cloud: Cloud): Promise<Publication | undefined>
}

export type RunTrigger = 'schedule' | 'start' | 'retry' | 'api' | 'cli'
export type RunState = 'queued' | 'running' | 'finished'
/** `accepted`: taken into history, not published because a rollback is in force. */
export const RUN_OUTCOMES = [
  'published',
  'accepted',
  'unchanged',
  'refused',
  'held',
  'failed',
  'would-publish',
] as const

export type RunOutcomeKind = (typeof RUN_OUTCOMES)[number]

export interface Run {
  readonly id: string
  readonly cloud: Cloud
  readonly trigger: RunTrigger
  readonly dryRun: boolean
  readonly state: RunState
  readonly outcome: RunOutcomeKind | undefined
  /** What explains the outcome: JSON values only. */
  readonly detail: Readonly<Record<string, unknown>> | undefined
  readonly requestedAt: Date
  readonly startedAt: Date | undefined
  readonly finishedAt: Date | undefined
}

export interface RunStore {
  /**
   * A new run, or the real one under way for the cloud; dry runs neither join nor are joined. With
   * `dueAt` (a moment of the schedule) also the one that another process has asked for that moment.
   */
  request(run: {
    cloud: Cloud
    trigger: RunTrigger
    dryRun: boolean
    dueAt?: Date | undefined
  }): Promise<{ run: Run; joined: boolean }>
  /** Marks it as running, also again after its process was killed; false when it is finished. */
  start(id: string): Promise<boolean>
  /** `event` is recorded in the same transaction, unless the run was finished already. */
  finish(
    id: string,
    outcome: RunOutcomeKind,
    detail: Readonly<Record<string, unknown>>,
    event?: EventDraft,
  ): Promise<void>
  byId(id: string): Promise<Run | undefined>
  list(query: { cloud?: Cloud | undefined; limit: number }): Promise<Run[]>
  /** Ends runs that a killed process left behind, started or asked for before the given age. */
  abandon(olderThanSeconds: number): Promise<number>
  /**
   * Makes the real runs that a killed process left behind wait to be carried out again (as if
   * taken up now, whatever their age), and ends its dry runs. Only where no other process can have
   * one under way.
   */
  requeue(): Promise<Run[]>
}

export const HOLD_STATES = ['waiting', 'approved', 'rejected', 'replaced'] as const

export interface Hold {
  readonly id: number
  readonly cloud: Cloud
  readonly fileDate: FileDate
  readonly contentHash: string
  readonly documentSha256: string
  readonly strategy: string
  readonly url: string
  readonly reasons: readonly GuardReason[]
  /** What it would change, against what was published when it was held last. */
  readonly diff: DiffSummary | undefined
  readonly state: (typeof HOLD_STATES)[number]
  readonly createdAt: Date
  /** Who approved or rejected it, when and why. */
  readonly decision: (Decision & { readonly at: Date }) | undefined
}

/** Why a candidate is held, and what it would change. */
export interface HeldVerdict {
  readonly reasons: readonly GuardReason[]
  readonly diff: DiffSummary
}

export interface HoldStore {
  /**
   * Keeps the candidate's document, reasons and diff, in place of another that waits. The same
   * content of the same date again is the same hold, which waits again even if it was approved
   * before; one that was rejected stays so. Undefined, and nothing is kept, if another serial is
   * current.
   */
  hold(entry: Entry, verdict: HeldVerdict, expectedSerial: number): Promise<Hold | undefined>
  byId(id: number): Promise<Hold | undefined>
  /** The last decision about this very content, whatever the date it was offered under. */
  lastDecided(cloud: Cloud, contentHash: string): Promise<Hold | undefined>
  /** Newest first. */
  list(query: {
    cloud?: Cloud | undefined
    state?: Hold['state'] | undefined
    limit: number
  }): Promise<Hold[]>
  /**
   * Marks a waiting hold as rejected; if its additions are handed out, the snapshot is published
   * again without them, in the same transaction (`publication` is then that one).
   */
  reject(
    hold: Hold,
    decision: Decision,
  ): Promise<
    | { readonly kind: 'rejected'; readonly hold: Hold; readonly publication?: Publication }
    | { readonly kind: 'decided'; readonly state: Hold['state'] }
  >
  /** Candidates that wait are replaced: the publisher offers what is published. */
  settle(cloud: Cloud): Promise<void>
}

/** What is last told of a cloud's source. */
export type SourceCondition = 'fine' | 'quiet' | 'failing'

export interface SourceStore {
  /**
   * Compares with what was told last; another condition is kept and `event` recorded, in one
   * transaction. False if nothing is new, also because another process told it.
   */
  tell(
    cloud: Cloud,
    condition: SourceCondition,
    event: (before: SourceCondition) => EventDraft,
  ): Promise<boolean>
}

export interface Store {
  readonly history: HistoryStore
  readonly timelines: TimelineStore
  readonly publications: PublicationStore
  readonly runs: RunStore
  readonly holds: HoldStore
  readonly allowlists: AllowlistStore
  readonly lists: ListStore
  readonly events: EventStore
  readonly webhooks: WebhookStore
  readonly deliveries: DeliveryStore
  readonly devices: DeviceStore
  /** What is told about a cloud's source. */
  readonly sources: SourceStore
}
