/**
 * Problem documents (RFC 9457): what every error is answered with. The type of a problem is a URN
 * of its code, the facts of the error are members beside the standard ones.
 */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { ERROR_CODES, RangewardenError, type ErrorFacts } from '../core/errors.ts'

/** Problems that only HTTP knows; the others are the error table's. */
const HTTP_PROBLEMS = {
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'not-acceptable': { status: 406, title: 'No acceptable encoding' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'url-too-long': { status: 414, title: 'URL too long' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'internal-error': { status: 500, title: 'Internal error' },
  busy: { status: 503, title: 'Busy' },
  stopping: { status: 503, title: 'Stopping' },
} as const satisfies Record<string, { status: number; title: string }>

export const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  ...ERROR_CODES,
  ...HTTP_PROBLEMS,
}

export type ProblemCode = keyof typeof ERROR_CODES | keyof typeof HTTP_PROBLEMS

/** An error that HTTP itself finds; like RangewardenError otherwise. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly code: keyof typeof HTTP_PROBLEMS
  readonly facts: ErrorFacts

  constructor(code: keyof typeof HTTP_PROBLEMS, message: string, facts: ErrorFacts = {}) {
    super(message)
    this.code = code
    this.facts = facts
  }
}

const problemShape = z
  .looseObject({
    type: z.string().describe('`urn:rangewarden:problem:` and the code'),
    title: z.string().describe('Constant for the type'),
    status: z.int(),
    detail: z.string().describe('What was wrong, with the value and the rule'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; more members carry the facts' })

export type Problem = z.infer<typeof problemShape>

export const PROBLEM_TYPE = 'application/problem+json'

/** Seconds until it is worth asking again. */
const RETRY_AFTER: Partial<Record<ProblemCode, number>> = {
  'not-ready': 60,
  'database-unavailable': 30,
  busy: 5,
  stopping: 5,
}

export function problemOf(code: ProblemCode, detail: string, facts: ErrorFacts = {}): Problem {
  const { status, title } = PROBLEMS[code]
  const standard = { type: `urn:rangewarden:problem:${code}`, title, status, detail }
  // Facts come after the standard members and cannot replace them.
  return { ...standard, ...facts, ...standard }
}

/** Never stored by a cache, whatever the route said before it failed. */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  facts?: ErrorFacts,
): FastifyReply {
  const problem = problemOf(code, detail, facts)
  const retryAfter = RETRY_AFTER[code]
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  return reply
    .code(problem.status)
    .headers({
      'content-type': PROBLEM_TYPE,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .send(Buffer.from(problemText(problem)))
}

export function problemText(problem: Problem): string {
  return JSON.stringify(problem, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
}

/** An error whose message is written for the caller. */
export function isTold(error: unknown): error is RangewardenError | HttpError {
  return error instanceof RangewardenError || error instanceof HttpError
}

type ProblemStatus = (typeof PROBLEMS)[ProblemCode]['status']

interface ProblemResponse {
  description: string
  content: { [PROBLEM_TYPE]: { schema: typeof problemShape } }
}

/** The response schemas of a route for these statuses. */
export function problems<Status extends ProblemStatus>(
  ...statuses: readonly Status[]
): Record<Status, ProblemResponse> {
  const entries = statuses.map((status) => {
    const titles = Object.values(PROBLEMS).filter((problem) => problem.status === status)
    const description = [...new Set(titles.map(({ title }) => title))].join(', or ')
    return [status, { description, content: { [PROBLEM_TYPE]: { schema: problemShape } } }]
  })
  return Object.fromEntries(entries) as Record<Status, ProblemResponse>
}
