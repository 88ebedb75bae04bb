/**
 * The fewest extra addresses at which k prefixes cover a set of one family, for every k up to a
 * limit: a tree knapsack, exact.
 *
 * The prefixes of the set's lossless cover are the leaves of a binary trie without nodes of one
 * child. A node is the longest prefix around the leaves below it: taken as one entry it covers them
 * and admits the gaps between.
 *
 *             ┌──── 20.0.0.0/22 ────┐          as one entry: 512 extra
 *             │                ┌ 20.0.2.0/23 ┐ as one entry: 256 extra
 *       20.0.0.0/24       20.0.2.0/25   20.0.3.128/25
 *
 * Of a node, k entries are either (k = 1) itself, if it touches nothing forbidden, or i of its left
 * child and k - i of its right one, the best i. No other cover is better: prefixes that overlap are
 * nested, one that holds no whole leaf is no use, and one that is no node admits more than the node
 * below it.
 */
import { BITS } from './address.ts'
import { prefixOf, type Prefix } from './prefix.ts'
import type { RangeSet } from './range-set.ts'

/** What can be done with a set of one family. */
export interface FitTree {
  /** Prefixes of the lossless cover. */
  readonly lossless: number
  /** The fewest entries that admit nothing forbidden; 0 for an empty set. */
  readonly fewest: number
  /**
   * Fewest extra addresses with exactly k entries at index k - 1, for k up to the limit or
   * `lossless`; infinite where something forbidden would be admitted. They never rise with k.
   *
   * Exact for IPv4. For IPv6 they are sums of differences of two powers of two, all positive, so
   * that rounding never cancels: at most 4 times at each of 128 levels, by one part in 2^53. What
   * is chosen by them has less than one part in 10^12 more than the fewest, and exactly the fewest
   * while that is below 2^53 times the smallest prefix of the cover.
   */
  readonly costs: Float64Array
  /**
   * The prefixes of the best cover with so many entries, in list order. Both halves of a network may
   * be among them, where one entry fewer costs no more.
   */
  coverOf(entries: number): Prefix[]
}

/** The trie's nodes: the leaves by their index, then the inner ones, children before parents. */
interface Trie {
  readonly leaves: readonly Prefix[]
  /** Of inner nodes, by their number less that of the leaves. */
  readonly left: Int32Array
  readonly right: Int32Array
  readonly lengths: Uint8Array
  /** How many leaves are below, and the first of them. */
  readonly sizes: Int32Array
  readonly firsts: Int32Array
}

/**
 * `cover` is a lossless one of one family in list order; `forbidden` shares no address with it. For
 * n leaves and a limit k: O(n * k) time, as a node of a and b leaves below its children takes
 * min(a, k) * min(b, k) steps. Memory: the choices, four bytes for each of min(leaves below, k) at
 * every node, at most 4 * n * min(k, depth) bytes (depth is at most 32 or 128); costs are kept of
 * the path only, O(n).
 */
export function fitTree(cover: readonly Prefix[], forbidden: RangeSet, limit: number): FitTree {
  const trie = trieOf(cover)
  const allowed = allowedNodes(trie, forbidden)
  const { costs, choices, offsets } = solve(trie, allowed, limit)
  return {
    lossless: cover.length,
    fewest: fewestEntries(trie, allowed),
    costs,
    coverOf: (entries) => chosen(trie, choices, offsets, entries),
  }
}

/** Joins neighbours by the length that they have in common, the longest first, on a stack. O(n). */
function trieOf(leaves: readonly Prefix[]): Trie {
  const inner = Math.max(0, leaves.length - 1)
  const [left, right] = [new Int32Array(inner), new Int32Array(inner)]
  const [sizes, firsts] = [new Int32Array(inner), new Int32Array(inner)]
  const lengths = new Uint8Array(inner)
  const waiting: { node: number; common: number }[] = []
  let made = 0
  for (let i = 0; i < leaves.length; i++) {
    let node = i
    const common = commonLength(leaves[i], leaves[i + 1]) // -1 after the last: joins all
    for (let top = waiting.at(-1); top && top.common > common; top = waiting.at(-1)) {
      waiting.pop()
      left[made] = top.node
      right[made] = node
      lengths[made] = top.common
      sizes[made] = sizeOf(sizes, leaves.length, top.node) + sizeOf(sizes, leaves.length, node)
      firsts[made] = firstOf(firsts, leaves.length, top.node)
      node = leaves.length + made++
    }
    waiting.push({ node, common })
  }
  return { leaves, left, right, lengths, sizes, firsts }
}

function sizeOf(sizes: Int32Array, leaves: number, node: number): number {
  return node < leaves ? 1 : (sizes[node - leaves] ?? 0)
}

function firstOf(firsts: Int32Array, leaves: number, node: number): number {
  return node < leaves ? node : (firsts[node - leaves] ?? 0)
}

/** Leading bits that two networks share; -1 if there is no second one. */
function commonLength(a: Prefix | undefined, b: Prefix | undefined): number {
  if (!a || !b) return -1
  let word = 0
  while (word + 1 < a.first.length && a.first[word] === b.first[word]) word++
  return 32 * word + Math.clz32((a.first[word] ?? 0) ^ (b.first[word] ?? 0))
}

/** Inner nodes that touch nothing forbidden; a node above one that does is not asked about. */
function allowedNodes(trie: Trie, forbidden: RangeSet): Uint8Array {
  const { leaves, left, right } = trie
  const allowed = new Uint8Array(left.length).fill(1)
  if (forbidden.isEmpty) return allowed
  const isAllowed = (node: number): boolean => {
    return node < leaves.length || allowed[node - leaves.length] === 1
  }
  for (let i = 0; i < left.length; i++) {
    const below = isAllowed(left[i] ?? 0) && isAllowed(right[i] ?? 0)
    if (!below || forbidden.overlaps(innerPrefix(trie, i))) allowed[i] = 0
  }
  return allowed
}

