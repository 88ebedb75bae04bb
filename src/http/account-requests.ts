/** Counts what Fastify answers, and writes it down in the access log. The front does its own. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AccessLog } from '../observe/access-log.ts'
import type { HttpMetrics } from '../observe/http-metrics.ts'

export interface AccountDeps {
  readonly metrics: HttpMetrics
  readonly accessLog: AccessLog | undefined
}

/** The label of whatever has no route: a path alone would be a label without bound. */
const NO_ROUTE = 'none'

/** To be called before the first route. */
export function accountRequests(app: FastifyInstance, deps: AccountDeps): void {
  app.addHook('onResponse', (request, reply, done) => {
    account(request, reply, reply.elapsedTime, deps)
    done()
  })
}

/** For a request whose path Fastify cannot read: no hook runs for it. To be called before its answer. */
export function accountOnFinish(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: AccountDeps,
): void {
  const startedAt = performance.now()
  reply.raw.once('finish', () => account(request, reply, performance.now() - startedAt, deps))
}

function account(
  request: FastifyRequest,
  reply: FastifyReply,
  durationMs: number,
  { metrics, accessLog }: AccountDeps,
): void {
  const { method } = request
  const status = reply.statusCode
  const { url: route = NO_ROUTE } = request.routeOptions
  metrics.answers(route, method, status).answered(durationMs)
  accessLog?.write({
    method,
    url: request.url,
    status,
    bytes: bodyLength(request, reply),
    durationMs,
    client: request.ip,
    ...listOf(request),
  })
}

/** Undefined where the body was a stream. */
function bodyLength({ method }: FastifyRequest, reply: FastifyReply): number | undefined {
  if (method === 'HEAD' || reply.statusCode === 304 || reply.statusCode === 204) return 0
  const length = reply.getHeader('content-length')
  return length === undefined ? undefined : Number(length)
}

/** Names of our own alphabet only: they stand in the line as they are. */
const NAME = /^[a-z0-9.-]+$/

function listOf({ params }: FastifyRequest): { list?: string; format?: string } {
  // There are none of a path that could not be read.
  const { allowlist, format, file } = (params ?? {}) as Record<string, string | undefined>
  const inFormat = format ?? file?.split('.')[0]
  if (allowlist === undefined || inFormat === undefined) return {}
  return NAME.test(allowlist) && NAME.test(inFormat) ? { list: allowlist, format: inFormat } : {}
}
