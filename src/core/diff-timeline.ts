/**
 * What changed between any two days of a cloud's history, from its timeline: no snapshot is loaded,
 * and one pass over the spans finds what is in force on one side only.
 *
 *     span         from     to
 *     ├──────────────┼───────┼──────    both sides: nothing moved
 *     ├──────────────┼────┤  │          removed
 *     ├──────────────┼──┤ ├──┼──────    both sides, whatever was in between
 *     ├────┤         │ ├─────┼──────    added; it came back, which the span before it tells
 */
import { diffOfMoves, kindOf, metadataChanges, once } from './diff.ts'
import type { Facts, SnapshotDiff, TagMove } from './diff.ts'
import { movedPrefixes, type MovedPrefix } from './diff-moved.ts'
import { FROM, memberOf, networksOf, ordinalOf, sidesOf, TO } from './diff-sides.ts'
import type { Networks, Sides, SidesTag } from './diff-sides.ts'
import { fileDateAt, OPEN, type FileDate, type Position } from './file-date.ts'
import type { Prefix } from './prefix.ts'
import { tablePrefixes } from './table-prefix.ts'
import type { TagFacts, Timeline, TimelineTag } from './timeline.ts'

/**
 * A prefix that was added to a tag that had had it before: it had left and came back soon, so that
 * a rule removed with it was missed for a while.
 *
 *     position      1    2    3    4
 *     Sql 20/24     ├────┤         ├──    left on 2, came back on 4
 */
export interface FlappingPrefix {
  readonly tag: string
  readonly prefix: Prefix
  /** File date of the first file without it. */
  readonly leftOn: FileDate
  /** File date of the first file that has it again, at most `FLAPPING_DAYS` later. */
  readonly cameBackOn: FileDate
}

export const FLAPPING_DAYS = 60

export interface TimelineDiff {
  /** What `diffSnapshots` says of the two snapshots, or of what they have of the wanted tags. */
  readonly diff: SnapshotDiff
  /**
   * In order of tag and prefix. A return counts by its last absence before `to`; going back in time
   * nothing comes back.
   */
  readonly flapping: readonly FlappingPrefix[]
  /**
   * Of each tag to which prefixes were added: position of the first file after `from` that has one
   * of them, in the tag and while the tag was wanted. No tag is here when `to` is before `from`.
   */
  readonly firstSeen: ReadonlyMap<string, Position>
}

/** Which tags a diff is about; asked by what the tag was then, on each side and in between. */
export type WantedTag = (name: string, facts: Facts) => boolean

const DAY_MS = 86_400_000

/** Two points of history; `to` may be the older one. */
export interface Between {
  readonly from: Position
  readonly to: Position
}

/**
 * O(spans + prefixes), and what `SnapshotDiff` says of what is worked out when it is asked for.
 * With `wanted`, it is the diff of these tags, its addresses those of these tags together. Only
 * `moved` looks beyond them: most prefixes move between a tag that is wanted and one that is not, so
 * it says what it says of all tags, as far as it names a wanted one.
 */
export function diffTimeline(
  timeline: Timeline,
  between: Between,
  wanted?: WantedTag,
): TimelineDiff {
  const networks = networksOf(timeline.prefixes, tablePrefixes(timeline.prefixes))
  const sides = sidesBetween(timeline, between, networks, wanted ?? anyTag)
  const arrivals = once(() => arrivalsOf(timeline, between, sides, wanted ?? anyTag))
  const tags = sides.tags.flatMap((_, index) => moveOf(sides, index) ?? [])
  const moved = (): MovedPrefix[] => {
    if (!wanted) return movedPrefixes(sides)
    const all = sidesBetween(timeline, between, networks, anyTag)
    return naming(sides.tags, movedPrefixes(all))
  }
  return {
    diff: diffOfMoves({ tags, sides, moved }),
    get flapping() {
      return arrivals().flapping
    },
    get firstSeen() {
      return arrivals().firstSeen
    },
  }
}

const anyTag: WantedTag = () => true

/** Those that name at least one of the tags. */
function naming(tags: readonly SidesTag[], moved: readonly MovedPrefix[]): MovedPrefix[] {
  const names = new Set(tags.map(({ name }) => name))
  return moved.filter(({ from, to }) => [...from, ...to].some((name) => names.has(name)))
}

interface TagBetween extends SidesTag {
  /** Place in `timeline.tags`. */
  readonly place: number
  readonly before: TagFacts | undefined
  readonly after: TagFacts | undefined
}

/** The tags that are there on either side. */
function tagsBetween({ tags }: Timeline, { from, to }: Between, wanted: WantedTag): TagBetween[] {
  const found: TagBetween[] = []
  for (const [place, tag] of tags.entries()) {
    const before = wantedFacts(tag, from, wanted)
    const after = wantedFacts(tag, to, wanted)
    if (!before && !after) continue
    const [regionFrom, regionTo] = [before?.region ?? '', after?.region ?? '']
    found.push({ name: tag.name, place, before, after, regionFrom, regionTo })
  }
  return found
}

function wantedFacts(
  tag: TimelineTag,
  position: Position,
  wanted: WantedTag,
): TagFacts | undefined {
  const facts = factsAt(tag, position)
  return facts && wanted(tag.name, facts) ? facts : undefined
}

/** What a tag said of itself at a position; undefined if it was not there. */
export function factsAt({ facts }: TimelineTag, position: Position): TagFacts | undefined {
  return facts.find(({ from, until }) => from <= position && position < until)
}

/** All prefixes that are on either side are members. */
interface Held extends Pick<Sides, 'offsets' | 'members'> {
  /** Of each member, the first of its spans. */
  readonly spans: Int32Array
}

