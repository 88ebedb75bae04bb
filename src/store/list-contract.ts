/** What the store keeps of allowlists: stored definitions, and the contents each list has had. */
import type { RangeSet } from '../core/range-set.ts'
import type { EventDraft } from './telling-contract.ts'

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

/** What a list admits. */
export interface Admitted {
  readonly coverage: RangeSet
  /** In name order. */
  readonly names: readonly string[]
  /** The tags that its addresses are of. */
  readonly tags: readonly string[]
}

/** From one version of a list to the next. */
export interface AdmittedChange {
  readonly before: Admitted
  readonly after: Admitted
  /** Of the version after. */
  readonly serial: number
  /** The snapshot that had brought the version before. */
  readonly snapshotBefore: string
}

/** A content that a list is about to have. */
export interface ListContentDraft {
  readonly list: string
  readonly contentHash: string
  /** The snapshot that brings it. */
  readonly snapshotId: string
  /** See `ListStore.mark`: taken before anything that it was made of was read. */
  readonly mark: number
  /** Asked for only if the content is another than the last one. */
  readonly admitted: () => Admitted
}

export interface ListVersionRecord {
  readonly list: string
  readonly serial: number
  readonly snapshotId: string
  readonly createdAt: Date
  /** Undefined for versions of before it was kept. */
  readonly admitted: Admitted | undefined
}

export interface ListStore {
  /** How far all lists together have come: goes up with every version. No clock tells it. */
  mark(): Promise<number>
  /**
   * The version of this content: the newest one if the hash is the same, else a new serial, with
   * what `tell` makes of the change recorded as an event in the same transaction. `overtaken` if
   * another process has added a version since the mark was taken: then it is to be read again, so
   * that no replica puts an older content after a newer one.
   */
  version(
    draft: ListContentDraft,
    tell: (change: AdmittedChange) => EventDraft | undefined,
  ): Promise<ListContentVersion | 'overtaken'>
  /** Of one list, oldest first: those made in `[from, to)` and the one before them. */
  versions(query: {
    list: string
    from?: Date | undefined
    to?: Date | undefined
  }): Promise<ListVersionRecord[]>
  /**
   * When the bytes of a list last changed in each format, to the second: now where the digest differs
   * from the last one, and always later than the time given before for other bytes.
   * @param serial of the version that the bytes are of
   * @param digests by format
   * @returns `overtaken` if the bytes of a later version are known already: nothing is kept then
   */
  changedAt(
    list: string,
    serial: number,
    digests: ReadonlyMap<string, string>,
  ): Promise<ReadonlyMap<string, Date> | 'overtaken'>
}
