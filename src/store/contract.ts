/** What the store keeps, in the domain's words. Rows never leave the room; these values do. */
import type { Cloud } from '../core/cloud.ts'
import type { FileDate, Position } from '../core/file-date.ts'
import type { Prefix } from '../core/prefix.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Origin, Validators } from '../sources/contract.ts'

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

export type PublicationKind = 'sync' | 'import' | 'rollback'

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
}

export interface PublicationRequest {
  readonly kind: PublicationKind
  readonly publishedBy: string
  readonly reason: string
  /** Serial of the publication the caller decided upon; 0 for none. Another one is a conflict. */
  readonly expectedSerial: number
}

export type PublishResult =
  | {
      readonly kind: 'published'
      readonly publication: Publication
      readonly record: SnapshotRecord
    }
  /** Somebody else published in between; nothing was written. */
  | { readonly kind: 'conflict'; readonly currentSerial: number }

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

/** One published prefix that holds an address, with the time it did. */
export interface MembershipSpan {
  readonly cloud: Cloud
  readonly tag: string
  /** As the tag had it at the position asked about; empty where the span is not in force then. */
  readonly region: string
  /** Likewise. */
  readonly systemService: string
  readonly prefix: string
  readonly from: Position
  /** Half-open; `OPEN` while it lasts. */
  readonly until: Position
}

export interface LookupStore {
  /**
   * Every span, past and present, of every published prefix among the given ones, in the clouds
   * that `at` has a position for; facts of the tags are those of that position. With the up to 129
   * prefixes that can hold an address this is one index probe each, however long the history.
   */
  spansOf(prefixes: readonly Prefix[], at: ReadonlyMap<Cloud, Position>): Promise<MembershipSpan[]>
}

export interface PublicationStore {
  current(cloud: Cloud): Promise<Publication | undefined>
  /** Newest first. */
  list(cloud: Cloud, limit: number): Promise<Publication[]>
  /** Accepts and publishes in one transaction. */
  publish(entry: Entry, request: PublicationRequest): Promise<PublishResult>
  /** Publishes a snapshot that history has: an import's newest, or a rollback. */
  republish(record: SnapshotRecord, request: PublicationRequest): Promise<PublishResult>
}

export type RunTrigger = 'schedule' | 'start' | 'retry' | 'api' | 'cli'
export type RunState = 'queued' | 'running' | 'finished'
export type RunOutcomeKind =
  'published' | 'unchanged' | 'refused' | 'held' | 'failed' | 'would-publish'

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
  /** A new run, or the real one under way for the cloud; dry runs neither join nor are joined. */
  request(run: {
    cloud: Cloud
    trigger: RunTrigger
    dryRun: boolean
  }): Promise<{ run: Run; joined: boolean }>
  /** Marks it as running, also again after its process was killed; false when it is finished. */
  start(id: string): Promise<boolean>
  finish(
    id: string,
    outcome: RunOutcomeKind,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void>
  byId(id: string): Promise<Run | undefined>
  list(query: { cloud?: Cloud | undefined; limit: number }): Promise<Run[]>
  /** Ends runs that a killed process left behind, started or asked for before the given age. */
  abandon(olderThanSeconds: number): Promise<number>
}

export interface Hold {
  readonly cloud: Cloud
  readonly fileDate: FileDate
  readonly contentHash: string
  readonly documentSha256: string
  readonly reasons: readonly string[]
  readonly state: 'waiting' | 'approved' | 'rejected' | 'replaced'
  readonly createdAt: Date
}

export interface HoldStore {
  /** Keeps the candidate's document and the reasons; the same content again is the same hold. */
  hold(entry: Entry, reasons: readonly string[]): Promise<Hold>
  list(cloud?: Cloud): Promise<Hold[]>
  /** Candidates that wait are replaced: the publisher offers what is published. */
  settle(cloud: Cloud): Promise<void>
}

/** A stored definition, opaque to the store. */
export interface StoredDefinition {
  readonly name: string
  readonly definition: unknown
  readonly updatedAt: Date
}

export interface AllowlistStore {
  list(): Promise<StoredDefinition[]>
  /** True if it is new. */
  put(name: string, definition: unknown): Promise<boolean>
  /** True if there was one. */
  delete(name: string): Promise<boolean>
}

/** The content a list has now: the serial moves only when the content hash does. */
export interface ListContentVersion {
  readonly serial: number
  /** The snapshot that brought this content. */
  readonly snapshotId: string
}

export interface ListStore {
  /** The version of this content: the newest one if the hash is the same, else a new serial. */
  version(list: string, contentHash: string, snapshotId: string): Promise<ListContentVersion>
  /**
   * When the bytes of a list in a format last changed, to the second: now if the digest differs
   * from the last one, and always later than the time given before for other bytes.
   */
  changedAt(list: string, format: string, digest: string): Promise<Date>
}

export interface Store {
  readonly history: HistoryStore
  readonly lookup: LookupStore
  readonly publications: PublicationStore
  readonly runs: RunStore
  readonly holds: HoldStore
  readonly allowlists: AllowlistStore
  readonly lists: ListStore
}
