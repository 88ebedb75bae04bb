/**
 * Grace for removals: coverage that left what is published stays admitted for some days, since
 * Microsoft gives no notice of removals and ranges flap. Nothing is stored of it: it follows from
 * what was handed out in those days. Pure.
 *
 *     A and B   ├────────────────────┤ B is gone from the file
 *     A                              ├──────────────────────────
 *     admitted  ├─ A and B ──────────┼─ A and B ────┤ A ────────
 *                                    └─ removalGraceDays ─┘ B's last day
 */
import { RangeSet } from '../core/range-set.ts'

/** Unless a definition says otherwise. */
export const DEFAULT_GRACE_DAYS = 14

export const MAX_GRACE_DAYS = 365

const DAY_MS = 24 * 3_600_000

/** What a list admitted until `endedAt`, or at least the part of it that was lost since. */
export interface PastCoverage {
  readonly coverage: RangeSet
  readonly endedAt: Date
}

export interface LeavingCoverage {
  /** UTC, `YYYY-MM-DD`: the day in whose course it leaves. */
  readonly lastDay: string
  readonly coverage: RangeSet
}

export interface Admitted {
  /** What is published and what leaves. */
  readonly coverage: RangeSet
  /** Disjoint from what is published and from each other, none empty; earliest day first. */
  readonly leaving: readonly LeavingCoverage[]
}

/** What was replaced less than so many days ago, each of 24 hours; what is current has no end. */
export function inGrace<T extends { readonly endedAt: Date | undefined }>(
  served: readonly T[],
  days: number,
  now: Date,
): (T & { readonly endedAt: Date })[] {
  return served.flatMap((one) => {
    const { endedAt } = one
    return endedAt && now.getTime() < leavesAt(endedAt, days) ? [{ ...one, endedAt }] : []
  })
}

/**
 * What is published with what was handed out before (all of it in grace, in any order). An address
 * leaves so many days after the last time it was handed out.
 */
export function withGrace(
  published: RangeSet,
  past: readonly PastCoverage[],
  days: number,
): Admitted {
  const latestFirst = past.toSorted((a, b) => b.endedAt.getTime() - a.endedAt.getTime())
  const byDay = new Map<string, RangeSet>()
  let coverage = published
  for (const { coverage: before, endedAt } of latestFirst) {
    const lost = before.subtract(coverage)
    if (lost.isEmpty) continue
    const day = new Date(leavesAt(endedAt, days)).toISOString().slice(0, 10)
    byDay.set(day, (byDay.get(day) ?? RangeSet.empty).union(lost))
    coverage = coverage.union(lost)
  }
  // They were found latest first.
  const leaving = [...byDay].reverse().map(([lastDay, coverage]) => ({ lastDay, coverage }))
  return { coverage, leaving }
}

function leavesAt(endedAt: Date, days: number): number {
  return endedAt.getTime() + days * DAY_MS
}
