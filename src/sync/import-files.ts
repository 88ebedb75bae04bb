/**
 * Files by hand, a person's act: what cannot be right is refused, an old file is welcome, and what
 * the guard would have held is told but not held. In date order every snapshot finds its place;
 * what is current afterwards is the newest file, unless something else was published on purpose.
 */
import type { Cloud } from '../core/cloud.ts'
import { lastPositionOf, OPEN, positionOf, type FileDate } from '../core/file-date.ts'
import type { GuardReason } from '../core/guard-reasons.ts'
import type { Result } from '../core/result.ts'
import type { Refusal } from '../core/service-tags.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { readAnyDocument, readDocument } from '../documents/read-document.ts'
import { isRetiredXml } from '../history/retired-xml.ts'
import type { WeeklyFile } from '../sources/weekly-files.ts'
import type { Publication, SnapshotRecord, Store } from '../store/contract.ts'
import { judgeCandidate, refusalsOf, type GuardDeps } from './judge-candidate.ts'
import { latestPlausibleDate } from './plausible-date.ts'

export type Imported =
  | {
      readonly kind: 'accepted'
      readonly file: WeeklyFile
      readonly snapshotId: string
      /** False when the file was known. */
      readonly isNew: boolean
      /** Why the guard would have held it, had it come by itself; empty if it would not. */
      readonly reasons: readonly GuardReason[]
    }
  | { readonly kind: 'refused'; readonly file: WeeklyFile; readonly refusals: readonly Refusal[] }

export interface ImportDeps extends GuardDeps {
  readonly store: Store
  readonly now: () => Date
  /** The document's bytes; a file that cannot be read is refused like a bad one, the others go on. */
  readonly read: (file: WeeklyFile) => Promise<Result<Uint8Array>>
  /** How the files came, for the record. */
  readonly strategy?: 'import' | 'upload'
}

/** What a file is measured against. */
interface Before {
  readonly snapshot: Snapshot
  readonly fileDate: FileDate
}

/** Takes the files one by one, in the order given; each answer comes as soon as it is known. */
export async function* importFiles(
  deps: ImportDeps,
  files: readonly WeeklyFile[],
): AsyncIterable<Imported> {
  const imported = new Map<Cloud, Before>()
  for (const file of files) {
    yield await importFile(deps, file, imported)
  }
}

async function importFile(
  deps: ImportDeps,
  file: WeeklyFile,
  imported: Map<Cloud, Before>,
): Promise<Imported> {
  const { store, strategy = 'import' } = deps
  const { cloud, fileDate, fileName, path } = file
  const found = await deps.read(file)
  if (!found.ok) {
    const refusals = [{ path: '', value: fileName, reason: found.reason }]
    return { kind: 'refused', file, refusals }
  }
  const bytes = found.value
  const late = file.format === 'xml' ? await knownAsJson(store, file) : undefined
  if (late) return { kind: 'refused', file, refusals: [late] }
  const before = await beforeOf(store, file, imported.get(cloud))
  const parsed =
    file.format === 'xml' ? readAnyDocument(bytes, cloud) : readDocument(bytes, before?.snapshot)
  if (!parsed.ok) return { kind: 'refused', file, refusals: parsed.refusals }
  const { snapshot } = parsed
  const { verdict } = await judgeCandidate(
    deps,
    cloud,
    { snapshot, fileDate },
    latestPlausibleDate(deps.now()),
    before && { ...before, newestFileDate: before.fileDate },
  )
  if (verdict.kind === 'refuse') {
    return { kind: 'refused', file, refusals: refusalsOf(verdict.reasons, fileName) }
  }
  const reasons = verdict.kind === 'hold' ? verdict.reasons : []
  imported.set(cloud, { snapshot, fileDate })
  const origin = { strategy, url: path, fileName, fileDate, validators: {} }
  const { record, isNew } = await store.history.accept({ snapshot, bytes, origin })
  return { kind: 'accepted', file, snapshotId: record.id, isNew, reasons }
}

/**
 * The retired XML has nothing but AzureCloud: beside a JSON file of its day or before, every other
 * tag would seem to vanish.
 */
async function knownAsJson(
  { history }: Store,
  { cloud, fileDate, fileName }: WeeklyFile,
): Promise<Refusal | undefined> {
  const record = await history.at(cloud, lastPositionOf(fileDate))
  if (!record || (await isRetiredXml(history, record))) return undefined
  const reason = `${record.id} is known, and the retired XML says less: it is taken for days before`
  return { path: '', value: fileName, reason }
}

/**
 * The file imported before, if it is not of a later date; else what history has before the date.
 * Files in date order ask history once per cloud.
 */
async function beforeOf(
  { history }: Store,
  { cloud, fileDate }: WeeklyFile,
  last: Before | undefined,
): Promise<Before | undefined> {
  if (last && last.fileDate <= fileDate) return last
  const record = await history.before(cloud, positionOf(fileDate, 0))
  return record && { snapshot: await history.load(record), fileDate: record.fileDate }
}

/** Somebody else publishes at most a few times an hour: more than one try in a row is rare. */
const TRIES = 3

/**
 * Publishes the newest snapshot of history if it says something else than what is published and
 * nobody chose the published one on purpose. Returns the publication, if there was one to make.
 * `reasons` of the guard about that snapshot are written into the publication's.
 */
export async function publishNewest(
  store: Store,
  cloud: Cloud,
  publishedBy: string,
  reasons: ReadonlyMap<string, readonly GuardReason[]> = new Map(),
): Promise<Publication | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const newest = await store.history.at(cloud, OPEN)
    const current = await store.publications.current(cloud)
    if (!newest || (current && !(await isNews(store, newest, current)))) return undefined
    // Lists are not made of it: it lacks every tag but one.
    if (await isRetiredXml(store.history, newest)) return undefined
    const result = await store.publications.republish(newest, {
      kind: 'import',
      publishedBy,
      reason: reasonOf(newest, reasons.get(newest.id) ?? []),
      expectedSerial: current?.serial ?? 0,
    })
    if (result.kind === 'conflict') continue
    await settleOlderHold(store, newest)
    return result.publication
  }
  return undefined
}

/**
 * A rollback stands until it is released. What was accepted before the current publication was
 * made was known then, and something older was chosen on purpose: a withdrawal, for one.
 */
async function isNews(
  { history }: Store,
  newest: SnapshotRecord,
  current: Publication,
): Promise<boolean> {
  if (current.kind === 'rollback' || newest.acceptedAt <= current.publishedAt) return false
  if (current.additionsOf !== undefined) return true
  const published = await history.byId(current.snapshotId)
  return published?.contentHash !== newest.contentHash
}

function reasonOf({ id }: SnapshotRecord, reasons: readonly GuardReason[]): string {
  const [first] = reasons
  if (!first) return `import of ${id}`
  const more = reasons.length > 1 ? `, and ${reasons.length - 1} more` : ''
  return `import of ${id}, which the guard would have held: ${first.text}${more}`
}

/** A candidate that waits and is not newer than what a person has brought is decided by that. */
async function settleOlderHold(
  { holds }: Store,
  { cloud, fileDate }: SnapshotRecord,
): Promise<void> {
  const [waiting] = await holds.list({ cloud, state: 'waiting', limit: 1 })
  if (waiting && waiting.fileDate <= fileDate) await holds.settle(cloud)
}
