/**
 * The edges of a set of addresses of one family: ascending, each once. At an even edge (0, 2, ...)
 * the set begins, at an odd one it ends, so that edge is the first address outside. A set that holds
 * the last address of its family never ends: it has an odd number of edges.
 *
 *     10.0.0.0/24 and 10.0.2.0/24    [10.0.0.0, 10.0.1.0, 10.0.2.0, 10.0.3.0]
 *     all from 240.0.0.0 on          [240.0.0.0]
 *
 * An edge is one 32-bit word for IPv4 and four for IPv6, most significant first. Two sets are equal
 * exactly if their edges are, and an address is in the set exactly if an odd number of edges is at or
 * before it. The functions for both families differ in how they read and compare an edge and are
 * written out for each, because these loops are where the time goes.
 */
import { WORDS, type Family } from './address.ts'
import { createWorkRoom } from './work-room.ts'

export type Edges = Uint32Array

/** The edges of a set of both families. */
export type FamilyEdges = Readonly<Record<Family, Edges>>

export const NO_EDGES: Edges = new Uint32Array(0)

/** Where a combination is written before its length is known. */
const room = createWorkRoom()

/**
 * An address is in the result if it is in `threshold` of two sets at least. The second is `inverted`
 * where its complement is meant.
 */
export interface Combination {
  readonly threshold: 1 | 2
  readonly inverted: 0 | 1
}

export const UNION: Combination = { threshold: 1, inverted: 0 }
export const INTERSECTION: Combination = { threshold: 2, inverted: 0 }
export const DIFFERENCE: Combination = { threshold: 2, inverted: 1 }

/**
 * One walk over the edges of both sets; an edge is kept where the result begins or ends. The result
 * must be empty before the first edge, which is so for the three above. O(n + m).
 *
 *     a        ──┤████████├──────
 *     b        ──────┤████████├──
 *     a and b  ──────┤████├──────
 */
export function combine(family: Family, a: Edges, b: Edges, combination: Combination): Edges {
  if (a.length === 0 || b.length === 0) return combineWithNone(a, b, combination)
  return family === 4 ? combineIPv4(a, b, combination) : combineIPv6(a, b, combination)
}

function combineWithNone(a: Edges, b: Edges, { threshold, inverted }: Combination): Edges {
  if (threshold === 1) return a.length === 0 ? b : a
  return inverted === 1 ? a : NO_EDGES
}

function combineIPv4(a: Edges, b: Edges, { threshold, inverted }: Combination): Edges {
  const out = room(a.length + b.length)
  let i = 0
  let j = 0
  let end = 0
  let inA = 0
  let inB: number = inverted
  let inside = 0
  while (i < a.length && j < b.length) {
    const edgeA = a[i] ?? 0
    const edgeB = b[j] ?? 0
    const edge = edgeA < edgeB ? edgeA : edgeB
    if (edgeA <= edgeB) {
      inA ^= 1
      i++
    }
    if (edgeB <= edgeA) {
      inB ^= 1
      j++
    }
    const now = inA + inB >= threshold ? 1 : 0
    if (now !== inside) {
      out[end++] = edge
      inside = now
    }
  }
  // One of the two has no edge left: what remains of the other counts, or does not.
  if (inB === threshold - 1) for (; i < a.length; i++) out[end++] = a[i] ?? 0
  if (inA === threshold - 1) for (; j < b.length; j++) out[end++] = b[j] ?? 0
  return out.slice(0, end)
}

function combineIPv6(a: Edges, b: Edges, { threshold, inverted }: Combination): Edges {
  const out = room(a.length + b.length)
  let i = 0
  let j = 0
  let end = 0
  let inA = 0
  let inB: number = inverted
  let inside = 0
  while (i < a.length && j < b.length) {
    const order = compareIPv6(a, i, b, j)
    const from = order <= 0 ? a : b
    const at = order <= 0 ? i : j
    if (order <= 0) {
      inA ^= 1
      i += 4
    }
    if (order >= 0) {
      inB ^= 1
      j += 4
    }
    const now = inA + inB >= threshold ? 1 : 0
    if (now !== inside) {
      for (let w = 0; w < 4; w++) out[end + w] = from[at + w] ?? 0
      end += 4
      inside = now
    }
  }
  if (inB === threshold - 1) for (; i < a.length; i++) out[end++] = a[i] ?? 0
  if (inA === threshold - 1) for (; j < b.length; j++) out[end++] = b[j] ?? 0
  return out.slice(0, end)
}

