/**
 * A report of a real database: weeks that were synced, held, decided about and rolled back, with their
 * times moved to where the test wants them.
 *
 *     2026   Tue 01-20   Tue 01-27    Wed 01-28    Thu 01-29    Fri 01-30    Tue 02-03
 *            serial 1    serial 2     serial 3     serial 4     serial 5     serial 6
 *            first       +2 blocks    additions    approved     rolled back  released
 *            W04         W05 ├────────────────────────────────────────┤      W06, now is 02-04
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPublishedChanges } from '../../src/history/published-changes.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import { buildReport } from '../../src/report/build.ts'
import type { CloudWeek, ReportDeps, WeeklyReport } from '../../src/report/contract.ts'
import { readReportLists } from '../../src/report/read-lists.ts'
import { reportShape, reportView } from '../../src/views/report.ts'
import type { TestDatabase } from '../support/database.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { range, roundWeek } from '../support/weeks.ts'

const NOW = new Date('2026-02-04T12:00:00Z')

const WEEKS = [
  roundWeek('2026-01-19', range(0, 100)),
  roundWeek('2026-01-26', range(0, 102)),
] as const
/** Loses 30 of 102 blocks and gains 3. */
const shrunk = roundWeek('2026-02-02', range(30, 105))

const TIMES = [
  '2026-01-20T06:00:00Z',
  '2026-01-27T06:00:00Z',
  '2026-01-28T06:00:00Z',
  '2026-01-29T06:00:00Z',
  '2026-01-30T06:00:00Z',
  '2026-02-03T06:00:00Z',
] as const

let database: TestDatabase
let site: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  const stored = { title: 'Blocks', tags: ['AzureCloud'], removalGraceDays: 10 }
  for (const week of WEEKS) {
    expect((await site.sync(week)).kind).toBe('published')
    if (week === WEEKS[0]) await call('PUT', '/v1/allowlists/blocks', stored)
  }
  expect((await site.sync(shrunk)).kind).toBe('held')
  const who = { by: 'A. Person', reason: 'asked Microsoft' }
  await call('POST', '/v1/holds/1/approve', who)
  const back = { ...who, snapshot: '2026-01-26', reason: 'the branch lost its mail' }
  await call('POST', '/v1/publications', back)
  await call('POST', '/v1/publications', { ...who, action: 'release', reason: 'all is well' })
  for (const [i, time] of TIMES.entries()) {
    await database.rows(`UPDATE publication SET published_at = '${time}' WHERE serial = ${i + 1}`)
  }
  await database.rows(`UPDATE hold SET created_at = '2026-01-28T06:00:00Z',
    decided_at = '2026-01-29T06:00:00Z'`)
  await database.rows(`UPDATE run SET requested_at = '2026-01-27T06:00:00Z'`)
  await database.rows(`INSERT INTO run (id, cloud, trigger, dry_run, state, outcome, requested_at)
    SELECT gen_random_uuid(), 'Public', 'schedule', dry, 'finished', outcome, moment::timestamptz
    FROM (VALUES ('failed', false, '2026-01-26T00:00:00Z'), ('unchanged', false, '2026-02-01T23:59:59Z'),
      ('unchanged', true, '2026-01-28T00:00:00Z'), ('refused', false, '2026-01-25T23:59:59Z'),
      ('refused', false, '2026-02-02T00:00:00Z')) AS made (outcome, dry, moment)`)
  await database.rows(`UPDATE list_version SET created_at = '2026-01-20T06:00:00Z'::timestamptz
    + (serial - 1) * interval '6 days' WHERE list IN ('blocks', 'app-proxy-ip')`)
  await database.rows(`UPDATE list_version SET created_at = '2026-01-20T06:00:00Z'
    WHERE list NOT IN ('blocks', 'app-proxy-ip')`)
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

async function call(method: 'POST' | 'PUT', url: string, payload: object): Promise<void> {
  const reply = await site.app.inject({ method, url, payload, headers: ADMIN })
  expect(reply.statusCode, reply.body).toBeLessThan(300)
}

async function deps(more: Partial<ReportDeps> = {}): Promise<ReportDeps> {
  const store = database.freshStore()
  const { history, holds } = store
  return {
    store,
    lists: await readReportLists(store, ['Public']),
    changes: createPublishedChanges({
      timelines: createTimelines(store.timelines),
      history,
      holds,
    }),
    clouds: ['Public'],
    ...more,
  }
}

