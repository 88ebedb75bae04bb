/**
 * A cloud's whole history in typed arrays: which tag published which prefix, from when until when.
 * Some 17 bytes a span, so that years of it fit in memory and a question about any day is answered
 * there, without loading the snapshot of that day.
 *
 *     position        2025060901   2025061601   2025062301
 *     Sql 20.0.0.0/24 ├─────────────────────────┤              one span
 *     Sql 20.1.0.0/24 ├────────────┤            ├──────────    two: it came back
 */
import type { Cloud } from './cloud.ts'
import type { Position } from './file-date.ts'
import type { NetworkTable } from './network-table.ts'

/** What a tag said of itself from one position (included) until another (excluded). */
export interface TagFacts {
  readonly from: Position
  /** `OPEN` while it lasts. */
  readonly until: Position
  readonly region: string
  readonly regionId: number
  readonly systemService: string
  readonly networkFeatures: readonly string[]
}

export interface TimelineTag {
  readonly name: string
  /** In order of time, not overlapping; a gap is a time without the tag. */
  readonly facts: readonly TagFacts[]
}

export interface Timeline {
  readonly cloud: Cloud
  /** Of every snapshot, ascending. */
  readonly positions: Int32Array
  /**
   * Every prefix that was ever published, once, in list order (`comparePrefixes`): IPv4 before
   * IPv6. The ordinal of an IPv4 prefix is its index, that of an IPv6 prefix its index plus the
   * number of IPv4 prefixes.
   */
  readonly prefixes: NetworkTable
  /** Every tag there ever was, in name order. */
  readonly tags: readonly TimelineTag[]
  /** The spans of tag `t` are those from `tagOffsets[t]` to before `tagOffsets[t + 1]`. */
  readonly tagOffsets: Int32Array
  /** Ordinal of the span's prefix. Within a tag spans are in order of prefix, then of time. */
  readonly spanPrefixes: Int32Array
  /** Position the span begins at. */
  readonly spanFrom: Int32Array
  /** Half-open; `OPEN` while it lasts. */
  readonly spanUntil: Int32Array
}
