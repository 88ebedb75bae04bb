import { describe, expect, it } from 'vitest'
import { MAX_RETRY_AFTER, retryAfterSeconds } from '../../src/sources/retry-after.ts'

const now = new Date('2025-10-31T12:00:00Z')

describe('Retry-After', () => {
  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['21600', MAX_RETRY_AFTER],
    ['21601', MAX_RETRY_AFTER],
    ['9'.repeat(400), MAX_RETRY_AFTER],
    ['Fri, 31 Oct 2025 12:01:30 GMT', 90],
    ['Friday, 31-Oct-25 12:01:30 GMT', 90],
    ['Fri, 31 Oct 2036 12:01:30 GMT', MAX_RETRY_AFTER],
  ])('of %s asks for %i seconds', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds)
  })

  it.each([
    undefined,
    '',
    '0',
    '-5',
    '1.5',
    '1e3',
    'soon',
    'Fri, 31 Oct 2025 11:59:59 GMT',
    '2025-10-31T13:00:00Z',
  ])('of %s asks for nothing', (header) => {
    expect(retryAfterSeconds(header, now)).toBeUndefined()
  })
})
