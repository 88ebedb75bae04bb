/** Whether the database answers, asked where a request would otherwise hang or blame the wrong side. */
import type { FastifyInstance } from 'fastify'
import { RangewardenError } from '../core/errors.ts'

/** A database that does not answer in this time is down. */
const PING_MS = 2_000

/** For people: what is so, and what goes on. */
export const DATABASE_DOWN =
  'the database does not answer; lists that are published are served all the same'

/** Asks at most once at a time, however many want to know: each question takes a connection. */
export function createDatabaseDown(ping: () => Promise<void>): () => Promise<boolean> {
  let asked: Promise<boolean> | undefined
  return () =>
    (asked ??= pingFails(ping).finally(() => {
      asked = undefined
    }))
}

async function pingFails(ping: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), PING_MS)
  })
  const answer = ping().then(
    () => false,
    () => true,
  )
  const down = await Promise.race([answer, late])
  clearTimeout(timer)
  return down
}

const SAFE = ['GET', 'HEAD', 'OPTIONS']

/** Answered from memory. */
const LOOKUP = '/v1/lookup'

/**
 * While nothing could be compared with the database for a while, what would change something is
 * refused as soon as that is sure; a statement to a server that hangs would take half a minute. To be
 * called before the routes that it is for.
 */
export function refuseChangesWhileDown(
  app: FastifyInstance,
  unverifiedSince: () => Date | undefined,
  isDown: () => Promise<boolean>,
): void {
  // Without a promise where nothing is asked: answers to a client that pipelines stay in step with it.
  app.addHook('onRequest', ({ method, routeOptions }, _, done) => {
    if (SAFE.includes(method) || routeOptions.url === LOOKUP || !unverifiedSince()) return done()
    isDown().then((down) => {
      done(down ? new RangewardenError('database-unavailable', DATABASE_DOWN) : undefined)
    }, done)
  })
}
