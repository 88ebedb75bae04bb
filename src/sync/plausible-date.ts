/** How far ahead of the clock a file can be dated. */
import { parseFileDate, type FileDate } from '../core/file-date.ts'

/** Files appear two to nine days after the Monday they are dated; a week ahead allows for clocks. */
const DAYS_AHEAD = 8

export function latestPlausibleDate(now: Date): FileDate {
  const day = new Date(now)
  day.setUTCDate(day.getUTCDate() + DAYS_AHEAD)
  const date = parseFileDate(day.toISOString().slice(0, 10))
  if (!date.ok) throw new Error(`the clock says ${now.toISOString()}: ${date.reason}`)
  return date.value
}
