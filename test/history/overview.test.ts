/** How a cloud is said to be doing, from what happened to it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { cloudOverview, type CloudOverview } from '../../src/history/overview.ts'
import type { Cloud } from '../../src/core/cloud.ts'
import type { RunOutcomeKind } from '../../src/store/contract.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const HOUR = 3_600_000

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})

beforeEach(async () => {
  await database.reset()
  site = await openSite(database, { clouds: ['Public', 'AzureGermany'] })
  return () => site.app.close()
})

afterEach(() => {
  vi.useRealTimers()
})

afterAll(() => database.close())

const [older, newer] = makeFeed({ weeks: 2 }) as [WeeklyDocument, WeeklyDocument]

async function overview(now: Date, cloud: Cloud = 'Public'): Promise<CloudOverview> {
  const [found] = await cloudOverview(site, [cloud], now)
  if (!found) throw new Error('no overview')
  return found
}

function daysAfter({ fileDate }: WeeklyDocument, days: number, time = '12:00:00'): Date {
  return new Date(Date.parse(`${fileDate}T${time}Z`) + days * 24 * HOUR)
}

async function recordRun(outcome: RunOutcomeKind, detail: Record<string, unknown>): Promise<void> {
  const { run } = await site.runner.request({ cloud: 'Public', trigger: 'start', dryRun: false })
  await site.store.runs.start(run.id)
  await site.store.runs.finish(run.id, outcome, detail)
}

/** A run that brings nothing: the publisher is down. */
function failedRun(): Promise<void> {
  return recordRun('failed', { reason: 'no route' })
}

describe('the state of a cloud', () => {
  it('is empty until something is published, whatever the runs came to', async () => {
    await failedRun()
    const found = await overview(new Date(Date.now() + 100 * HOUR))
    expect(found).toMatchObject({ state: 'empty', published: undefined, newestFileDate: undefined })
    expect(found.lastRuns.length).toBe(1)
  })

  it('is current up to 25 days after the newest file, then source-quiet', async () => {
    await site.sync(newer)
    expect(await overview(daysAfter(newer, 0, '00:00:00'))).toMatchObject({
      state: 'current',
      ageInDays: 0,
      complete: true,
    })
    expect(await overview(daysAfter(newer, 25))).toMatchObject({ state: 'current', ageInDays: 25 })
    expect(await overview(daysAfter(newer, 26))).toMatchObject({
      state: 'source-quiet',
      ageInDays: 26,
    })
  })

  it('counts from the newest file that was seen, also when it said nothing new', async () => {
    const [week1, , quiet] = makeFeed({ weeks: 3 }) as [WeeklyDocument, unknown, WeeklyDocument]
    await site.sync(week1)
    await site.sync({ ...quiet, text: week1.text })
    const found = await overview(daysAfter(quiet, 3))
    expect(found.newestFileDate).toBe(quiet.fileDate)
    expect(found.ageInDays).toBe(3)
  })

  it('is held while a candidate waits for a person', async () => {
    await site.sync(newer)
    expect((await site.sync(older)).kind).toBe('held')
    expect((await overview(daysAfter(newer, 1))).state).toBe('held')
  })

  it('is retired for a cloud that gets no new files', async () => {
    const [week] = makeFeed({ cloud: 'AzureGermany', weeks: 1 }) as [WeeklyDocument]
    await site.sync(week)
    expect((await overview(new Date(), 'AzureGermany')).state).toBe('retired')
  })

  it('is cannot-fetch once runs have failed for more than 36 hours', async () => {
    await site.sync(newer)
    await failedRun()
    expect((await overview(new Date(Date.now() + 35 * HOUR))).state).not.toBe('cannot-fetch')
    expect((await overview(new Date(Date.now() + 37 * HOUR))).state).toBe('cannot-fetch')
    await site.sync(newer)
    expect((await overview(new Date(Date.now() + 37 * HOUR))).state).not.toBe('cannot-fetch')
  })

  it('counts from the first failure of many, also when the shown runs are all failures', async () => {
    await site.sync(newer)
    for (let i = 0; i < 8; i++) await failedRun()
    await database.rows(
      `UPDATE run SET finished_at = now() - interval '40 hours'
       WHERE id = (SELECT id FROM run WHERE outcome = 'failed' ORDER BY requested_at LIMIT 1)`,
    )
    const found = await overview(new Date())
    expect(found.lastRuns.map(({ outcome }) => outcome)).toEqual(Array(5).fill('failed'))
    expect(found.state).toBe('cannot-fetch')
  })
})

