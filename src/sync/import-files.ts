/**
 * Files by hand, a person's act: what cannot be right is refused, an old file is welcome. In date
 * order every snapshot finds its place; what is current afterwards is the newest file, unless
 * something else was published on purpose.
 */
import type { Cloud } from '../core/cloud.ts'
import { OPEN } from '../core/file-date.ts'
import { judge, type GuardPolicy } from '../core/guard.ts'
import type { Result } from '../core/result.ts'
import type { Refusal } from '../core/service-tags.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { latestPlausibleDate } from './plausible-date.ts'
import { readDocument } from '../documents/read-document.ts'
import type { WeeklyFile } from '../sources/weekly-files.ts'
import type { Publication, Store } from '../store/contract.ts'

export type Imported =
  | {
      readonly kind: 'accepted'
      readonly file: WeeklyFile
      readonly snapshotId: string
      /** False when the file was known. */
      readonly isNew: boolean
    }
  | { readonly kind: 'refused'; readonly file: WeeklyFile; readonly refusals: readonly Refusal[] }

export interface ImportDeps {
  readonly store: Store
  readonly policy: GuardPolicy
  readonly now: () => Date
  /** The document's bytes; a file that cannot be read is refused like a bad one, the others go on. */
  readonly read: (file: WeeklyFile) => Promise<Result<Uint8Array>>
}

/** Takes the files one by one, in the order given; each answer comes as soon as it is known. */
export async function* importFiles(
  deps: ImportDeps,
  files: readonly WeeklyFile[],
): AsyncIterable<Imported> {
  const predecessors = new Map<Cloud, Snapshot>()
  for (const file of files) {
    yield await importFile(deps, file, predecessors)
  }
}

async function importFile(
  { store, policy, now, read }: ImportDeps,
  file: WeeklyFile,
  predecessors: Map<Cloud, Snapshot>,
): Promise<Imported> {
  const { cloud, fileDate, fileName, path } = file
  const found = await read(file)
  if (!found.ok) {
    const refusals = [{ path: '', value: fileName, reason: found.reason }]
    return { kind: 'refused', file, refusals }
  }
  const bytes = found.value
  const parsed = readDocument(bytes, predecessors.get(cloud))
  if (!parsed.ok) return { kind: 'refused', file, refusals: parsed.refusals }
  const { snapshot } = parsed
  const facts = { cloud, candidate: { snapshot, fileDate }, notAfter: latestPlausibleDate(now()) }
  const verdict = judge(facts, policy)
  if (verdict.kind === 'refuse') {
    const refusals = verdict.reasons.map((reason) => ({ path: '', value: fileName, reason }))
    return { kind: 'refused', file, refusals }
  }
  predecessors.set(cloud, snapshot)
  const origin = { strategy: 'import', url: path, fileName, fileDate, validators: {} }
  const { record, isNew } = await store.history.accept({ snapshot, bytes, origin })
  return { kind: 'accepted', file, snapshotId: record.id, isNew }
}

/**
 * Publishes the newest snapshot of history if it says something else than what is published and
 * nobody chose the published one on purpose. Returns the publication, if there was one to make.
 */
export async function publishNewest(
  store: Store,
  cloud: Cloud,
  publishedBy: string,
): Promise<Publication | undefined> {
  const newest = await store.history.at(cloud, OPEN)
  const current = await store.publications.current(cloud)
  if (!newest || current?.kind === 'rollback') return undefined
  const published = current && (await store.history.byId(current.snapshotId))
  if (published && newest.position <= published.position) return undefined
  if (published?.contentHash === newest.contentHash) return undefined
  const result = await store.publications.republish(newest, {
    kind: 'import',
    publishedBy,
    reason: `import of ${newest.id}`,
    expectedSerial: current?.serial ?? 0,
  })
  return result.kind === 'published' ? result.publication : undefined
}
