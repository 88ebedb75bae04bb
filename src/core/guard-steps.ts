/**
 * How far a step moves, in addresses: the cloud and each tag that an allowlist names, IPv4 and IPv6
 * apart, in percent of what there was.
 */
import { FAMILIES, type Family } from './address.ts'
import {
  countsOf,
  type AddressCounts,
  type CoverageChange,
  type SnapshotDiff,
  type TagChange,
} from './diff.ts'
import type { GuardPolicy, StepLimits } from './guard-policy.ts'
import {
  amount,
  grouped,
  NAMED,
  percentLimit,
  percentOver,
  type GuardReason,
} from './guard-reasons.ts'
import { RangeSet } from './range-set.ts'
import { compareText, type ServiceTag, type Snapshot } from './snapshot.ts'

export interface Step {
  /** What there was. */
  readonly from: Snapshot
  readonly to: Snapshot
  readonly diff: SnapshotDiff
  /** Between the two files. */
  readonly days: number
}

/** Addresses of all tags together. O(n log n). */
export function addressesOf({ tags }: Snapshot): AddressCounts {
  // Nearly half of the memberships are a prefix that another tag has, too.
  return countsOf(RangeSet.of(new Set([...tags.values()].flatMap(({ prefixes }) => prefixes))))
}

/** Of all tags together. */
export function* cloudMoves(step: Step, policy: GuardPolicy): Iterable<GuardReason> {
  const { from, diff } = step
  const limits = stretched(policy.cloud, step, policy)
  // There was at least what one tag had: if the limits hold of that, nothing has to be counted.
  const atLeast = addressesOfTag(from.tags.get('AzureCloud'))
  const isKnown = FAMILIES.every((family) => atLeast[family] > 0n)
  if (isKnown && movesOver(atLeast, diff.coverage, limits).length === 0) return
  for (const over of movesOver(addressesOf(from), diff.coverage, limits)) {
    const worst = worstTags(diff.tags, over)
    const sign = over.direction === 'gain' ? '+' : '-'
    const most = worst.map((tag) => `${tag.name} (${sign}${amount(over.family, tag.moved)})`)
    yield {
      ...reasonOf('cloud', over),
      text: `${sentence(from.cloud, over, step, policy)}; most by ${most.join(', ')}`,
      tags: worst.map(({ name, moved }) => ({ name, addresses: moved.toString() })),
    }
  }
}

/** Of each of these tags that there was. */
export function* tagMoves(
  step: Step,
  namedTags: readonly string[],
  policy: GuardPolicy,
): Iterable<GuardReason> {
  const { from, to, diff } = step
  const named = new Set(namedTags)
  const limits = stretched(policy.tag, step, policy)
  for (const { name, coverage } of diff.tags.filter((change) => named.has(change.name))) {
    const before = addressesOfTag(from.tags.get(name))
    yield* fromNothing(name, before, coverage.gained, policy)
    for (const over of movesOver(before, coverage, limits)) {
      const after = to.tags.get(name)
      const fate = !after ? ': it vanished' : after.prefixes.length === 0 ? ': it is empty' : ''
      yield {
        ...reasonOf('tag', over),
        text: `${sentence(`tag ${name}`, over, step, policy)}${fate}`,
        tags: [{ name, addresses: over.moved.toString() }],
      }
    }
  }
}

/** Of what comes from nothing there is no percentage: a number is the limit. */
function* fromNothing(
  name: string,
  before: AddressCounts,
  gained: AddressCounts,
  { tagFromNothing }: GuardPolicy,
): Iterable<GuardReason> {
  for (const family of FAMILIES) {
    const most = BigInt(tagFromNothing[family])
    if (before[family] > 0n || gained[family] <= most) continue
    const text = `IPv${family} addresses of tag ${name} come from none to ${amount(family, gained[family])}, the limit is ${amount(family, most)}`
    yield {
      rule: 'tag-gain',
      family,
      text,
      tags: [{ name, addresses: gained[family].toString() }],
    }
  }
}

const tagCounts = new WeakMap<ServiceTag, AddressCounts>()

/** Remembered as long as the tag is. */
function addressesOfTag(tag: ServiceTag | undefined): AddressCounts {
  if (!tag) return { 4: 0n, 6: 0n }
  const counts = tagCounts.get(tag) ?? countsOf(RangeSet.of(tag.prefixes))
  tagCounts.set(tag, counts)
  return counts
}

/** A move over its limit. */
interface Over {
  readonly direction: 'gain' | 'loss'
  readonly family: Family
  readonly before: bigint
  readonly moved: bigint
  /** Percent, both. */
  readonly measured: number
  readonly limit: number
}

/** Of what came from nothing there is no percentage. */
function movesOver(before: AddressCounts, change: CoverageChange, limits: StepLimits): Over[] {
  const overs: Over[] = []
  for (const family of FAMILIES) {
    if (before[family] === 0n) continue
    for (const direction of ['gain', 'loss'] as const) {
      const moved = (direction === 'gain' ? change.gained : change.lost)[family]
      const limit = limits[direction][family]
      const measured = (Number(moved) * 100) / Number(before[family])
      if (measured <= limit || Number(moved) <= limits.floor[direction][family]) continue
      overs.push({ direction, family, before: before[family], moved, measured, limit })
    }
  }
  return overs
}

/**
 * Archives have gaps of months and years: beyond the publisher's own pauses, limits grow with time.
 * What devices reach must not get lost however long it takes, so that losses have an end to it.
 */
function stretched(limits: StepLimits, { days }: Step, { stepDays }: GuardPolicy): StepLimits {
  const times = Math.max(1, days / stepDays)
  const gain = (family: Family): number => limits.gain[family] * times
  const loss = (family: Family): number =>
    Math.max(limits.loss[family], Math.min(limits.greatestLoss, limits.loss[family] * times))
  return { ...limits, gain: { 4: gain(4), 6: gain(6) }, loss: { 4: loss(4), 6: loss(6) } }
}

function sentence(
  whose: string,
  { direction, family, before, moved, measured, limit }: Over,
  { days }: Step,
  { stepDays }: GuardPolicy,
): string {
  const verb = direction === 'gain' ? 'grow' : 'shrink'
  const share = `${amount(family, moved)} of ${amount(family, before)}`
  const span = days > stepDays ? ` for ${grouped(days)} days` : ''
  return (
    `IPv${family} addresses of ${whose} ${verb} by ${percentOver(measured, limit)} % (${share}), ` +
    `the limit is ${percentLimit(limit)} %${span}`
  )
}

function reasonOf(whose: 'cloud' | 'tag', { direction, family, measured, limit }: Over) {
  return { rule: `${whose}-${direction}`, family, measured, limit } as const
}

/** Those that move the most, then by name. */
function worstTags(
  changes: readonly TagChange[],
  { direction, family }: Over,
): { readonly name: string; readonly moved: bigint }[] {
  return changes
    .map(({ name, coverage: { gained, lost } }) => ({
      name,
      moved: (direction === 'gain' ? gained : lost)[family],
    }))
    .filter(({ moved }) => moved > 0n)
    .sort((a, b) =>
      a.moved === b.moved ? compareText(a.name, b.name) : a.moved < b.moved ? 1 : -1,
    )
    .slice(0, NAMED)
}
