/**
 * RangeSet against an array of booleans (in spaces of 256 blocks, exhaustively where that is
 * possible), against a second implementation, and by the laws of sets on arbitrary prefixes.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BITS, FAMILIES } from '../../src/core/address.ts'
import { comparePrefixes, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { coverByBigInt } from '../support/bigint-cover.ts'
import { addressOf, anyAddress, anyPrefix, bigintOf, prefixesFrom } from '../support/networks.ts'
import {
  booleansOf,
  fewestPrefixes,
  SIZE,
  SMALL_PREFIXES,
  SPACES,
  type SmallPrefix,
} from '../support/small-space.ts'

const smallPrefixes = fc.array(fc.constantFrom(...SMALL_PREFIXES.slice(3)), { maxLength: 40 })

describe.each(SPACES)('a RangeSet in $name', (space) => {
  const setOf = (prefixes: readonly SmallPrefix[]): RangeSet =>
    RangeSet.of(prefixes.map((small) => space.prefix(small)))

  it('holds exactly the blocks of its prefixes, in any order and overlapping', () => {
    fc.assert(
      fc.property(smallPrefixes, (prefixes) => {
        const held = booleansOf(prefixes)
        const set = setOf(prefixes)
        expect(space.booleans(set)).toEqual(held)
        expect(held.map((_, i) => set.contains(space.first(i)))).toEqual(held)
        expect(held.map((_, i) => set.contains(space.last(i)))).toEqual(held)
      }),
    )
  })

  it('unites, intersects and subtracts as booleans do', () => {
    fc.assert(
      fc.property(smallPrefixes, smallPrefixes, (left, right) => {
        const [a, b] = [setOf(left), setOf(right)]
        const [inA, inB] = [booleansOf(left), booleansOf(right)]
        expect(space.booleans(a.union(b))).toEqual(inA.map((held, i) => held || inB[i]))
        expect(space.booleans(a.intersect(b))).toEqual(inA.map((held, i) => held && inB[i]))
        expect(space.booleans(a.subtract(b))).toEqual(inA.map((held, i) => held && !inB[i]))
        expect(a.equals(b)).toBe(inA.every((held, i) => held === inB[i]))
      }),
    )
  })

  it('covers and overlaps each of the 511 prefixes exactly if its booleans do', () => {
    fc.assert(
      fc.property(smallPrefixes, (prefixes) => {
        const held = booleansOf(prefixes)
        const set = setOf(prefixes)
        const parts = SMALL_PREFIXES.map(({ from, size }) => held.slice(from, from + size))
        const all = SMALL_PREFIXES.map((small) => space.prefix(small))
        const near = new Set(set.overlapping(all.toSorted(comparePrefixes)))
        expect(all.map((prefix) => set.covers(prefix))).toEqual(parts.map((p) => p.every(Boolean)))
        expect(all.map((prefix) => set.overlaps(prefix))).toEqual(parts.map((p) => p.some(Boolean)))
        expect(all.map((prefix) => near.has(prefix))).toEqual(parts.map((p) => p.some(Boolean)))
      }),
      { numRuns: 30 },
    )
  })

  it('is covered by the fewest prefixes, for each of the 32,896 ranges and for mixtures', () => {
    for (let first = 0; first < SIZE; first++) {
      for (let last = first; last < SIZE; last++) {
        const set = RangeSet.between(space.first(first), space.last(last))
        const held = Array.from({ length: SIZE }, (_, i) => i >= first && i <= last)
        const cover = set.prefixes()
        if (cover.length !== fewestPrefixes(held)) expect(cover).toHaveLength(fewestPrefixes(held))
        if (!RangeSet.of(cover).equals(set)) expect.fail(`${first} to ${last} is not covered`)
        const count = BigInt(last + 1 - first) * space.unit
        if (set.count(space.family) !== count) expect(set.count(space.family)).toBe(count)
      }
    }
    fc.assert(
      fc.property(smallPrefixes, (prefixes) => {
        expect(setOf(prefixes).prefixes()).toHaveLength(fewestPrefixes(booleansOf(prefixes)))
      }),
    )
  })

  it('counts addresses, not blocks or prefixes', () => {
    fc.assert(
      fc.property(smallPrefixes, (prefixes) => {
        const blocks = booleansOf(prefixes).filter(Boolean).length
        expect(setOf(prefixes).count(space.family)).toBe(BigInt(blocks) * space.unit)
        expect(setOf(prefixes).count(space.family === 4 ? 6 : 4)).toBe(0n)
      }),
    )
  })
})

describe('a RangeSet', () => {
  const prefixLists = fc.array(anyPrefix, { maxLength: 30 })
  const anySet = prefixLists.map((prefixes) => RangeSet.of(prefixes))

  it('has ranges in order, IPv4 first, that neither meet nor touch', () => {
    fc.assert(
      fc.property(anySet, (set) => {
        const ranges = [...set.ranges()]
        ranges.forEach(({ family, first, last }, i) => {
          expect(bigintOf(first) <= bigintOf(last)).toBe(true)
          const next = ranges[i + 1]
          if (next?.family === family) expect(bigintOf(last) + 1n < bigintOf(next.first)).toBe(true)
          else if (next) expect([family, next.family]).toEqual([4, 6])
        })
      }),
    )
  })

  it('is made again by its prefixes, by its ranges, and by its families', () => {
    fc.assert(
      fc.property(anySet, (set) => {
        const cover = set.prefixes()
        expect(cover).toEqual(cover.toSorted(comparePrefixes))
        expect(RangeSet.of(cover).equals(set)).toBe(true)
        const ranges = [...set.ranges()].map(({ family, first, last }) =>
          RangeSet.between({ family, words: first }, { family, words: last }),
        )
        expect(ranges.reduce((all, range) => all.union(range), RangeSet.empty).equals(set)).toBe(
          true,
        )
        expect(set.only(4).union(set.only(6)).equals(set)).toBe(true)
        for (const family of FAMILIES) {
          expect([...set.only(family).ranges()]).toEqual(
            [...set.ranges()].filter((range) => range.family === family),
          )
        }
      }),
    )
  })

  it('obeys the laws of sets', () => {
    fc.assert(
      fc.property(anySet, anySet, anySet, anyAddress, (a, b, c, address) => {
        const same = (left: RangeSet, right: RangeSet): void => {
          expect(left.equals(right)).toBe(true)
        }
        same(a.union(b), b.union(a))
        same(a.intersect(b), b.intersect(a))
        same(a.union(b).union(c), a.union(b.union(c)))
        same(a.intersect(b.union(c)), a.intersect(b).union(a.intersect(c)))
        same(a.subtract(b.union(c)), a.subtract(b).subtract(c))
        same(a.subtract(b).union(a.intersect(b)), a)
        same(a.subtract(a), RangeSet.empty)
        same(a.union(RangeSet.empty), a)
        expect(a.subtract(b).contains(address)).toBe(a.contains(address) && !b.contains(address))
        for (const family of FAMILIES) {
          expect(a.union(b).count(family) + a.intersect(b).count(family)).toBe(
            a.count(family) + b.count(family),
          )
        }
      }),
    )
  })

  it('covers and overlaps a prefix exactly if the operations on sets say so', () => {
    fc.assert(
      fc.property(prefixLists, anyPrefix, (prefixes, prefix) => {
        const set = RangeSet.of(prefixes)
        const one = RangeSet.of([prefix])
        expect(set.covers(prefix)).toBe(one.subtract(set).isEmpty)
        expect(set.overlaps(prefix)).toBe(!one.intersect(set).isEmpty)
      }),
    )
  })

  it('finds the prefixes of a list that it overlaps', () => {
    fc.assert(
      fc.property(anySet, prefixLists, (set, prefixes) => {
        const list = prefixes.toSorted(comparePrefixes)
        expect(set.overlapping(list)).toEqual(list.filter((prefix) => set.overlaps(prefix)))
      }),
    )
  })

  it('has the cover that a second implementation finds', () => {
    fc.assert(
      fc.property(prefixLists, (prefixes) => {
        const cover = RangeSet.of(prefixes).prefixes()
        expect(cover.map(blockOf)).toEqual(coverByBigInt(prefixes.map(({ text }) => text)))
      }),
    )
  })

  it('is empty without prefixes, and whole with all addresses', () => {
    expect(RangeSet.of([]).isEmpty).toBe(true)
    expect(RangeSet.empty.prefixes()).toEqual([])
    expect(RangeSet.empty.contains(addressOf('20.0.0.1'))).toBe(false)
    const all = RangeSet.of(prefixesFrom(['128.0.0.0/1', '0.0.0.0/1', '8000::/1', '::/1']))
    expect(all.prefixes().map(({ text }) => text)).toEqual(['0.0.0.0/0', '::/0'])
    expect([all.count(4), all.count(6)]).toEqual([2n ** 32n, 2n ** 128n])
    expect(all.isEmpty).toBe(false)
    expect(all.subtract(RangeSet.of(prefixesFrom(['::/0']))).equals(all.only(4))).toBe(true)
  })

  it('never mixes the families, whose first words may be equal', () => {
    const four = RangeSet.of(prefixesFrom(['38.3.16.0/24']))
    expect(four.contains(addressOf('2603:1000::'))).toBe(false)
    expect(four.union(RangeSet.of(prefixesFrom(['2603:1000::/32']))).prefixes()).toHaveLength(2)
  })
})

function blockOf({ family, first, length }: Prefix): ReturnType<typeof coverByBigInt>[number] {
  return { bits: BITS[family] === 32 ? 32 : 128, first: bigintOf(first), length }
}
