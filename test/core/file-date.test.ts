/** Dates of weekly files, positions, and the ids made of them. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import {
  lastPositionOf,
  MAX_REVISION,
  OPEN,
  parseFileDate,
  positionOf,
  snapshotId,
  type FileDate,
} from '../../src/core/file-date.ts'

const [FIRST_DAY, LAST_DAY] = [Date.UTC(2010, 0, 1), Date.UTC(2146, 11, 31)]

const anyDay = fc
  .integer({ min: FIRST_DAY / 86_400_000, max: LAST_DAY / 86_400_000 })
  .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10))

function dateOf(text: string): FileDate {
  const parsed = parseFileDate(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.value
}

describe('parseFileDate', () => {
  it.each([
    ['2025-10-28', '2025-10-28'],
    ['20251028', '2025-10-28'],
    ['2024-02-29', '2024-02-29'],
    ['2010-01-01', '2010-01-01'],
    ['2146-12-31', '2146-12-31'],
  ])('reads %s', (text, date) => {
    expect(parseFileDate(text)).toEqual({ ok: true, value: date })
  })

  it.each([
    ['', 'YYYY-MM-DD'],
    ['latest', 'YYYY-MM-DD'],
    ['2025-1-1', 'YYYY-MM-DD'],
    ['2025-10-28T00:00:00Z', 'YYYY-MM-DD'],
    [' 2025-10-28', 'YYYY-MM-DD'],
    ['2025-10-28\n', 'YYYY-MM-DD'],
    ['28-10-2025', 'YYYY-MM-DD'],
    ['2025-00-10', 'no such day'],
    ['2025-13-10', 'no such day'],
    ['2025-04-31', 'no such day'],
    ['2025-04-00', 'no such day'],
    ['2023-02-29', 'no such day'],
    ['2100-02-29', 'no such day'],
    ['2009-12-31', 'between 2010 and 2146'],
    ['2147-01-01', 'between 2010 and 2146'],
    ['20250101-', 'YYYY-MM-DD'],
  ])('refuses %j: %s', (text, rule) => {
    expect(parseFileDate(text)).toEqual({
      ok: false,
      reason: expect.stringContaining(rule) as string,
    })
  })

  it('reads every day of its years in both spellings, and no other day', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        expect(parseFileDate(day)).toEqual({ ok: true, value: day })
        expect(parseFileDate(day.replaceAll('-', ''))).toEqual({ ok: true, value: day })
      }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 2010, max: 2146 }),
        fc.nat(99),
        fc.nat(99),
        (year, month, day) => {
          const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
          const time = Date.UTC(year, month - 1, day)
          expect(parseFileDate(text).ok).toBe(new Date(time).toISOString().startsWith(text))
        },
      ),
    )
  })
})

describe('a position', () => {
  it('is the date and the revision, readable by a person', () => {
    expect(positionOf(dateOf('2025-10-28'), 1)).toBe(2025102801)
    expect(lastPositionOf(dateOf('20251028'))).toBe(2025102899)
  })

  it('orders by date, then by revision, and lies before the open end in an int4', () => {
    const anyPosition = fc.tuple(anyDay, fc.nat(MAX_REVISION))
    fc.assert(
      fc.property(anyPosition, anyPosition, ([dayA, a], [dayB, b]) => {
        const [first, second] = [positionOf(dateOf(dayA), a), positionOf(dateOf(dayB), b)]
        const expected = dayA < dayB ? -1 : dayA > dayB ? 1 : Math.sign(a - b)
        expect(Math.sign(first - second)).toBe(expected)
        expect(first).toBeLessThanOrEqual(lastPositionOf(dateOf(dayA)))
        expect(lastPositionOf(dateOf(dayA))).toBeLessThan(OPEN)
      }),
    )
    expect(OPEN).toBe(2 ** 31 - 1)
  })
})

describe('snapshotId', () => {
  it('is made of cloud, date and content, the same everywhere', () => {
    expect(snapshotId('Public', dateOf('2025-10-28'), '3f9a2c1e00ff')).toBe(
      'public-20251028-3f9a2c1e',
    )
    expect(snapshotId('AzureGovernment', dateOf('2026-07-20'), 'abcdef0123')).toBe(
      'azuregovernment-20260720-abcdef01',
    )
  })

  it('is never a date', () => {
    for (const cloud of CLOUDS) {
      expect(parseFileDate(snapshotId(cloud, dateOf('2025-10-28'), '20251028')).ok).toBe(false)
    }
  })
})
