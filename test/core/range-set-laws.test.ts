/**
 * The operations on sets: all pairs of the sets of eight neighbouring blocks, against the bits of a
 * byte, in every space and at the end of all addresses; and the laws on arbitrary prefixes.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAMILIES } from '../../src/core/address.ts'
import type { NetworkTable } from '../../src/core/network-table.ts'
import { comparePrefixes, prefixOf, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet, type AddressRange } from '../../src/core/range-set.ts'
import { anyAddress, anyPrefix, bigintOf, prefixesFrom } from '../support/networks.ts'
import { SIZE, SMALL_PREFIXES, SPACES, type SmallSpace } from '../support/small-space.ts'

const BLOCKS = 8

describe.each(SPACES)('the sets of eight blocks in $name', (space) => {
  it.each([0, SIZE - BLOCKS])('are combined as the bits of a byte, from block %d on', (from) => {
    const sets = Array.from({ length: 2 ** BLOCKS }, (_, mask) => setOf(space, from, mask))
    const at = (mask: number): RangeSet => sets[mask & 255] ?? RangeSet.empty
    const whole = at(255)
    for (let a = 0; a < sets.length; a++) {
      const wrong = sets.flatMap((_, b) => {
        const holds =
          at(a)
            .union(at(b))
            .equals(at(a | b)) &&
          at(a)
            .intersect(at(b))
            .equals(at(a & b)) &&
          at(a)
            .subtract(at(b))
            .equals(at(a & ~b)) &&
          at(a)
            .complementWithin(at(b))
            .equals(at(b & ~a)) &&
          at(a).includes(at(b)) === ((b & ~a) === 0) &&
          at(a).equals(at(b)) === (a === b)
        return holds ? [] : [[a, b]]
      })
      expect(wrong).toEqual([])
      expect(at(a).complementWithin(whole).complementWithin(whole).equals(at(a))).toBe(true)
    }
  })

  it('answers for each of the 511 prefixes what the bits of its blocks say', () => {
    const from = SIZE - BLOCKS
    const prefixes = SMALL_PREFIXES.filter((small) => small.from >= from)
    for (let mask = 0; mask < 2 ** BLOCKS; mask++) {
      const set = setOf(space, from, mask)
      for (const small of prefixes) {
        const bits = (2 ** small.size - 1) << (small.from - from)
        const prefix = space.prefix(small)
        expect(set.covers(prefix)).toBe((mask & bits) === bits)
        expect(set.overlaps(prefix)).toBe((mask & bits) !== 0)
      }
    }
  })
})

describe('the laws of sets', () => {
  const prefixLists = fc.array(anyPrefix, { maxLength: 60 })
  const anySet = prefixLists.map((prefixes) => RangeSet.of(prefixes))
  const same = (left: RangeSet, right: RangeSet): void => {
    expect(left.equals(right)).toBe(true)
    expect([...left.ranges()]).toEqual([...right.ranges()])
  }

  it('hold for complements: De Morgan, twice is nothing, no address left out', () => {
    const everything = RangeSet.of(prefixesFrom(['0.0.0.0/0', '::/0']))
    fc.assert(
      fc.property(anySet, anySet, anySet, anyAddress, (a, b, bound, address) => {
        for (const within of [everything, bound]) {
          const not = (set: RangeSet): RangeSet => set.complementWithin(within)
          same(not(a.union(b)), not(a).intersect(not(b)))
          same(not(a.intersect(b)), not(a).union(not(b)))
          same(not(not(a)), a.intersect(within))
          same(not(a).union(a.intersect(within)), within)
          same(not(a).intersect(a), RangeSet.empty)
          expect(not(a).contains(address)).toBe(within.contains(address) && !a.contains(address))
          for (const family of FAMILIES) {
            expect(not(a).count(family) + a.intersect(within).count(family)).toBe(
              within.count(family),
            )
          }
        }
      }),
    )
  })

  it('hold for includes: exactly if nothing is left, exactly if the union is no larger', () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        for (const [big, small] of [
          [a, b],
          [a, a.intersect(b)],
          [a.union(b), b],
          [a.subtract(b), b],
        ] as const) {
          expect(big.includes(small)).toBe(small.subtract(big).isEmpty)
          expect(big.includes(small)).toBe(big.union(small).equals(big))
        }
        expect(a.includes(a) && a.includes(RangeSet.empty)).toBe(true)
        if (a.includes(b) && b.includes(a)) same(a, b)
      }),
    )
  })

  it('make the same set of prefixes, of a table, of ranges and of text, in any order', () => {
    fc.assert(
      fc.property(prefixLists, fc.infiniteStream(fc.nat(1_000)), (prefixes, chance) => {
        const set = RangeSet.of(prefixes)
        const shuffled = prefixes
          .map((prefix) => [prefix, chance.next().value ?? 0] as const)
          .sort((a, b) => a[1] - b[1])
          .map(([prefix]) => prefix)
        same(RangeSet.of(shuffled), set)
        same(RangeSet.of(new Set(shuffled)), set)
        same(RangeSet.ofTable(tableOf(prefixes)), set)
        same(RangeSet.ofRanges(set.ranges()), set)
        same(
          RangeSet.ofRanges(shuffled.flatMap((prefix) => [...RangeSet.of([prefix]).ranges()])),
          set,
        )
        const parsed = RangeSet.parse(shuffled.map(({ text }) => text))
        expect(parsed.ok).toBe(true)
        if (parsed.ok) same(parsed.value, set)
      }),
    )
  })

  it('make of some ordinals of a table what these networks make', () => {
    fc.assert(
      fc.property(prefixLists, fc.nat(), (prefixes, seed) => {
        const inOrder = prefixes.toSorted(comparePrefixes)
        const ordinals = inOrder.map((_, i) => i).filter((i) => ((seed >>> (i % 31)) & 1) === 1)
        const some = inOrder.filter((_, i) => ordinals.includes(i))
        same(RangeSet.ofTable(tableOf(prefixes), Int32Array.from(ordinals)), RangeSet.of(some))
        same(RangeSet.ofTable(tableOf(prefixes), ordinals.toReversed()), RangeSet.of(some))
      }),
    )
  })

  it('give one cover, whether visited, as text or as prefixes', () => {
    fc.assert(
      fc.property(anySet, (set) => {
        const visited: Prefix[] = []
        const arrays = new Set<unknown>()
        set.eachNetwork((family, first, length) => {
          visited.push(prefixOf(family, [...first], length))
          arrays.add(first)
        })
        expect(visited).toEqual(set.prefixes())
        expect(visited.map(({ text }) => text)).toEqual(set.texts())
        expect(arrays.size).toBeLessThanOrEqual(FAMILIES.length)
      }),
    )
  })

  it('hold for many ranges, where other sorts are used than for few', () => {
    const many = fc.array(anyPrefix, { minLength: 300, maxLength: 600 })
    fc.assert(
      fc.property(many, (prefixes) => {
        const set = RangeSet.of(prefixes)
        const oneByOne = prefixes.reduce(
          (all, prefix) => all.union(RangeSet.of([prefix])),
          RangeSet.empty,
        )
        same(set, oneByOne)
        for (const family of FAMILIES) {
          const sizes = [...set.only(family).ranges()].map(
            ({ first, last }) => bigintOf(last) - bigintOf(first) + 1n,
          )
          expect(set.count(family)).toBe(sizes.reduce((sum, size) => sum + size, 0n))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('are not disturbed by a set that is made while another is read or visited', () => {
    const texts = ['20.0.0.0/24', '20.0.2.0/24', '2603::/32', '2604::/33']
    const other = prefixesFrom(['198.51.100.0/24', '198.51.99.0/24', '2001:db8::/32', '2001::/32'])
    const disturb = (): number => RangeSet.of(other).union(RangeSet.of(other)).prefixes().length
    const prefixes = prefixesFrom(texts)
    function* disturbed<T>(items: readonly T[]): Iterable<T> {
      for (const item of items) {
        expect(disturb()).toBe(4)
        yield item
      }
    }
    expect(RangeSet.of(disturbed(prefixes)).texts()).toEqual(texts)
    const visited: string[] = []
    RangeSet.of(prefixes).eachNetwork((family, first, length) => {
      disturb()
      visited.push(prefixOf(family, [...first], length).text)
    })
    expect(visited).toEqual(texts)
  })
})

/** The blocks, counted from `from`, whose bits are set. */
function setOf(space: SmallSpace, from: number, mask: number): RangeSet {
  const ranges: AddressRange[] = []
  for (let i = 0; i < BLOCKS; i++) {
    if (((mask >>> i) & 1) === 0) continue
    const [first, last] = [space.first(from + i).words, space.last(from + i).words]
    ranges.push({ family: space.family, first, last })
  }
  return RangeSet.ofRanges(ranges)
}

function tableOf(prefixes: readonly Prefix[]): NetworkTable {
  const inOrder = prefixes.toSorted(comparePrefixes)
  const [v4, v6] = FAMILIES.map((family) => inOrder.filter((prefix) => prefix.family === family))
  if (!v4 || !v6) throw new Error('two families')
  return {
    v4Starts: Uint32Array.from(v4, ({ first }) => first[0] ?? 0),
    v4Lengths: Uint8Array.from(v4, ({ length }) => length),
    v6Words: Uint32Array.from(v6.flatMap(({ first }) => first)),
    v6Lengths: Uint8Array.from(v6, ({ length }) => length),
  }
}