async function reportOf(week: string | undefined, now = NOW): Promise<WeeklyReport> {
  return buildReport(await deps(), { week, cloud: undefined }, now)
}

async function publicIn(week: string | undefined, now = NOW): Promise<CloudWeek> {
  const [one] = (await reportOf(week, now)).clouds
  if (!one) throw new Error('Public is followed')
  return one
}

const BLOCK = 256n
const nothing = { 4: 0n, 6: 0n }

describe('the week of a report', () => {
  it('is the last that is over, unless another is asked for', async () => {
    expect((await reportOf(undefined)).week.text).toBe('2026-W05')
    expect((await reportOf(undefined, new Date('2026-02-01T23:59:59Z'))).week.text).toBe('2026-W04')
    expect((await reportOf(undefined, new Date('2026-02-02T00:00:00Z'))).week.text).toBe('2026-W05')
    expect(await reportOf('2026-W06')).toMatchObject({ isComplete: false, madeAt: NOW })
    expect(await reportOf('2026-W05')).toMatchObject({ isComplete: true })
  })

  it.each([
    ['2026-W07', undefined, /week "2026-W07" has not begun: the last complete one is 2026-W05/],
    ['2026-5', undefined, /week "2026-5": a week is written YYYY-Www/],
    [undefined, 'China', /cloud "China" is not followed: followed are Public/],
    [undefined, 'Mars', /cloud "Mars" is not followed/],
  ])('is refused for %s of cloud %s', async (week, cloud, why) => {
    await expect(buildReport(await deps(), { week, cloud }, NOW)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(why) as string,
    })
  })
})

describe('what was handed out', () => {
  it('is told from the begin of the week to its end, and publication by publication', async () => {
    const week = await publicIn('2026-W05')
    expect([week.atBegin?.serial, week.atEnd?.serial]).toEqual([1, 5])
    expect([week.atBegin?.record.fileDate, week.atEnd?.record.fileDate]).toEqual([
      '2026-01-19',
      '2026-01-26',
    ])
    expect(week.net?.facts?.coverage).toEqual({ gained: { 4: 2n * BLOCK, 6: 0n }, lost: nothing })
    const moves = week.publications.map(({ publication: { serial, kind }, change: { facts } }) => [
      serial,
      kind,
      facts?.coverage.gained[4],
      facts?.coverage.lost[4],
    ])
    expect(moves).toEqual([
      [2, 'sync', 2n * BLOCK, 0n],
      [3, 'additions', 3n * BLOCK, 0n],
      [4, 'approval', 0n, 30n * BLOCK],
      [5, 'rollback', 30n * BLOCK, 3n * BLOCK],
    ])
  })

  it('names the tags that moved, with the day from which on they may be used', async () => {
    const [sync, additions, approval] = (await publicIn('2026-W05')).publications
    expect(sync?.change.facts?.tags).toEqual([
      {
        name: 'AzureCloud',
        kind: 'changed',
        prefixesAdded: 2,
        prefixesRemoved: 0,
        coverage: { gained: { 4: 2n * BLOCK, 6: 0n }, lost: nothing },
        earliestUse: '2026-02-02',
      },
    ])
    expect(additions?.change.facts?.earliestUse).toBe('2026-02-09')
    expect(approval?.change.facts).toMatchObject({ earliestUse: undefined, prefixesRemoved: 30 })
  })

  it('is nothing before the first publication, and the first one in its own week', async () => {
    const before = await publicIn('2026-W03')
    expect(before).toMatchObject({ atBegin: undefined, atEnd: undefined, net: undefined })
    expect(before.publications).toEqual([])
    const first = await publicIn('2026-W04')
    expect([first.atBegin, first.atEnd?.serial]).toEqual([undefined, 1])
    expect(first.net).toMatchObject({ from: undefined, facts: undefined })
    expect(first.publications.map(({ change }) => change.facts)).toEqual([undefined])
  })

  it('has the rollbacks in force at any time of the week, until they ended', async () => {
    const [rollback] = (await publicIn('2026-W05')).rollbacks
    expect(rollback).toMatchObject({
      publication: { serial: 5, publishedBy: 'A. Person', reason: 'the branch lost its mail' },
      record: { fileDate: '2026-01-26' },
      endedAt: new Date('2026-02-03T06:00:00Z'),
    })
    expect((await publicIn('2026-W06')).rollbacks).toHaveLength(1)
    expect((await publicIn('2026-W04')).rollbacks).toEqual([])
    expect((await publicIn('2026-W05')).rollback).toBeUndefined()
  })
})

