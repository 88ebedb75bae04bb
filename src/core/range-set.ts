/**
 * An immutable set of addresses of both families: sorted, disjoint, non-adjacent ranges. The same
 * addresses are the same ranges, however the set was made; the families never mix.
 *
 * Here is what a set can be asked. How its ranges are kept and combined is told in
 * `range-set-edges.ts`, how they are made of unsorted networks in `range-set-build.ts`, and how they
 * are cut into networks in `range-set-cover.ts`.
 */
import { FAMILIES, WORDS, type Address, type Family } from './address.ts'
import type { NetworkTable } from './network-table.ts'
import { prefixOf, type Prefix } from './prefix.ts'
import { coverIPv4, coverIPv6, type NetworkVisit } from './range-set-cover.ts'
import {
  combine,
  countAddresses,
  DIFFERENCE,
  edgesUpTo,
  equalEdges,
  includesAll,
  INTERSECTION,
  isEdgeInside,
  NO_EDGES,
  UNION,
  type Combination,
  type Edges,
  type FamilyEdges,
} from './range-set-edges.ts'
import {
  edgesOfPrefixes,
  edgesOfRanges,
  edgesOfTable,
  type AddressRange,
} from './range-set-input.ts'
import { parseEdges, parseLineEdges, textsOf } from './range-set-text.ts'
import { accept, type Result } from './result.ts'

export type { AddressRange } from './range-set-input.ts'

export class RangeSet {
  static readonly empty = new RangeSet({ 4: NO_EDGES, 6: NO_EDGES })

  readonly #edges: FamilyEdges

  private constructor(edges: FamilyEdges) {
    this.#edges = edges
  }

  /**
   * Any prefixes, in any order, overlapping or not. O(n): one pass if they are in list order, else up
   * to 3 passes more of a radix sort for IPv4 and 12 for IPv6.
   */
  static of(prefixes: Iterable<Prefix>): RangeSet {
    return new RangeSet(edgesOfPrefixes(listOf(prefixes)))
  }

  /**
   * Reads prefixes, single addresses and ranges (`20.0.0.0-20.0.3.255`), in any order, overlapping
   * or not, of both families. Host bits are refused, as by `parsePrefix`; the refusal names the text
   * and the rule. No object is made for a network. O(characters), and what `of` takes.
   */
  static parse(texts: Iterable<string>): Result<RangeSet> {
    const edges = parseEdges(listOf(texts))
    return edges.ok ? accept(new RangeSet(edges.value)) : edges
  }

  /**
   * The same of the bytes of a list with one of them a line; empty lines are passed over. The fastest
   * way in: no text is made of a line. The refusal names the line too.
   */
  static parseLines(list: Uint8Array): Result<RangeSet> {
    const edges = parseLineEdges(list)
    return edges.ok ? accept(new RangeSet(edges.value)) : edges
  }

  /**
   * The networks of a table, or those with the given ordinals: IPv4 networks are counted first, from
   * 0. O(n) where they are in list order, else as `of`.
   */
  static ofTable(table: NetworkTable, ordinals?: ArrayLike<number>): RangeSet {
    return new RangeSet(edgesOfTable(table, ordinals))
  }

  /** Any ranges, in any order, overlapping or not; each from a first address to a last. As `of`. */
  static ofRanges(ranges: Iterable<AddressRange>): RangeSet {
    return new RangeSet(edgesOfRanges(listOf(ranges)))
  }

  /** The addresses from `first` to `last`, both included; both of one family and in order. O(1). */
  static between(first: Address, last: Address): RangeSet {
    return RangeSet.ofRanges([{ family: first.family, first: first.words, last: last.words }])
  }

  /** Addresses in either set. O(n + m), as the other operations. */
  union(other: RangeSet): RangeSet {
    return this.#combine(other, UNION)
  }

  /** Addresses in both sets. */
  intersect(other: RangeSet): RangeSet {
    return this.#combine(other, INTERSECTION)
  }

  /** Addresses in this set and not in the other. */
  subtract(other: RangeSet): RangeSet {
    return this.#combine(other, DIFFERENCE)
  }

  /** Addresses of the bound that are not in this set. */
  complementWithin(bound: RangeSet): RangeSet {
    return bound.subtract(this)
  }

