/**
 * Who is answered at all: the rate limit and the read token, before anything is done for a request.
 * The front keeps to the same two and leaves here whatever it does not admit.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from './problem.ts'
import { COMPUTING_COST, POLICY_NAME, type RateLimiter } from './rate-limit.ts'
import { isHealthRoute, isOpenRoute, type ReadAccess } from './read-access.ts'

export interface Admission {
  /** Undefined: nobody is limited. */
  readonly limiter: RateLimiter | undefined
  /** Undefined: everybody may read. */
  readonly readAccess: ReadAccess | undefined
}

/** To be called before the first route. */
export function admitRequests(app: FastifyInstance, { limiter, readAccess }: Admission): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url: route } = request.routeOptions
    // Tokens are guessed no faster than the limit.
    if (limiter && !isHealthRoute(route)) {
      const refusal = limitRefusal(request, reply, limiter, costOf(request))
      if (refusal) return done(refusal)
    }
    const { authorization } = request.headers
    if (readAccess && !isOpenRoute(route) && !readAccess.admits(authorization)) {
      return done(readAccess.refusal(reply, authorization))
    }
    done()
  })
}

/**
 * Tells the standing on answers of the API. Lists do not carry it: they are kept by caches, for whom
 * it says nothing, and would be other bytes each time.
 */
export function tellStanding(
  request: FastifyRequest,
  reply: FastifyReply,
  limiter: RateLimiter,
): void {
  if (isHealthRoute(request.routeOptions.url)) return
  void reply.headers({
    'ratelimit-policy': limiter.policy,
    ratelimit: limiter.standing(request.ip),
  })
}

/** What reads documents, renders or searches, instead of looking something up. */
function costOf({ method, routeOptions, query }: FastifyRequest): number {
  const route = routeOptions.url ?? ''
  if (method === 'POST' && route === CHECK) return CHECK_COST
  const computes =
    COMPUTING.some((one) => route.startsWith(one)) ||
    (method === 'POST' && POSTED.includes(route)) ||
    // As it is read: in the URL the name may be written in other ways.
    'at' in (query as object)
  return computes ? COMPUTING_COST : 1
}

const COMPUTING = ['/v1/export/', '/v1/changes', '/v1/report', '/v1/snapshots/:id/document']
const POSTED = ['/v1/lookup', '/v1/documents']

/** Reads a megabyte of a caller's making, and every version that the list has had. */
const CHECK = '/v1/allowlists/:allowlist/check'
const CHECK_COST = 100

/** Counts a request; if there is no room for it, why it is refused, with the headers that tell when. */
export function limitRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  limiter: RateLimiter,
  cost: number,
): HttpError | undefined {
  if (limiter.take(request.ip, cost)) return undefined
  const seconds = limiter.resetAfter(request.ip)
  tellStanding(request, reply, limiter)
  void reply.header('retry-after', seconds)
  return new HttpError(
    'rate-limited',
    `more was asked for than RANGEWARDEN_RATE_LIMIT lets one client have in a minute: ask again in ${seconds} s`,
    { 'violated-policies': [POLICY_NAME], setting: 'RANGEWARDEN_RATE_LIMIT' },
  )
}
