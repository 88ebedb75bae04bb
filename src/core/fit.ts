/**
 * Fit to a budget: the cover of a set by at most so many prefixes that admits the fewest extra
 * addresses. It widens access, so it is capped, never crosses what must not be admitted, and says
 * how many addresses it added; what cannot be done within that is refused with numbers.
 */
import { FAMILIES, type Family } from './address.ts'
import { countsOf, type AddressCounts } from './diff.ts'
import { fitTree, type FitTree } from './fit-tree.ts'
import type { Prefix } from './prefix.ts'
import { RangeSet } from './range-set.ts'
import { SPECIAL_RANGES } from './special-space.ts'

export interface FitWish {
  /** At most so many prefixes, of both families together; at least 1. */
  readonly entries: number
  /** Most extra addresses in percent of those covered, of each family by itself; 0 to 100. */
  readonly mostExtraPercent: number
  /** Never admitted, beside `SPECIAL_RANGES`, unless the set holds it itself. */
  readonly never: RangeSet
}

export interface Fitted {
  /** All of the set and the extra addresses. */
  readonly cover: RangeSet
  /** The cover's prefixes: at most as many as wished, in list order. */
  readonly prefixes: readonly Prefix[]
  /** How many prefixes the set takes with nothing extra. */
  readonly lossless: number
  /** What the cover has and the set has not: nothing if the set fits as it is. */
  readonly extra: RangeSet
  /** Exact numbers of its addresses. */
  readonly extraCounts: AddressCounts
  /** In percent of the set's addresses of the family, rounded up in the fourth decimal. */
  readonly extraPercent: Readonly<Record<Family, number>>
}

/** Why there is no such cover: a sentence with the numbers, which are also in `facts`. */
export interface FitRefusal {
  readonly reason: string
  readonly facts: Readonly<Record<string, number>>
}

export type FitResult =
  | { readonly ok: true; readonly value: Fitted }
  | { readonly ok: false; readonly refusal: FitRefusal }

/**
 * The fewest extra addresses there can be, exactly, for one family (see `FitTree.costs` for the
 * rounding of IPv6). Two families cannot be compared by addresses, as the smallest IPv6 network
 * outweighs all of IPv4: the entries are split so that the sum of their shares, extra to covered,
 * is least among the splits that keep the cap in each family. The same set and wish give the same
 * cover; more entries never give a larger sum.
 *
 * For n lossless prefixes and k entries: O(n * k) time and O(n * min(k, depth)) memory; O(n) if the
 * set fits as it is. Refused are fewer entries than families or than `never` leaves possible, and
 * what would exceed the cap, which is compared exactly.
 */
export function fit(set: RangeSet, wish: FitWish): FitResult {
  const lossless = set.prefixes()
  if (lossless.length <= wish.entries) return { ok: true, value: fitted(set, set, lossless) }
  const forbidden = SPECIAL_RANGES.union(wish.never).subtract(set)
  const trees = {
    4: treeOf(4, lossless, forbidden, wish.entries),
    6: treeOf(6, lossless, forbidden, wish.entries),
  }
  const fewest = trees[4].fewest + trees[6].fewest
  if (fewest > wish.entries) return tooFew(wish.entries, lossless.length, fewest)
  const split = bestSplit(trees, countsOf(set), wish)
  const cover = RangeSet.of([...trees[4].coverOf(split[4]), ...trees[6].coverOf(split[6])])
  const value = fitted(set, cover, lossless)
  return beyondCap(value, countsOf(set), wish) ?? { ok: true, value }
}

type Split = Readonly<Record<Family, number>>

function treeOf(
  family: Family,
  lossless: readonly Prefix[],
  forbidden: RangeSet,
  limit: number,
): FitTree {
  const cover = lossless.filter((prefix) => prefix.family === family)
  return fitTree(cover, forbidden.only(family), Math.min(limit, cover.length))
}

/** Entries of each family; those of a family without addresses are 0. O(k). */
function bestSplit(
  trees: Readonly<Record<Family, FitTree>>,
  covered: AddressCounts,
  { entries, mostExtraPercent }: FitWish,
): Split {
  const share = (family: Family, count: number): number => {
    const cost = count === 0 ? 0 : (trees[family].costs[count - 1] ?? Infinity)
    return cost === 0 ? 0 : cost / Number(covered[family])
  }
  const most = mostExtraPercent / 100
  let best: { split: Split; sum: number; keeps: boolean } | undefined
  for (let of4 = trees[4].fewest; of4 <= trees[4].lossless; of4++) {
    const of6 = Math.min(entries - of4, trees[6].lossless)
    if (of6 < trees[6].fewest) break
    const [share4, share6] = [share(4, of4), share(6, of6)]
    const [sum, keeps] = [share4 + share6, share4 <= most && share6 <= most]
    const isBetter = !best || (keeps === best.keeps ? sum < best.sum : keeps)
    if (isBetter) best = { split: { 4: of4, 6: of6 }, sum, keeps }
  }
  if (!best) throw new Error('there are enough entries for both families')
  return best.split
}

function fitted(set: RangeSet, cover: RangeSet, lossless: readonly Prefix[]): Fitted {
  const extra = cover.subtract(set)
  const [covered, extraCounts] = [countsOf(set), countsOf(extra)]
  return {
    cover,
    prefixes: cover === set ? lossless : cover.prefixes(),
    lossless: lossless.length,
    extra,
    extraCounts,
    extraPercent: {
      4: percentOf(extraCounts[4], covered[4]),
      6: percentOf(extraCounts[6], covered[6]),
    },
  }
}

/** Rounded up in the fourth decimal: a share is never shown as less than it is. */
export function percentOf(extra: bigint, covered: bigint): number {
  if (extra === 0n) return 0
  return Number((extra * 1_000_000n + covered - 1n) / covered) / 10_000
}

function tooFew(entries: number, lossless: number, fewest: number): FitResult {
  const reason =
    `${lossless} entries cannot be made ${entries}: it takes at least ${fewest}, each of one family ` +
    'and without addresses that must never be admitted'
  return { ok: false, refusal: { reason, facts: { entries, lossless, fewest } } }
}

/** Compared in millionths of a percent, as exact as anyone can write a cap. */
function beyondCap(
  { extraCounts, extraPercent, lossless }: Fitted,
  covered: AddressCounts,
  { entries, mostExtraPercent }: FitWish,
): FitResult | undefined {
  const cap = BigInt(Math.round(mostExtraPercent * 1e6))
  const family = FAMILIES.find((one) => extraCounts[one] * 100_000_000n > cap * covered[one])
  if (family === undefined) return undefined
  const reason =
    `${lossless} entries cannot be made ${entries} within the cap: that would admit ` +
    `${extraPercent[family]} % more IPv${family} addresses than are listed, ` +
    `and at most ${mostExtraPercent} % are allowed`
  const facts = { entries, lossless, family, extraPercent: extraPercent[family], mostExtraPercent }
  return { ok: false, refusal: { reason, facts } }
}
