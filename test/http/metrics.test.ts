/** /metrics: what Prometheus reads of a service, and that it goes on without the database. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const [older, newer] = makeFeed({ weeks: 2 }) as [WeeklyDocument, WeeklyDocument]

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})
beforeEach(async () => {
  await database.reset()
  site = await openSite(database, { clouds: ['Public', 'China'] })
  return () => site.app.close()
})
afterAll(() => database.close())

async function scrape(): Promise<string[]> {
  const { statusCode, headers, body } = await site.app.inject('/metrics')
  expect(statusCode).toBe(200)
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(headers['cache-control']).toBe('no-cache')
  return body.split('\n')
}

/** The value of a series, or undefined where there is none. */
function valueOf(lines: readonly string[], series: string): number | undefined {
  const line = lines.find((line) => line.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('the metrics', () => {
  it('are named, explained and typed, whatever there is to tell', async () => {
    const lines = await scrape()
    const named = lines
      .filter((line) => line.startsWith('# HELP '))
      .map((line) => line.split(' ')[2])
    expect(named).toEqual([
      'rangewarden_build_info',
      'rangewarden_cloud_state',
      'rangewarden_holds_waiting',
      'rangewarden_rollback_in_force',
      'rangewarden_discovery_degraded',
      'rangewarden_newest_file_timestamp_seconds',
      'rangewarden_last_success_timestamp_seconds',
      'rangewarden_sync_refused_timestamp_seconds',
      'rangewarden_dataset_change_number',
      'rangewarden_dataset_file_timestamp_seconds',
      'rangewarden_dataset_published_timestamp_seconds',
      'rangewarden_dataset_prefixes',
      'rangewarden_database_unverified_since_timestamp_seconds',
      'rangewarden_sync_runs_total',
      'rangewarden_sync_duration_seconds',
      'rangewarden_webhook_attempts_total',
      'rangewarden_webhook_deliveries_total',
      'rangewarden_webhook_deliveries_waiting',
      'rangewarden_webhook_oldest_waiting_seconds',
      'rangewarden_certificate_expiry_timestamp_seconds',
      'rangewarden_http_requests_total',
      'rangewarden_http_request_duration_seconds',
    ])
    expect(valueOf(lines, 'rangewarden_build_info{version="0.0.0-test",role="all"}')).toBe(1)
    expect(lines.filter((line) => line.startsWith('rangewarden_cloud_state'))).toEqual([])
  })

  it('tell the state of each cloud, its ages and its size', async () => {
    await site.sync(newer)
    await site.freshness.refresh()
    const lines = await scrape()
    const states = lines.filter((line) => line.startsWith('rangewarden_cloud_state{'))
    expect(states.filter((line) => line.endsWith(' 1'))).toEqual([
      'rangewarden_cloud_state{cloud="Public",state="source-quiet"} 1',
      'rangewarden_cloud_state{cloud="China",state="empty"} 1',
    ])
    expect(states).toHaveLength(12)
    expect(valueOf(lines, 'rangewarden_newest_file_timestamp_seconds{cloud="Public"}')).toBe(
      Date.parse(newer.fileDate) / 1000,
    )
    const [run] = await site.store.runs.list({ limit: 1 })
    expect(valueOf(lines, 'rangewarden_last_success_timestamp_seconds{cloud="Public"}')).toBe(
      (run?.finishedAt?.getTime() ?? NaN) / 1000,
    )
    const prefixes = ['ipv4', 'ipv6'].map(
      (family) =>
        valueOf(lines, `rangewarden_dataset_prefixes{cloud="Public",family="${family}"}`) ?? NaN,
    )
    expect((prefixes[0] ?? 0) + (prefixes[1] ?? 0)).toBe(
      site.lists.published('Public')?.record.memberships,
    )
    expect(
      lines.filter((line) => /^rangewarden_(newest|last|dataset).*"China"/.test(line)),
    ).toEqual([])
  })

  it('tell what waits for a person, a rollback and how files are found', async () => {
    const values = async () => {
      await site.freshness.refresh()
      const lines = await scrape()
      return ['holds_waiting', 'rollback_in_force', 'discovery_degraded'].map((name) =>
        valueOf(lines, `rangewarden_${name}{cloud="Public"}`),
      )
    }
    expect(await values()).toEqual([0, 0, undefined])
    await site.sync(newer)
    expect(await values()).toEqual([0, 0, 0])
    await site.sync(older)
    const { run } = await site.runner.request({ cloud: 'Public', trigger: 'start', dryRun: false })
    await site.store.runs.start(run.id)
    await site.store.runs.finish(run.id, 'unchanged', {
      strategy: 'latest-name',
      degraded: 'no page',
    })
    const [record] = await site.store.history.list({ limit: 1 })
    if (!record) throw new Error('no history')
    const request = {
      publishedBy: 'Ada',
      reason: 'r',
      expectedSerial: 1,
      kind: 'rollback',
    } as const
    await site.store.publications.republish(record, request)
    await site.lists.refresh()
    expect(await values()).toEqual([1, 1, 1])
  })

  it('count runs by what they came to, from zero', async () => {
    const series = (result: string): string =>
      `rangewarden_sync_runs_total{cloud="Public",result="${result}"}`
    expect(valueOf(await scrape(), series('failed'))).toBe(0)
    site.metrics.runs.finished('Public', 'failed', 800)
    site.metrics.runs.finished('Public', 'failed', 40)
    site.metrics.runs.finished('Public', 'unchanged', 2_600)
    const lines = await scrape()
    expect(['failed', 'unchanged', 'held'].map((one) => valueOf(lines, series(one)))).toEqual([
      2, 1, 0,
    ])
  })

  it('are told from memory: no scrape asks the database', async () => {
    await site.sync(newer)
    await site.freshness.refresh()
    // Scrapes are requests themselves, and are counted.
    const states = async () => (await scrape()).filter((line) => !line.includes('_http_'))
    const before = await states()
    await database.rows('ALTER TABLE run RENAME TO run_gone')
    try {
      expect(await states()).toEqual(before)
      await site.freshness.refresh()
      expect(await states()).toEqual(before)
    } finally {
      await database.rows('ALTER TABLE run_gone RENAME TO run')
    }
  })

  it('take no parameters', async () => {
    expect((await site.app.inject('/metrics?x=1')).statusCode).toBe(400)
  })
})
