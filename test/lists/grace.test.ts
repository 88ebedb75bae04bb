/**
 * Grace against a model that computes it block by block: an address is admitted while it is
 * published or was handed out less than so many days ago, and leaves so many days after the last
 * time it was.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RangeSet } from '../../src/core/range-set.ts'
import { inGrace, withGrace } from '../../src/lists/grace.ts'
import { prefixes } from '../support/export-input.ts'
import { booleansOf, SMALL_PREFIXES, SPACES, type SmallPrefix } from '../support/small-space.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.parse('2025-11-03T09:30:00Z')

interface Small {
  readonly held: readonly SmallPrefix[]
  readonly hoursAgo: number
}

const smallPrefixes = fc.array(fc.constantFrom(...SMALL_PREFIXES.slice(15)), { maxLength: 12 })
/** Also at the very moment and long past. */
const past = fc.array(fc.record({ held: smallPrefixes, hoursAgo: fc.nat({ max: 24 * 30 }) }), {
  maxLength: 6,
})
const days = fc.oneof(fc.nat({ max: 30 }), fc.constant(0))

describe.each(SPACES.slice(3, 5))('grace in $name', (space) => {
  const setOf = (held: readonly SmallPrefix[]): RangeSet =>
    RangeSet.of(held.map((small) => space.prefix(small)))

  function served(past: readonly Small[]) {
    return past.map(({ held, hoursAgo }) => {
      return { coverage: setOf(held), endedAt: new Date(NOW - hoursAgo * HOUR) }
    })
  }

  function admitted(current: readonly SmallPrefix[], past: readonly Small[], days: number) {
    return withGrace(setOf(current), inGrace(served(past), days, new Date(NOW)), days)
  }

  /** For each block the day on which it leaves, `stays`, or undefined where it is not admitted. */
  function model(current: readonly SmallPrefix[], past: readonly Small[], days: number) {
    const stays = booleansOf(current)
    const before = past
      .filter(({ hoursAgo }) => hoursAgo * HOUR < days * DAY)
      .map(({ held, hoursAgo }) => ({ held: booleansOf(held), hoursAgo }))
    return stays.map((isPublished, i) => {
      if (isPublished) return 'stays'
      const lastHeld = Math.min(...before.filter(({ held }) => held[i]).map((p) => p.hoursAgo))
      if (lastHeld === Infinity) return undefined
      return new Date(NOW - lastHeld * HOUR + days * DAY).toISOString().slice(0, 10)
    })
  }

  it('admits and marks every address as the model says', () => {
    fc.assert(
      fc.property(smallPrefixes, past, days, (current, past, days) => {
        const { coverage, leaving } = admitted(current, past, days)
        const expected = model(current, past, days)
        expect(space.booleans(coverage)).toEqual(expected.map((day) => day !== undefined))
        const leavingOn = leaving.map(({ lastDay, coverage }) => {
          return { lastDay, held: space.booleans(coverage) }
        })
        const marked = expected.map((_, i) => {
          return leavingOn.filter(({ held }) => held[i]).map(({ lastDay }) => lastDay)
        })
        expect(marked).toEqual(
          expected.map((day) => (day === undefined || day === 'stays' ? [] : [day])),
        )
      }),
    )
  })

  it('keeps what is published, and marks none of it', () => {
    fc.assert(
      fc.property(smallPrefixes, past, days, (current, past, days) => {
        const { coverage, leaving } = admitted(current, past, days)
        const published = setOf(current)
        expect(published.subtract(coverage).isEmpty).toBe(true)
        for (const one of leaving) expect(one.coverage.intersect(published).isEmpty).toBe(true)
      }),
    )
  })

  it('of no days is what is published', () => {
    fc.assert(
      fc.property(smallPrefixes, past, (current, past) => {
        const { coverage, leaving } = admitted(current, past, 0)
        expect(coverage.equals(setOf(current))).toBe(true)
        expect(leaving).toEqual([])
      }),
    )
  })

  it('of fewer days admits no more', () => {
    fc.assert(
      fc.property(smallPrefixes, past, days, days, (current, past, a, b) => {
        const shorter = admitted(current, past, Math.min(a, b))
        const longer = admitted(current, past, Math.max(a, b))
        expect(shorter.coverage.subtract(longer.coverage).isEmpty).toBe(true)
      }),
    )
  })

  it('does not depend on the order of what was handed out, and lists days in theirs', () => {
    fc.assert(
      fc.property(
        smallPrefixes,
        past.chain((known) =>
          fc.tuple(fc.constant(known), fc.shuffledSubarray(known, { minLength: known.length })),
        ),
        days,
        (current, [known, shuffled], days) => {
          const [one, other] = [admitted(current, known, days), admitted(current, shuffled, days)]
          const texts = one.leaving.map(({ lastDay, coverage }) => [lastDay, coverage.prefixes()])
          expect(
            other.leaving.map(({ lastDay, coverage }) => [lastDay, coverage.prefixes()]),
          ).toEqual(texts)
          expect(one.leaving.map(({ lastDay }) => lastDay)).toEqual(
            one.leaving.map(({ lastDay }) => lastDay).toSorted(),
          )
        },
      ),
    )
  })

  it('is given by what was lost since alone: the whole of what was handed out is not needed', () => {
    fc.assert(
      fc.property(smallPrefixes, past, days, (current, past, days) => {
        const published = setOf(current)
        const whole = inGrace(served(past), days, new Date(NOW))
        const lost = whole.map(({ coverage, endedAt }) => {
          return { coverage: coverage.subtract(published), endedAt }
        })
        const [a, b] = [withGrace(published, whole, days), withGrace(published, lost, days)]
        expect(a.coverage.equals(b.coverage)).toBe(true)
        expect(a.leaving.map(({ lastDay }) => lastDay)).toEqual(b.leaving.map((one) => one.lastDay))
      }),
    )
  })
})

