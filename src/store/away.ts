/**
 * Does an error say that the database was away? Asking it again tells only how it is now: one that
 * comes back in the same moment would make an outage look like a fault of ours.
 */

/** Shutting down, starting up, connection lost or refused, no connection left. */
const SQL_STATE = /^(?:57P0[1-3]|08\w{3}|53300)$/

/** Prisma's: cannot be reached, timed out, closed the connection, gave none in time. */
const PRISMA_CODES: readonly unknown[] = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024']

/** Of the driver adapter, inside Prisma's error. */
const ADAPTER_KINDS: readonly unknown[] = [
  'DatabaseNotReachable',
  'ConnectionClosed',
  'TooManyConnections',
  'SocketTimeout',
]

/** The driver's own, which have no code. */
const DRIVER_MESSAGE =
  /^(?:Query read timeout|timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/

/** Errors lie in errors, never deeper than this. */
const LEVELS = 6

/** True for what PostgreSQL, its driver or Prisma say of a database that is not there. */
export function saysDatabaseIsAway(error: unknown, levels: number = LEVELS): boolean {
  if (typeof error !== 'object' || error === null || levels === 0) return false
  const { code, kind, originalCode, message, meta, cause, driverAdapterError } = error as Readonly<
    Record<string, unknown>
  >
  if (PRISMA_CODES.includes(code) || ADAPTER_KINDS.includes(kind)) return true
  if ([code, originalCode].some((state) => typeof state === 'string' && SQL_STATE.test(state))) {
    return true
  }
  if (typeof message === 'string' && DRIVER_MESSAGE.test(message)) return true
  return [meta, cause, driverAdapterError].some((inner) => saysDatabaseIsAway(inner, levels - 1))
}
