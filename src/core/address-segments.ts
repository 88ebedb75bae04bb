/**
 * The address space cut where a network of a table begins or ends. Networks never cross each other,
 * so in each segment one is the innermost, and its parents are all others that hold it. Whatever is
 * asked of addresses is then asked of segments, which are small integers for both families alike.
 *
 *     10.0.0.0/8          ├───────────────────────────┤
 *     10.1.0.0/16               ├───────┤                      parent: 10.0.0.0/8
 *     segments      0     │  1  │   2   │      3      │   4
 *     innermost    none   │ /8  │  /16  │     /8      │ none
 */
import { WORDS, type Address } from './address.ts'
import type { NetworkTable } from './network-table.ts'

export interface AddressSegments {
  /** The segments of IPv4 come first, those of IPv6 after them. */
  readonly count: number
  /** Ordinal of the smallest network that holds a segment, -1 for none. */
  readonly innermost: Int32Array
  /** Ordinal of the next wider network that holds a network, -1 for none. */
  readonly parents: Int32Array
  /** First segment of each network; ascending, as the networks are in list order. */
  readonly firsts: Int32Array
  /** One past the last segment of each network. */
  readonly ends: Int32Array
  /** Segment of an address. O(log n), nothing allocated, as the next two. */
  of(address: Address): number
  /** `word` is unsigned. */
  ofIPv4(word: number): number
  /** Four words, most significant first. */
  ofIPv6(words: ArrayLike<number>): number
}

/** O(n) in networks; some 35 bytes for one of IPv4, 65 for one of IPv6. */
export function createAddressSegments(table: NetworkTable): AddressSegments {
  const v4 = cut(WORDS[4], table.v4Starts, table.v4Lengths)
  const v6 = cut(WORDS[6], table.v6Words, table.v6Lengths)
  const [networks, segments] = [v4.parents.length, v4.innermost.length]

  const ofIPv4 = (word: number): number => {
    let [low, high] = [0, segments - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((v4.edges[middle] ?? 0) <= word) low = middle
      else high = middle - 1
    }
    return low
  }

  const ofIPv6 = (words: ArrayLike<number>): number => {
    let [low, high] = [0, v6.innermost.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (isAtMost(v6.edges, 4 * middle, words)) low = middle
      else high = middle - 1
    }
    return segments + low
  }

  return {
    count: segments + v6.innermost.length,
    innermost: joined(v4.innermost, v6.innermost, networks),
    parents: joined(v4.parents, v6.parents, networks),
    firsts: joined(v4.firsts, v6.firsts, segments),
    ends: joined(v4.ends, v6.ends, segments),
    of: ({ family, words }) => (family === 4 ? ofIPv4(words[0] ?? 0) : ofIPv6(words)),
    ofIPv4,
    ofIPv6,
  }
}

/** The same of one family, numbered from 0. */
interface Cut {
  /** First address of each segment. */
  readonly edges: Uint32Array
  readonly innermost: Int32Array
  readonly parents: Int32Array
  readonly firsts: Int32Array
  readonly ends: Int32Array
}

/** One walk over the networks in list order; the ones that are open are a chain of parents. */
function cut(width: number, starts: Uint32Array, lengths: Uint8Array): Cut {
  const networks = lengths.length
  const edges = new Uint32Array((2 * networks + 1) * width)
  const innermost = new Int32Array(2 * networks + 1)
  const [parents, firsts, ends] = [0, 1, 2].map(() => new Int32Array(networks)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ]
  const edge = new Uint32Array(width)
  let count = 0
  let open = -1

  /** From `edge` on, `network` is the innermost. Of several that begin there the last one is. */
  function begin(network: number): number {
    if (count === 0 || !isEqual(edges, (count - 1) * width, edge)) {
      edges.set(edge, count * width)
      count++
    }
    innermost[count - 1] = network
    return count - 1
  }

  function end(network: number): void {
    const parent = parents[network] ?? -1
    const isInside = toEnd(edge, starts, network, lengths[network] ?? 0)
    ends[network] = isInside ? begin(parent) : count // else it ends with the address space
    open = parent
  }

  begin(-1)
  for (let network = 0; network < networks; network++) {
    while (open >= 0 && !holds(width, starts, lengths[open] ?? 0, open, network)) end(open)
    parents[network] = open
    for (let w = 0; w < width; w++) edge[w] = starts[network * width + w] ?? 0
    firsts[network] = begin(network)
    open = network
  }
  while (open >= 0) end(open)
  return {
    edges: edges.slice(0, count * width),
    innermost: innermost.slice(0, count),
    parents,
    firsts,
    ends,
  }
}

/**
 * True if the first `length` bits of two networks are the same, `length` being that of the wide one.
 * Their addresses are `width` words each, in one column of a table.
 */
export function holds(
  width: number,
  starts: Uint32Array,
  length: number,
  wide: number,
  narrow: number,
): boolean {
  for (let w = 0, bits = length; w < width && bits > 0; w++, bits -= 32) {
    const differing = (starts[wide * width + w] ?? 0) ^ (starts[narrow * width + w] ?? 0)
    if (differing >>> Math.max(0, 32 - bits) !== 0) return false
  }
  return true
}

/** Moves `edge` one past the last address of a network; false where the address space ends. */
function toEnd(edge: Uint32Array, starts: Uint32Array, network: number, length: number): boolean {
  const width = edge.length
  for (let w = 0; w < width; w++) edge[w] = starts[network * width + w] ?? 0
  if (length === 0) return false
  const last = (length - 1) >>> 5
  let carry = 2 ** (31 - ((length - 1) & 31))
  for (let w = last; w >= 0; w--) {
    const sum = (edge[w] ?? 0) + carry
    edge[w] = sum // modulo 2 ** 32
    if (sum < 2 ** 32) return true
    carry = 1
  }
  return false
}

function isEqual(edges: Uint32Array, at: number, edge: Uint32Array): boolean {
  for (let w = 0; w < edge.length; w++) if (edges[at + w] !== edge[w]) return false
  return true
}

function isAtMost(edges: Uint32Array, at: number, words: ArrayLike<number>): boolean {
  for (let w = 0; w < 4; w++) {
    const difference = (edges[at + w] ?? 0) - (words[w] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return true
}

/** Both families' numbers, those of IPv6 moved up; -1 stays. */
function joined(v4: Int32Array, v6: Int32Array, offset: number): Int32Array {
  const both = new Int32Array(v4.length + v6.length)
  both.set(v4)
  for (let i = 0; i < v6.length; i++) {
    const number = v6[i] ?? -1
    both[v4.length + i] = number < 0 ? -1 : number + offset
  }
  return both
}