  /** The part of the set in one family. O(1). */
  only(family: Family): RangeSet {
    const edges = this.#edges[family]
    return new RangeSet(family === 4 ? { 4: edges, 6: NO_EDGES } : { 4: NO_EDGES, 6: edges })
  }

  /** O(log n). */
  contains({ family, words }: Address): boolean {
    return edgesUpTo(family, this.#edges[family], words) % 2 === 1
  }

  /** True if every address of the prefix is in the set. O(log n). */
  covers({ family, first, length }: Prefix): boolean {
    const edges = this.#edges[family]
    const passed = edgesUpTo(family, edges, first)
    return passed % 2 === 1 && !isEdgeInside(edges, passed, first, length)
  }

  /** True if any address of the prefix is in the set. O(log n). */
  overlaps({ family, first, length }: Prefix): boolean {
    const edges = this.#edges[family]
    const passed = edgesUpTo(family, edges, first)
    return passed % 2 === 1 || isEdgeInside(edges, passed, first, length)
  }

  /** True if every address of the other set, of m ranges, is in this one. O(m log(n / m)). */
  includes(other: RangeSet): boolean {
    return FAMILIES.every((family) =>
      includesAll(family, this.#edges[family], other.#edges[family]),
    )
  }

  /**
   * The prefixes that `overlaps` is true of; they come in list order. One walk over both: far
   * cheaper than asking about each, for the many thousand prefixes of a file. O(n + m) at most.
   */
  overlapping(prefixes: readonly Prefix[]): Prefix[] {
    if (this.isEmpty) return []
    const found: Prefix[] = []
    let [family, passed]: [Family, number] = [4, 0]
    for (const prefix of prefixes) {
      if (prefix.family !== family) [family, passed] = [prefix.family, 0]
      const edges = this.#edges[family]
      passed = edgesUpTo(family, edges, prefix.first, 0, passed)
      if (passed % 2 === 1 || isEdgeInside(edges, passed, prefix.first, prefix.length)) {
        found.push(prefix)
      }
    }
    return found
  }

  /** Exact number of addresses of a family. O(n). */
  count(family: Family): bigint {
    return countAddresses(family, this.#edges[family])
  }

  get isEmpty(): boolean {
    return this.#edges[4].length === 0 && this.#edges[6].length === 0
  }

  /** O(n). */
  equals(other: RangeSet): boolean {
    return FAMILIES.every((family) => equalEdges(this.#edges[family], other.#edges[family]))
  }

  /** The ranges in order, IPv4 first. O(n). */
  *ranges(): Iterable<AddressRange> {
    for (const family of FAMILIES) {
      const width = WORDS[family]
      const edges = this.#edges[family]
      for (let at = 0; at < edges.length; at += 2 * width) {
        const first = [...edges.subarray(at, at + width)]
        yield { family, first, last: lastBefore(edges, at + width, width) }
      }
    }
  }

  /**
   * Visits the fewest networks that hold exactly these addresses, in list order (IPv4 first), and
   * allocates nothing for each. O(networks), which are less than two for each bit of a range.
   */
  eachNetwork(visit: NetworkVisit): void {
    coverIPv4(this.#edges[4], visit)
    coverIPv6(this.#edges[6], visit)
  }

  /** The same networks as text. */
  texts(): string[] {
    return textsOf(this.#edges)
  }

  /** The same networks as prefixes. */
  prefixes(): Prefix[] {
    const cover: Prefix[] = []
    this.eachNetwork((family, first, length) => {
      cover.push(prefixOf(family, [...first], length))
    })
    return cover
  }

  #combine(other: RangeSet, combination: Combination): RangeSet {
    const [mine, theirs] = [this.#edges, other.#edges]
    return new RangeSet({
      4: combine(4, mine[4], theirs[4], combination),
      6: combine(6, mine[6], theirs[6], combination),
    })
  }
}

/** An array, so that no code of others runs while a set is built. */
function listOf<T>(items: Iterable<T>): readonly T[] {
  return Array.isArray(items) ? (items as readonly T[]) : [...items]
}

/** The last address of a range that ends at an edge, or at the end of all addresses. */
function lastBefore(edges: Edges, at: number, width: number): number[] {
  const last = edges.slice(at, at + width)
  if (last.length === 0) return new Array<number>(width).fill(0xffffffff)
  for (let w = width - 1, borrows = true; borrows; w--) {
    borrows = last[w] === 0
    last[w] = (last[w] ?? 0) - 1
  }
  return [...last]
}
