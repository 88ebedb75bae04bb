/** Which allowlists came to admit something else in a week, and what. */
import type { Cloud } from '../core/cloud.ts'
import { countsOf } from '../core/diff.ts'
import { RangeSet } from '../core/range-set.ts'
import { compareText } from '../core/snapshot.ts'
import type { Admitted, ListVersionRecord } from '../store/list-contract.ts'
import type { ListChange, ListWeek, ReportDeps } from './contract.ts'
import type { Week } from './week.ts'

/** Shards are left out: what happens to them happens to the whole list. */
export async function listsOfWeek(
  { lists, store }: Pick<ReportDeps, 'lists' | 'store'>,
  clouds: readonly Cloud[],
  week: Week,
): Promise<ListWeek[]> {
  const found: ListWeek[] = []
  for (const { name, cloud, shard } of lists.definitions()) {
    if (shard || !clouds.includes(cloud)) continue
    const query = { list: name, from: week.from, to: week.until }
    const changed = listWeek(name, cloud, await store.lists.versions(query), week)
    if (changed) found.push(changed)
  }
  return found.sort((a, b) => compareText(a.list, b.list))
}

/** `versions` oldest first: those of the week, and the one before. */
function listWeek(
  list: string,
  cloud: Cloud,
  versions: readonly ListVersionRecord[],
  { from }: Week,
): ListWeek | undefined {
  const before = versions.findLast(({ createdAt }) => createdAt < from)
  const made = versions.filter(({ createdAt }) => createdAt >= from)
  const last = made.at(-1)
  if (!last || !changedAnything(before, made)) return undefined
  return {
    list,
    cloud,
    serialBefore: before?.serial,
    serialAfter: last.serial,
    versions: made.length,
    net: changeBetween(before ? before.admitted : NOTHING, last.admitted),
  }
}

const NOTHING: Admitted = { coverage: RangeSet.empty, names: [], tags: [] }

/**
 * A version may differ in what it says of its tags alone. What was not kept may have been anything.
 */
function changedAnything(
  before: ListVersionRecord | undefined,
  made: readonly ListVersionRecord[],
): boolean {
  let previous = before
  for (const version of made) {
    if (!previous?.admitted || !version.admitted) return true
    if (!isSame(previous.admitted, version.admitted)) return true
    previous = version
  }
  return false
}

function isSame(a: Admitted, b: Admitted): boolean {
  return a.coverage.equals(b.coverage) && a.names.join('\n') === b.names.join('\n')
}

function changeBetween(
  before: Admitted | undefined,
  after: Admitted | undefined,
): ListChange | undefined {
  if (!before || !after) return undefined
  const [had, has] = [new Set(before.names), new Set(after.names)]
  return {
    coverage: {
      gained: countsOf(after.coverage.subtract(before.coverage)),
      lost: countsOf(before.coverage.subtract(after.coverage)),
    },
    namesAdded: after.names.filter((name) => !had.has(name)),
    namesRemoved: before.names.filter((name) => !has.has(name)),
  }
}
