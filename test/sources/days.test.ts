import { describe, expect, it } from 'vitest'
import { dayOf, mondayOf, recentDays } from '../../src/sources/days.ts'

describe('days', () => {
  it.each([
    ['2025-10-27T00:00:00Z', '2025-10-27', '2025-10-27'],
    ['2025-11-02T23:59:59.999Z', '2025-11-02', '2025-10-27'],
    ['2024-03-01T12:00:00Z', '2024-03-01', '2024-02-26'],
    ['2025-01-01T00:00:00+02:00', '2024-12-31', '2024-12-30'],
  ])('of %s are counted in UTC, weeks from Monday', (time, day, monday) => {
    expect(dayOf(new Date(time))).toBe(day)
    expect(mondayOf(new Date(time))).toBe(monday)
  })

  it('of some weekdays are listed newest first, over the end of a year', () => {
    const days = recentDays(new Date('2025-01-07T00:00:00Z'), 14, [1, 2])
    expect(days).toEqual(['2025-01-07', '2025-01-06', '2024-12-31', '2024-12-30'])
  })

  it('are none for a clock that is wrong by decades', () => {
    expect(() => dayOf(new Date('1970-01-01'))).toThrow(/the clock says 1970-01-01/)
  })
})
