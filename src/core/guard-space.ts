/** Rules about single prefixes: how wide they are, and space where no public service can be. */
import { BITS, FAMILIES, type Family } from './address.ts'
import { countsOf, type SnapshotDiff } from './diff.ts'
import type { GuardPolicy } from './guard-policy.ts'
import { listed, NAMED, type GuardReason, type TagShare } from './guard-reasons.ts'
import type { Prefix } from './prefix.ts'
import { RangeSet } from './range-set.ts'
import type { ServiceTag, Snapshot } from './snapshot.ts'
import { SPECIAL_RANGES } from './special-space.ts'

/** What is to be known of a tag's prefixes. */
interface Examined {
  /** The shortest length of each family. */
  readonly shortest: Readonly<Record<Family, number>>
  readonly special: readonly Prefix[]
}

/** A tag that did not change is the same object in the next snapshot, and looked at once. */
const examined = new WeakMap<ServiceTag, Examined>()

/** What no approval could make right, in whatever tag and however long it has been there. */
export function* refusedPrefixes(snapshot: Snapshot, policy: GuardPolicy): Iterable<GuardReason> {
  const { refusedLength } = policy
  const tags = [...snapshot.tags.values()]
  const wide = tags.filter((tag) => {
    const { shortest } = examine(tag)
    return FAMILIES.some((family) => shortest[family] < refusedLength[family])
  })
  yield* tooWide('space', wide, refusedLength)
  const inside = tags
    .map((tag) => ({ name: tag.name, prefixes: examine(tag).special }))
    .filter(({ prefixes }) => prefixes.length > 0)
  if (inside.length === 0) return
  const text = `${subject(inside)} in private, reserved or documentation space${places(inside)}`
  yield { rule: 'space', text, tags: shares(inside) }
}

/** Prefixes wider than any that was published: of those added, or of all where there was nothing. */
export function widePrefixes(
  snapshot: Snapshot,
  diff: SnapshotDiff | undefined,
  policy: GuardPolicy,
): Iterable<GuardReason> {
  const holdings = diff
    ? diff.tags.map(({ name, prefixesAdded }) => ({ name, prefixes: prefixesAdded }))
    : [...snapshot.tags.values()]
  return tooWide('width', holdings, policy.heldLength)
}

/** A tag and some prefixes of it. */
interface Holding {
  readonly name: string
  readonly prefixes: readonly Prefix[]
}

function* tooWide(
  rule: 'space' | 'width',
  holdings: readonly Holding[],
  lengths: GuardPolicy['heldLength'],
): Iterable<GuardReason> {
  for (const family of FAMILIES) {
    const limit = lengths[family]
    const wide = holdings
      .map(({ name, prefixes }) => ({
        name,
        prefixes: prefixes.filter((prefix) => prefix.family === family && prefix.length < limit),
      }))
      .filter(({ prefixes }) => prefixes.length > 0)
    if (wide.length === 0) continue
    const text = `${subject(wide)} wider than /${limit}, the limit for IPv${family}${places(wide)}`
    yield { rule, family, text, tags: shares(wide) }
  }
}

function examine(tag: ServiceTag): Examined {
  let known = examined.get(tag)
  if (!known) {
    const shortest: Record<Family, number> = { ...BITS }
    for (const { family, length } of tag.prefixes) {
      if (length < shortest[family]) shortest[family] = length
    }
    known = { shortest, special: SPECIAL_RANGES.overlapping(tag.prefixes) }
    examined.set(tag, known)
  }
  return known
}

/** Each prefix once, however many tags have it, and the verb. */
function subject(holdings: readonly Holding[]): string {
  const all = holdings.flatMap(({ prefixes }) => prefixes.map(({ text }) => text))
  const texts = [...new Set(all)]
  return `${listed(texts)} ${texts.length === 1 ? 'is' : 'are'}`
}

function places(holdings: readonly Holding[]): string {
  return ` (in ${listed(holdings.map(({ name }) => name))})`
}

function shares(holdings: readonly Holding[]): TagShare[] {
  return holdings.slice(0, NAMED).map(({ name, prefixes }) => {
    const counts = countsOf(RangeSet.of(prefixes))
    return { name, addresses: (counts[4] + counts[6]).toString() }
  })
}
