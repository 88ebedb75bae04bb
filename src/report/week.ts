/**
 * Weeks as ISO 8601 counts them, in UTC: Monday to Sunday, and week 1 is the one with January 4th.
 *
 *     2026-W01   Mon 2025-12-29 00:00 ├──────────────┤ Mon 2026-01-05 00:00
 */
import { accept, refuse, type Result } from '../core/result.ts'

export interface Week {
  /** `2025-W44` */
  readonly text: string
  /** Monday 00:00 UTC. */
  readonly from: Date
  /** Monday 00:00 UTC of the week after. */
  readonly until: Date
}

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

/** As file dates: before the first, and after the last year that positions have room for. */
const FIRST_YEAR = 2010
const LAST_YEAR = 2146

/** Reads `2025-W44`, and nothing else: no lower case, no day, no week that the year has not. */
export function parseWeek(text: string): Result<Week> {
  const [, yearText, weekText] = /^(\d{4})-W(\d{2})$/.exec(text) ?? []
  if (yearText === undefined || weekText === undefined) {
    return refuse('a week is written YYYY-Www, as in 2025-W44')
  }
  const [year, number] = [Number(yearText), Number(weekText)]
  if (year < FIRST_YEAR || year > LAST_YEAR) {
    return refuse(`a week lies between ${FIRST_YEAR} and ${LAST_YEAR}`)
  }
  const weeks = weeksIn(year)
  if (number < 1 || number > weeks) return refuse(`the weeks of ${year} are 01 to ${weeks}`)
  return accept(weekFrom(firstMonday(year) + (number - 1) * WEEK_MS))
}

/** The week that a moment lies in. */
export function weekOf(moment: Date): Week {
  const day = Math.floor(moment.getTime() / DAY_MS)
  // 1970-01-01, day 0, was a Thursday.
  return weekFrom((day - ((((day + 3) % 7) + 7) % 7)) * DAY_MS)
}

/** The last week that is over at this moment. */
export function lastCompleteWeek(now: Date): Week {
  return weekOf(new Date(weekOf(now).from.getTime() - DAY_MS))
}

/** Sunday, `YYYY-MM-DD`: the last day of the week. */
export function lastDayOf({ until }: Week): string {
  return dayText(new Date(until.getTime() - DAY_MS))
}

/** UTC, `YYYY-MM-DD`. */
export function dayText(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}

/** `monday` is 00:00 UTC of a Monday. The year of a week is that of its Thursday. */
function weekFrom(monday: number): Week {
  const year = new Date(monday + 3 * DAY_MS).getUTCFullYear()
  const number = (monday - firstMonday(year)) / WEEK_MS + 1
  const text = `${String(year).padStart(4, '0')}-W${String(number).padStart(2, '0')}`
  return { text, from: new Date(monday), until: new Date(monday + WEEK_MS) }
}

/** Of week 1, which has January 4th. */
function firstMonday(year: number): number {
  const fourth = Date.UTC(year, 0, 4)
  const daysSinceMonday = (new Date(fourth).getUTCDay() + 6) % 7
  return fourth - daysSinceMonday * DAY_MS
}

function weeksIn(year: number): number {
  return (firstMonday(year + 1) - firstMonday(year)) / WEEK_MS
}
