/**
 * What people decide about what is published: a held candidate, a rollback and its end, removed
 * coverage that leaves early. Each is one transaction that compares the publication it was decided
 * upon, so that a schedule, a second person or another replica cannot be overruled unseen.
 */
import type { Cloud } from '../core/cloud.ts'
import { invalidInput, notFound, RangewardenError } from '../core/errors.ts'
import { OPEN } from '../core/file-date.ts'
import { readAnyDocument } from '../documents/read-document.ts'
import { resolveSnapshot } from '../history/resolve.ts'
import type {
  Decision,
  DecisionResult,
  Entry,
  Hold,
  Publication,
  SnapshotRecord,
  Store,
} from '../store/contract.ts'

/** Who says so, and why: both are kept for whoever audits. */
export interface HoldDecision extends Decision {
  readonly id: number
  /** If given, the hold must be of exactly this content. */
  readonly contentHash?: string | undefined
}

export interface CloudDecision extends Decision {
  readonly cloud: Cloud
}

export interface RollbackWish extends CloudDecision {
  /** See `resolveSnapshot`. */
  readonly to: string
  /** Ends it without anybody doing anything; must lie after `now`. */
  readonly until?: Date | undefined
  readonly now: Date
}

/**
 * Publishes exactly the content of a waiting hold, parsed again from its stored document.
 * @throws RangewardenError `not-found`; `conflict` if it does not wait any more, is of another
 * content, or a rollback is in force; `invalid-input` for a name or reason that is none
 */
export async function approveHold(
  store: Store,
  { id, contentHash, ...decision }: HoldDecision,
): Promise<Publication> {
  checkDecision(decision)
  const hold = await waitingHold(store, id, contentHash)
  const current = await store.publications.current(hold.cloud)
  refuseDuringRollback(current, `approving hold ${id}`)
  const result = await store.publications.approve(
    hold,
    await entryOf(store, hold),
    {
      kind: 'approval',
      publishedBy: decision.by,
      reason: `hold ${id} was approved: ${decision.reason}`,
      expectedSerial: current?.serial ?? 0,
    },
    decision,
  )
  return publicationOf(result, hold.cloud, `hold ${id}`)
}

/**
 * Rejects a waiting hold: the same content is not held again, and additions of it that are handed
 * out are taken back at once (`publication`).
 * @throws as `approveHold`
 */
export async function rejectHold(
  store: Store,
  { id, contentHash, ...decision }: HoldDecision,
): Promise<{ hold: Hold; publication: Publication | undefined }> {
  checkDecision(decision)
  const hold = await waitingHold(store, id, contentHash)
  const result = await store.holds.reject(hold, decision)
  if (result.kind === 'decided') throw decided(`hold ${id}`, result.state)
  return { hold: result.hold, publication: result.publication }
}

/**
 * Publishes any snapshot of history and keeps the schedule from undoing it, until it is released
 * or ends. The current snapshot may be named too: that pins it.
 * @throws RangewardenError as `resolveSnapshot`, `invalid-input` for an end that has passed or a
 * name or reason that is none, `conflict`
 */
export async function rollBack(
  store: Store,
  { cloud, to, until, now, ...decision }: RollbackWish,
): Promise<Publication> {
  checkDecision(decision)
  if (until && until <= now) {
    throw invalidInput(`a rollback ends in the future: ${until.toISOString()} has passed`)
  }
  const record = await resolveSnapshot(store.history, cloud, to)
  const current = await store.publications.current(cloud)
  // What is pinned is what devices have, the additions of a held week included.
  const additionsOf = current?.snapshotId === record.id ? current.additionsOf : undefined
  return republish(store, record, {
    kind: 'rollback',
    until,
    additionsOf,
    expected: current,
    ...decision,
  })
}

/**
 * Ends a rollback: publishes the newest snapshot that was accepted while it was in force, or what
 * was published before it.
 * @throws RangewardenError `conflict` if none is in force
 */
export async function release(
  store: Store,
  { cloud, ...decision }: CloudDecision,
): Promise<Publication> {
  checkDecision(decision)
  const current = await store.publications.current(cloud)
  if (current?.kind !== 'rollback') {
    throw new RangewardenError('conflict', `no rollback of ${cloud} is in force`, { cloud })
  }
  const { record, additionsOf } = await releaseTarget(store, current)
  return republish(store, record, { kind: 'release', expected: current, additionsOf, ...decision })
}

/** Releases the cloud's rollback if its end has come, by the database's clock. */
export async function releaseEnded(store: Store, cloud: Cloud): Promise<Publication | undefined> {
  const ended = await store.publications.endedRollback(cloud)
  if (!ended) return undefined
  const { record, additionsOf } = await releaseTarget(store, ended)
  const result = await store.publications.republish(record, {
    kind: 'release',
    additionsOf,
    publishedBy: 'schedule',
    reason: `the rollback of serial ${ended.serial} has ended`,
    expectedSerial: ended.serial,
  })
  // Another process released it in the same moment: that is as good.
  return result.kind === 'published' ? result.publication : undefined
}

/**
 * Lets removed coverage that lists still carry leave at once, in all lists of the cloud.
 * @throws RangewardenError `not-ready` if nothing is published, `conflict` during a rollback
 */
