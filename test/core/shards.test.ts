/** Sharding by its laws, and how even it is on generated and real lists. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparePrefixes, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { inShard, MAX_SHARDS, MIN_SHARDS, shardOf } from '../../src/core/shards.ts'
import { anyPrefix, prefixesFrom, prefixFrom } from '../support/networks.ts'
import { seededRandom } from '../support/random.ts'
import { realCoverage } from '../support/real-lists.ts'
import { describeWith, realData } from '../support/requirements.ts'

const anyOf = fc.integer({ min: MIN_SHARDS, max: MAX_SHARDS })

/** Networks of a length in one block each, as many as fit the test. */
function networks(count: number): Prefix[] {
  const random = seededRandom(4)
  const texts = Array.from({ length: count }, (_, i) => {
    const [a, b] = [20 + random.below(180), random.below(256)]
    return i % 2 === 0 ? `${a}.${b}.0.0/24` : `2603:${(a * 256 + b).toString(16)}:1::/56`
  })
  return prefixesFrom([...new Set(texts)])
}

function sizes(prefixes: readonly Prefix[], of: number): number[] {
  const counts = new Array<number>(of).fill(0)
  for (const prefix of prefixes) {
    const at = shardOf(prefix, of) - 1
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

describe('the shards of a list', () => {
  it('hold each network once, in the order of the list', () => {
    fc.assert(
      fc.property(fc.array(anyPrefix, { maxLength: 60 }), anyOf, (given, of) => {
        const list = RangeSet.of(given).prefixes()
        const shards = Array.from({ length: of }, (_, i) => inShard(list, { index: i + 1, of }))
        expect(shards.flat().toSorted(comparePrefixes)).toEqual(list)
        for (const shard of shards) expect(shard).toEqual(shard.toSorted(comparePrefixes))
      }),
    )
  })

  it('are others in one at most when one network comes or goes', () => {
    fc.assert(
      fc.property(fc.array(anyPrefix, { maxLength: 30 }), anyPrefix, anyOf, (list, one, of) => {
        const touched = Array.from({ length: of }, (_, i) => ({ index: i + 1, of })).filter(
          (shard) => inShard([...list, one], shard).length !== inShard(list, shard).length,
        )
        expect(touched).toHaveLength(1)
      }),
    )
  })

  it('keep the halves of a network beside each other, down from /16 and /48', () => {
    const split = [
      ['20.7.0.0/16', '20.7.0.0/17', '20.7.128.0/17', '20.7.255.255/32'],
      ['2603:1030:7::/48', '2603:1030:7::/49', '2603:1030:7:8000::/49', '2603:1030:7:ffff::1/128'],
    ]
    for (const texts of split) {
      for (let of = MIN_SHARDS; of <= MAX_SHARDS; of++) {
        const places = prefixesFrom(texts).map((prefix) => shardOf(prefix, of))
        expect(new Set(places).size).toBe(1)
      }
    }
  })

  it('keep every network or move it to the new one when one is added', () => {
    const list = networks(4000)
    for (let of = MIN_SHARDS; of < MAX_SHARDS; of++) {
      const moved = list.filter((prefix) => shardOf(prefix, of) !== shardOf(prefix, of + 1))
      for (const prefix of moved) expect(shardOf(prefix, of + 1)).toBe(of + 1)
      const share = (moved.length / list.length) * (of + 1)
      expect(share).toBeGreaterThan(0.6)
      expect(share).toBeLessThan(1.4)
    }
  })

  it.each([2, 8, 64])('of networks far apart are of like size: %i', (of) => {
    const list = networks(64_000)
    const mean = list.length / of
    for (const size of sizes(list, of)) expect(Math.abs(size - mean)).toBeLessThan(mean / 5)
  })

  it('are the same in every release: devices would load all of them anew', () => {
    const places = ['20.0.0.0/14', '20.150.3.0/24', '51.4.0.1/32', '2603:1030::/40', 'ffff::/16']
    const found = places.map((text) => [2, 8, 64].map((of) => shardOf(prefixFrom(text), of)))
    expect(found).toEqual([
      [1, 1, 54],
      [2, 7, 18],
      [1, 5, 25],
      [2, 5, 12],
      [2, 8, 51],
    ])
  })
})

describeWith([realData], 'eight shards of AzureCloud', () => {
  it('are of like size: none has more than one and a half times the mean', () => {
    const list = realCoverage('AzureCloud').prefixes()
    const mean = list.length / 8
    for (const size of sizes(list, 8)) {
      expect(size).toBeLessThan(mean * 1.5)
      expect(size).toBeGreaterThan(mean * 0.5)
    }
  })
})
