/**
 * What ten times the networks take: generated ones (seeded), in no order. `n log n` is some 12 times,
 * a quadratic step would be 100. The reference is a tenth of what ten different small inputs take, so
 * that both touch as much memory: against one small input repeated, the ratios are up to 1.4 times
 * larger (measured).
 */
import { prefixOf, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { seededRandom } from '../../test/support/random.ts'
import type { BenchRow } from '../contract.ts'
import { medianTimes } from '../measure.ts'

/**
 * About those of a Public file. Beyond, uniting and visiting go on alike, but building does not: 15
 * times for ten times as many up to 200,000, and 20 times up to 500,000 (measured).
 */
const MANY = 50_000
const TIMES = 10
const FEW = MANY / TIMES

interface Input {
  readonly prefixes: readonly Prefix[]
  readonly other: RangeSet
  readonly set: RangeSet
}

export const scalingOfBuild = row('build a set of networks', ({ prefixes }) =>
  RangeSet.of(prefixes),
)

export const scalingOfUnion = row('unite two sets', ({ set, other }) => set.union(other))

export const scalingOfCover = row('visit the cover of a set', ({ set }) => {
  let networks = 0
  set.eachNetwork(() => networks++)
  return networks
})

function row(what: string, task: (input: Input) => unknown): BenchRow {
  return {
    name: `The time to ${what}, ${MANY} generated prefixes of both families; reference: ${FEW} of them`,
    unit: 'ms',
    target: { of: 'ratio', atMost: 12 },
    measure: async () => {
      const many = inputOf(MANY, 0)
      const few = Array.from({ length: TIMES }, (_, i) => inputOf(FEW, 2 * (i + 1)))
      const { ours, reference } = await medianTimes({
        reference: () => few.map(task),
        ours: () => task(many),
      })
      return { ours, reference: reference / TIMES }
    },
  }
}

function inputOf(count: number, seed: number): Input {
  const [prefixes, others] = [generated(count, seed), generated(count, seed + 1)]
  return { prefixes, set: RangeSet.of(prefixes), other: RangeSet.of(others) }
}

/** Half of each family; few of them meet, so that the sets grow with their number. */
function generated(count: number, seed: number): Prefix[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 0) return prefixOf(4, [random.below(2 ** 29) * 8], 29 + random.below(4))
    return prefixOf(6, [0x26030000 + random.below(2 ** 16), random.below(2 ** 32), 0, 0], 64)
  })
}
