/**
 * What each tag holds of some addresses at a position of history, and in which files it did. The
 * addresses are given as segments, from a first to a last one, of an `AddressIndex`.
 */
import type { AddressIndex } from './address-index.ts'
import { OPEN } from './file-date.ts'

export interface Holding {
  /** Ordinal of the tag. */
  readonly tag: number
  /** All of the addresses, by one prefix or by several together; else some of them. */
  readonly whole: boolean
  /** Ordinal of the narrowest published prefix that holds all of them, -1 if none does alone. */
  readonly prefix: number
  /** Position of the first file ever in which the tag held as much: all of them, or any. */
  readonly from: number
  /** Position after the last such file, `OPEN` while the newest file still is one. */
  readonly until: number
}

/**
 * In tag order. Addresses that no prefix ever cut in two take O(spans of the prefixes around them),
 * and nothing but the binary search where no tag holds them now. For others every span inside is visited once, and for each tag that holds them all its s spans
 * inside up to s times, to find the first and the last file.
 */
export function holdingsAt(
  index: AddressIndex,
  first: number,
  last: number,
  position: number,
): Holding[] {
  if (first === last) return heldAlike(index, first, position)
  return heldTogether(index, wideToNarrow(index, first), { first, last, position })
}

/**
 * How many prefixes of the whole history cut addresses in parts: what `holdingsAt` costs beyond a
 * single address's answer. O(log n); none for a single address.
 */
export function prefixesWithin(index: AddressIndex, first: number, last: number): number {
  const [inside, end] = prefixesInside(index, { first, last })
  return end - inside
}

/** The prefixes that hold a segment. */
function wideToNarrow({ segments: { innermost, parents } }: AddressIndex, segment: number) {
  const chain: number[] = []
  for (let prefix = innermost[segment] ?? -1; prefix >= 0; prefix = parents[prefix] ?? -1) {
    chain.push(prefix)
  }
  return chain.reverse()
}

type MutableHolding = { -readonly [Key in keyof Holding]: Holding[Key] }

/**
 * Within one segment each prefix holds all of the addresses or none. Which tags do at the position
 * the index knows; what remains is since when, until when, and by which prefix.
 */
function heldAlike(index: AddressIndex, segment: number, position: number): Holding[] {
  const { timeline, spanOffsets, spans, spanTags } = index
  const tags = index.tagsAt(segment, position)
  if (tags.length === 0) return []
  const found = Array.from(tags, (tag): MutableHolding => {
    return { tag, whole: true, prefix: -1, from: OPEN, until: 0 }
  })
  for (const prefix of wideToNarrow(index, segment)) {
    for (let i = spanOffsets[prefix] ?? 0; i < (spanOffsets[prefix + 1] ?? 0); i++) {
      const span = spans[i] ?? 0
      const holding = found[tags.indexOf(spanTags[span] ?? 0)]
      if (!holding) continue
      const [from, until] = [timeline.spanFrom[span] ?? 0, timeline.spanUntil[span] ?? 0]
      if (from < holding.from) holding.from = from
      if (until > holding.until) holding.until = until
      if (from <= position && position < until) holding.prefix = prefix
    }
  }
  return found
}

interface Question {
  readonly first: number
  readonly last: number
  readonly position: number
}

/** Per tag, while its prefixes are visited from left to right. */
interface Visited extends MutableHolding {
  isThere: boolean
  /** The segment up to which, without it, nothing is missing from the first one on. */
  reach: number
}

