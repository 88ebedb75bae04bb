/** Errors -> problem documents. What is not written for callers shows an id, which the log has too. */
import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { saysDatabaseIsAway } from '../store/away.ts'
import { DATABASE_DOWN } from './database-down.ts'
import { isTold, sendProblem, type ProblemCode } from './problem.ts'
import { describeMistakes, mistakesIn } from './validation-mistakes.ts'

export interface ErrorHandlerDeps {
  readonly log: Logger
  /** Whether the database does not answer. */
  readonly isDown: () => Promise<boolean>
}

type ErrorHandler = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>

const MAX_BODY = '1 MB'

/** Fastify's own refusals by their code: ours, and what to do. */
const FASTIFY_ERRORS: Readonly<Record<string, { code: ProblemCode; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body-too-large', detail: `a body is at most ${MAX_BODY}` },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported-media-type',
    detail: 'a body is JSON: send it with Content-Type: application/json',
  },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'url-too-long', detail: 'a part of the path is too long' },
}

export function createErrorHandler({ log, isDown }: ErrorHandlerDeps): ErrorHandler {
  return async (error, request, reply) => {
    if (isTold(error)) return sendProblem(reply, error.code, error.message, error.facts)
    if (hasZodFastifySchemaValidationErrors(error)) {
      const mistakes = mistakesIn(error, request)
      return sendProblem(reply, 'invalid-input', describeMistakes(mistakes), { errors: mistakes })
    }
    const refusal = fastifyRefusal(error)
    if (refusal) return sendProblem(reply, refusal.code, refusal.detail)

    const id = randomUUID()
    const { method, url } = request
    log.error({ err: error, errorId: id, method, url }, 'Request failed')
    if (saysDatabaseIsAway(error) || (await isDown())) {
      return sendProblem(reply, 'database-unavailable', DATABASE_DOWN, { id })
    }
    const detail = 'something went wrong on our side: the log has the cause under this id'
    return sendProblem(reply, 'internal-error', detail, { id })
  }
}

/** Requests that Fastify could not read: it says why in words meant for the caller. */
function fastifyRefusal(error: unknown): { code: ProblemCode; detail: string } | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return undefined
  const { statusCode, code } = error
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined
  return FASTIFY_ERRORS[String(code)] ?? { code: 'invalid-input', detail: error.message }
}
