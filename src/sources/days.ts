/** Days as publishers name files by them: UTC, and weeks that begin on a Monday. */
import { parseFileDate, type FileDate } from '../core/file-date.ts'

const DAY_MS = 86_400_000

const MONDAY = 1

/** The day of a moment. Throws for a clock that is wrong by decades. */
export function dayOf(time: Date): FileDate {
  const day = parseFileDate(time.toISOString().slice(0, 10))
  if (!day.ok) throw new Error(`the clock says ${time.toISOString()}: ${day.reason}`)
  return day.value
}

/** The Monday on or before a moment. */
export function mondayOf(time: Date): FileDate {
  return dayOf(daysBefore(time, (time.getUTCDay() + 7 - MONDAY) % 7))
}

/** The days before a moment whose weekday (0 is Sunday) is one of these, its own too, newest first. */
export function recentDays(time: Date, count: number, weekdays: readonly number[]): FileDate[] {
  const days = Array.from({ length: count }, (_, i) => daysBefore(time, i))
  return days.filter((day) => weekdays.includes(day.getUTCDay())).map(dayOf)
}

function daysBefore(time: Date, days: number): Date {
  return new Date(time.getTime() - days * DAY_MS)
}