describe('what was decided and done', () => {
  it('is told of holds that began or were decided in the week', async () => {
    const { holds } = await publicIn('2026-W05')
    expect(holds.map(({ id, state, decision }) => [id, state, decision?.by])).toEqual([
      [1, 'approved', 'A. Person'],
    ])
    expect((await publicIn('2026-W04')).holds).toEqual([])
    expect((await publicIn('2026-W06')).holds).toEqual([])
  })

  it('counts runs from Monday to Sunday by what they came to, dry ones aside', async () => {
    const { outcomes, isWhole } = (await publicIn('2026-W05')).runs
    expect(isWhole).toBe(true)
    expect(outcomes).toEqual({
      published: 2,
      accepted: 0,
      unchanged: 1,
      refused: 0,
      held: 1,
      failed: 1,
      'would-publish': 0,
    })
    expect((await publicIn('2026-W04')).runs.outcomes.refused).toBe(1)
    expect((await publicIn('2026-W06')).runs.outcomes.refused).toBe(1)
  })
})

describe('allowlists', () => {
  it('are told where they came to admit something else, against what they had before', async () => {
    const versions = await site.store.lists.versions({ list: 'blocks' })
    expect(versions.map(({ serial }) => serial)).toEqual(range(1, versions.length + 1))
    const within = versions.filter(
      ({ createdAt }) => createdAt >= new Date('2026-01-26') && createdAt < new Date('2026-02-02'),
    )
    const { lists } = await reportOf('2026-W05')
    const blocks = lists.find(({ list }) => list === 'blocks')
    const [first, last] = [versions[0], within.at(-1)]
    if (!first?.admitted || !last?.admitted) throw new Error('what lists admit is kept')
    expect(blocks).toMatchObject({ serialBefore: 1, serialAfter: last.serial })
    expect(blocks?.versions).toBe(within.length)
    expect(blocks?.net?.coverage.gained[4]).toBe(
      last.admitted.coverage.subtract(first.admitted.coverage).count(4),
    )
    expect(lists.map(({ list }) => list)).not.toContain('app-proxy')
  })

  it('that began in the week gain all they admit', async () => {
    const { lists } = await reportOf('2026-W04')
    const blocks = lists.find(({ list }) => list === 'blocks')
    expect(blocks).toMatchObject({
      serialBefore: undefined,
      serialAfter: 1,
      net: { coverage: { gained: { 4: 100n * BLOCK, 6: 0n }, lost: nothing } },
    })
    const names = lists.find(({ list }) => list === 'app-proxy')
    expect(names?.net?.namesAdded).toContain('*.msappproxy.net')
    expect(names?.net?.coverage.gained).toEqual(nothing)
  })

  it('of a version that kept nothing are told without numbers', async () => {
    const admitted = await database.rows(
      `SELECT serial, encode(admitted, 'hex') AS hex FROM list_version WHERE list = 'blocks'`,
    )
    await database.rows(
      `UPDATE list_version SET admitted = NULL WHERE list = 'blocks' AND serial = 1`,
    )
    const { lists } = await reportOf('2026-W05')
    const blocks = lists.find(({ list }) => list === 'blocks')
    expect(blocks).toMatchObject({ serialBefore: 1, net: undefined })
    const hex = String(admitted.find(({ serial }) => serial === 1)?.['hex'])
    await database.rows(
      `UPDATE list_version SET admitted = decode('${hex}', 'hex') WHERE list = 'blocks' AND serial = 1`,
    )
  })
})

