/**
 * What a device has beside what a list admits: the addresses and the names, never how they are
 * spelled. A device that joins or splits networks, or has a name that a wildcard of it covers
 * anyway, is in step.
 *
 *     the list, earlier   ┌─────────────────────────┐
 *     the list, now       │            ┌────────────┼──────────────┐
 *     the device     ┌────┼────────────┼─────────┐  │              │
 *                    │extra   stale    │ in step │  │  missing     │
 *                    └────┴────────────┴─────────┘  └──────────────┘
 */
import { coversName } from './endpoint-rule.ts'
import type { RangeSet } from './range-set.ts'
import { compareText } from './snapshot.ts'

/** Addresses, and names as rules write them: `*.x` is every name below x, not x itself. */
export interface DriftPart {
  readonly coverage: RangeSet
  /** Sorted, each once. */
  readonly names: readonly string[]
}

/** What a list says. */
export interface ListSide {
  /** Now, what leaves it included. */
  readonly admitted: RangeSet
  /** The part of it that leaves within its days of grace. */
  readonly leaving: RangeSet
  readonly names: readonly string[]
  /** What any version of it ever had, what it has now or not. */
  readonly earlier: RangeSet
  readonly earlierNames: readonly string[]
}

/** What a device has. */
export interface DeviceSide {
  readonly coverage: RangeSet
  readonly names: readonly string[]
  /**
   * Names that come with the spelling of others, such as `x` with `.x`: they are there, and nobody
   * asked for them.
   */
  readonly impliedNames: readonly string[]
}

export interface Drift {
  /** The list has it for good, the device has not. */
  readonly missing: DriftPart
  /** The device has it, the list has not, and no earlier version of the list had. */
  readonly extra: DriftPart
  /** The device has it, the list has not any more. */
  readonly stale: DriftPart
  /**
   * The list has it for some days more, and the device has not. No drift: who removes early what
   * is not published any more shuts nothing out that is.
   */
  readonly leaving: RangeSet
}

/**
 * No address is in two of the four parts. What the device has beyond the list is `extra` and
 * `stale`, what it lacks `missing` and `leaving`, and all are empty exactly if they hold the same.
 * O(n + m) in ranges, O(n m) in names.
 */
export function driftOf(list: ListSide, device: DeviceSide): Drift {
  const lacking = list.admitted.subtract(device.coverage)
  const beyond = device.coverage.subtract(list.admitted)
  const there = [...device.names, ...device.impliedNames]
  const unlisted = uncovered(device.names, list.names)
  return {
    missing: {
      coverage: lacking.subtract(list.leaving),
      names: uncovered(list.names, there),
    },
    extra: {
      coverage: beyond.subtract(list.earlier),
      names: uncovered(unlisted, list.earlierNames),
    },
    stale: {
      coverage: beyond.intersect(list.earlier),
      names: unlisted.filter((name) => isCovered(name, list.earlierNames)),
    },
    leaving: lacking.intersect(list.leaving),
  }
}

/** Nothing is missing, extra or stale. */
export function isInStep({ missing, extra, stale }: Drift): boolean {
  return [missing, extra, stale].every(isNothing)
}

export function isNothing({ coverage, names }: DriftPart): boolean {
  return coverage.isEmpty && names.length === 0
}

function uncovered(names: readonly string[], by: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !isCovered(name, by)).sort(compareText)
}

/** Wildcards reach any depth, so that what several names cover together, one of them covers. */
function isCovered(name: string, by: readonly string[]): boolean {
  return by.some((wide) => coversName(wide, name))
}