function heldTogether(
  index: AddressIndex,
  around: readonly number[],
  question: Question,
): Holding[] {
  const { timeline, segments, spanOffsets, spans, spanTags } = index
  const { first, last, position } = question
  const visited = new Map<number, Visited>()
  const [inside, end] = prefixesInside(index, question)

  function visit(prefix: number): void {
    const [begins, ends] = [segments.firsts[prefix] ?? 0, segments.ends[prefix] ?? 0]
    for (let i = spanOffsets[prefix] ?? 0; i < (spanOffsets[prefix + 1] ?? 0); i++) {
      const span = spans[i] ?? 0
      const tag = spanTags[span] ?? 0
      const [from, until] = [timeline.spanFrom[span] ?? 0, timeline.spanUntil[span] ?? 0]
      let of = visited.get(tag)
      if (!of) {
        of = { tag, whole: false, prefix: -1, from, until, isThere: false, reach: first }
        visited.set(tag, of)
      }
      if (from < of.from) of.from = from
      if (until > of.until) of.until = until
      if (from > position || until <= position) continue
      of.isThere = true
      if (begins <= of.reach && ends > of.reach) of.reach = ends
      if (begins <= first && ends > last) of.prefix = prefix
    }
  }

  for (const prefix of around) visit(prefix)
  for (let prefix = inside; prefix < end; prefix++) visit(prefix)
  const there = [...visited.values()].filter(({ isThere }) => isThere)
  return there
    .sort((a, b) => a.tag - b.tag)
    .map(({ tag, prefix, from, until, reach }) =>
      reach > last
        ? { tag, whole: true, prefix, ...wholeTimes(index, around, question, tag) }
        : { tag, whole: false, prefix, from, until },
    )
}

/** Ordinals, from one to before another, of the prefixes that begin after the first segment. */
function prefixesInside(
  { segments }: AddressIndex,
  { first, last }: Pick<Question, 'first' | 'last'>,
): [number, number] {
  return [countUpTo(segments.firsts, first), countUpTo(segments.firsts, last)]
}

/** How many of the ascending values are at most `limit`. */
function countUpTo(values: Int32Array, limit: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * When a tag first and last held all of them. It can begin to only where a span begins, and cease to
 * only where one ends, so those positions are tried, from the earliest on and from the latest back.
 */
function wholeTimes(
  index: AddressIndex,
  around: readonly number[],
  question: Question,
  tag: number,
): { from: number; until: number } {
  const { spanFrom, spanUntil } = index.timeline
  const own = spansOf(index, around, question, tag)
  const isWholeAt = (position: number): boolean => {
    let reach = question.first
    for (const span of own) {
      if ((spanFrom[span] ?? 0) > position || (spanUntil[span] ?? 0) <= position) continue
      const prefix = index.timeline.spanPrefixes[span] ?? 0
      if ((index.segments.firsts[prefix] ?? 0) > reach) return false
      reach = Math.max(reach, index.segments.ends[prefix] ?? 0)
      if (reach > question.last) return true
    }
    return false
  }
  const begun = [...new Set(own.map((span) => spanFrom[span] ?? 0))].sort((a, b) => a - b)
  const ended = [...new Set(own.map((span) => spanUntil[span] ?? 0))].sort((a, b) => b - a)
  return {
    from: begun.find(isWholeAt) ?? question.position,
    // Positions are whole numbers: nothing changes between the last one before an end and that end.
    until: ended.find((end) => isWholeAt(end - 1)) ?? OPEN,
  }
}

/** The tag's spans of the prefixes that hold any of the addresses, wide before narrow. */
function spansOf(
  index: AddressIndex,
  around: readonly number[],
  question: Question,
  tag: number,
): number[] {
  const { timeline, spanOffsets, spans, spanTags } = index
  const own: number[] = []
  for (const prefix of around) {
    for (let i = spanOffsets[prefix] ?? 0; i < (spanOffsets[prefix + 1] ?? 0); i++) {
      const span = spans[i] ?? 0
      if (spanTags[span] === tag) own.push(span)
    }
  }
  const [inside, end] = prefixesInside(index, question)
  const offset = timeline.tagOffsets[tag] ?? 0
  const spanPrefixes = timeline.spanPrefixes.subarray(offset, timeline.tagOffsets[tag + 1])
  const [from, to] = [countUpTo(spanPrefixes, inside - 1), countUpTo(spanPrefixes, end - 1)]
  for (let span = from; span < to; span++) own.push(offset + span)
  return own
}
