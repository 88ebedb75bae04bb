/** While the database is away: what would change something is refused soon, all else goes on. */
import { fastify, type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createDatabaseDown, refuseChangesWhileDown } from '../../src/http/database-down.ts'
import { createErrorHandler } from '../../src/http/error-handler.ts'

const HOUR_AGO = new Date(Date.now() - 3_600_000)

interface World {
  readonly app: FastifyInstance
  readonly pings: () => number
  readonly handled: string[]
}

/** Routes that would hang for as long as a statement may; here they only note that they were reached. */
function world(unverifiedSince: Date | undefined, ping: () => Promise<void>): World {
  let pings = 0
  const handled: string[] = []
  const isDown = createDatabaseDown(() => {
    pings++
    return ping()
  })
  const app = fastify()
  app.setErrorHandler(createErrorHandler({ log: pino({ level: 'silent' }), isDown }))
  refuseChangesWhileDown(app, () => unverifiedSince, isDown)
  for (const [method, url] of [
    ['POST', '/v1/runs'],
    ['PUT', '/v1/allowlists/:name'],
    ['DELETE', '/v1/webhooks/:id'],
    ['POST', '/v1/lookup'],
    ['GET', '/v1/runs'],
  ] as const) {
    app.route({ method, url, handler: () => handled.push(`${method} ${url}`) })
  }
  return { app, pings: () => pings, handled }
}

const hangs = (): Promise<void> => new Promise(() => undefined)
const away = (): Promise<void> => Promise.reject(new Error('connection refused'))
const answers = (): Promise<void> => Promise.resolve()

describe('a change, while nothing could be compared with the database for a while', () => {
  it.each([
    ['hangs', hangs],
    ['is away', away],
  ])('is refused with a time to ask again, where the database %s', async (_, ping) => {
    const { app, handled } = world(HOUR_AGO, ping)
    for (const [method, url] of [
      ['POST', '/v1/runs'],
      ['PUT', '/v1/allowlists/mine'],
      ['DELETE', '/v1/webhooks/1'],
    ] as const) {
      const reply = await app.inject({ method, url })
      expect(reply.statusCode).toBe(503)
      expect(reply.headers['retry-after']).toBe('30')
      expect(reply.json()).toMatchObject({ type: 'urn:rangewarden:problem:database-unavailable' })
    }
    expect(handled).toEqual([])
  })

  it('is carried out where the database answers after all: the fault is another', async () => {
    const { app, handled } = world(HOUR_AGO, answers)
    expect((await app.inject({ method: 'POST', url: '/v1/runs' })).statusCode).toBe(200)
    expect(handled).toEqual(['POST /v1/runs'])
  })

  it('takes one question for all that are asked at once', async () => {
    const { app, pings } = world(HOUR_AGO, hangs)
    const many = Array.from({ length: 20 }, () => app.inject({ method: 'POST', url: '/v1/runs' }))
    const replies = await Promise.all(many)
    expect(replies.map(({ statusCode }) => statusCode)).toEqual(replies.map(() => 503))
    expect(pings()).toBe(1)
  })
})

describe('everything else', () => {
  it('is not asked about: what is read, and what is looked up in memory', async () => {
    const { app, pings, handled } = world(HOUR_AGO, hangs)
    await app.inject('/v1/runs')
    await app.inject({ method: 'POST', url: '/v1/lookup' })
    expect(handled).toEqual(['GET /v1/runs', 'POST /v1/lookup'])
    expect(pings()).toBe(0)
  })

  it('is not asked about while all is verified', async () => {
    const { app, pings, handled } = world(undefined, hangs)
    await app.inject({ method: 'POST', url: '/v1/runs' })
    expect(handled).toEqual(['POST /v1/runs'])
    expect(pings()).toBe(0)
  })
})