/**
 * True if every address of `b` is in `a`: one search a range of `b`, each from where the last one
 * ended. O(m log n), and O(n + m) at most for sets of like size.
 */
export function includesAll(family: Family, a: Edges, b: Edges): boolean {
  const width = WORDS[family]
  let passed = 0
  for (let at = 0; at < b.length; at += 2 * width) {
    passed = edgesUpTo(family, a, b, at, passed)
    if (passed % 2 === 0) return false
    const next = passed * width
    if (next === a.length) return true // `a` holds all addresses from here on
    const end = at + width
    if (end === b.length || compare(family, a, next, b, end) < 0) return false
  }
  return true
}

/**
 * How many edges are at or before the address whose words begin at `at`; `known` of them are known
 * to be. It looks near `known` first and in ever wider steps: O(log of the distance).
 */
export function edgesUpTo(
  family: Family,
  edges: Edges,
  address: ArrayLike<number>,
  at = 0,
  known = 0,
): number {
  const width = WORDS[family]
  const total = edges.length / width
  let low = known
  let high = known
  for (let step = 1; high < total; step *= 2) {
    if (compare(family, edges, high * width, address, at) > 0) break
    low = high + 1
    high += step
  }
  high = Math.min(high, total)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(family, edges, middle * width, address, at) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * True if there is such an edge and it is an address of the network, given that it is greater than
 * the network's first: that is so if all bits of the network are the same.
 */
export function isEdgeInside(
  edges: Edges,
  index: number,
  first: readonly number[],
  length: number,
): boolean {
  const at = index * first.length
  if (at >= edges.length) return false
  for (let w = 0; 32 * w < length; w++) {
    const differing = (edges[at + w] ?? 0) ^ (first[w] ?? 0)
    if (differing >>> Math.max(0, 32 * (w + 1) - length) !== 0) return false
  }
  return true
}

/** Exact number of addresses. O(n). */
export function countAddresses(family: Family, edges: Edges): bigint {
  return family === 4 ? countIPv4(edges) : countIPv6(edges)
}

function countIPv4(edges: Edges): bigint {
  let count = edges.length % 2 === 0 ? 0 : 2 ** 32
  for (let i = 0; i < edges.length; i++) count += i % 2 === 0 ? -(edges[i] ?? 0) : (edges[i] ?? 0)
  return BigInt(count)
}

/** So many 32-bit words can be added in a double before it is rounded. */
const EXACT = 2 ** 20

/** Adds up each of the four words by itself, and makes one big number of the sums. */
function countIPv6(edges: Edges): bigint {
  let count = edges.length % 8 === 0 ? 0n : 2n ** 128n
  for (let from = 0; from < edges.length; from += 4 * EXACT) {
    const to = Math.min(edges.length, from + 4 * EXACT)
    const sums = [0, 0, 0, 0]
    for (let w = 0; w < 4; w++) {
      let sum = 0
      for (let at = from + w; at < to; at += 8) sum += (edges[at + 4] ?? 0) - (edges[at] ?? 0)
      sums[w] = sum
    }
    count += sums.reduce((all, sum) => all * 2n ** 32n + BigInt(sum), 0n)
  }
  return count
}

/** O(n). */
export function equalEdges(a: Edges, b: Edges): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** An edge and an address, in whatever array its words are: negative, zero or positive. */
function compare(
  family: Family,
  edges: Edges,
  edge: number,
  words: ArrayLike<number>,
  at: number,
): number {
  const width = WORDS[family]
  for (let w = 0; w < width; w++) {
    const difference = (edges[edge + w] ?? 0) - (words[at + w] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The same for IPv6 alone, and words that lie in arrays of one kind. */
export function compareIPv6(a: Uint32Array, i: number, b: Uint32Array, j: number): number {
  for (let w = 0; w < 4; w++) {
    const mine = a[i + w] ?? 0
    const theirs = b[j + w] ?? 0
    if (mine !== theirs) return mine < theirs ? -1 : 1
  }
  return 0
}