describe('the last day', () => {
  const gone = RangeSet.of(prefixes('20.0.1.0/24'))
  const stays = RangeSet.of(prefixes('20.0.0.0/24'))

  it.each([
    ['2025-11-03T00:00:00.000Z', 14, '2025-11-17'],
    ['2025-11-03T23:59:59.999Z', 14, '2025-11-17'],
    ['2025-02-20T12:00:00Z', 14, '2025-03-06'],
    ['2024-02-20T12:00:00Z', 14, '2024-03-05'],
    // Days of 24 hours, whatever a local clock does in that night.
    ['2025-10-25T22:30:00Z', 1, '2025-10-26'],
  ])('of what ended at %s with %i days is %s (UTC)', (endedAt, days, lastDay) => {
    const { leaving } = withGrace(stays, [{ coverage: gone, endedAt: new Date(endedAt) }], days)
    expect(leaving).toEqual([{ lastDay, coverage: gone }])
  })

  it('is over at the moment the days are, not before', () => {
    const one = { endedAt: new Date('2025-11-03T09:30:00.000Z') }
    expect(inGrace([one], 14, new Date('2025-11-17T09:29:59.999Z'))).toHaveLength(1)
    expect(inGrace([one], 14, new Date('2025-11-17T09:30:00.000Z'))).toHaveLength(0)
  })

  it('is never that of what is current', () => {
    expect(inGrace([{ endedAt: undefined }], 365, new Date(NOW))).toEqual([])
  })

  it('of what left and came back is none', () => {
    const endedAt = new Date('2025-11-03T09:30:00Z')
    const both = stays.union(gone)
    const flapped = withGrace(
      both,
      [
        { coverage: stays, endedAt },
        { coverage: both, endedAt },
      ],
      14,
    )
    expect(flapped.leaving).toEqual([])
    expect(flapped.coverage.equals(both)).toBe(true)
  })
})
