/**
 * The closed set of errors a caller may meet. Each has a stable code, one HTTP status and one exit
 * code; the message carries the value and the rule. Everything else that is thrown is our bug.
 */

export const ERROR_CODES = {
  'invalid-input': { exit: 2, status: 400, title: 'Invalid input' },
  'upstream-unavailable': { exit: 3, status: 502, title: 'Publisher unavailable' },
  'upstream-refused': { exit: 4, status: 422, title: 'Document refused' },
  held: { exit: 5, status: 409, title: 'Held for a person' },
  'not-ready': { exit: 6, status: 503, title: 'Nothing published yet' },
  'export-refused': { exit: 7, status: 422, title: 'The format cannot carry this list' },
  'not-found': { exit: 2, status: 404, title: 'Not found' },
  forbidden: { exit: 2, status: 403, title: 'Not allowed' },
  unauthorized: { exit: 2, status: 401, title: 'Token missing or wrong' },
  conflict: { exit: 2, status: 409, title: 'Conflict' },
  'database-unavailable': { exit: 8, status: 503, title: 'Database unavailable' },
  'cannot-start': { exit: 9, status: 500, title: 'Cannot start' },
} as const satisfies Record<string, { exit: number; status: number; title: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** Facts beside the message, shown to the caller as members of the problem document. */
export type ErrorFacts = Readonly<Record<string, unknown>>

export class RangewardenError extends Error {
  override readonly name = 'RangewardenError'
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.facts = facts
  }
}

export function invalidInput(message: string, facts?: ErrorFacts): RangewardenError {
  return new RangewardenError('invalid-input', message, facts)
}

export function notFound(message: string, facts?: ErrorFacts): RangewardenError {
  return new RangewardenError('not-found', message, facts)
}

/**
 * What a caught value says. A host with several addresses that refuse is an AggregateError without
 * a message of its own: its parts speak.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
