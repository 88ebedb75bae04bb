/**
 * What the guard would have said of every week of an archive, replayed as the sync meets them: each
 * file against the newest one before it. A held week is approved as the replay goes on, or every
 * later week would look wrong; a refused one is as if it had never come.
 */
import type { Cloud } from '../core/cloud.ts'
import type { SnapshotDiff } from '../core/diff.ts'
import type { GuardReason, Verdict } from '../core/guard.ts'
import type { Result } from '../core/result.ts'
import type { Refusal } from '../core/service-tags.ts'
import { readDocument } from '../documents/read-document.ts'
import type { WeeklyFile } from '../sources/weekly-files.ts'
import { judgeCandidate, type Before, type GuardDeps } from './judge-candidate.ts'
import { latestPlausibleDate } from './plausible-date.ts'

export interface BacktestDeps extends GuardDeps {
  readonly now: () => Date
  /** The document's bytes; a file that cannot be read is refused like a bad one. */
  readonly read: (file: WeeklyFile) => Promise<Result<Uint8Array>>
}

export interface BacktestWeek {
  readonly file: WeeklyFile
  /** `unchanged`: it says what the file before it said. */
  readonly verdict: 'safe' | 'unchanged' | 'held' | 'refused'
  /** Of the guard. */
  readonly reasons: readonly GuardReason[]
  /** Of the parser. */
  readonly refusals: readonly Refusal[]
  /** From the file before; from nothing for a cloud's first; undefined if it could not be parsed. */
  readonly diff: SnapshotDiff | undefined
}

/**
 * The files in the order given, which is by date. One snapshot per cloud is kept, whatever the
 * number of files.
 */
export async function* backtest(
  deps: BacktestDeps,
  files: Iterable<WeeklyFile>,
): AsyncIterable<BacktestWeek> {
  const accepted = new Map<Cloud, Before>()
  for (const file of files) {
    yield await replay(deps, file, accepted)
  }
}

async function replay(
  deps: BacktestDeps,
  file: WeeklyFile,
  accepted: Map<Cloud, Before>,
): Promise<BacktestWeek> {
  const { cloud, fileDate, fileName } = file
  const found = await deps.read(file)
  if (!found.ok) return unread(file, [{ path: '', value: fileName, reason: found.reason }])
  const before = accepted.get(cloud)
  const parsed = readDocument(found.value, before?.snapshot)
  if (!parsed.ok) return unread(file, parsed.refusals)
  const { snapshot } = parsed
  // A week of an archive was fetched when it was current, whatever the clock says here.
  const notAfter = later(latestPlausibleDate(deps.now()), fileDate)
  const candidate = { snapshot, fileDate }
  const { verdict, diff } = await judgeCandidate(deps, cloud, candidate, notAfter, before)
  const week = { file, reasons: reasonsOf(verdict), refusals: [], diff }
  if (verdict.kind === 'refuse') return { ...week, verdict: 'refused' }
  if (before?.snapshot.contentHash === snapshot.contentHash) {
    accepted.set(cloud, { ...before, newestFileDate: later(before.newestFileDate, fileDate) })
    return { ...week, verdict: 'unchanged', reasons: [] }
  }
  accepted.set(cloud, { snapshot, fileDate, newestFileDate: fileDate })
  return { ...week, verdict: verdict.kind === 'hold' ? 'held' : 'safe' }
}

function unread(file: WeeklyFile, refusals: readonly Refusal[]): BacktestWeek {
  return { file, verdict: 'refused', reasons: [], refusals, diff: undefined }
}

function reasonsOf(verdict: Verdict): readonly GuardReason[] {
  return verdict.kind === 'safe' ? [] : verdict.reasons
}

function later<T extends string>(a: T, b: T): T {
  return a < b ? b : a
}
