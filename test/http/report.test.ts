/** The weekly report over HTTP: its three formats, and how the route says no. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { weekOf } from '../../src/report/week.ts'
import { reportShape } from '../../src/views/report.ts'
import type { TestDatabase } from '../support/database.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { range, roundWeek } from '../support/weeks.ts'

let database: TestDatabase
let site: Site
/** The week that all of it happened in. */
let week: string

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  await site.sync(roundWeek('2026-01-05', range(0, 100)))
  await site.sync(roundWeek('2026-01-12', range(0, 102)))
  const reason = 'the <i>branch</i> lost | its `mail`'
  const payload = { snapshot: '2026-01-05', reason, by: 'A. Person' }
  const url = '/v1/publications'
  const reply = await site.app.inject({ method: 'POST', url, payload, headers: ADMIN })
  expect(reply.statusCode, reply.body).toBe(201)
  const [newest] = await site.store.publications.list('Public', 1)
  if (!newest) throw new Error('something is published')
  week = weekOf(newest.publishedAt).text
  // All of it in one week, whatever midnight the test ran through.
  await database.rows(`UPDATE publication SET published_at = '${newest.publishedAt.toISOString()}'`)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

describe('GET /v1/report', () => {
  it('tells of devices to those who have a token', async () => {
    const url = `/v1/report?week=${week}`
    const none = { ipv4: '0', ipv6: '0', names: 0 }
    const device = { allowlist: 'app-proxy-ip', device: 'berlin-fw', inStep: true }
    const check = { ...device, missing: none, extra: none, stale: none }
    await site.store.devices.checked(check, 'x', { type: 'drift.detected', facts: {} })
    const known = reportShape.parse((await site.app.inject({ url, headers: ADMIN })).json())
    expect(known.devices).toMatchObject([device])
    const anybody = await site.app.inject(url)
    expect(anybody.body).not.toContain('berlin-fw')
    const wrong = await site.app.inject({ url, headers: { authorization: 'Bearer wrong' } })
    expect(wrong.body).not.toContain('berlin-fw')
  })

  it('is JSON as described, unless something else is asked for', async () => {
    const reply = await site.app.inject(`/v1/report?week=${week}`)
    expect(reply.statusCode, reply.body).toBe(200)
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
    const report = reportShape.parse(reply.json())
    expect(report).toMatchObject({ week, complete: false, devices: null })
    const kinds = report.clouds[0]?.publications.map(({ publication }) => publication.kind)
    expect(kinds).toEqual(['sync', 'sync', 'rollback'])
    expect((await site.app.inject(`/v1/report?week=${week}&format=json`)).json()).toMatchObject({
      week,
    })
  })

  it('is of the last week that is over, if none is named', async () => {
    const { week: last, complete } = reportShape.parse((await site.app.inject('/v1/report')).json())
    expect(complete).toBe(true)
    expect(last < week).toBe(true)
  })

  it('is Markdown for whoever pastes it, with what people wrote as they wrote it', async () => {
    const reply = await site.app.inject(`/v1/report?week=${week}&format=markdown`)
    expect(reply.headers['content-type']).toBe('text/markdown; charset=utf-8')
    expect(reply.body).toMatch(new RegExp(`^# Rangewarden: week ${week}\n`))
    expect(reply.body).toContain('A. Person: the \\<i\\>branch\\</i\\> lost \\| its \\`mail\\`')
  })

  it('is a page that may load nothing, with what people wrote as text', async () => {
    const reply = await site.app.inject(`/v1/report?week=${week}&format=html`)
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(reply.headers['content-security-policy']).toMatch(/^default-src 'none'; /)
    expect(reply.body).toMatch(/^<!DOCTYPE html>/)
    expect(reply.body).toContain('the &lt;i&gt;branch&lt;/i&gt; lost | its `mail`')
    expect(reply.body).not.toContain('<i>')
  })

  it.each([
    ['?week=2026-5', /week "2026-5": a week is written YYYY-Www/],
    ['?week=2025-W53', /week "2025-W53": the weeks of 2025 are 01 to 52/],
    ['?week=2146-W01', /week "2146-W01" has not begun/],
    ['?cloud=China', /cloud "China" is not followed: followed are Public/],
    ['?cloud=Mars', /"cloud" "Mars"/],
    ['?format=pdf', /"format" "pdf"/],
    ['?weeks=2025-W01', /"weeks" .*known are week, format, cloud \(did you mean week\?\)/],
  ])('refuses %s', async (query, detail) => {
    const reply = await site.app.inject(`/v1/report${query}`)
    expect(reply.statusCode).toBe(400)
    expect(reply.json<{ detail: string }>().detail).toMatch(detail)
  })
})