interface TimelineSides extends Sides, Held {
  readonly tags: readonly TagBetween[]
}

function sidesBetween(
  timeline: Timeline,
  between: Between,
  networks: Networks,
  wanted: WantedTag,
): TimelineSides {
  const tags = tagsBetween(timeline, between, wanted)
  return { ...heldBetween(timeline, between, tags), tags, networks }
}

/** The spans of a prefix in a tag are neighbours: each such run is one member at most. */
function heldBetween(
  { tagOffsets, spanPrefixes, spanFrom, spanUntil }: Timeline,
  { from, to }: Between,
  tags: readonly TagBetween[],
): Held {
  const offsets = new Int32Array(tags.length + 1)
  const members = new Int32Array(spanPrefixes.length)
  const spans = new Int32Array(spanPrefixes.length)
  let end = 0
  for (const [index, { place, before, after }] of tags.entries()) {
    const there = (before ? FROM : 0) | (after ? TO : 0)
    const stop = tagOffsets[place + 1] ?? 0
    for (let i = tagOffsets[place] ?? 0; i < stop;) {
      const [span, ordinal] = [i, spanPrefixes[i] ?? 0]
      let sides = 0
      for (; i < stop && spanPrefixes[i] === ordinal; i++) {
        const [begins, ends] = [spanFrom[i] ?? 0, spanUntil[i] ?? 0]
        if (begins <= from && from < ends) sides |= FROM
        if (begins <= to && to < ends) sides |= TO
      }
      sides &= there
      if (sides === 0) continue
      members[end] = memberOf(ordinal, sides)
      spans[end] = span
      end++
    }
    offsets[index + 1] = end
  }
  return { offsets, members: members.subarray(0, end), spans }
}

/** Undefined for a tag that is the same on both sides. */
function moveOf(sides: TimelineSides, index: number): TagMove | undefined {
  const { name, before, after } = sides.tags[index] ?? {}
  if (name === undefined) return undefined
  const metadata = before === after ? [] : metadataChanges(before, after)
  const { added, removed } = movedPrefixesOf(sides, index)
  const isSame = metadata.length + added.length + removed.length === 0
  if (before && after && isSame) return undefined
  return { name, kind: kindOf(before, after), metadata, added, removed, index }
}

function movedPrefixesOf(
  { offsets, members, networks }: TimelineSides,
  index: number,
): Pick<TagMove, 'added' | 'removed'> {
  const [added, removed]: [Prefix[], Prefix[]] = [[], []]
  for (let i = offsets[index] ?? 0; i < (offsets[index + 1] ?? 0); i++) {
    const member = members[i] ?? 0
    const sides = sidesOf(member)
    if (sides === TO) added.push(networks.prefix(ordinalOf(member)))
    else if (sides === FROM) removed.push(networks.prefix(ordinalOf(member)))
  }
  return { added, removed }
}

interface Arrivals {
  readonly flapping: readonly FlappingPrefix[]
  readonly firstSeen: ReadonlyMap<string, Position>
}

/** What the spans of each added prefix tell. One pass over the members. */
function arrivalsOf(
  { tags: allTags, tagOffsets, spanPrefixes, spanFrom, spanUntil }: Timeline,
  { from, to }: Between,
  { tags, offsets, members, spans, networks }: TimelineSides,
  wanted: WantedTag,
): Arrivals {
  const flapping: FlappingPrefix[] = []
  const firstSeen = new Map<string, Position>()
  if (to <= from) return { flapping, firstSeen } // going back, nothing comes back
  const isNextSpan = (ordinal: number, i: number): boolean =>
    spanPrefixes[i] === ordinal && (spanFrom[i] ?? 0) <= to
  for (const [index, { name, place }] of tags.entries()) {
    const end = tagOffsets[place + 1] ?? 0
    const times = once(() => (allTags[place]?.facts ?? []).filter((facts) => wanted(name, facts)))
    let earliest: number = OPEN
    for (let i = offsets[index] ?? 0; i < (offsets[index + 1] ?? 0); i++) {
      const member = members[i] ?? 0
      if (sidesOf(member) !== TO) continue
      const ordinal = ordinalOf(member)
      const first = spans[i] ?? 0
      let current = first // the one in force at `to`
      while (isNextSpan(ordinal, current + 1) && current + 1 < end) current++
      for (let span = first; span <= current && (spanFrom[span] ?? 0) < earliest; span++) {
        const [begins, ends] = [spanFrom[span] ?? 0, spanUntil[span] ?? 0]
        for (const facts of times()) {
          // A tag that came into the question by its facts brings prefixes that it had before.
          const seen = Math.max(begins, facts.from)
          if (from < seen && seen < Math.min(ends, facts.until, earliest)) earliest = seen
        }
      }
      if (current === first) continue
      const back = comeback(spanUntil[current - 1] ?? 0, spanFrom[current] ?? 0)
      if (back) flapping.push({ tag: name, prefix: networks.prefix(ordinal), ...back })
    }
    if (earliest < OPEN) firstSeen.set(name, earliest as Position)
  }
  return { flapping, firstSeen }
}

/** The dates of an absence, if it was short. */
function comeback(
  left: number,
  back: number,
): Pick<FlappingPrefix, 'leftOn' | 'cameBackOn'> | undefined {
  const [leftOn, cameBackOn] = [fileDateAt(left as Position), fileDateAt(back as Position)]
  const days = (Date.parse(cameBackOn) - Date.parse(leftOn)) / DAY_MS
  return days > FLAPPING_DAYS ? undefined : { leftOn, cameBackOn }
}
