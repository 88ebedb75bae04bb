/**
 * Who may read. Without a read token everybody may. With one, everything but /health/* asks for it
 * (or for the admin token), as a bearer token or as the password of Basic authentication, which is
 * all that many devices know.
 */
import type { FastifyReply } from 'fastify'
import { RangewardenError } from '../core/errors.ts'
import { createTokenRing, type Presented } from './tokens.ts'

export interface ReadAccess {
  /** Whether a request with this Authorization header may read. */
  admits(authorization: string | undefined): boolean
  /** Why it may not; tells in the reply which schemes there are. */
  refusal(reply: FastifyReply, authorization: string | undefined): RangewardenError
}

/**
 * Browsers and operating systems fetch these before anybody could give a token, and their clients
 * have no place for one. They hold the connector's public names and what the operator had put there.
 */
const OPEN_ROUTES: readonly (string | undefined)[] = ['/proxy.pac', '/wpad.dat']

/** For whoever watches the process: they tell nothing of a list, and must answer whatever happens. */
export function isHealthRoute(route: string | undefined): boolean {
  return route?.startsWith('/health/') ?? false
}

export function isOpenRoute(route: string | undefined): boolean {
  return isHealthRoute(route) || OPEN_ROUTES.includes(route)
}

const CHALLENGES = ['Bearer realm="rangewarden"', 'Basic realm="rangewarden", charset="UTF-8"']

/** Undefined if everybody may read. */
export function createReadAccess(
  readTokens: readonly string[],
  adminToken: string | undefined,
): ReadAccess | undefined {
  if (readTokens.length === 0) return undefined
  const all = adminToken === undefined ? readTokens : [...readTokens, adminToken]
  const tokens = createTokenRing(all, ['bearer', 'basic'])
  return {
    admits: (authorization) => tokens.presented(authorization) === 'known',
    refusal(reply, authorization) {
      void reply.header('www-authenticate', CHALLENGES)
      return unauthorized(tokens.presented(authorization))
    },
  }
}

function unauthorized(presented: Presented): RangewardenError {
  return new RangewardenError(
    'unauthorized',
    presented === 'unknown'
      ? 'the token is none of those in RANGEWARDEN_READ_TOKEN'
      : 'reading asks for a token here: send one of RANGEWARDEN_READ_TOKEN as "Authorization: ' +
          'Bearer TOKEN", or as the password of Basic authentication with any user name',
    { setting: 'RANGEWARDEN_READ_TOKEN' },
  )
}
