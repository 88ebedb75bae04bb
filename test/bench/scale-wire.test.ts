/** Statements counted on the wire: as many as a client makes, in whatever pieces its bytes arrive. */
import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createReader, tap } from '../../bench/scale/wire.ts'
import { postgres, startPostgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'

const SSL_REQUEST = 80_877_103
const VERSION_3 = 196_608

/** The first message has no type: its length, a code, and what follows. */
function start(code: number, rest = ''): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + rest.length, 0)
  head.writeInt32BE(code, 4)
  return Buffer.concat([head, Buffer.from(rest)])
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0)
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

const anyMessage = fc.record({
  type: fc.constantFrom('Q', 'E', 'P', 'B', 'D', 'S', 'X', 'p'),
  body: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
})

describe('the reader', () => {
  it('counts queries and executions, and nothing that only looks like one', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(anyMessage),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (asksForTls, messages, sizes) => {
          const bytes = Buffer.concat([
            ...(asksForTls ? [start(SSL_REQUEST)] : []),
            start(VERSION_3, 'user\0QEQE\0\0'),
            ...messages.map(({ type, body }) => message(type, body)),
          ])
          let counted = 0
          const read = createReader(() => counted++)
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1
            read(bytes.subarray(at, at + size))
            at += size
          }
          const statements = messages.filter(({ type }) => type === 'Q' || type === 'E')
          expect(counted).toBe(statements.length)
        },
      ),
    )
  })
})

describeWith([postgres], 'a connection that is counted', () => {
  it('answers as the server does, and counts what was asked and over how many connections', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const wire = await tap(server.url)
    onTestFinished(() => wire.close())
    const clients = [1, 2].map(() => new pg.Client({ connectionString: wire.url }))
    for (const client of clients) await client.connect()
    const [client] = clients
    const { rows } = (await client?.query('SELECT $1::int + 1 AS sum', [41])) ?? {}
    await client?.query('BEGIN')
    await client?.query('COMMIT')
    expect(rows).toEqual([{ sum: 42 }])
    expect([wire.statements(), wire.open(), wire.most()]).toEqual([3, 2, 2])
    for (const each of clients) await each.end()
    await expect.poll(() => wire.open()).toBe(0)
    expect(wire.most()).toBe(2)
  })
})
