/**
 * Is this candidate safe to publish without a person looking? Facts in, verdict out; thresholds
 * are data. "Refuse" is for what cannot be a service-tags file of this cloud at all, "hold" for
 * what can be but needs a person.
 */
import { FAMILIES } from './address.ts'
import type { Cloud } from './cloud.ts'
import type { AddressCounts, SnapshotDiff } from './diff.ts'
import type { FileDate } from './file-date.ts'
import type { GuardPolicy } from './guard-policy.ts'
import { amount, counted, grouped, listed, percentOver, type GuardReason } from './guard-reasons.ts'
import { refusedPrefixes, widePrefixes } from './guard-space.ts'
import { addressesOf, cloudMoves, tagMoves } from './guard-steps.ts'
import type { Snapshot } from './snapshot.ts'

export { policies, type GuardPolicy, type StepLimits } from './guard-policy.ts'
export { GUARD_RULES, type GuardReason, type GuardRule } from './guard-reasons.ts'
export { SPECIAL_SPACE } from './special-space.ts'

export interface Candidate {
  readonly snapshot: Snapshot
  readonly fileDate: FileDate
  /** Nothing tells the date of the file but the day on which it was fetched. */
  readonly dateIsGuessed?: boolean | undefined
}

/** What stands before the candidate. */
export interface CurrentFacts {
  /** What devices get now. */
  readonly snapshot: Snapshot
  /** Date of the file it is of. */
  readonly fileDate: FileDate
  /** Of the newest file that was accepted, also when it said nothing new. */
  readonly newestFileDate: FileDate
  /**
   * Of the newest file that was seen, also of a held one: limits grow with the publisher's pauses,
   * not with the time that a person takes.
   */
  readonly seenFileDate?: FileDate | undefined
  /** From `snapshot` to the candidate. */
  readonly diff: SnapshotDiff
}

export interface GuardFacts {
  /** The cloud that was asked for. */
  readonly cloud: Cloud
  readonly candidate: Candidate
  /** A file dated later than this cannot be right: a few days from now, as the caller's clock says. */
  readonly notAfter: FileDate
  /** Service tags that allowlists name: each is measured on its own. */
  readonly namedTags: readonly string[]
  readonly current?: CurrentFacts | undefined
}

export type Verdict =
  | { readonly kind: 'safe' }
  | { readonly kind: 'hold'; readonly reasons: readonly GuardReason[] }
  | { readonly kind: 'refuse'; readonly reasons: readonly GuardReason[] }

/**
 * Never throws, and says the same of the same facts. Where anything is refused, doubts are not
 * given. O(n log n) in the prefixes of the tags that changed; in all of them for a first file and
 * for a step that moves more than a limit.
 */
export function judge(facts: GuardFacts, policy: GuardPolicy): Verdict {
  const refusals = [
    ...cloudReasons(facts),
    ...futureReasons(facts),
    ...missingReasons(facts, policy),
    ...refusedPrefixes(facts.candidate.snapshot, policy),
  ]
  if (refusals.length > 0) return { kind: 'refuse', reasons: refusals }
  const doubts = [
    ...withdrawalReasons(facts),
    ...sizeReasons(facts, policy),
    ...widePrefixes(facts.candidate.snapshot, facts.current?.diff, policy),
    ...stepReasons(facts, policy),
  ]
  return doubts.length > 0 ? { kind: 'hold', reasons: doubts } : { kind: 'safe' }
}

function* cloudReasons({ cloud, candidate: { snapshot } }: GuardFacts): Iterable<GuardReason> {
  if (snapshot.cloud === cloud) return
  const text = `the document is of cloud ${snapshot.cloud}, ${cloud} was asked for`
  yield { rule: 'cloud', text }
}

/** A mistyped date would otherwise be the newest for years, and every true file older than it. */
function* futureReasons({ candidate, notAfter }: GuardFacts): Iterable<GuardReason> {
  if (candidate.fileDate <= notAfter) return
  const text = `the file is dated ${candidate.fileDate}, nothing after ${notAfter} can be right`
  yield { rule: 'future', text }
}

