import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dayText,
  lastCompleteWeek,
  lastDayOf,
  parseWeek,
  weekOf,
  type Week,
} from '../../src/report/week.ts'

const DAY = 86_400_000

const days = fc
  .integer({ min: Date.UTC(2010, 0, 4) / DAY, max: Date.UTC(2146, 11, 20) / DAY })
  .map((day) => new Date(day * DAY))
const moments = fc
  .tuple(days, fc.integer({ min: 0, max: DAY - 1 }))
  .map(([day, ms]) => new Date(day.getTime() + ms))

/** ISO 8601 the other way: by the Thursday of the week and its day in the year. */
function textByThursday(moment: Date): string {
  const weekday = moment.getUTCDay() === 0 ? 7 : moment.getUTCDay()
  const thursday = new Date(moment)
  thursday.setUTCDate(moment.getUTCDate() + 4 - weekday)
  const year = thursday.getUTCFullYear()
  const dayOfYear = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY)
  return `${year}-W${String(Math.floor(dayOfYear / 7) + 1).padStart(2, '0')}`
}

function parsed(text: string): Week {
  const week = parseWeek(text)
  if (!week.ok) throw new Error(`${text}: ${week.reason}`)
  return week.value
}

describe('a week', () => {
  it.each([
    ['2025-W44', '2025-10-27', '2025-11-02'],
    ['2025-W01', '2024-12-30', '2025-01-05'],
    ['2026-W01', '2025-12-29', '2026-01-04'],
    ['2020-W53', '2020-12-28', '2021-01-03'],
    ['2026-W53', '2026-12-28', '2027-01-03'],
    ['2024-W09', '2024-02-26', '2024-03-03'],
  ])('%s is from %s to %s', (text, monday, sunday) => {
    const week = parsed(text)
    expect([week.text, dayText(week.from), lastDayOf(week)]).toEqual([text, monday, sunday])
  })

  it('is the one that its days say, counted by its Thursday', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        expect(weekOf(moment).text).toBe(textByThursday(moment))
      }),
    )
  })

  it('has every moment from its Monday to before the next, and reads back', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const week = weekOf(moment)
        expect(week.from <= moment && moment < week.until).toBe(true)
        expect(week.from.getUTCDay()).toBe(1)
        expect(week.until.getTime() - week.from.getTime()).toBe(7 * DAY)
        expect(parsed(week.text)).toEqual(week)
      }),
    )
  })

  it('is followed by the next one without a gap', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const week = weekOf(moment)
        expect(weekOf(week.until).from).toEqual(week.until)
        expect(lastCompleteWeek(week.until)).toEqual(week)
        expect(lastCompleteWeek(new Date(week.until.getTime() - 1)).until).toEqual(week.from)
      }),
    )
  })

  it.each([
    ['2025-W54', /the weeks of 2025 are 01 to 52/],
    ['2025-W53', /the weeks of 2025 are 01 to 52/],
    ['2020-W54', /the weeks of 2020 are 01 to 53/],
    ['2025-W00', /01 to 52/],
    ['2009-W10', /between 2010 and 2146/],
    ['2147-W10', /between 2010 and 2146/],
    ['2025-w44', /written YYYY-Www/],
    ['2025W44', /written YYYY-Www/],
    ['2025-W4', /written YYYY-Www/],
    ['2025-W044', /written YYYY-Www/],
    ['2025-W44-1', /written YYYY-Www/],
    [' 2025-W44', /written YYYY-Www/],
    ['2025-W44\n', /written YYYY-Www/],
    ['٢٠٢٥-W44', /written YYYY-Www/],
    ['', /written YYYY-Www/],
  ])('is refused for %j', (text, why) => {
    const week = parseWeek(text)
    expect(week.ok ? 'accepted' : week.reason).toMatch(why)
  })
})
