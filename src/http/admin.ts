/** The admin token: who may change something. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { RangewardenError } from '../core/errors.ts'

/**
 * Lets a request through that carries the token. Without a token configured nobody may, and the
 * answer says how to set one; the command line needs none.
 */
export function requireAdmin(adminToken: string | undefined): onRequestHookHandler {
  const expected = adminToken === undefined ? undefined : digestOf(adminToken)
  return (request, reply, done) => {
    if (!expected) return done(notConfigured())
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
    if (given !== undefined && timingSafeEqual(digestOf(given), expected)) return done()
    const error = given === undefined ? '' : ', error="invalid_token"'
    void reply.header('www-authenticate', `Bearer realm="rangewarden"${error}`)
    done(unauthorized(given !== undefined))
  }
}

/** Of equal length whatever was sent, so that the comparison takes the same time. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
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
