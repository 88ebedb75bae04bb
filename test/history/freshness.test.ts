/** What is remembered of the clouds' states while nobody asks, and what the log tells of it. */
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFreshness, type Freshness } from '../../src/history/freshness.ts'
import type { RunOutcomeKind, Store } from '../../src/store/contract.ts'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const [older, newer] = makeFeed({ weeks: 2 }) as [WeeklyDocument, WeeklyDocument]

let database: TestDatabase
let site: Site
let freshness: Freshness
let now: Date
let isDown: boolean
let logged: Record<string, unknown>[]

beforeAll(async () => {
  database = await openSiteDatabase()
})
beforeEach(async () => {
  await database.reset()
  site = await openSite(database, { clouds: ['Public', 'China'] })
  logged = []
  isDown = false
  now = new Date(Date.parse(newer.fileDate) + 3 * 86_400_000)
  freshness = createFreshness({
    store: { ...site.store, runs: whileUp(site.store) },
    lists: site.lists,
    clouds: ['Public', 'China'],
    now: () => now,
    log: pino(
      { level: 'info', base: null, timestamp: false },
      { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
    ),
  })
  return () => site.app.close()
})
afterAll(() => database.close())

function whileUp({ runs }: Store): Store['runs'] {
  const list: Store['runs']['list'] = (query) =>
    isDown ? Promise.reject(new Error('gone')) : runs.list(query)
  return { ...runs, list }
}

async function recordRun(outcome: RunOutcomeKind, detail: Record<string, unknown>): Promise<void> {
  const { run } = await site.runner.request({ cloud: 'Public', trigger: 'start', dryRun: false })
  await site.store.runs.start(run.id)
  await site.store.runs.finish(run.id, outcome, detail)
}

/** Log lines of Public since the last time, without what every line has. */
function told(): Record<string, unknown>[] {
  return logged.splice(0).filter(({ cloud }) => cloud === 'Public')
}

describe('states in memory', () => {
  it('are unknown before the first refresh, then those of the overview', async () => {
    expect(freshness.stateOf('Public')).toBeUndefined()
    expect(freshness.overviews()).toEqual([])
    await site.sync(newer)
    await freshness.refresh()
    expect([freshness.stateOf('Public'), freshness.stateOf('China')]).toEqual(['current', 'empty'])
    expect(freshness.overviews().map(({ cloud }) => cloud)).toEqual(['Public', 'China'])
    now = new Date(now.getTime() + 30 * 86_400_000)
    expect(freshness.stateOf('Public')).toBe('current')
    await freshness.refresh()
    expect(freshness.stateOf('Public')).toBe('source-quiet')
  })

  it('stay as they were known while the database does not answer', async () => {
    await site.sync(newer)
    await site.sync(older)
    await freshness.refresh()
    expect(freshness.stateOf('Public')).toBe('held')
    told()
    isDown = true
    await freshness.refresh()
    expect(freshness.stateOf('Public')).toBe('held')
    expect(freshness.overviews()[0]?.waiting).toHaveLength(1)
    expect(told()).toEqual([])
  })

  it('are those that memory alone can tell, if the database never answered', async () => {
    await site.sync(newer)
    isDown = true
    await freshness.refresh()
    expect(freshness.stateOf('Public')).toBe('current')
  })

  it('are read once for several that ask at once', async () => {
    await site.sync(newer)
    const first = freshness.refresh()
    expect(freshness.refresh()).toBe(first)
    await first
    const later = freshness.refresh()
    expect(later).not.toBe(first)
    await later
  })
})

describe('the log', () => {
  it('tells each change of a state once: warnings where a person may have to act', async () => {
    await freshness.refresh()
    await freshness.refresh()
    expect(told()).toMatchObject([{ level: 30, state: 'empty' }])
    await site.sync(newer)
    await freshness.refresh()
    expect(told()).toMatchObject([{ level: 30, state: 'current', before: 'empty' }])
    await site.sync(older)
    await freshness.refresh()
    await freshness.refresh()
    expect(told()).toMatchObject([{ level: 40, state: 'held', before: 'current', waiting: [1] }])
    now = new Date(now.getTime() + 30 * 86_400_000)
    await site.sync(newer)
    await freshness.refresh()
    expect(told()).toMatchObject([{ level: 40, state: 'source-quiet', ageInDays: 33 }])
  })

  it('tells when files begin to be found by a later strategy, by yet another, and as usual again', async () => {
    await site.sync(newer)
    const degraded = 'the page answered 403'
    for (const strategy of ['latest-name', 'latest-name', 'dated-names']) {
      await recordRun('unchanged', { strategy, degraded })
      await freshness.refresh()
    }
    expect(told()).toMatchObject([
      { level: 40, strategy: 'latest-name', degraded },
      { level: 40, strategy: 'dated-names', degraded },
    ])
    await recordRun('unchanged', { strategy: 'details-page' })
    await freshness.refresh()
    await freshness.refresh()
    expect(told()).toMatchObject([{ level: 30, msg: 'Files are found as usual again' }])
  })
})
