/**
 * From ranges in any order, overlapping or not, to edges: sort by first address unless they are in
 * order already, then one sweep that joins what meets or touches.
 *
 * A range is two addresses, its first and its last, one after the other in an array of words: two
 * words for IPv4, eight for IPv6.
 */
import { compareIPv6, NO_EDGES, type Edges } from './range-set-edges.ts'
import { createWorkRoom } from './work-room.ts'

/** Words of a range. */
export const RANGE_4 = 2
export const RANGE_6 = 8

/** Ranges on their way into a set are written here; see `WorkRoom` for how long they may stay. */
export const roomIPv4 = createWorkRoom()
export const roomIPv6 = createWorkRoom()

const sorting = createWorkRoom()

/**
 * Below this many ranges an insertion sort is used: 120 in no order take it 16 us and the radix sort
 * 26, 60 take 7 and 20 (measured).
 */
const FEW = 160

/** The values of a digit of the radix sort: 11 bits, so that IPv4 takes three passes. */
const RADIX = 2_048
const MASK = RADIX - 1

/** Where the digits of a word begin, the last first. */
const DIGITS = [0, 11, 22] as const

/** Sets the bits after a length, so that a first address becomes the last one of its network. */
export function fillHostBits(words: Uint32Array, at: number, length: number): void {
  for (let w = Math.max(0, length) >>> 5; w < 4; w++) {
    const networkBits = Math.max(0, length - 32 * w)
    words[at + w] = (words[at + w] ?? 0) | (0xffffffff >>> networkBits)
  }
}

/**
 * The edges of the first `count` ranges, which are written over. Neighbours that meet or touch are
 * joined before the sort: lists are mostly made of ordered runs. O(n): one pass if all are in order,
 * else up to three more of a radix sort over what is left. Fewer than `FEW` are sorted in O(n^2).
 */
export function edgesIPv4(ranges: Uint32Array, count: number): Edges {
  if (count === 0) return NO_EDGES
  const joined = joinIPv4(ranges, count)
  if (joined > 0) return edgesOfJoinedIPv4(ranges, joined)
  const sorted = sortIPv4(ranges, -joined)
  return edgesOfJoinedIPv4(sorted, joinIPv4(sorted, -joined))
}

/**
 * Joins each range with the one before it where it can. Gives how many are left, and that number
 * below zero where one of them begins before its predecessor.
 */
function joinIPv4(ranges: Uint32Array, count: number): number {
  let begin = ranges[0] ?? 0
  let last = ranges[1] ?? 0
  let end = 0
  let isSorted = true
  for (let i = 2; i < 2 * count; i += 2) {
    const first = ranges[i] ?? 0
    const nextLast = ranges[i + 1] ?? 0
    if (first >= begin && (first <= last || first - 1 === last)) {
      if (nextLast > last) last = nextLast
    } else {
      if (first < begin) isSorted = false
      ranges[end++] = begin
      ranges[end++] = last
      begin = first
      last = nextLast
    }
  }
  ranges[end++] = begin
  ranges[end++] = last
  return isSorted ? end / 2 : -end / 2
}

/** Of a last address makes the edge after it; there is none after the last address of all. */
function edgesOfJoinedIPv4(ranges: Uint32Array, count: number): Edges {
  const end = 2 * count
  for (let i = 1; i < end; i += 2) ranges[i] = (ranges[i] ?? 0) + 1
  return ranges.slice(0, ranges[end - 1] === 0 ? end - 1 : end)
}

function sortIPv4(ranges: Uint32Array, count: number): Uint32Array {
  if (count >= FEW) return radixSort(ranges, sorting(2 * count), count)
  insertionSortIPv4(ranges, count)
  return ranges
}

function insertionSortIPv4(ranges: Uint32Array, count: number): void {
  for (let i = 2; i < 2 * count; i += 2) {
    const first = ranges[i] ?? 0
    const last = ranges[i + 1] ?? 0
    let at = i
    for (; at > 0 && (ranges[at - 2] ?? 0) > first; at -= 2) {
      ranges[at] = ranges[at - 2] ?? 0
      ranges[at + 1] = ranges[at - 1] ?? 0
    }
    ranges[at] = first
    ranges[at + 1] = last
  }
}

/**
 * Sorts pairs of a key and something that goes with it: by the last digit of the key, then the one
 * before it and so on; a digit that all keys share needs no pass. Pairs of one key stay in their
 * order. Each pass moves them to the other of the two arrays; the one they end in comes back.
 */
function radixSort(pairs: Uint32Array, other: Uint32Array, count: number): Uint32Array {
  const counts = new Uint32Array(DIGITS.length * RADIX)
  countDigits(pairs, 2 * count, counts)
  let [from, to] = [pairs, other]
  for (const [i, shift] of DIGITS.entries()) {
    const places = counts.subarray(i * RADIX, (i + 1) * RADIX)
    if (!toPlaces(places, count)) continue
    movePairs(from, to, 2 * count, shift, places)
    ;[from, to] = [to, from]
  }
  return from
}

function countDigits(pairs: Uint32Array, end: number, counts: Uint32Array): void {
  for (let i = 0; i < end; i += 2) {
    const key = pairs[i] ?? 0
    const a = key & MASK
    const b = RADIX + ((key >>> 11) & MASK)
    const c = 2 * RADIX + (key >>> 22)
    counts[a] = (counts[a] ?? 0) + 1
    counts[b] = (counts[b] ?? 0) + 1
    counts[c] = (counts[c] ?? 0) + 1
  }
}

