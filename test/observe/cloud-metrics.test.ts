/** What is told of a cloud, where it takes more than one run or one file to see it. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { RunOutcomeKind } from '../../src/store/contract.ts'
import type { TestDatabase } from '../support/database.ts'
import { readExposition } from '../support/exposition.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const [older, newer] = makeFeed({ weeks: 2 }) as [WeeklyDocument, WeeklyDocument]
const REFUSED = 'rangewarden_sync_refused_timestamp_seconds'

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
})
beforeEach(async () => {
  await database.reset()
  site = await openSite(database, { clouds: ['Public'] })
  return () => site.app.close()
})
afterAll(() => database.close())

async function told(name: string): Promise<number | undefined> {
  await site.freshness.refresh()
  return readExposition(await site.metrics.text()).value(name, { cloud: 'Public' })
}

/** Gives when it ended, in seconds. */
async function recordRun(outcome: RunOutcomeKind, dryRun = false): Promise<number> {
  const { run } = await site.runner.request({ cloud: 'Public', trigger: 'start', dryRun })
  await site.store.runs.start(run.id)
  await site.store.runs.finish(run.id, outcome, {})
  const { finishedAt } = (await site.store.runs.byId(run.id)) ?? {}
  return (finishedAt?.getTime() ?? NaN) / 1000
}

it('a refusal is told until a run brings something else, however many bring nothing', async () => {
  await site.sync(older)
  expect(await told(REFUSED)).toBeUndefined()
  const refusedAt = await recordRun('refused')
  expect(await told(REFUSED)).toBe(refusedAt)
  for (let i = 0; i < 4; i++) await recordRun('failed')
  expect(await told(REFUSED)).toBe(refusedAt)
  // More than an overview shows; that a dry run gets through says nothing of what devices get.
  for (let i = 0; i < 3; i++) await recordRun('failed')
  expect(await told(REFUSED)).toBe(refusedAt)
  await recordRun('unchanged', true)
  expect(await told(REFUSED)).toBe(refusedAt)
  await recordRun('unchanged')
  expect(await told(REFUSED)).toBeUndefined()
})

it('the date of the file that is served is told, whatever else was seen', async () => {
  const served = 'rangewarden_dataset_file_timestamp_seconds'
  expect(await told(served)).toBeUndefined()
  await site.sync(older)
  await site.sync(newer)
  expect(await told(served)).toBe(Date.parse(newer.fileDate) / 1000)
  const records = await site.store.history.list({ limit: 2 })
  const first = records.find(({ fileDate }) => fileDate === older.fileDate)
  if (!first) throw new Error('no history')
  await site.store.publications.republish(first, {
    publishedBy: 'Ada',
    reason: 'r',
    expectedSerial: 2,
    kind: 'rollback',
  })
  await site.lists.refresh()
  expect(await told(served)).toBe(Date.parse(older.fileDate) / 1000)
  expect(await told('rangewarden_newest_file_timestamp_seconds')).toBe(
    Date.parse(newer.fileDate) / 1000,
  )
})
