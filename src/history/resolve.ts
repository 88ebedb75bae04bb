/** `latest`, `previous`, `2025-10-13` or a snapshot id -> the snapshot meant. */
import { CLOUDS, isCloud, type Cloud } from '../core/cloud.ts'
import { invalidInput, notFound, RangewardenError } from '../core/errors.ts'
import { lastPositionOf, OPEN, parseFileDate } from '../core/file-date.ts'
import type { HistoryStore, SnapshotRecord } from '../store/contract.ts'

/** What is asked of history to find a snapshot, in the database or in memory. */
export type Positions = Pick<HistoryStore, 'byId' | 'at' | 'before' | 'after'>

/** Those of records in memory: of any clouds, each cloud's in order of position. */
export function positionsAmong(records: readonly SnapshotRecord[]): Positions {
  const of = (cloud: Cloud) => records.filter((record) => record.cloud === cloud)
  return {
    byId: (id) => Promise.resolve(records.find((record) => record.id === id)),
    at: (cloud, limit) => Promise.resolve(of(cloud).findLast(({ position }) => position <= limit)),
    before: (cloud, limit) =>
      Promise.resolve(of(cloud).findLast(({ position }) => position < limit)),
    after: (cloud, limit) => Promise.resolve(of(cloud).find(({ position }) => position > limit)),
  }
}

/**
 * The snapshot a caller means by `at`, `from` or `to`. A date means the newest file that is not
 * after it, whether or not a file carries that very date.
 * @throws RangewardenError `invalid-input` for text of no known form, `not-found` for a date before
 * the first file or an unknown id, `not-ready` while the cloud has no history at all
 */
export async function resolveSnapshot(
  history: Positions,
  cloud: Cloud,
  text: string,
): Promise<SnapshotRecord> {
  const latest = await history.at(cloud, OPEN)
  if (!latest) {
    throw new RangewardenError('not-ready', `there is no snapshot of ${cloud} yet`, { cloud })
  }
  if (text === 'latest') return latest
  if (text === 'previous') return previousOf(history, latest)
  if (text.includes('-') && /^[a-z]/.test(text)) return byId(history, cloud, text)
  const date = parseFileDate(text)
  if (!date.ok) {
    throw invalidInput(
      `"${text}" is no point in history (${date.reason}): give latest, previous, a file date or a snapshot id`,
    )
  }
  const record = await history.at(cloud, lastPositionOf(date.value))
  if (record) return record
  const first = await history.after(cloud, lastPositionOf(date.value))
  throw notFound(
    `${cloud} has no file of ${date.value} or before: the oldest is of ${first?.fileDate ?? '?'}`,
    { cloud, at: date.value },
  )
}

async function previousOf(history: Positions, latest: SnapshotRecord): Promise<SnapshotRecord> {
  const previous = await history.before(latest.cloud, latest.position)
  if (previous) return previous
  throw notFound(`${latest.cloud} has only one snapshot, ${latest.id}: there is no previous one`)
}

async function byId(history: Positions, cloud: Cloud, id: string): Promise<SnapshotRecord> {
  const record = await history.byId(id)
  if (!record) throw notFound(`there is no snapshot ${id}`, { snapshot: id })
  if (record.cloud === cloud) return record
  throw invalidInput(`snapshot ${id} is of ${record.cloud}, ${cloud} was asked for`)
}

/** The cloud that was named, or the only followed one: history may hold clouds nobody follows. */
export function cloudOrOnly(named: string | undefined, followed: readonly Cloud[]): Cloud {
  if (named !== undefined) {
    if (isCloud(named)) return named
    throw invalidInput(`no cloud "${named}": known are ${CLOUDS.join(', ')}`)
  }
  const [only, ...others] = followed
  if (only !== undefined && others.length === 0) return only
  throw invalidInput(`say which cloud: followed are ${followed.join(', ')}`)
}