/** What every document of a cloud has. */
function* missingReasons(
  { candidate: { snapshot } }: GuardFacts,
  { minTags }: GuardPolicy,
): Iterable<GuardReason> {
  const azureCloud = snapshot.tags.get('AzureCloud')
  if (!azureCloud) yield { rule: 'size', text: 'the document has no tag AzureCloud' }
  else if (azureCloud.prefixes.length === 0) {
    yield { rule: 'size', text: 'AzureCloud has no prefixes' }
  }
  if (snapshot.tags.size < minTags) yield fewTags(snapshot, minTags)
}

function* withdrawalReasons({ candidate, current }: GuardFacts): Iterable<GuardReason> {
  if (!current) return
  const { fileDate, dateIsGuessed, snapshot } = candidate
  if (fileDate < current.newestFileDate) {
    yield {
      rule: 'withdrawal',
      text: `a withdrawal: the publisher offers the file of ${fileDate} although one of ${current.newestFileDate} was accepted before`,
    }
  } else if (dateIsGuessed && snapshot.changeNumber < current.snapshot.changeNumber) {
    // Change numbers go back now and then, so they only count where there is no date at all.
    yield {
      rule: 'withdrawal',
      text: `perhaps a withdrawal: the file says no date, and its change number ${snapshot.changeNumber} is lower than ${current.snapshot.changeNumber}, which is published`,
    }
  }
}

function* sizeReasons(
  { candidate: { snapshot }, current }: GuardFacts,
  policy: GuardPolicy,
): Iterable<GuardReason> {
  if (current) {
    yield* vanishedTags(current, policy)
    yield* tooMuch(snapshot, current.diff.coverage.gained, 'one step', policy)
    return
  }
  if (snapshot.tags.size < policy.fewTags) yield fewTags(snapshot, policy.fewTags)
  yield* tooMuch(snapshot, addressesOf(snapshot), 'a first file', policy)
}

/** A document that was cut short loses tags before it loses addresses: AzureCloud has most of them. */
function* vanishedTags(
  { snapshot: { tags }, diff }: CurrentFacts,
  { tagsVanished: limit }: GuardPolicy,
): Iterable<GuardReason> {
  const gone = diff.tags.filter(({ kind }) => kind === 'removed')
  if (gone.length * 100 <= limit * tags.size) return
  const measured = (gone.length * 100) / tags.size
  const share = `${grouped(gone.length)} of ${counted(tags.size, 'tag')}`
  const text = `${share} vanish (${percentOver(measured, limit)} %), the limit is ${limit} %: ${listed(gone.map(({ name }) => name))}`
  yield { rule: 'size', text, measured, limit }
}

/**
 * A first file has nothing to be compared with, and a family that comes from nothing neither: they
 * are held to what a cloud can have at all.
 */
function* tooMuch(
  snapshot: Snapshot,
  counts: AddressCounts,
  what: 'a first file' | 'one step',
  { mostAddresses }: GuardPolicy,
): Iterable<GuardReason> {
  for (const family of FAMILIES) {
    const most = BigInt(mostAddresses[family])
    if (counts[family] <= most) continue
    const text = `IPv${family} addresses of ${snapshot.cloud} come to ${amount(family, counts[family])}, the limit for ${what} is ${amount(family, most)}`
    yield { rule: 'size', family, text }
  }
}

function* stepReasons(
  { candidate: { snapshot, fileDate }, current, namedTags }: GuardFacts,
  policy: GuardPolicy,
): Iterable<GuardReason> {
  if (!current) return
  const { snapshot: from, diff, newestFileDate, seenFileDate = newestFileDate } = current
  const dates = [current.fileDate, newestFileDate, seenFileDate]
  const since = dates.reduce((a, b) => (a < b ? b : a))
  const step = { from, to: snapshot, diff, days: daysBetween(since, fileDate) }
  yield* cloudMoves(step, policy)
  yield* tagMoves(step, namedTags, policy)
}

function fewTags({ tags }: Snapshot, expected: number): GuardReason {
  const text = `the document has ${tags.size} tags, at least ${expected} are expected`
  return { rule: 'size', text }
}

const DAY = 86_400_000

function daysBetween(from: FileDate, to: FileDate): number {
  return (Date.parse(to) - Date.parse(from)) / DAY
}
