/**
 * Is this candidate safe to publish without a person looking? Facts in, verdict out; thresholds
 * are data. "Refuse" is for what cannot be a service-tags file of this cloud at all, "hold" for
 * what can be but needs a person.
 */
import { FAMILIES, type Family } from './address.ts'
import type { Cloud } from './cloud.ts'
import type { FileDate } from './file-date.ts'
import { parsePrefix, type Prefix } from './prefix.ts'
import { RangeSet } from './range-set.ts'
import type { Snapshot } from './snapshot.ts'

export interface GuardPolicy {
  /** Real files have 79 tags (AzureGermany) to 3,237. */
  readonly minTags: number
  /** A shorter prefix length is refused. The widest real ones are /14 and /39. */
  readonly widestLength: Readonly<Record<Family, number>>
}

export const policies = {
  cautious: { minTags: 50, widestLength: { 4: 12, 6: 32 } },
} as const satisfies Record<string, GuardPolicy>

export interface Candidate {
  readonly snapshot: Snapshot
  readonly fileDate: FileDate
}

/** What stands before the candidate. */
export interface CurrentFacts {
  /** Of the newest file that was accepted, also when it said nothing new. */
  readonly newestFileDate: FileDate
  /** A person has published an older snapshot on purpose. */
  readonly rolledBack: boolean
}

export interface GuardFacts {
  /** The cloud that was asked for. */
  readonly cloud: Cloud
  readonly candidate: Candidate
  /** A file dated later than this cannot be right: a few days from now, as the caller's clock says. */
  readonly notAfter: FileDate
  readonly current?: CurrentFacts | undefined
}

export type Verdict =
  | { readonly kind: 'safe' }
  | { readonly kind: 'hold'; readonly reasons: readonly string[] }
  | { readonly kind: 'refuse'; readonly reasons: readonly string[] }

/**
 * Space no public service can be reached in (IANA special-purpose registries): a list that holds
 * it would open a hole towards the inside.
 */
export const SPECIAL_SPACE: readonly Prefix[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // Only 2000::/3 is global unicast space.
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
].map(knownPrefix)

const special = RangeSet.of(SPECIAL_SPACE)

/** How many offenders a reason names; the number of all of them is always said. */
const NAMED = 5

export function judge(facts: GuardFacts, policy: GuardPolicy): Verdict {
  const refusals = [
    ...cloudReasons(facts),
    ...futureReasons(facts),
    ...sizeReasons(facts, policy),
    ...spaceReasons(facts, policy),
  ]
  if (refusals.length > 0) return { kind: 'refuse', reasons: refusals }
  const doubts = [...ageReasons(facts), ...rollbackReasons(facts)]
  return doubts.length > 0 ? { kind: 'hold', reasons: doubts } : { kind: 'safe' }
}

function* cloudReasons({ cloud, candidate: { snapshot } }: GuardFacts): Iterable<string> {
  if (snapshot.cloud !== cloud) {
    yield `the document is of cloud ${snapshot.cloud}, ${cloud} was asked for`
  }
}

function* sizeReasons(
  { candidate: { snapshot } }: GuardFacts,
  policy: GuardPolicy,
): Iterable<string> {
  if (!snapshot.tags.has('AzureCloud')) yield 'the document has no tag AzureCloud'
  else if (snapshot.tags.get('AzureCloud')?.prefixes.length === 0)
    yield 'AzureCloud has no prefixes'
  if (snapshot.tags.size < policy.minTags) {
    yield `the document has ${snapshot.tags.size} tags, at least ${policy.minTags} are expected`
  }
}

function* spaceReasons(
  { candidate: { snapshot } }: GuardFacts,
  policy: GuardPolicy,
): Iterable<string> {
  const wide: Record<Family, Prefix[]> = { 4: [], 6: [] }
  const inside: Prefix[] = []
  for (const { prefixes } of snapshot.tags.values()) {
    for (const prefix of prefixes) {
      if (prefix.length < policy.widestLength[prefix.family]) wide[prefix.family].push(prefix)
    }
    inside.push(...special.overlapping(prefixes))
  }
  for (const family of FAMILIES) {
    if (wide[family].length === 0) continue
    yield `${named(wide[family])} wider than /${policy.widestLength[family]}, the limit for IPv${family}`
  }
  if (inside.length > 0) yield `${named(inside)} in private, reserved or documentation space`
}

function* ageReasons({ candidate, current }: GuardFacts): Iterable<string> {
  if (current && candidate.fileDate < current.newestFileDate) {
    yield `withdrawal: the file is of ${candidate.fileDate}, one of ${current.newestFileDate} was accepted before`
  }
}

function* rollbackReasons({ current }: GuardFacts): Iterable<string> {
  if (current?.rolledBack) yield 'a person went back to an earlier snapshot, which stays published'
}

/** A mistyped date would otherwise be the newest for years, and every true file older than it. */
function* futureReasons({ candidate: { fileDate }, notAfter }: GuardFacts): Iterable<string> {
  if (fileDate > notAfter)
    yield `the file is dated ${fileDate}, nothing after ${notAfter} can be right`
}

/** Each once, however many tags have it. */
function named(prefixes: readonly Prefix[]): string {
  const texts = [...new Set(prefixes.map(({ text }) => text))]
  const rest = texts.length - NAMED
  const names = texts.slice(0, NAMED).join(', ')
  return `${names}${rest > 0 ? ` and ${rest} more` : ''} ${texts.length === 1 ? 'is' : 'are'}`
}

function knownPrefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.value
}
