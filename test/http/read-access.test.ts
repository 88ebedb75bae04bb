/** Who may read once a read token is set. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenRing } from '../../src/http/tokens.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { listenOn, openConnection, request } from '../support/raw-http.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'

const LIST = '/l/app-proxy-ip/text.txt'
const [week] = makeFeed({ weeks: 1 })

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database, {
    readTokens: ['old-one', 'new-one'],
    pacProxy: 'PROXY proxy.example:8080',
    pacFallback: 'DIRECT',
  })
  if (week) await site.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

describe('a ring of tokens', () => {
  const ring = createTokenRing(['one', 'tw:o'], ['bearer', 'basic'])

  it.each([
    [undefined, 'nothing'],
    ['', 'nothing'],
    ['Bearer', 'nothing'],
    ['Digest one', 'nothing'],
    ['Bearer one two', 'nothing'],
    ['Bearer one', 'known'],
    ['bEARER  tw:o ', 'known'],
    ['Bearer On', 'unknown'],
    ['Bearer onee', 'unknown'],
    [basic('', 'one'), 'known'],
    [basic('device 7', 'tw:o'), 'known'],
    [basic('one', ''), 'unknown'],
    ['Basic b25l', 'nothing'],
    ['Basic !!', 'nothing'],
  ])('finds in "%s" %s, at any time', (header, presented) => {
    for (let i = 0; i < 3; i++) expect(ring.presented(header)).toBe(presented)
  })

  it('does not take a wrong token for a right one, however many were right before', () => {
    for (let i = 0; i < 100; i++) expect(ring.presented(basic(`user ${i}`, 'one'))).toBe('known')
    for (let i = 0; i < 100; i++) expect(ring.presented(basic(`user ${i}`, 'two'))).toBe('unknown')
  })
})

describe('reading with a read token set', () => {
  it.each([
    LIST,
    '/v1/clouds',
    '/v1/export/text?tag=ServiceBus',
    '/metrics',
    '/openapi.json',
    '/x',
  ])('%s asks for one, by either scheme', async (url) => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const reply = await site.app.inject({ url, headers })
      expect(reply.statusCode).toBe(401)
      expect(reply.headers['www-authenticate']).toEqual([
        'Bearer realm="rangewarden"',
        'Basic realm="rangewarden", charset="UTF-8"',
      ])
      expect(reply.headers['cache-control']).toBe('no-store')
      expect(reply.json()).toMatchObject({ type: 'urn:rangewarden:problem:unauthorized' })
    }
  })

  it.each([
    ['the old token', 'Bearer old-one'],
    ['the new token', 'Bearer new-one'],
    ['a password', basic('firewall', 'new-one')],
    ['the admin token', ADMIN.authorization],
    ['the admin token as a password', basic('', 'a-token-for-tests')],
  ])('is open to %s, and what it gets is not for shared caches', async (_, authorization) => {
    const reply = await site.app.inject({ url: LIST, headers: { authorization } })
    expect(reply.statusCode).toBe(200)
    expect(reply.headers['cache-control']).toMatch(/^private, /)
  })

  it.each(['/health/live', '/health/ready', '/proxy.pac', '/wpad.dat'])(
    '%s stays open',
    async (url) => {
      expect((await site.app.inject(url)).statusCode).toBe(200)
    },
  )

  it('does not make who may read one who may change', async () => {
    const put = {
      method: 'PUT',
      url: '/v1/allowlists/mine',
      payload: { tags: ['ServiceBus'] },
    } as const
    const reply = await site.app.inject({ ...put, headers: { authorization: 'Bearer new-one' } })
    expect(reply.statusCode).toBe(401)
    expect((await site.app.inject({ ...put, headers: ADMIN })).statusCode).toBe(201)
  })

  it('is the same at the front', async () => {
    const connection = await openConnection(await listenOn(site.app))
    const ask = async (headers: Record<string, string>) => {
      connection.send(request(LIST, headers))
      return (await connection.answer()).status
    }
    expect(await ask({})).toBe(401)
    expect(await ask({ authorization: 'Bearer wrong' })).toBe(401)
    expect(await ask({ authorization: 'Bearer new-one' })).toBe(200)
    expect(await ask({ authorization: 'Bearer new-on3' })).toBe(401)
    connection.socket.destroy()
  })
})
