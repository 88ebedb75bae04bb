/**
 * An immutable set of addresses of both families: sorted, disjoint, non-adjacent ranges.
 *
 * A family's ranges are kept as edges, ascending: at an even edge the set begins, at an odd edge it
 * ends (half-open, so the last edge may be one past the last address). An edge is one number for
 * IPv4 and four 32-bit words for IPv6; doubles hold all of them exactly, the end edge included.
 *
 *     10.0.0.0/24 and 10.0.2.0/24   ->   [10.0.0.0, 10.0.1.0, 10.0.2.0, 10.0.3.0]
 *
 * Every operation is then one walk over two lists of edges.
 */
import { FAMILIES, WORDS, type Address, type Family } from './address.ts'
import { prefixOf, type Prefix } from './prefix.ts'

type Edges = Float64Array

const WORD = 2 ** 32
const NONE: Edges = new Float64Array(0)

/** 2 to the power of 0 to 32: looked up, as it is needed for every prefix of a file. */
const POWERS: readonly number[] = Array.from({ length: 33 }, (_, exponent) => 2 ** exponent)

/** First and last address of a range, both in the set. */
export interface AddressRange {
  readonly family: Family
  readonly first: readonly number[]
  readonly last: readonly number[]
}

export class RangeSet {
  static readonly empty = new RangeSet(NONE, NONE)

  readonly #edges: Readonly<Record<Family, Edges>>

  private constructor(v4: Edges, v6: Edges) {
    this.#edges = { 4: v4, 6: v6 }
  }

  /** Any prefixes, in any order, overlapping or not. O(n log n). */
  static of(prefixes: Iterable<Prefix>): RangeSet {
    const byFamily: Record<Family, Prefix[]> = { 4: [], 6: [] }
    for (const prefix of prefixes) byFamily[prefix.family].push(prefix)
    return new RangeSet(edgesOfIPv4(byFamily[4]), edgesOfIPv6(byFamily[6]))
  }

  /** The addresses from `first` to `last`, both included; both of one family and in order. */
  static between(first: Address, last: Address): RangeSet {
    const edges = new Float64Array([...first.words, ...last.words])
    increment(edges, first.words.length, first.words.length)
    return first.family === 4 ? new RangeSet(edges, NONE) : new RangeSet(NONE, edges)
  }

  /** Addresses in either set. O(n + m), as the other two operations. */
  union(other: RangeSet): RangeSet {
    return this.#combine(other, (mine, theirs) => mine || theirs)
  }

  /** Addresses in both sets. */
  intersect(other: RangeSet): RangeSet {
    return this.#combine(other, (mine, theirs) => mine && theirs)
  }

  /** Addresses in this set and not in the other. */
  subtract(other: RangeSet): RangeSet {
    return this.#combine(other, (mine, theirs) => mine && !theirs)
  }

