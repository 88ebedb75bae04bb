/**
 * The two sides of a diff in typed arrays: which tag holds which prefix on which side. A `Timeline`
 * and two `Snapshot`s both come to this, and everything that a diff says of addresses and of
 * prefixes is read from it.
 *
 * Prefixes are told apart by their ordinal in list order, in which a prefix comes right before
 * everything inside it. "Inside" is then a comparison of two integers, in both families alike:
 *
 *     ordinal  prefix           end
 *        0     20.0.0.0/16       4    all below 4 are inside
 *        1       20.0.0.0/24     3
 *        2         20.0.0.7/32   3
 *        3       20.0.1.0/24     4
 *        4     20.9.0.0/24       5
 */
import { holds } from './address-segments.ts'
import { BITS, WORDS } from './address.ts'
import { networkCount, networkTableOf, type NetworkTable } from './network-table.ts'
import { comparePrefixes, type Prefix } from './prefix.ts'
import { tablePrefix } from './table-prefix.ts'

/** On which sides something is, as bits. */
export const FROM = 1
export const TO = 2
export const BOTH = FROM | TO

/** A tag's prefixes on one side only matter to a region by where the tag was on that side. */
export interface SidesTag {
  readonly name: string
  /** Region of the tag on each side: empty for a global tag, and for one that is not there. */
  readonly regionFrom: string
  readonly regionTo: string
}

export interface Sides {
  readonly networks: Networks
  /** In name order; a tag that is the same on both sides is among them, too. */
  readonly tags: readonly SidesTag[]
  /** The members of tag `t` are those from `offsets[t]` to before `offsets[t + 1]`. */
  readonly offsets: Int32Array
  /**
   * `memberOf` a prefix and its sides, ascending within a tag: all that are on one side only, and
   * of those on both sides at least whatever overlaps one of them.
   */
  readonly members: Int32Array
}

/** A prefix of a tag with the sides that have it, as one integer: they sort by the prefix. */
export function memberOf(ordinal: number, sides: number): number {
  return ordinal * 4 + sides
}

export function ordinalOf(member: number): number {
  return member >>> 2
}

export function sidesOf(member: number): number {
  return member & BOTH
}

/** Prefixes by ordinal, with what is needed to add up sizes without looking at an address. */
export interface Networks {
  readonly size: number
  /** Ordinal of the first prefix after everything inside this one. */
  readonly ends: Int32Array
  /** Class of size: 0 to 32 for the lengths of IPv4, 33 to 161 for those of IPv6. */
  readonly classes: Uint8Array
  readonly prefix: (ordinal: number) => Prefix
}

/** How many classes of size there are. */
export const SIZE_CLASSES = BITS[4] + 1 + BITS[6] + 1

/**
 * O(n) for a table that is new, then kept with it: a timeline's is asked about again and again.
 * `prefixAt` is asked for each ordinal once.
 */
export function networksOf(
  table: NetworkTable,
  prefixAt: Networks['prefix'] = (ordinal) => tablePrefix(table, ordinal),
): Networks {
  const kept = nesting.get(table) ?? nestingOf(table)
  nesting.set(table, kept)
  const made = new Array<Prefix | undefined>(kept.size)
  return { ...kept, prefix: (ordinal) => (made[ordinal] ??= prefixAt(ordinal)) }
}

type Nesting = Pick<Networks, 'size' | 'ends' | 'classes'>

const nesting = new WeakMap<NetworkTable, Nesting>()

function nestingOf(table: NetworkTable): Nesting {
  const { v4Lengths, v6Lengths } = table
  const size = networkCount(table)
  const classes = new Uint8Array(size)
  classes.set(v4Lengths)
  for (let i = 0; i < v6Lengths.length; i++) {
    classes[v4Lengths.length + i] = BITS[4] + 1 + (v6Lengths[i] ?? 0)
  }
  return { size, ends: endsOf(table), classes }
}

/** What a tag holds, as lists: what is on one side only, and what of both sides overlaps that. */
export interface TagLists {
  readonly tag: SidesTag
  readonly added: readonly Prefix[]
  readonly removed: readonly Prefix[]
  readonly near: readonly Prefix[]
}

