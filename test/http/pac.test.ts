/** /proxy.pac and /wpad.dat: for clients that know no status but 200. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const [week] = makeFeed({ weeks: 1 })
const PATHS = ['/proxy.pac', '/wpad.dat']
const configured = { pacProxy: 'PROXY proxy.example:8080', pacFallback: 'DIRECT' }

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database, configured)
  if (week) await site.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

describe.each(PATHS)('%s', (url) => {
  it('is the PAC file of the first followed cloud', async () => {
    const reply = await site.app.inject(url)
    expect(reply.statusCode).toBe(200)
    expect(reply.body).toMatch(/^function FindProxyForURL\(url, host\) \{/)
    expect(reply.body).toContain('return "PROXY proxy.example:8080"')
    expect(reply.headers['content-type']).toMatch(/^application\/x-ns-proxy-autoconfig/)
    expect(reply.headers['cache-control']).toMatch(/max-age=300\b/)
    const list = await site.app.inject('/l/app-proxy/pac.pac')
    expect(reply.rawPayload).toEqual(list.rawPayload)
  })

  it('answers whatever the host is called, and with the whole file whatever the client has', async () => {
    const whole = await site.app.inject(url)
    for (const headers of [
      { host: 'wpad' },
      { host: 'wpad.corp.example' },
      { host: '10.0.0.1:80' },
      { 'if-none-match': String(whole.headers.etag) },
      { 'if-none-match': '*' },
      { 'if-modified-since': String(whole.headers['last-modified']) },
    ]) {
      const reply = await site.app.inject({ url, headers })
      expect(reply.statusCode).toBe(200)
      expect(reply.body).toBe(whole.body)
    }
  })

  it('is not there until both settings are', async () => {
    for (const options of [{}, { pacProxy: 'DIRECT' }, { pacFallback: 'DIRECT' }]) {
      const bare = await openSite(database, options)
      const reply = await bare.app.inject(url)
      expect(reply.statusCode).toBe(404)
      expect(reply.json()).toMatchObject({
        settings: ['RANGEWARDEN_PAC_PROXY', 'RANGEWARDEN_PAC_FALLBACK'],
      })
      await bare.app.close()
    }
  })

  it('says why there is none where the first cloud has no list of names', async () => {
    const china = await openSite(database, { ...configured, clouds: ['China', 'Public'] })
    const reply = await china.app.inject(url)
    expect(reply.statusCode).toBe(404)
    expect(reply.json<{ detail: string }>().detail).toMatch(/Microsoft publishes no .*China/)
    await china.app.close()
  })
})

it('is no empty file before the first publication', async () => {
  await database.reset()
  const empty = await openSite(database, configured)
  const reply = await empty.app.inject('/wpad.dat')
  expect(reply.statusCode).toBe(503)
  expect(reply.headers['retry-after']).toBe('60')
  await empty.app.close()
})
