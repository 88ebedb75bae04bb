/** Tokens in Authorization headers, compared in a time that tells nothing of them. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** What a header carried: nothing, a token we know, or one we do not. */
export type Presented = 'nothing' | 'known' | 'unknown'

export interface TokenRing {
  /** What an Authorization header carries. */
  presented(authorization: string | undefined): Presented
}

/** How a token may be sent. */
export type Scheme = 'bearer' | 'basic'

/** Headers that were right lately; a digest costs three microseconds, comparing them a tenth. */
const REMEMBERED = 8

/** @param schemes devices know Basic alone; the user's name is not looked at */
export function createTokenRing(tokens: readonly string[], schemes: readonly Scheme[]): TokenRing {
  const digests = tokens.map(digestOf)
  const right: Buffer[] = []

  function isKnown(token: string): boolean {
    const digest = digestOf(token)
    // All are compared, so that the time does not tell which one was right.
    return digests.reduce((found, one) => timingSafeEqual(one, digest) || found, false)
  }

  return {
    presented(authorization) {
      if (authorization === undefined) return 'nothing'
      const header = Buffer.from(authorization)
      for (const one of right) {
        // The length of a header tells the length of a token, which is no secret.
        if (one.length === header.length && timingSafeEqual(one, header)) return 'known'
      }
      const token = tokenIn(authorization, schemes)
      if (token === undefined) return 'nothing'
      if (!isKnown(token)) return 'unknown'
      if (right.length >= REMEMBERED) right.shift()
      right.push(header)
      return 'known'
    },
  }
}

function tokenIn(authorization: string, schemes: readonly Scheme[]): string | undefined {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+) *$/.exec(authorization) ?? []
  const given = schemes.find((known) => known === scheme.toLowerCase())
  if (given !== 'basic') return given && credentials
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? []
  return password
}

/** Of equal length whatever was sent, so that the comparison takes the same time. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