/** O(n log n); `tags` in name order. */
export function sidesOfLists(tags: readonly TagLists[]): Sides {
  const offsets = new Int32Array(tags.length + 1)
  for (const [index, { added, removed, near }] of tags.entries()) {
    offsets[index + 1] = (offsets[index] ?? 0) + added.length + removed.length + near.length
  }
  const lists = tags.flatMap(({ added, removed, near }) => [added, removed, near])
  const { table, ordinals } = numbered(lists, offsets[tags.length] ?? 0)
  const members = new Int32Array(ordinals.length)
  let end = 0
  const put = (list: readonly Prefix[], sides: number): void => {
    for (const stop = end + list.length; end < stop; end++) {
      members[end] = memberOf(ordinals[end] ?? 0, sides)
    }
  }
  for (const [index, { added, removed, near }] of tags.entries()) {
    put(added, TO)
    put(removed, FROM)
    put(near, BOTH)
    members.subarray(offsets[index], end).sort()
  }
  return { networks: networksOf(table), tags: tags.map(({ tag }) => tag), offsets, members }
}

/**
 * Every prefix of the lists once, in list order, and the ordinals that this gives the lists, one
 * after the other. A prefix is looked at once: they lie scattered all over the memory.
 */
function numbered(
  lists: readonly (readonly Prefix[])[],
  size: number,
): { readonly table: NetworkTable; readonly ordinals: Int32Array } {
  const codes = new Float64Array(size) // the key of an IPv4 prefix; of an IPv6 one -1 - its number
  const keys = new Float64Array(size)
  const v6: Prefix[] = []
  const v6Numbers = new Map<string, number>()
  let [end, keyCount] = [0, 0]
  for (const list of lists) {
    for (const prefix of list) {
      if (prefix.family === 4) {
        const key = keyOf(prefix)
        codes[end++] = key
        keys[keyCount++] = key
        continue
      }
      let number = v6Numbers.get(prefix.text)
      if (number === undefined) {
        number = v6.push(prefix) - 1
        v6Numbers.set(prefix.text, number)
      }
      codes[end++] = -1 - number
    }
  }
  const v4 = distinct(keys.subarray(0, keyCount).sort())
  const v6Sorted = v6.toSorted(comparePrefixes)
  const v6Places = new Int32Array(v6.length)
  for (const [place, { text }] of v6Sorted.entries()) v6Places[v6Numbers.get(text) ?? 0] = place
  const ordinals = new Int32Array(size)
  for (let i = 0; i < size; i++) {
    const code = codes[i] ?? 0
    ordinals[i] = code >= 0 ? placeOf(v4, code) : v4.length + (v6Places[-1 - code] ?? 0)
  }
  return { table: tableOf(v4, v6Sorted), ordinals }
}

function tableOf(v4Keys: Float64Array, v6: readonly Prefix[]): NetworkTable {
  const v4Starts = new Uint32Array(v4Keys.length)
  const v4Lengths = new Uint8Array(v4Keys.length)
  for (let i = 0; i < v4Keys.length; i++) {
    const key = v4Keys[i] ?? 0
    v4Starts[i] = Math.floor(key / KEY_UNIT)
    v4Lengths[i] = key % KEY_UNIT
  }
  return { ...networkTableOf(v6), v4Starts, v4Lengths }
}

/** Ascending values, each once, in the same memory. */
function distinct(values: Float64Array): Float64Array {
  let end = 0
  for (const value of values) {
    if (end === 0 || value !== values[end - 1]) values[end++] = value
  }
  return values.subarray(0, end)
}

/** An IPv4 network as one number in list order, 32 + 6 bits: the native sort is many times faster. */
function keyOf({ first, length }: Prefix): number {
  return (first[0] ?? 0) * KEY_UNIT + length
}

const KEY_UNIT = 64

/** Where the value is among ascending ones; it is one of them. */
function placeOf(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** One walk with the prefixes that are still open on a stack, family by family. */
function endsOf(table: NetworkTable): Int32Array {
  const v4Count = table.v4Lengths.length
  const size = networkCount(table)
  const ends = new Int32Array(size)
  const open = new Int32Array(BITS[6] + 1) // nested prefixes differ in length
  let depth = 0
  for (let ordinal = 0; ordinal <= size; ordinal++) {
    while (depth > 0 && !isInside(table, v4Count, ordinal, open[depth - 1] ?? 0)) {
      ends[open[--depth] ?? 0] = ordinal
    }
    open[depth++] = ordinal
  }
  return ends
}

/** Whether a prefix is inside an earlier one; past the last one nothing is. */
function isInside(table: NetworkTable, v4Count: number, ordinal: number, outer: number): boolean {
  if (outer < v4Count) {
    if (ordinal >= v4Count) return false
    return holds(WORDS[4], table.v4Starts, table.v4Lengths[outer] ?? 0, outer, ordinal)
  }
  const [inner, around] = [ordinal - v4Count, outer - v4Count]
  if (inner >= table.v6Lengths.length) return false
  return holds(WORDS[6], table.v6Words, table.v6Lengths[around] ?? 0, around, inner)
}
