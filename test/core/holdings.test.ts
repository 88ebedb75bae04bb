/** What tags hold of networks and ranges, against looking at every block in every week. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressIndex } from '../../src/core/address-index.ts'
import { OPEN } from '../../src/core/file-date.ts'
import { holdingsAt } from '../../src/core/holdings.ts'
import { tablePrefix } from '../../src/core/table-prefix.ts'
import {
  holdingsByLooking,
  smallHistories,
  snapshotsOf,
  weekPosition,
} from '../support/small-history.ts'
import { SIZE, SPACES } from '../support/small-space.ts'
import { timelineOf } from '../support/timelines.ts'

const ranges = fc
  .tuple(fc.nat(SIZE - 1), fc.nat(SIZE - 1))
  .map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a]))

/** Ranges that somebody would ask about, and any others. */
const questions = fc.array(fc.oneof(ranges, aligned()), { minLength: 20, maxLength: 20 })

function aligned(): fc.Arbitrary<[number, number]> {
  return fc.tuple(fc.nat(SIZE - 1), fc.nat(8)).map(([block, bits]) => {
    const first = block - (block % 2 ** bits)
    return [first, first + 2 ** bits - 1]
  })
}

describe.each(SPACES)('holdings in $name', (space) => {
  it('are whole or part, with the narrowest prefix and the first and the last file', () => {
    fc.assert(
      fc.property(smallHistories, questions, (weeks, asked) => {
        const timeline = timelineOf(snapshotsOf(space, weeks))
        const index = createAddressIndex(timeline)
        for (const [first, last] of asked) {
          for (const week of weeks.keys()) {
            const found = holdingsAt(
              index,
              index.segments.of(space.first(first)),
              index.segments.of(space.last(last)),
              weekPosition(week),
            )
            expect(
              found.map(({ prefix, ...held }) => {
                const network = prefix < 0 ? null : tablePrefix(timeline.prefixes, prefix)
                return { ...held, prefix: network?.text }
              }),
            ).toEqual(
              holdingsByLooking(weeks, week, [first, last]).map((held) => ({
                tag: held.tag,
                whole: held.whole,
                from: weekPosition(held.firstWeek),
                until: held.lastWeek === weeks.length - 1 ? OPEN : weekPosition(held.lastWeek + 1),
                prefix: held.prefix && space.prefix(held.prefix).text,
              })),
            )
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})