describe('cannot-fetch', () => {
  const later = new Date(Date.now() + 37 * HOUR)

  it('is not the state of a cloud whose files are refused less long, or accepted', async () => {
    await site.sync(newer)
    await recordRun('refused', { refusals: [], strategy: 'details-page' })
    expect((await overview(later)).state).toBe('cannot-fetch')
    await recordRun('accepted', { strategy: 'details-page' })
    expect((await overview(later)).state).not.toBe('cannot-fetch')
  })

  it('is the state of a cloud of which only the last known file can be asked for', async () => {
    await site.sync(newer)
    const blind = { strategy: 'last-good-link', degraded: 'the page answered 403' }
    await recordRun('unchanged', blind)
    const found = await overview(later)
    expect(found).toMatchObject({ state: 'cannot-fetch', discovery: blind })
    await recordRun('unchanged', { strategy: 'latest-name', degraded: 'the page answered 403' })
    expect((await overview(later)).state).not.toBe('cannot-fetch')
  })
})

describe('an overview', () => {
  it('tells how the last file was found, also after runs that found none', async () => {
    await site.sync(newer)
    expect((await overview(new Date())).discovery).toEqual({
      strategy: 'test',
      degraded: undefined,
    })
    const degraded = 'https://www.example/ answered 403'
    await recordRun('unchanged', { strategy: 'dated-names', degraded })
    for (let i = 0; i < 7; i++) await failedRun()
    expect((await overview(new Date())).discovery).toEqual({ strategy: 'dated-names', degraded })
  })

  it('tells when a run last learned which file is the newest', async () => {
    expect((await overview(new Date())).lastSuccessAt).toBeUndefined()
    await site.sync(newer)
    const [success] = await site.store.runs.list({ limit: 1 })
    for (let i = 0; i < 7; i++) await failedRun()
    expect((await overview(new Date())).lastSuccessAt).toEqual(success?.finishedAt)
  })

  it('names the held files that wait', async () => {
    await site.sync(newer)
    expect((await overview(new Date())).waiting).toEqual([])
    await site.sync(older)
    const [hold] = await site.store.holds.list({ limit: 1 })
    expect((await overview(new Date())).waiting).toEqual([hold?.id])
  })

  it('tells of a rollback who, why, since when and until when', async () => {
    await site.sync(older)
    await site.sync(newer)
    expect((await overview(new Date())).rollback).toBeUndefined()
    const [, record] = await site.store.history.list({ limit: 2 })
    if (!record) throw new Error('no history')
    const until = new Date('2031-02-03T04:05:06Z')
    const [by, reason] = ['Ada', 'ranges were missing']
    const request = { kind: 'rollback', publishedBy: by, reason, expectedSerial: 2, until } as const
    const result = await site.store.publications.republish(record, request)
    if (result.kind !== 'published') throw new Error(result.kind)
    await site.lists.refresh()
    expect((await overview(new Date())).rollback).toEqual({
      snapshot: record.id,
      fileDate: older.fileDate,
      since: result.publication.publishedAt,
      until,
      by,
      reason,
    })
  })
})

describe('an overview without the database', () => {
  it('has what is in memory, and says that it is not complete', async () => {
    await site.sync(newer)
    const down = () => Promise.reject(new Error('gone'))
    const { lists, store } = site
    const deps = { lists, store: { ...store, runs: { ...store.runs, list: down } } }
    const [found] = await cloudOverview(deps, ['Public'], daysAfter(newer, 3))
    expect(found).toMatchObject({
      state: 'current',
      ageInDays: 3,
      newestFileDate: newer.fileDate,
      lastRuns: [],
      complete: false,
      fault: new Error('gone'),
    })
  })

  it('does not wait for a database that hangs', async () => {
    await site.sync(newer)
    vi.useFakeTimers()
    const hangs = () => new Promise<never>(() => undefined)
    const { lists, store } = site
    const deps = {
      lists,
      store: { ...store, history: { ...store.history, newestFileDate: hangs } },
    }
    const answer = cloudOverview(deps, ['Public'], daysAfter(newer, 3))
    await vi.advanceTimersByTimeAsync(3_000)
    expect((await answer)[0]).toMatchObject({ complete: false, state: 'current' })
  })
})