describe('what is due', () => {
  it('has what was added and may soon be used, and what is still handed out of it', async () => {
    const at = async (now: string) => (await reportOf('2026-W05', new Date(now))).due.uses
    const ahead = [{ cloud: 'Public', day: '2026-02-09', tags: ['AzureCloud'] }]
    expect(await at('2026-02-04T12:00:00Z')).toEqual(ahead)
    expect(await at('2026-02-09T23:59:00Z')).toEqual(ahead)
    expect(await at('2026-02-10T00:00:00Z')).toEqual([])
  })

  it('has coverage that leaves lists, with its last day', async () => {
    // The service's own clock is the database's: what leaves is told by the lists as they are.
    const lists = {
      published: () => undefined,
      definitions: () => [
        { name: 'a', cloud: 'Public' as const, shard: undefined },
        { name: 'b', cloud: 'Public' as const, shard: undefined },
        { name: 'b.1of2', cloud: 'Public' as const, shard: { index: 1, of: 2 } },
      ],
      notices: (name: string) => ({
        leaving: [
          { lastDay: name === 'a' ? '2026-02-18' : '2026-02-05', prefixes: [] },
          { lastDay: '2026-02-19', prefixes: [] },
        ],
      }),
    }
    const { due } = await buildReport(
      await deps({ lists }),
      { week: undefined, cloud: undefined },
      NOW,
    )
    expect(due.leaving.map(({ list, lastDay }) => [list, lastDay])).toEqual([
      ['b', '2026-02-05'],
      ['a', '2026-02-18'],
    ])
  })

  it('has the rollback that ends by itself', async () => {
    const lists = await readReportLists(database.freshStore(), ['Public'])
    const now = lists.published('Public')
    if (!now) throw new Error('Public is published')
    const until = new Date('2026-02-10T00:00:00Z')
    const publication = { ...now.publication, kind: 'rollback' as const, until }
    const rolledBack = { ...lists, published: () => ({ ...now, publication }) }
    const of = async (lists: ReportDeps['lists']) =>
      buildReport(await deps({ lists }), { week: undefined, cloud: undefined }, NOW)
    const { snapshotId: snapshot, publishedBy: by, reason } = publication
    expect((await of(rolledBack)).due.rollbacks).toEqual([
      { cloud: 'Public', snapshot, until, by, reason },
    ])
    expect((await of(lists)).due.rollbacks).toEqual([])
  })

  it('reads of the lists what a service has of them, without rendering any', async () => {
    await site.lists.refresh()
    const lists = await readReportLists(database.freshStore(), ['Public'])
    const names = site.lists.definitions().map(({ name }) => name)
    expect(lists.definitions().map(({ name }) => name)).toEqual(names)
    for (const name of names) expect(lists.notices(name)).toEqual(site.lists.notices(name))
    expect(lists.published('Public')?.publication).toEqual(
      site.lists.published('Public')?.publication,
    )
  })
})

describe('devices', () => {
  const none = { ipv4: '0', ipv6: '0', names: 0 }
  const check = (allowlist: string) => ({
    allowlist,
    device: 'fw-1',
    checkedAt: NOW,
    inStep: true,
    missing: none,
    extra: none,
    stale: none,
  })

  it('are those of the lists asked for, and all where all are asked for', async () => {
    const devices = () =>
      Promise.resolve([check('app-proxy-ip'), check('app-proxy-ip.china'), check('gone')])
    const store = database.freshStore()
    const lists = await readReportLists(store, ['Public', 'China'])
    const both = await deps({ devices, lists, clouds: ['Public', 'China'] })
    const asked = async (cloud: string | undefined) =>
      (await buildReport(both, { week: undefined, cloud }, NOW)).devices?.map(
        ({ allowlist }) => allowlist,
      )
    expect(await asked(undefined)).toEqual(['app-proxy-ip', 'app-proxy-ip.china', 'gone'])
    expect(await asked('China')).toEqual(['app-proxy-ip.china'])
    expect((await reportOf(undefined)).devices).toBeUndefined()
  })
})

it('is none at all while the database does not answer, rather than half of one', async () => {
  const whole = await deps()
  const down = new Error('no connection')
  const runs = { ...whole.store.runs, list: () => Promise.reject(down) }
  const asked = buildReport(
    { ...whole, store: { ...whole.store, runs } },
    { week: undefined, cloud: undefined },
    NOW,
  )
  await expect(asked).rejects.toMatchObject({ cause: down })
})

it('is shown as the API describes it', async () => {
  for (const week of ['2026-W03', '2026-W04', '2026-W05', '2026-W06']) {
    const view = reportView(await reportOf(week))
    expect(reportShape.parse(JSON.parse(JSON.stringify(view)))).toEqual(view)
  }
  expect(reportView(await reportOf('2026-W05'))).toMatchObject({
    week: '2026-W05',
    from: '2026-01-26',
    to: '2026-02-01',
  })
})
