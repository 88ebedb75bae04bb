/** A fetch request for tests, with what was recorded. */
import type { FileDate } from '../../src/core/file-date.ts'
import type { FetchAttempt, FetchRequest } from '../../src/sources/contract.ts'

export interface RecordedRequest extends FetchRequest {
  readonly attempts: readonly FetchAttempt[]
}

/** Of Public, on the Friday after the file of 2025-10-28 (a Tuesday), nothing known. */
export function fetchRequest(parts: Partial<FetchRequest> = {}): RecordedRequest {
  const attempts: FetchAttempt[] = []
  return {
    cloud: 'Public',
    signal: new AbortController().signal,
    now: new Date('2025-10-31T12:00:00Z'),
    notAfter: '2025-11-08' as FileDate,
    validatorsOf: () => Promise.resolve(undefined),
    record: (attempt) => void attempts.push(attempt),
    attempts,
    ...parts,
  }
}
