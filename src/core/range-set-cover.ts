/**
 * The fewest networks that hold exactly the addresses of a set: each range is cut, from its start,
 * into the largest blocks that are aligned there and still fit.
 *
 *     ranges     ├───────────────────┤      12 to 31
 *     networks   ├────┤├─────────────┤      12/30, 16/28
 *
 * As many steps as there are networks, so O(n * bits) at most: a range has less than two a bit.
 */
import type { Family } from './address.ts'
import type { Edges } from './range-set-edges.ts'

/**
 * Is told a network of the cover: `first` holds the words of its first address (one for IPv4, four
 * for IPv6) until the visit is over, as the same array is used for all.
 */
export type NetworkVisit = (family: Family, first: Readonly<Uint32Array>, length: number) => void

/** Visits the networks of IPv4 in order; allocates one array of one word. */
export function coverIPv4(edges: Edges, visit: NetworkVisit): void {
  const first = new Uint32Array(1)
  for (let i = 0; i < edges.length; i += 2) {
    let start = edges[i] ?? 0
    const end = edges[i + 1] ?? 0 // one past the last address: 0 where that is the end of all
    do {
      const bits = Math.min(zeroBits(start), wholeBits((end - start) >>> 0))
      first[0] = start
      visit(4, first, 32 - bits)
      start = bits === 32 ? 0 : (start + 2 ** bits) >>> 0
    } while (start !== end)
  }
}

/** How many bits at the end of a word are zero: the widest block that is aligned there. */
function zeroBits(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word)
}

/** The largest power of two that is not more; zero stands for 2^32. */
function wholeBits(size: number): number {
  return size === 0 ? 32 : 31 - Math.clz32(size)
}

/** Visits the networks of IPv6 in order; allocates one array of four words. */
export function coverIPv6(edges: Edges, visit: NetworkVisit): void {
  const first = new Uint32Array(4)
  for (let at = 0; at < edges.length; at += 8) {
    for (let w = 0; w < 4; w++) first[w] = edges[at + w] ?? 0
    do {
      const bits = Math.min(zeroBitsIPv6(first), wholeBitsIPv6(edges, at + 4, first))
      visit(6, first, 128 - bits)
      if (bits === 128) break
      addBlock(first, bits)
    } while (!isEnd(edges, at + 4, first))
  }
}

function zeroBitsIPv6(words: Uint32Array): number {
  let w = 3
  while (w > 0 && words[w] === 0) w--
  return 32 * (3 - w) + zeroBits(words[w] ?? 0)
}

/** The largest power of two that fits between an address and the edge where the range ends. */
function wholeBitsIPv6(edges: Edges, end: number, start: Uint32Array): number {
  let borrow = 0
  let bits = 128
  for (let w = 3; w >= 0; w--) {
    const difference = (edges[end + w] ?? 0) - (start[w] ?? 0) - borrow
    borrow = difference < 0 ? 1 : 0
    if (difference >>> 0 !== 0) bits = 32 * (3 - w) + wholeBits(difference >>> 0)
  }
  return bits
}

function addBlock(words: Uint32Array, bits: number): void {
  let w = 3 - (bits >>> 5)
  const sum = (words[w] ?? 0) + 2 ** (bits & 31)
  words[w] = sum
  for (let carries = sum >= 2 ** 32; carries && w > 0;) {
    w--
    carries = words[w] === 0xffffffff
    words[w] = (words[w] ?? 0) + 1
  }
}

function isEnd(edges: Edges, end: number, words: Uint32Array): boolean {
  for (let w = 0; w < 4; w++) if ((edges[end + w] ?? 0) !== words[w]) return false
  return true
}
