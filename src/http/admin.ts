/** The admin token: who may change something. */
import type { onRequestHookHandler } from 'fastify'
import { RangewardenError } from '../core/errors.ts'
import { createTokenRing } from './tokens.ts'

/**
 * Lets a request through that carries the token. Without a token configured nobody may, and the
 * answer says how to set one; the command line needs none.
 */
export function requireAdmin(adminToken: string | undefined): onRequestHookHandler {
  const tokens = adminToken === undefined ? undefined : createTokenRing([adminToken], ['bearer'])
  return (request, reply, done) => {
    if (!tokens) return done(notConfigured())
    const presented = tokens.presented(request.headers.authorization)
    if (presented === 'known') return done()
    const error = presented === 'unknown' ? ', error="invalid_token"' : ''
    void reply.header('www-authenticate', `Bearer realm="rangewarden"${error}`)
    done(unauthorized(presented === 'unknown'))
  }
}

function notConfigured(): RangewardenError {
  return new RangewardenError(
    'forbidden',
    'changes over HTTP are switched off: set RANGEWARDEN_ADMIN_TOKEN (or RANGEWARDEN_ADMIN_TOKEN_FILE), ' +
      'restart, and send it as "Authorization: Bearer TOKEN"; the command line needs no token',
    { setting: 'RANGEWARDEN_ADMIN_TOKEN' },
  )
}

function unauthorized(wasGiven: boolean): RangewardenError {
  return new RangewardenError(
    'unauthorized',
    wasGiven
      ? 'the token is not the one in RANGEWARDEN_ADMIN_TOKEN'
      : 'this changes something: send the token in RANGEWARDEN_ADMIN_TOKEN as "Authorization: Bearer TOKEN"',
  )
}
