/** Errors as PostgreSQL's driver and Prisma made them of servers that were killed, halted, starting. */
import { describe, expect, it } from 'vitest'
import { saysDatabaseIsAway } from '../../src/store/away.ts'

function prismaError(code: string, cause: object): Error {
  const message = 'Invalid `prisma.$queryRaw()` invocation'
  return Object.assign(new Error(message), { code, meta: { driverAdapterError: { cause } } })
}

describe('an error of a database that is away', () => {
  it.each([
    ['killed', prismaError('P1001', { kind: 'DatabaseNotReachable' })],
    ['killed, of a raw query', prismaError('P2010', { kind: 'DatabaseNotReachable' })],
    ['shutting down', prismaError('P2010', { kind: 'postgres', originalCode: '57P01' })],
    ['starting', prismaError('P2010', { kind: 'postgres', originalCode: '57P03' })],
    ['without a connection to give', Object.assign(new Error('too many'), { code: '53300' })],
    ['halted', new Error('Query read timeout')],
    ['halted, when a connection is made', new Error('timeout exceeded when trying to connect')],
    ['wrapped', new Error('a run failed', { cause: new Error('Connection terminated') })],
  ])('says so: %s', (_, error) => {
    expect(saysDatabaseIsAway(error)).toBe(true)
  })
})

describe('any other error', () => {
  const circular = new Error('round and round')
  circular.cause = circular

  it.each([
    ['of a rule of the schema', prismaError('P2010', { kind: 'postgres', originalCode: '23514' })],
    ['of a row that is there', prismaError('P2002', { kind: 'UniqueConstraintViolation' })],
    ['of ours', new Error('the snapshot of a publication is gone')],
    ['that holds itself', circular],
    ['that is a text', 'Query read timeout'],
    ['that is nothing', undefined],
  ])('does not: %s', (_, error) => {
    expect(saysDatabaseIsAway(error)).toBe(false)
  })
})
