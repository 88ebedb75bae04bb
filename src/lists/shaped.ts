/**
 * What is admitted, in the shape a device holds: widened to a budget of entries, split into shards.
 * Pure.
 *
 *     selected, and what leaves  ──►  fit to the budget  ──►  the shard's networks  ──►  formats
 */
import type { Widened } from '../../exporters/contract.ts'
import { countsOf } from '../core/diff.ts'
import { fit, percentOf, type FitRefusal, type FitResult, type FitWish } from '../core/fit.ts'
import type { Prefix } from '../core/prefix.ts'
import { RangeSet } from '../core/range-set.ts'
import { inShard, type Shard } from '../core/shards.ts'
import { fitWishOf, type Budget } from './budget.ts'

export interface Shape {
  readonly budget: Budget | undefined
  readonly shard: Shard | undefined
}

export interface Shaped {
  /** In list order; none if the budget cannot be kept. */
  readonly prefixes: readonly Prefix[]
  readonly coverage: RangeSet
  readonly widened: Widened | undefined
  /** Why the budget cannot be kept: nothing of the list can be handed out then. */
  readonly unfit: FitRefusal | undefined
}

export type Fit = (set: RangeSet, wish: FitWish) => FitResult

/**
 * A shard tells of itself alone, how much wider it is too: what it says of the others would move it
 * whenever they do.
 */
export function shapedOf(admitted: RangeSet, { budget, shard }: Shape, fitted: Fit = fit): Shaped {
  const fits = budget && fitted(admitted, fitWishOf(budget))
  if (fits?.ok === false) {
    return { prefixes: [], coverage: RangeSet.empty, widened: undefined, unfit: fits.refusal }
  }
  const whole = fits?.value.prefixes ?? admitted.prefixes()
  const extra = fits?.value.extra ?? RangeSet.empty
  const prefixes = shard ? inShard(whole, shard) : whole
  const coverage = shard || fits ? RangeSet.of(prefixes) : admitted
  return { prefixes, coverage, widened: widenedOf(prefixes, coverage, extra), unfit: undefined }
}

function widenedOf(
  prefixes: readonly Prefix[],
  coverage: RangeSet,
  extra: RangeSet,
): Widened | undefined {
  const added = coverage.intersect(extra)
  if (added.isEmpty) return undefined
  const selected = coverage.subtract(extra)
  const [addresses, covered] = [countsOf(added), countsOf(selected)]
  return {
    entries: prefixes.length,
    lossless: selected.prefixes().length,
    addresses,
    percent: { 4: percentOf(addresses[4], covered[4]), 6: percentOf(addresses[6], covered[6]) },
    prefixes: added.prefixes(),
  }
}

/** Remembers the last answer: a list and its shards ask the same, one after the other. */
export function createRememberedFit(): Fit {
  let last: { set: RangeSet; wish: FitWish; result: FitResult } | undefined
  return (set, wish) => {
    if (last && isSameWish(last.wish, wish) && last.set.equals(set)) return last.result
    last = { set, wish, result: fit(set, wish) }
    return last.result
  }
}

function isSameWish(a: FitWish, b: FitWish): boolean {
  return (
    a.entries === b.entries && a.mostExtraPercent === b.mostExtraPercent && a.never.equals(b.never)
  )
}