  /** The part of the set in one family. */
  only(family: Family): RangeSet {
    return family === 4 ? new RangeSet(this.#edges[4], NONE) : new RangeSet(NONE, this.#edges[6])
  }

  /** O(log n). */
  contains(address: Address): boolean {
    const { family, words } = address
    return edgesUpTo(this.#edges[family], words, WORDS[family]) % 2 === 1
  }

  /** True if every address of the prefix is in the set. O(log n). */
  covers(prefix: Prefix): boolean {
    const width = WORDS[prefix.family]
    const edges = this.#edges[prefix.family]
    const passed = edgesUpTo(edges, prefix.first, width)
    if (passed % 2 === 0) return false
    return compareEdges(edges, passed * width, endOf(prefix), 0, width) >= 0
  }

  /** True if any address of the prefix is in the set. O(log n). */
  overlaps(prefix: Prefix): boolean {
    const width = WORDS[prefix.family]
    const edges = this.#edges[prefix.family]
    const passed = edgesUpTo(edges, prefix.first, width)
    return passed % 2 === 1 || isEdgeInside(edges, passed, prefix)
  }

  /**
   * The prefixes that `overlaps` is true of; they come in list order. One walk over both: far
   * cheaper than asking about each, for the many thousand prefixes of a file.
   */
  overlapping(prefixes: readonly Prefix[]): Prefix[] {
    if (this.isEmpty) return []
    const found: Prefix[] = []
    let [family, passed]: [Family, number] = [4, 0]
    for (const prefix of prefixes) {
      if (prefix.family !== family) [family, passed] = [prefix.family, 0]
      const edges = this.#edges[family]
      passed = edgesUpTo(edges, prefix.first, WORDS[family], passed)
      if (passed % 2 === 1 || isEdgeInside(edges, passed, prefix)) found.push(prefix)
    }
    return found
  }

  /** Exact number of addresses of a family. */
  count(family: Family): bigint {
    const edges = this.#edges[family]
    const width = WORDS[family]
    let count = 0n
    for (let at = 0; at < edges.length; at += 2 * width) {
      count += toBigInt(edges, at + width, width) - toBigInt(edges, at, width)
    }
    return count
  }

  get isEmpty(): boolean {
    return this.#edges[4].length === 0 && this.#edges[6].length === 0
  }

  equals(other: RangeSet): boolean {
    return FAMILIES.every((family) => {
      const [a, b] = [this.#edges[family], other.#edges[family]]
      return a.length === b.length && a.every((word, i) => word === b[i])
    })
  }

  /** The ranges in order, IPv4 first. */
  *ranges(): Iterable<AddressRange> {
    for (const family of FAMILIES) {
      const width = WORDS[family]
      const edges = this.#edges[family]
      for (let at = 0; at < edges.length; at += 2 * width) {
        const last = edges.slice(at + width, at + 2 * width)
        decrement(last, 0, width)
        yield { family, first: [...edges.subarray(at, at + width)], last: [...last] }
      }
    }
  }

  /**
   * The fewest prefixes that hold exactly these addresses, in list order (IPv4 first). Each range
   * is cut into the largest aligned blocks from its start. O(n * bits).
   */
  prefixes(): Prefix[] {
    return FAMILIES.flatMap((family) => coverOf(family, this.#edges[family]))
  }

  #combine(other: RangeSet, keep: (mine: boolean, theirs: boolean) => boolean): RangeSet {
    return new RangeSet(
      combine(this.#edges[4], other.#edges[4], WORDS[4], keep),
      combine(this.#edges[6], other.#edges[6], WORDS[6], keep),
    )
  }
}

/**
 * One walk over the edges of both lists; an edge is kept where the wanted state changes.
 *
 *     a        ──┤████████├──────
 *     b        ──────┤████████├──
 *     a and b  ──────┤████├──────
 */
function combine(
  a: Edges,
  b: Edges,
  width: number,
  keep: (inA: boolean, inB: boolean) => boolean,
): Edges {
  const out = new Float64Array(a.length + b.length)
  let [i, j, end] = [0, 0, 0]
  let [inA, inB, inside] = [false, false, false]
  while (i < a.length || j < b.length) {
    const order = i >= a.length ? 1 : j >= b.length ? -1 : compareEdges(a, i, b, j, width)
    const [from, at] = order <= 0 ? [a, i] : [b, j]
    if (order <= 0) {
      inA = !inA
      i += width
    }
    if (order >= 0) {
      inB = !inB
      j += width
    }
    if (keep(inA, inB) !== inside) {
      for (let w = 0; w < width; w++) out[end + w] = from[at + w] ?? 0
      end += width
      inside = !inside
    }
  }
  return out.slice(0, end)
}

/** Sorts (start, length) packed in one double: 32 + 6 bits, so the native sort does it. */
function edgesOfIPv4(prefixes: readonly Prefix[]): Edges {
  const keys = new Float64Array(prefixes.length)
  prefixes.forEach(({ first, length }, i) => (keys[i] = (first[0] ?? 0) * 64 + length))
  keys.sort()
  const edges = new Float64Array(keys.length * 2)
  let end = 0
  for (const key of keys) {
    const length = key % 64
    const start = (key - length) / 64
    const stop = start + 2 ** (32 - length)
    if (end > 0 && start <= (edges[end - 1] ?? 0)) {
      if (stop > (edges[end - 1] ?? 0)) edges[end - 1] = stop
    } else {
      edges[end] = start
      edges[end + 1] = stop
      end += 2
    }
  }
  return edges.slice(0, end)
}

function edgesOfIPv6(prefixes: readonly Prefix[]): Edges {
  const width = WORDS[6]
  const sorted = prefixes.toSorted((a, b) => compareEdges(a.first, 0, b.first, 0, width))
  const edges = new Float64Array(sorted.length * 2 * width)
  let end = 0
  for (const prefix of sorted) {
    const stop = endOf(prefix)
    if (end > 0 && compareEdges(prefix.first, 0, edges, end - width, width) <= 0) {
      if (compareEdges(stop, 0, edges, end - width, width) > 0) edges.set(stop, end - width)
    } else {
      edges.set(prefix.first, end)
      edges.set(stop, end + width)
      end += 2 * width
    }
  }
  return edges.slice(0, end)
}

/** One past the last address of a prefix. */
function endOf({ first, length }: Prefix): number[] {
  const end = [...first]
  addBlock(end, length)
  return end
}

/** True if there is such an edge and it is an address of the prefix, but not the first. */
function isEdgeInside(edges: Edges, index: number, { first, length }: Prefix): boolean {
  const at = index * first.length
  if (at >= edges.length) return false
  let w = 0
  while (w + 1 < first.length && edges[at + w] === first[w]) w++
  const distance = (edges[at + w] ?? 0) - (first[w] ?? 0)
  const hostBits = Math.min(32, Math.max(0, 32 * (w + 1) - length))
  return distance > 0 && distance < (POWERS[hostBits] ?? 0)
}

/** Adds the size of a block of the given prefix length; the top word may reach 2^32. */
function addBlock(words: number[], length: number): void {
  let at = length === 0 ? 0 : Math.ceil(length / 32) - 1
  words[at] = (words[at] ?? 0) + 2 ** (32 - (length - 32 * at))
  for (; at > 0 && (words[at] ?? 0) >= WORD; at--) {
    words[at] = (words[at] ?? 0) - WORD
    words[at - 1] = (words[at - 1] ?? 0) + 1
  }
}

function coverOf(family: Family, edges: Edges): Prefix[] {
  const width = WORDS[family]
  const cover: Prefix[] = []
  for (let at = 0; at < edges.length; at += 2 * width) {
    let start = [...edges.subarray(at, at + width)]
    while (compareEdges(start, 0, edges, at + width, width) < 0) {
      let length = widestAligned(start)
      let next = [...start]
      addBlock(next, length)
      while (compareEdges(next, 0, edges, at + width, width) > 0) {
        length++
        next = [...start]
        addBlock(next, length)
      }
      cover.push(prefixOf(family, start, length))
      start = next
    }
  }
  return cover
}

/** The shortest prefix length of a block that can start here: bits up to the last one set. */
function widestAligned(words: readonly number[]): number {
  for (let at = words.length - 1; at >= 0; at--) {
    const word = words[at] ?? 0
    if (word !== 0) return 32 * at + Math.clz32(word & -word) + 1
  }
  return 0
}

/** How many edges are at or before the address; `known` of them are already known to be. */
function edgesUpTo(edges: Edges, address: readonly number[], width: number, known = 0): number {
  let [low, high] = [known, edges.length / width]
  let probe = low // the answer is mostly the one already known
  while (low < high) {
    if (compareEdges(edges, probe * width, address, 0, width) <= 0) low = probe + 1
    else high = probe
    probe = (low + high) >>> 1
  }
  return low
}

function compareEdges(
  a: ArrayLike<number>,
  i: number,
  b: ArrayLike<number>,
  j: number,
  width: number,
): number {
  for (let w = 0; w < width; w++) {
    const difference = (a[i + w] ?? 0) - (b[j + w] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function increment(edges: Edges, at: number, width: number): void {
  for (let i = at + width - 1; i >= at; i--) {
    const next = (edges[i] ?? 0) + 1
    const carries = next === WORD && i > at
    edges[i] = carries ? 0 : next
    if (!carries) return
  }
}

function decrement(edges: Edges, at: number, width: number): void {
  for (let i = at + width - 1; i >= at; i--) {
    const word = edges[i] ?? 0
    edges[i] = word === 0 ? WORD - 1 : word - 1
    if (word !== 0) return
  }
}

function toBigInt(edges: Edges, at: number, width: number): bigint {
  let value = 0n
  for (let w = 0; w < width; w++) value = value * BigInt(WORD) + BigInt(edges[at + w] ?? 0)
  return value
}
