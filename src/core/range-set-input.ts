/** What a set is made of, once it has been read: prefixes, a table of networks, or ranges. */
import type { Family } from './address.ts'
import type { NetworkTable } from './network-table.ts'
import type { Prefix } from './prefix.ts'
import {
  edgesIPv4,
  edgesIPv6,
  fillHostBits,
  RANGE_4,
  RANGE_6,
  roomIPv4,
  roomIPv6,
} from './range-set-build.ts'
import type { FamilyEdges } from './range-set-edges.ts'

/** First and last address of a range, both in it. */
export interface AddressRange {
  readonly family: Family
  readonly first: readonly number[]
  readonly last: readonly number[]
}

/** In any order, overlapping or not. O(n) and the sort of `edgesIPv4`. */
export function edgesOfPrefixes(prefixes: readonly Prefix[]): FamilyEdges {
  const v4 = roomIPv4(RANGE_4 * prefixes.length)
  let v6 = roomIPv6(0)
  let end4 = 0
  let end6 = 0
  for (let i = 0; i < prefixes.length; i++) {
    const prefix = prefixes[i]
    if (prefix?.family === 4) {
      writeIPv4(v4, end4, prefix.first[0] ?? 0, prefix.length)
      end4 += RANGE_4
    } else if (prefix) {
      if (end6 === 0) v6 = roomIPv6(RANGE_6 * (prefixes.length - i))
      writeIPv6(v6, end6, prefix.first, 0, prefix.length)
      end6 += RANGE_6
    }
  }
  return edgesOf(v4, end4, v6, end6)
}

/** All networks of a table, or some. O(n), as they are in order. */
export function edgesOfTable(table: NetworkTable, ordinals?: ArrayLike<number>): FamilyEdges {
  const total4 = table.v4Starts.length
  const total = ordinals?.length ?? total4 + table.v6Lengths.length
  const v4 = roomIPv4(RANGE_4 * total)
  let v6 = roomIPv6(0)
  let end4 = 0
  let end6 = 0
  for (let i = 0; i < total; i++) {
    const ordinal = ordinals ? (ordinals[i] ?? 0) : i
    if (ordinal < total4) {
      writeIPv4(v4, end4, table.v4Starts[ordinal] ?? 0, table.v4Lengths[ordinal] ?? 0)
      end4 += RANGE_4
    } else {
      if (end6 === 0) v6 = roomIPv6(RANGE_6 * (total - i))
      const index = ordinal - total4
      writeIPv6(v6, end6, table.v6Words, 4 * index, table.v6Lengths[index] ?? 0)
      end6 += RANGE_6
    }
  }
  return edgesOf(v4, end4, v6, end6)
}

/** In any order, overlapping or not; no range ends before it starts. As `edgesOfPrefixes`. */
export function edgesOfRanges(ranges: readonly AddressRange[]): FamilyEdges {
  const v4 = roomIPv4(RANGE_4 * ranges.length)
  const v6 = roomIPv6(RANGE_6 * ranges.length)
  let end4 = 0
  let end6 = 0
  for (const { family, first, last } of ranges) {
    if (family === 4) {
      v4[end4++] = first[0] ?? 0
      v4[end4++] = last[0] ?? 0
    } else {
      v6.set(first, end6)
      v6.set(last, end6 + 4)
      end6 += RANGE_6
    }
  }
  return edgesOf(v4, end4, v6, end6)
}

function edgesOf(v4: Uint32Array, end4: number, v6: Uint32Array, end6: number): FamilyEdges {
  return { 4: edgesIPv4(v4, end4 / RANGE_4), 6: edgesIPv6(v6, end6 / RANGE_6) }
}

function writeIPv4(ranges: Uint32Array, at: number, first: number, length: number): void {
  ranges[at] = first
  ranges[at + 1] = length === 32 ? first : first | (0xffffffff >>> length)
}

function writeIPv6(
  ranges: Uint32Array,
  at: number,
  words: ArrayLike<number>,
  from: number,
  length: number,
): void {
  for (let w = 0; w < 4; w++) {
    ranges[at + w] = words[from + w] ?? 0
    ranges[at + 4 + w] = words[from + w] ?? 0
  }
  fillHostBits(ranges, at + 4, length)
}
