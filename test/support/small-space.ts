/**
 * 256 consecutive blocks of the address space, numbered 0 to 255, so that a set of addresses is an
 * array of 256 booleans that a test can compute with by hand. The blocks may be single addresses or
 * larger, and lie where carries happen: across a word, at the end of all addresses.
 */
import { BITS, type Address, type Family } from '../../src/core/address.ts'
import { prefixOf, type Prefix } from '../../src/core/prefix.ts'
import type { RangeSet } from '../../src/core/range-set.ts'
import { addressAt, bigintOf } from './networks.ts'

export const SIZE = 256

/** An aligned run of 2^(8 - depth) blocks. */
export interface SmallPrefix {
  readonly from: number
  readonly size: number
}

export interface SmallSpace {
  readonly name: string
  readonly family: Family
  /** How many addresses a block holds. */
  readonly unit: bigint
  /** First or last address of a block. */
  first(index: number): Address
  last(index: number): Address
  prefix(small: SmallPrefix): Prefix
  /** Which blocks the set holds; throws if it holds part of a block or anything else. */
  booleans(set: RangeSet): boolean[]
}

/** The spaces that the laws are checked in. */
export const SPACES: readonly SmallSpace[] = [
  createSpace('the last octet', 4, 0x14010200n, 32),
  createSpace('the first octet', 4, 0n, 8),
  createSpace('the last /24 of IPv4', 4, 0xffffff00n, 32),
  createSpace('the last byte', 6, 0x26031000000400000000000000000000n, 128),
  createSpace('four bits on each side of a word', 6, 0x26031000aaaaaaa00000000000000000n, 68),
  createSpace('the first byte', 6, 0n, 8),
  createSpace('the last /120 of IPv6', 6, 2n ** 128n - 256n, 128),
]

/** All 511 aligned runs, from the whole space to single blocks. */
export const SMALL_PREFIXES: readonly SmallPrefix[] = Array.from({ length: 9 }, (_, depth) => {
  const size = SIZE >>> depth
  return Array.from({ length: SIZE / size }, (_, i) => ({ from: i * size, size }))
}).flat()

export function booleansOf(prefixes: readonly SmallPrefix[]): boolean[] {
  const held = new Array<boolean>(SIZE).fill(false)
  for (const { from, size } of prefixes) held.fill(true, from, from + size)
  return held
}

/** The fewest aligned runs that hold exactly these blocks: none, one, or those of the two halves. */
export function fewestPrefixes(held: readonly boolean[]): number {
  if (!held.includes(true)) return 0
  if (!held.includes(false)) return 1
  const half = held.length / 2
  return fewestPrefixes(held.slice(0, half)) + fewestPrefixes(held.slice(half))
}

function createSpace(name: string, family: Family, base: bigint, unitLength: number): SmallSpace {
  const unit = 2n ** BigInt(BITS[family] - unitLength)
  const startOf = (index: number): bigint => base + BigInt(index) * unit
  const indexOf = (value: bigint): number => {
    const index = Number((value - base) / unit)
    if (startOf(index) !== value || index < 0 || index > SIZE) throw new Error('outside the space')
    return index
  }
  return {
    name: `${name} of IPv${family}`,
    family,
    unit,
    first: (index) => addressAt(family, startOf(index)),
    last: (index) => addressAt(family, startOf(index + 1) - 1n),
    prefix: ({ from, size }) =>
      prefixOf(family, addressAt(family, startOf(from)).words, unitLength - Math.log2(size)),
    booleans: (set) => {
      const held = new Array<boolean>(SIZE).fill(false)
      for (const range of set.ranges()) {
        if (range.family !== family) throw new Error('of the other family')
        held.fill(true, indexOf(bigintOf(range.first)), indexOf(bigintOf(range.last) + 1n))
      }
      return held
    },
  }
}