function movePairs(
  from: Uint32Array,
  to: Uint32Array,
  end: number,
  shift: number,
  places: Uint32Array,
): void {
  for (let i = 0; i < end; i += 2) {
    const key = from[i] ?? 0
    const value = (key >>> shift) & MASK
    const place = places[value] ?? 0
    places[value] = place + 1
    to[2 * place] = key
    to[2 * place + 1] = from[i + 1] ?? 0
  }
}

/** Makes places of the counts of a digit; false if all `count` keys have one value there. */
function toPlaces(counts: Uint32Array, count: number): boolean {
  let place = 0
  for (let i = 0; i < RADIX; i++) {
    const many = counts[i] ?? 0
    if (many === count) return false
    counts[i] = place
    place += many
  }
  return true
}

/** As `edgesIPv4`, of ranges with eight words: up to four times the passes of its sort. */
export function edgesIPv6(ranges: Uint32Array, count: number): Edges {
  if (count === 0) return NO_EDGES
  const joined = joinIPv6(ranges, count)
  if (joined > 0) return edgesOfJoinedIPv6(ranges, joined)
  const sorted = sortIPv6(ranges, -joined)
  return edgesOfJoinedIPv6(sorted, joinIPv6(sorted, -joined))
}

/** As `joinIPv4`. */
function joinIPv6(ranges: Uint32Array, count: number): number {
  let end = 0 // where the range is that may still grow
  let isSorted = true
  for (let at = RANGE_6; at < RANGE_6 * count; at += RANGE_6) {
    const isAfter = compareIPv6(ranges, at, ranges, end + 4) > 0
    const isBefore = !isAfter && compareIPv6(ranges, at, ranges, end) < 0
    if (!isBefore && (!isAfter || isNext(ranges, end + 4, ranges, at))) {
      if (compareIPv6(ranges, at + 4, ranges, end + 4) > 0) {
        copyWords(ranges, at + 4, ranges, end + 4, 4)
      }
    } else {
      if (isBefore) isSorted = false
      end += RANGE_6
      if (end < at) copyWords(ranges, at, ranges, end, RANGE_6)
    }
  }
  const left = end / RANGE_6 + 1
  return isSorted ? left : -left
}

/** True if the second address is the one after the first: seldom, which the last word shows. */
function isNext(a: Uint32Array, last: number, b: Uint32Array, first: number): boolean {
  if (((a[last + 3] ?? 0) + 1) >>> 0 !== b[first + 3]) return false
  let carry = b[first + 3] === 0 ? 1 : 0
  for (let w = 2; w >= 0; w--) {
    const next = (a[last + w] ?? 0) + carry
    if (next >>> 0 !== b[first + w]) return false
    carry = next > 0xffffffff ? 1 : 0
  }
  return carry === 0
}

function copyWords(
  from: Uint32Array,
  at: number,
  to: Uint32Array,
  end: number,
  count: number,
): void {
  for (let w = 0; w < count; w++) to[end + w] = from[at + w] ?? 0
}

/** As `edgesOfJoinedIPv4`. */
function edgesOfJoinedIPv6(ranges: Uint32Array, count: number): Edges {
  const end = RANGE_6 * count
  let isEndless = false
  for (let at = 4; at < end; at += RANGE_6) {
    let w = 3
    while (w >= 0 && ranges[at + w] === 0xffffffff) ranges[at + w--] = 0
    if (w >= 0) ranges[at + w] = (ranges[at + w] ?? 0) + 1
    else isEndless = true
  }
  return ranges.slice(0, isEndless ? end - 4 : end)
}

const gathered = createWorkRoom()
const pairing = createWorkRoom()

/** Ranges of IPv6 are too long to be moved in every pass: pairs of a word and a place are instead. */
function sortIPv6(ranges: Uint32Array, count: number): Uint32Array {
  let [pairs, other] = [pairing(2 * count), sorting(2 * count)]
  for (let i = 0; i < count; i++) pairs[2 * i + 1] = RANGE_6 * i
  if (count < FEW) insertionSortIPv6(ranges, pairs, count)
  else {
    for (let word = 3; word >= 0; word--) {
      if (!fillKeys(ranges, word, pairs, count)) continue
      if (radixSort(pairs, other, count) === other) [pairs, other] = [other, pairs]
    }
  }
  return gather(ranges, pairs, count)
}

function insertionSortIPv6(ranges: Uint32Array, pairs: Uint32Array, count: number): void {
  for (let i = 3; i < 2 * count; i += 2) {
    const range = pairs[i] ?? 0
    let at = i
    for (; at > 1 && compareIPv6(ranges, pairs[at - 2] ?? 0, ranges, range) > 0; at -= 2) {
      pairs[at] = pairs[at - 2] ?? 0
    }
    pairs[at] = range
  }
}

/** Gives each pair the word of its range's first address; false if that is the same in all. */
function fillKeys(ranges: Uint32Array, word: number, pairs: Uint32Array, count: number): boolean {
  const common = ranges[word] ?? 0
  let differing = 0
  for (let i = 0; i < 2 * count; i += 2) {
    const key = ranges[(pairs[i + 1] ?? 0) + word] ?? 0
    pairs[i] = key
    differing |= key ^ common
  }
  return differing !== 0
}

/** The ranges at the places, one after the other. */
function gather(ranges: Uint32Array, pairs: Uint32Array, count: number): Uint32Array {
  const inOrder = gathered(RANGE_6 * count)
  for (let i = 0; i < count; i++) {
    copyWords(ranges, pairs[2 * i + 1] ?? 0, inOrder, RANGE_6 * i, RANGE_6)
  }
  return inOrder
}
