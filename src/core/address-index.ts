/**
 * Address -> its tags, in the newest snapshot or at any position of history. One binary search finds
 * the segment; what every tag said of the networks around it lies there side by side.
 */
import { createAddressSegments, type AddressSegments } from './address-segments.ts'
import { networkCount } from './network-table.ts'
import type { Timeline } from './timeline.ts'

export interface AddressIndex {
  readonly timeline: Timeline
  readonly segments: AddressSegments
  /** The spans of prefix `p` are `spans[spanOffsets[p]]` to before `spans[spanOffsets[p + 1]]`. */
  readonly spanOffsets: Int32Array
  /** Spans of the timeline, by prefix, then by tag, then by time. */
  readonly spans: Int32Array
  /** Tag of each span of the timeline. */
  readonly spanTags: Int32Array
  /**
   * Tags that hold a segment's addresses at a position: ordinals, ascending, not to be written to.
   * In the newest snapshot O(1): the sets are ready, equal ones are one array. At any other position
   * O(spans of the prefixes that ever held the segment).
   */
  tagsAt(segment: number, position: number): Int32Array
}

/** O(n) in spans and prefixes. */
export function createAddressIndex(timeline: Timeline): AddressIndex {
  const segments = createAddressSegments(timeline.prefixes)
  const byPrefix = spansByPrefix(timeline)
  const newest = newestSets(timeline, segments, byPrefix)
  const { spanFrom, spanUntil } = timeline
  const { spanOffsets, spans, spanTags } = byPrefix
  const newestPosition = newestOf(timeline)

  return {
    timeline,
    segments,
    ...byPrefix,

    tagsAt(segment, position) {
      let prefix = segments.innermost[segment] ?? -1
      if (position >= newestPosition) return newest.sets[newest.setOf[prefix] ?? 0] ?? NONE
      const tags: number[] = []
      for (; prefix >= 0; prefix = segments.parents[prefix] ?? -1) {
        const end = spanOffsets[prefix + 1] ?? 0
        for (let i = spanOffsets[prefix] ?? 0; i < end; i++) {
          const span = spans[i] ?? 0
          if ((spanFrom[span] ?? 0) > position || (spanUntil[span] ?? 0) <= position) continue
          const tag = spanTags[span] ?? 0
          if (!tags.includes(tag)) tags.push(tag)
        }
      }
      return Int32Array.from(tags).sort()
    },
  }
}

const NONE = new Int32Array(0)

function newestOf({ positions }: Timeline): number {
  return positions.at(-1) ?? 0
}

type SpansByPrefix = Pick<AddressIndex, 'spanOffsets' | 'spans' | 'spanTags'>

/** The timeline has them by tag; one counting sort has them by prefix. */
function spansByPrefix({ tags, tagOffsets, spanPrefixes, prefixes }: Timeline): SpansByPrefix {
  const spanTags = new Int32Array(spanPrefixes.length)
  for (let tag = 0; tag < tags.length; tag++) {
    spanTags.fill(tag, tagOffsets[tag], tagOffsets[tag + 1])
  }
  const count = networkCount(prefixes)
  const spanOffsets = new Int32Array(count + 1)
  for (const prefix of spanPrefixes) spanOffsets[prefix + 1] = (spanOffsets[prefix + 1] ?? 0) + 1
  for (let p = 1; p <= count; p++) {
    spanOffsets[p] = (spanOffsets[p] ?? 0) + (spanOffsets[p - 1] ?? 0)
  }
  const next = spanOffsets.slice()
  const spans = new Int32Array(spanPrefixes.length)
  spanPrefixes.forEach((prefix, span) => {
    const place = next[prefix] ?? 0
    spans[place] = span
    next[prefix] = place + 1
  })
  return { spanOffsets, spans, spanTags }
}

interface NewestSets {
  /** The first one is empty. */
  readonly sets: readonly Int32Array[]
  /** Index of the set of tags that hold a prefix whole. */
  readonly setOf: Int32Array
}

/**
 * A parent comes before its children: a prefix's set is its parent's and its own tags. They are
 * added one by one, and what a set and one more tag make is remembered, as many prefixes have the
 * same tags: of seven years of Public the whole index is made in half the time.
 */
function newestSets(
  timeline: Timeline,
  { parents }: AddressSegments,
  { spanOffsets, spans, spanTags }: SpansByPrefix,
): NewestSets {
  const { spanFrom, spanUntil, tags } = timeline
  const newest = newestOf(timeline)
  const sets: Int32Array[] = [NONE]
  const known = new Map<string, number>([['', 0]])
  const steps = new Map<number, number>()
  const setOf = new Int32Array(parents.length)
  for (let prefix = 0; prefix < parents.length; prefix++) {
    let set = setOf[parents[prefix] ?? -1] ?? 0
    for (let i = spanOffsets[prefix] ?? 0; i < (spanOffsets[prefix + 1] ?? 0); i++) {
      const span = spans[i] ?? 0
      if ((spanFrom[span] ?? 0) > newest || (spanUntil[span] ?? 0) <= newest) continue
      set = withTag(set, spanTags[span] ?? 0)
    }
    setOf[prefix] = set
  }
  return { sets, setOf }

  function withTag(set: number, tag: number): number {
    const step = set * tags.length + tag
    const made = steps.get(step) ?? numberOf(new Set([...(sets[set] ?? NONE), tag]))
    steps.set(step, made)
    return made
  }

  function numberOf(members: ReadonlySet<number>): number {
    const set = Int32Array.from(members).sort()
    const key = set.join(' ')
    const number = known.get(key) ?? sets.push(set) - 1
    known.set(key, number)
    return number
  }
}