export async function purge(
  store: Store,
  { cloud, ...decision }: CloudDecision,
): Promise<Publication> {
  checkDecision(decision)
  const current = await store.publications.current(cloud)
  if (!current) throw new RangewardenError('not-ready', `nothing is published for ${cloud} yet`)
  refuseDuringRollback(current, 'purging, which a rollback does by itself,')
  const record = await recordOf(store, current.snapshotId)
  const { additionsOf } = current
  return republish(store, record, { kind: 'purge', expected: current, additionsOf, ...decision })
}

interface RepublishWish extends Decision {
  readonly kind: 'rollback' | 'release' | 'purge'
  readonly until?: Date | undefined
  readonly additionsOf?: number | undefined
  /** The publication decided upon; undefined for none. */
  readonly expected: Publication | undefined
}

async function republish(
  { publications }: Store,
  record: SnapshotRecord,
  { kind, by, reason, until, additionsOf, expected }: RepublishWish,
): Promise<Publication> {
  const result = await publications.republish(record, {
    kind,
    publishedBy: by,
    reason,
    expectedSerial: expected?.serial ?? 0,
    until,
    additionsOf,
  })
  return publicationOf(result, record.cloud, `the ${kind}`)
}

interface ReleaseTarget {
  readonly record: SnapshotRecord
  readonly additionsOf: number | undefined
}

/** What a rollback in force is followed by. */
async function releaseTarget(store: Store, rollback: Publication): Promise<ReleaseTarget> {
  const { cloud, snapshotId } = rollback
  const { first, before } = await rollbacksInARow(store, rollback)
  const newest = await store.history.at(cloud, OPEN)
  if (newest && newest.acceptedAt > first.publishedAt) {
    return { record: newest, additionsOf: undefined }
  }
  if (before) {
    const record = await recordOf(store, before.snapshotId)
    return { record, additionsOf: before.additionsOf }
  }
  return { record: newest ?? (await recordOf(store, snapshotId)), additionsOf: undefined }
}

const PAGE = 50

/** People may roll back twice: the first of such a row, and the publication before it. */
async function rollbacksInARow(
  { publications }: Store,
  last: Publication,
): Promise<{ first: Publication; before: Publication | undefined }> {
  let first = last
  for (;;) {
    const page = await publications.list(last.cloud, PAGE, first.serial)
    for (const publication of page) {
      if (publication.kind !== 'rollback') return { first, before: publication }
      first = publication
    }
    if (page.length < PAGE) return { first, before: undefined }
  }
}

async function recordOf({ history }: Store, id: string): Promise<SnapshotRecord> {
  const record = await history.byId(id)
  if (!record) throw new Error(`the snapshot ${id} of a publication is gone`)
  return record
}

async function waitingHold(
  { holds }: Store,
  id: number,
  contentHash: string | undefined,
): Promise<Hold> {
  const hold = await holds.byId(id)
  if (!hold) throw notFound(`there is no hold ${id}`, { hold: id })
  if (contentHash !== undefined && contentHash !== hold.contentHash) {
    throw new RangewardenError(
      'conflict',
      `hold ${id} has the content ${hold.contentHash}, not ${contentHash}`,
      { hold: id, contentHash: hold.contentHash },
    )
  }
  if (hold.state !== 'waiting') throw decided(`hold ${id}`, hold.state)
  return hold
}

/** The stored document, parsed again: what is published is what was held, or nothing. */
async function entryOf({ history }: Store, hold: Hold): Promise<Entry> {
  const { cloud, fileDate, strategy, url } = hold
  const bytes = await history.document(hold.documentSha256)
  const parsed = bytes && readAnyDocument(bytes, cloud)
  if (!bytes || !parsed?.ok || parsed.snapshot.contentHash !== hold.contentHash) {
    throw new Error(`the document of hold ${hold.id} is not what was held`)
  }
  const fileName = url.split('/').at(-1) ?? `${cloud} ${fileDate}`
  const origin = { strategy, url, fileName, fileDate, validators: {} }
  return { snapshot: parsed.snapshot, bytes, origin }
}

function refuseDuringRollback(current: Publication | undefined, what: string): void {
  if (current?.kind !== 'rollback') return
  const { cloud, serial, snapshotId } = current
  throw new RangewardenError(
    'conflict',
    `${what} would undo the rollback to ${snapshotId} (serial ${serial}): release it first`,
    { cloud, serial, snapshot: snapshotId },
  )
}

function publicationOf(result: DecisionResult, cloud: Cloud, what: string): Publication {
  if (result.kind === 'published') return result.publication
  if (result.kind === 'decided') throw decided(what, result.state)
  throw new RangewardenError(
    'conflict',
    `serial ${result.currentSerial} of ${cloud} was published meanwhile: look again and decide anew`,
    { cloud, serial: result.currentSerial },
  )
}

function decided(what: string, state: Hold['state']): RangewardenError {
  return new RangewardenError('conflict', `${what} does not wait any more: it is ${state}`, {
    state,
  })
}

/** Names and reasons are shown in logs, tables and pages: one line, nothing that turns text around. */
const PLAIN_LINE = /^(?=.*\S)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,500}$/u

function checkDecision({ by, reason }: Decision): void {
  for (const [member, text] of Object.entries({ by, reason })) {
    if (!PLAIN_LINE.test(text)) {
      const shown = JSON.stringify(text.slice(0, 60))
      throw invalidInput(
        `${member} ${shown}: say who decides and why, in one line of at most 500 characters`,
      )
    }
  }
}
