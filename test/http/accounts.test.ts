/** What is counted and written down of a request, whoever answers it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAccessLog } from '../../src/observe/access-log.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { listenOn, openConnection, request, type RawConnection } from '../support/raw-http.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const LIST = '/l/app-proxy-ip/text.txt'
const [week] = makeFeed({ weeks: 1 })

let database: TestDatabase
let site: Site
let connection: RawConnection
let written: string[]

beforeAll(async () => {
  database = await openSiteDatabase()
  const first = await openSite(database)
  if (week) await first.sync(week)
  await first.app.close()
})
afterAll(() => database.close())

beforeEach(async () => {
  written = []
  const accessLog = createAccessLog(neverLost, { write: (text: string) => written.push(text) })
  site = await openSite(database, { accessLog })
  connection = await openConnection(await listenOn(site.app))
  return async () => {
    connection.socket.destroy()
    await site.app.close()
  }
})

function neverLost(error: unknown): never {
  throw new Error('lines were lost', { cause: error })
}

async function ask(url: string, headers: Record<string, string> = {}, method = 'GET') {
  connection.send(request(url, headers, { method }))
  return connection.answer(method === 'HEAD')
}

function lines(): unknown[] {
  return written.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  )
}

describe('the access log', () => {
  it('has a line for every request, whoever answered it', async () => {
    const { body, lines: headers } = await ask(LIST)
    const etag = headers.find((line) => line.startsWith('etag: '))?.slice(6) ?? ''
    await ask(LIST, { 'if-none-match': etag })
    await ask(LIST, { connection: 'keep-alive, x' }, 'HEAD')
    await ask('/v1/allowlists/app-proxy/json?at=latest')
    await ask('/v1/nothing')
    const list = { list: 'app-proxy-ip', format: 'text' }
    const common = { level: 30, msg: 'Request answered', client: '127.0.0.1' }
    expect(lines()).toMatchObject([
      { ...common, ...list, method: 'GET', url: LIST, status: 200, bytes: body.length },
      { ...common, ...list, method: 'GET', url: LIST, status: 304, bytes: 0 },
      { ...common, ...list, method: 'HEAD', url: LIST, status: 200, bytes: 0 },
      { ...common, status: 200, list: 'app-proxy', format: 'json' },
      { ...common, status: 404, url: '/v1/nothing' },
    ])
    for (const line of lines()) {
      expect(line).toMatchObject({
        time: expect.any(Number) as unknown,
        durationMs: expect.any(Number) as unknown,
      })
    }
  })

  it('has one for a path that cannot be read, too', async () => {
    const long = `/l/${'x'.repeat(300)}/x`
    await ask('/l/%zz/x')
    await ask(long)
    expect(lines()).toMatchObject([
      { method: 'GET', url: '/l/%zz/x', status: 400, client: '127.0.0.1' },
      { method: 'GET', url: long, status: 414, client: '127.0.0.1' },
    ])
    const { body } = await site.app.inject('/metrics')
    for (const status of [400, 414]) {
      const series = `{route="none",method="GET",status="${status}"} 1`
      expect(body).toContain(`rangewarden_http_requests_total${series}`)
    }
  })

  it('does not claim that a client who was gone got the list', async () => {
    await ask(LIST)
    site.app.server.prependListener('request', () => connection.socket.resetAndDestroy())
    connection.send(request(LIST))
    for (let i = 0; i < 200 && written.length < 2; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(lines()).toMatchObject([
      { url: LIST, bytes: expect.any(Number) as unknown },
      { url: LIST, bytes: 0 },
    ])
  })

  it('holds no token and nothing that looks like a secret in a query', async () => {
    const authorization = `Basic ${Buffer.from('me:s3cret').toString('base64')}`
    await ask(LIST, { authorization })
    await ask('/v1/clouds?token=s3cret&sig=s3cret&x="%22', { authorization: 'Bearer s3cret' })
    expect(lines()).toHaveLength(2)
    expect(written.join('')).not.toContain('s3cret')
    expect(written.join('')).not.toContain(authorization.slice(6))
    expect(lines()[1]).toMatchObject({ url: '/v1/clouds?token=***&sig=***&x="%22' })
  })
})

describe('the metrics of requests', () => {
  it('count them by the pattern of the route, whoever answered', async () => {
    for (let i = 0; i < 3; i++) await ask(LIST)
    await site.app.inject(LIST)
    await ask('/v1/tags/ServiceBus')
    await ask('/v1/no/such/path')
    const { body } = await site.app.inject('/metrics')
    const value = (series: string) =>
      body
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1]
    const of = (route: string, status: number) =>
      value(`rangewarden_http_requests_total{route="${route}",method="GET",status="${status}"}`)
    expect(of('/l/:allowlist/:file', 200)).toBe('4')
    expect(of('/v1/tags/:name', 200)).toBe('1')
    expect(of('none', 404)).toBe('1')
    const duration = 'rangewarden_http_request_duration_seconds'
    expect(value(`${duration}_count{route="/l/:allowlist/:file",method="GET"}`)).toBe('4')
    expect(body).not.toContain('ServiceBus')
  })
})
