/**
 * The date in a weekly file's name, and the position it gives a snapshot. It is the only time the
 * publisher attests: change numbers repeat and go backwards, and clocks are ours.
 */
import type { Cloud } from './cloud.ts'
import { accept, refuse, type Result } from './result.ts'

/** `YYYY-MM-DD`, a real day of the calendar. */
export type FileDate = string & { readonly __fileDate: never }

/**
 * Order of the snapshots of one cloud, as one integer a person can read: 2025-10-28 and revision 1
 * is 2025102801. Fits a PostgreSQL int4 until the year 2147.
 */
export type Position = number & { readonly __position: never }

/** Later than every position: the end of an interval that is still open. */
export const OPEN = 2_147_483_647 as Position

/** How often one file date can be published with other content. */
export const MAX_REVISION = 99

/** Reads `2025-10-28` or `20251028`. */
export function parseFileDate(text: string): Result<FileDate> {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text)
  if (!match) return refuse('a file date is written YYYY-MM-DD')
  const [, year, month, day] = match.map(Number)
  if (year === undefined || month === undefined || day === undefined) return refuse('no date')
  if (year < 2010 || year > 2146) return refuse('a file date lies between 2010 and 2146')
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) {
    return refuse('there is no such day')
  }
  return accept(`${match[1]}-${match[2]}-${match[3]}` as FileDate)
}

export function positionOf(fileDate: FileDate, revision: number): Position {
  return (Number(fileDate.replaceAll('-', '')) * 100 + revision) as Position
}

/** The date that a position carries: 2025102801 is of 2025-10-28. */
export function fileDateAt(position: Position): FileDate {
  const digits = String(Math.floor(position / 100))
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` as FileDate
}

/** The last position of a day: what `at=2025-10-28` asks for. */
export function lastPositionOf(fileDate: FileDate): Position {
  return positionOf(fileDate, MAX_REVISION)
}

/**
 * `public-20251028-3f9a2c1e`: cloud, file date, first 8 hexadecimal digits of the content hash.
 * Deterministic, so the same file has the same id everywhere, and not to be mistaken for a date.
 */
export function snapshotId(cloud: Cloud, fileDate: FileDate, contentHash: string): string {
  return `${cloud.toLowerCase()}-${fileDate.replaceAll('-', '')}-${contentHash.slice(0, 8)}`
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
