/** What the next days bring by themselves. */
import { countsOf } from '../core/diff.ts'
import { RangeSet } from '../core/range-set.ts'
import { compareText } from '../core/snapshot.ts'
import type { CloudOverview } from '../history/overview.ts'
import type { Due, EarliestUse, LeavingOfList, ReportDeps, RollbackEnding } from './contract.ts'
import { publicationsSince } from './publications-since.ts'
import { dayText } from './week.ts'

const DAY_MS = 86_400_000

/** How far ahead coverage that leaves is told. */
const DAYS_AHEAD = 14

/** Twice the notice that Microsoft gives: a file may be published some days after its date. */
const DAYS_BACK = 14

export async function dueAt(
  deps: ReportDeps,
  overviews: readonly CloudOverview[],
  now: Date,
): Promise<Due> {
  const uses: EarliestUse[] = []
  for (const { cloud } of overviews) uses.push(...(await usesAhead(deps, cloud, now)))
  return {
    leaving: leavingSoon(deps, overviews, now),
    uses: uses.sort((a, b) => compareText(a.day, b.day)),
    rollbacks: overviews.flatMap(endingOf),
  }
}

function leavingSoon(
  { lists }: ReportDeps,
  overviews: readonly CloudOverview[],
  now: Date,
): LeavingOfList[] {
  const end = dayText(new Date(now.getTime() + DAYS_AHEAD * DAY_MS))
  const found = lists.definitions().flatMap(({ name: list, cloud, shard }) => {
    if (shard || !overviews.some((overview) => overview.cloud === cloud)) return []
    const leaving = lists.notices(list)?.leaving ?? []
    return leaving.flatMap(({ lastDay, prefixes }): LeavingOfList[] => {
      if (lastDay > end) return []
      const addresses = countsOf(RangeSet.of(prefixes))
      return [{ list, cloud, lastDay, networks: prefixes.length, addresses }]
    })
  })
  return found.sort((a, b) => compareText(a.lastDay, b.lastDay) || compareText(a.list, b.list))
}

/**
 * Of what is handed out now and was not at some moment of the last days: what was taken back since is
 * not told. A tag has one day for all it gained since such a moment, the earliest; so each of the
 * moments is asked.
 */
async function usesAhead(
  { store, changes }: ReportDeps,
  cloud: CloudOverview['cloud'],
  now: Date,
): Promise<EarliestUse[]> {
  const since = new Date(now.getTime() - DAYS_BACK * DAY_MS)
  const [newest, ...earlier] = await publicationsSince(store, cloud, since)
  if (!newest) return []
  const today = dayText(now)
  const tagsOf = new Map<string, Set<string>>()
  for (const publication of earlier) {
    const { facts } = await changes.between(publication, newest)
    for (const { name, earliestUse } of facts?.tags ?? []) {
      if (earliestUse === undefined || earliestUse < today) continue
      tagsOf.set(earliestUse, (tagsOf.get(earliestUse) ?? new Set()).add(name))
    }
  }
  return [...tagsOf].map(([day, tags]) => ({ cloud, day, tags: [...tags].sort(compareText) }))
}

function endingOf({ cloud, rollback }: CloudOverview): RollbackEnding[] {
  if (rollback?.until === undefined) return []
  const { snapshot, until, by, reason } = rollback
  return [{ cloud, snapshot, until, by, reason }]
}