function fewestEntries({ leaves, left, right }: Trie, allowed: Uint8Array): number {
  const fewest = new Int32Array(left.length)
  const of = (node: number): number =>
    node < leaves.length ? 1 : (fewest[node - leaves.length] ?? 0)
  for (let i = 0; i < left.length; i++) {
    fewest[i] = allowed[i] === 1 ? 1 : of(left[i] ?? 0) + of(right[i] ?? 0)
  }
  return leaves.length < 2 ? leaves.length : (fewest[left.length - 1] ?? 0)
}

interface Solution {
  /** Of the root. */
  readonly costs: Float64Array
  /** How many entries go to the left child, 0 where the node itself is the one entry. */
  readonly choices: Int32Array
  /** Where an inner node's choices begin; that for k entries is at k - 1. */
  readonly offsets: Int32Array
}

function solve(trie: Trie, allowed: Uint8Array, limit: number): Solution {
  const { leaves, left, right, sizes } = trie
  const offsets = new Int32Array(left.length + 1)
  sizes.forEach((size, i) => (offsets[i + 1] = (offsets[i] ?? 0) + Math.min(size, limit)))
  const choices = new Int32Array(offsets[left.length] ?? 0)
  const extra = extraOf(trie)
  // Costs of nodes whose parent is still to come lie one after the other, the latest last.
  const costs = new Float64Array(leaves.length)
  const joined = new Float64Array(Math.min(leaves.length, limit))
  let end = 0
  for (let i = 0; i < left.length; i++) {
    const [l, r] = [left[i] ?? 0, right[i] ?? 0]
    const most = Math.min(sizes[i] ?? 0, limit)
    // The right child came after the left one.
    const [ofRight, ofLeft] = [costsOf(r), costsOf(l)]
    const begin = offsets[i] ?? 0
    joined.fill(Infinity, 0, most)
    if (allowed[i] === 1) joined[0] = extra[i] ?? 0
    for (let a = 0; a < ofLeft.length; a++) {
      const cost = ofLeft[a] ?? 0
      if (cost === Infinity) continue
      const last = Math.min(ofRight.length, most - a - 1)
      for (let b = 0; b < last; b++) {
        const sum = cost + (ofRight[b] ?? 0)
        if (sum < (joined[a + b + 1] ?? 0)) {
          joined[a + b + 1] = sum
          choices[begin + a + b + 1] = a + 1
        }
      }
    }
    costs.set(joined.subarray(0, most), end)
    end += most
  }
  return { costs: costs.slice(0, Math.min(leaves.length, limit)), choices, offsets }

  /** Takes a node's costs off the end; a leaf is one entry without anything extra. */
  function costsOf(node: number): Float64Array {
    if (node < leaves.length) return LEAF
    end -= Math.min(sizes[node - leaves.length] ?? 0, limit)
    return costs.subarray(end, end + Math.min(sizes[node - leaves.length] ?? 0, limit))
  }
}

const LEAF = new Float64Array(1)

/**
 * Addresses of a node's block that are in none of its leaves: those of its children's, and what
 * each child leaves of its half. Sums alone, as a count less a count would lose an IPv6 host.
 */
function extraOf({ leaves, left, right, lengths }: Trie): Float64Array {
  const bits = BITS[leaves[0]?.family ?? 4]
  const extra = new Float64Array(left.length)
  const inHalf = (half: number, node: number): number => {
    if (node < leaves.length) return half - 2 ** (bits - (leaves[node]?.length ?? 0))
    const inner = node - leaves.length
    return half - 2 ** (bits - (lengths[inner] ?? 0)) + (extra[inner] ?? 0)
  }
  for (let i = 0; i < left.length; i++) {
    const half = 2 ** (bits - (lengths[i] ?? 0) - 1)
    extra[i] = inHalf(half, left[i] ?? 0) + inHalf(half, right[i] ?? 0)
  }
  return extra
}

function chosen(trie: Trie, choices: Int32Array, offsets: Int32Array, entries: number): Prefix[] {
  const { leaves, left, right } = trie
  const cover: Prefix[] = []
  const root = leaves.length + left.length - 1
  const waiting = root < 0 ? [] : [{ node: root, entries }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const leaf = leaves[next.node]
    if (leaf) {
      cover.push(leaf)
      continue
    }
    const inner = next.node - leaves.length
    const toLeft = choices[(offsets[inner] ?? 0) + next.entries - 1] ?? 0
    if (toLeft === 0) {
      cover.push(innerPrefix(trie, inner))
      continue
    }
    // The left one is taken next: a cover is in list order.
    waiting.push({ node: right[inner] ?? 0, entries: next.entries - toLeft })
    waiting.push({ node: left[inner] ?? 0, entries: toLeft })
  }
  return cover
}

function innerPrefix({ leaves, lengths, firsts }: Trie, inner: number): Prefix {
  const leaf = leaves[firsts[inner] ?? 0]
  if (!leaf) throw new Error('a node has a leaf')
  const length = lengths[inner] ?? 0
  return prefixOf(leaf.family, networkWords(leaf.first, length), length)
}

/** The words of an address with everything after `length` bits zero. */
function networkWords(words: readonly number[], length: number): number[] {
  return words.map((word, i) => {
    const kept = Math.min(32, Math.max(0, length - 32 * i))
    return kept === 0 ? 0 : kept === 32 ? word : (word & -(2 ** (32 - kept))) >>> 0
  })
}
