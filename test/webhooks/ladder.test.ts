import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LADDER, MOST_ASKED, MOST_ATTEMPTS, nextAttempt } from '../../src/webhooks/ladder.ts'

const now = new Date('2026-11-28T12:00:00Z')
const HOUR = 3600

/** Seconds until the next attempt; undefined if there is none. */
function wait(failures: number, random = 0, retryAfterSeconds?: number): number | undefined {
  const next = nextAttempt({ failures, now, retryAfterSeconds, random })
  return next === 'exhausted' ? undefined : (next.at.getTime() - now.getTime()) / 1000
}

const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the ladder', () => {
  it('is that of the specification', () => {
    const minutes = [5, 30]
    const hours = [2, 5, 10, 14, 20, 24]
    expect(LADDER.map((_, failures) => wait(failures))).toEqual([
      0,
      5,
      ...minutes.map((count) => count * 60),
      ...hours.map((count) => count * HOUR),
    ])
    expect(MOST_ATTEMPTS).toBe(10)
  })

  it('takes 75 hours and 35 minutes, and up to a fifth more', () => {
    const total = (random: number): number =>
      LADDER.reduce((sum, _, failures) => sum + (wait(failures, random) ?? 0), 0)
    expect(Math.floor(total(0) / 60)).toBe(75 * 60 + 35)
    expect(total(1 - Number.EPSILON)).toBeLessThanOrEqual(total(0) * 1.2 + 1)
  })

  it('ends with the tenth failure', () => {
    expect(wait(9)).toBe(24 * HOUR)
    expect(nextAttempt({ failures: 10, now, random: 0 })).toBe('exhausted')
    expect(nextAttempt({ failures: 11, now, random: 0 })).toBe('exhausted')
    expect(nextAttempt({ failures: 10, now, random: 0, retryAfterSeconds: 60 })).toBe('exhausted')
  })

  it('spreads what failed together, later and never earlier', () => {
    expect(wait(2, 0.5)).toBe(330)
    fc.assert(
      fc.property(fc.nat(MOST_ATTEMPTS - 1), anyRandom, anyRandom, (failures, a, b) => {
        const [least = 0, most = 0] = [
          wait(failures, Math.min(a, b)),
          wait(failures, Math.max(a, b)),
        ]
        const step = LADDER[failures] ?? 0
        expect(least).toBeGreaterThanOrEqual(step)
        expect(most).toBeGreaterThanOrEqual(least)
        expect(most).toBeLessThanOrEqual(step * 1.2 + 0.001)
      }),
    )
  })
})

describe('Retry-After', () => {
  it.each([
    ['shorter than the ladder changes nothing', 3, 10, 30 * 60],
    ['longer than the ladder is waited for', 1, 600, 600],
    ['is honoured before the first failure too', 0, 7, 7],
    ['of a year is a day', 1, 365 * 24 * HOUR, 24 * HOUR],
    ['without end is a day', 1, Number.POSITIVE_INFINITY, 24 * HOUR],
    ['in the past changes nothing', 1, -60, 5],
  ])('%s', (_, failures, asked, expected) => {
    expect(wait(failures, 0, asked)).toBe(expected)
  })

  it('is never undercut, and never parks a delivery', () => {
    const anyWish = fc.integer({ min: 0, max: 10 * MOST_ASKED })
    fc.assert(
      fc.property(fc.nat(MOST_ATTEMPTS - 1), anyRandom, anyWish, (failures, random, asked) => {
        const waited = wait(failures, random, asked) ?? 0
        expect(waited).toBeGreaterThanOrEqual(Math.min(asked, MOST_ASKED))
        expect(waited).toBeGreaterThanOrEqual(LADDER[failures] ?? 0)
        expect(waited).toBeLessThanOrEqual(MOST_ASKED * 1.2 + 0.001)
      }),
    )
  })
})
