import { pino } from 'pino'
import type { Dispatcher } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDispatcher } from '../../src/sources/dispatcher.ts'
import { createMicrosoftSource } from '../../src/sources/microsoft.ts'
import type { Store } from '../../src/store/contract.ts'
import { outcomeDetail } from '../../src/sync/outcome-detail.ts'
import { publishNewest } from '../../src/sync/import-files.ts'
import { runOnce, type RunOutcome } from '../../src/sync/run-once.ts'
import { createRunner } from '../../src/sync/runner.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { guardDeps } from '../support/guard.ts'
import { makeFeed, smallDocument, tagValue, type WeeklyDocument } from '../support/feed.ts'
import {
  bytes,
  filePath,
  pagePath,
  resetMidBody,
  startPublisher,
  status,
  validated,
  weeklyPage,
  type Behaviour,
  type Publisher,
} from '../support/publisher.ts'

const PAGE = pagePath('Public')
const NOW = new Date('2025-02-10')
const weeks = makeFeed({ seed: 11, weeks: 4 })

let database: TestDatabase
let store: Store
let publisher: Publisher
let dispatcher: Dispatcher

beforeAll(async () => {
  database = await openTestDatabase('embedded')
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.reset()
  store = database.freshStore()
  publisher = await startPublisher()
  dispatcher = createDispatcher({})
})
afterEach(async () => {
  await dispatcher.destroy()
  await publisher.close()
})

function source() {
  return createMicrosoftSource({ version: '0', dispatcher, publisherUrl: publisher.origin })
}

function week(i: number): WeeklyDocument {
  const document = weeks[i]
  if (!document) throw new Error(`the feed has no week ${i}`)
  return document
}

function compact(fileDate: string): string {
  return fileDate.replaceAll('-', '')
}

function nextDay(fileDate: string): string {
  return new Date(Date.parse(fileDate) + 86_400_000).toISOString().slice(0, 10)
}

/** The publisher's page links this date, and the file answers so. */
function publish(fileDate: string, behaviour: Behaviour): void {
  const date = compact(fileDate)
  publisher.answer(PAGE, bytes(weeklyPage('Public', [date])))
  publisher.answer(filePath('Public', date), behaviour)
}

function publishWeek(i: number): void {
  publish(week(i).fileDate, bytes(week(i).text))
}

function run(dryRun = false): Promise<RunOutcome> {
  return runOnce(
    { source: source(), store, ...guardDeps(), now: () => NOW },
    {
      cloud: 'Public',
      dryRun,
      requestedBy: 'test',
      signal: new AbortController().signal,
      record: () => undefined,
    },
  )
}

/** Everything a device could see move. */
async function published() {
  const current = await store.publications.current('Public')
  return { current, publications: await store.publications.list('Public', 100) }
}

describe('one pass', () => {
  it('publishes the first file and then each week that says something new', async () => {
    publishWeek(0)
    expect(await run()).toMatchObject({ kind: 'published', publication: { serial: 1 } })
    publishWeek(1)
    const second = await run()
    expect(second).toMatchObject({
      kind: 'published',
      record: { fileDate: week(1).fileDate },
      publication: { serial: 2, kind: 'sync', publishedBy: 'test' },
    })
    expect(outcomeDetail(second, [])).toMatchObject({ serial: 2, fileDate: week(1).fileDate })
  })

  it('finds a week unchanged that says the same under a new change number', async () => {
    publishWeek(0)
    await run()
    publishWeek(1)
    await run()
    const before = await published()
    expect(week(2).changeNumber).toBeGreaterThan(week(1).changeNumber)
    publishWeek(2)
    expect(await run()).toMatchObject({ kind: 'unchanged', fileDate: week(2).fileDate })
    expect(await published()).toEqual(before)
    expect(await store.history.newestFileDate('Public')).toBe(week(2).fileDate)
  })

  it('asks for the file conditionally and believes a 304', async () => {
    publish(week(0).fileDate, validated(week(0).text, '"one"', 'Mon, 06 Jan 2025 00:00:00 GMT'))
    await run()
    expect(await run()).toMatchObject({
      kind: 'unchanged',
      reason: 'the publisher says that the file has not changed',
    })
  })

  it('only tells what it would do on a dry run', async () => {
    publishWeek(0)
    expect(await run(true)).toMatchObject({ kind: 'would-publish', diff: { isEmpty: false } })
    expect((await published()).publications).toEqual([])
    expect(await store.history.list({ limit: 1 })).toEqual([])
  })

  it('holds an older file than the one published, and goes on with the next newer one', async () => {
    publishWeek(1)
    await run()
    const before = await published()
    publishWeek(0)
    const held = await run()
    expect(held).toMatchObject({ kind: 'held', fileDate: week(0).fileDate })
    expect(outcomeDetail(held, [])).toMatchObject({
      reasons: [{ rule: 'withdrawal', text: expect.stringMatching(/withdra/) as string }],
    })
    expect(await run()).toMatchObject({ kind: 'held' })
    expect(await store.holds.list({ cloud: 'Public', limit: 10 })).toHaveLength(1)
    expect(await published()).toEqual(before)
    publishWeek(3)
    expect(await run()).toMatchObject({ kind: 'published', publication: { serial: 2 } })
  })

  it('holds a week that the publisher goes back to, though it was fetched before', async () => {
    publish(week(0).fileDate, validated(week(0).text, '"one"', 'Mon, 06 Jan 2025 00:00:00 GMT'))
    await run()
    publishWeek(1)
    await run()
    publisher.answer(PAGE, bytes(weeklyPage('Public', [compact(week(0).fileDate)])))
    expect(await run()).toMatchObject({ kind: 'held', fileDate: week(0).fileDate })
  })

  it('counts an unchanged week when it judges what is older', async () => {
    publishWeek(1)
    await run()
    publishWeek(2)
    expect(await run()).toMatchObject({ kind: 'unchanged' })
    const between = nextDay(week(1).fileDate)
    expect(between < week(2).fileDate).toBe(true)
    publish(between, bytes(week(3).text))
    expect(await run()).toMatchObject({ kind: 'held' })
  })

  it('refuses a file dated far ahead, so that the true next one is not older', async () => {
    publishWeek(0)
    await run()
    publish('2046-01-01', bytes(week(1).text))
    const refused = await run()
    expect(refused.kind).toBe('refused')
    expect(JSON.stringify(outcomeDetail(refused, []))).toContain(
      'nothing after 2025-02-18 can be right',
    )
    publishWeek(1)
    expect(await run()).toMatchObject({ kind: 'published' })
  })

  it('leaves a rollback in force, whatever the publisher offers', async () => {
    publishWeek(0)
    await run()
    publishWeek(1)
    await run()
    const first = (await store.history.list({ limit: 10 })).at(-1)
    if (!first) throw new Error('no history')
    const back = {
      kind: 'rollback',
      publishedBy: 'a person',
      reason: 'why',
      expectedSerial: 2,
    } as const
    await store.publications.republish(first, back)
    expect(await run()).toMatchObject({
      kind: 'unchanged',
      reason: expect.stringMatching(/rollback to .* stands/) as string,
    })
    publishWeek(3)
    expect(await run()).toMatchObject({ kind: 'accepted', record: { fileDate: week(3).fileDate } })
    expect(await run()).toMatchObject({ kind: 'unchanged' })
    expect(await publishNewest(store, 'Public', 'test')).toBeUndefined()
    expect((await store.publications.current('Public'))?.serial).toBe(3)
  })

  it('lets a hold wait until something newer is published, and wait again when offered again', async () => {
    publishWeek(1)
    await run()
    publishWeek(0)
    await run()
    publish(nextDay(week(0).fileDate), bytes(week(3).text))
    await run()
    publishWeek(0)
    await run()
    const states = async () =>
      (await store.holds.list({ cloud: 'Public', limit: 10 })).map(({ state }) => state)
    expect((await states()).sort()).toEqual(['replaced', 'waiting'])
    publishWeek(3)
    expect(await run()).toMatchObject({ kind: 'published' })
    expect(await states()).toEqual(['replaced', 'replaced'])
  })

  it('publishes other content of the same date as a revision', async () => {
    publish(week(0).fileDate, bytes(week(0).text))
    await run()
    publish(week(0).fileDate, bytes(week(1).text))
    expect(await run()).toMatchObject({ kind: 'published', record: { revision: 1 } })
  })

  const tags = (prefixes: unknown, cloud = 'Public') =>
    smallDocument({
      cloud,
      values: [
        tagValue('AzureCloud', prefixes),
        ...Array.from({ length: 60 }, (_, i) => tagValue(`Tag${i}`, ['20.1.0.0/16'])),
      ],
    })
  const bad: [string, Behaviour, RunOutcome['kind'], RegExp][] = [
    ['a page of HTML', bytes('<!DOCTYPE html><html></html>'), 'refused', /not JSON/],
    ['half a file', bytes(week(1).text.slice(0, 5000)), 'refused', /not JSON/],
    ['an empty body', bytes(''), 'refused', /empty/],
    ['another cloud', bytes(tags(['20.0.0.0/16'], 'China')), 'refused', /China, Public was asked/],
    ['set host bits', bytes(tags(['20.0.0.1/16'])), 'refused', /addressPrefixes\[0\].*host bits/],
    ['bad text', bytes(tags(['20.0.0/16'])), 'refused', /20\.0\.0\/16.*four decimal octets/],
    ['a very wide prefix', bytes(tags(['20.0.0.0/7'])), 'refused', /20\.0\.0\.0\/7.*\/8/],
    ['private space', bytes(tags(['10.0.0.0/16'])), 'refused', /10\.0\.0\.0\/16.*private/],
    ['the default route', bytes(tags(['0.0.0.0/0'])), 'refused', /0\.0\.0\.0\/0/],
    ['too few tags', bytes(smallDocument()), 'refused', /2 tags, at least 3/],
    [
      'no AzureCloud',
      bytes(tags(['20.0.0.0/16']).replaceAll('"AzureCloud"', '"Other"')),
      'refused',
      /no tag AzureCloud/,
    ],
    ['bytes that are not UTF-8', bytes(Buffer.from([0xff, 0xfe, 0x7b])), 'refused', /not UTF-8/],
    ['404', status(404), 'failed', /404/],
    ['500', status(500), 'failed', /500/],
    ['a connection cut in the body', resetMidBody(week(1).text.slice(0, 999)), 'failed', /./],
  ]
  it.each(bad)(
    'keeps what is published when the file is %s, says why, and recovers',
    async (_, behaviour, kind, why) => {
      publishWeek(0)
      await run()
      const before = await published()
      publish(week(1).fileDate, behaviour)
      const outcome = await run()
      expect(outcome.kind).toBe(kind)
      expect(JSON.stringify(outcomeDetail(outcome, []))).toMatch(why)
      expect(await published()).toEqual(before)
      publishWeek(1)
      expect(await run()).toMatchObject({ kind: 'published', publication: { serial: 2 } })
    },
  )
})

describe('a run', () => {
  function runner(refresh = () => Promise.resolve()) {
    return createRunner({
      source: source(),
      store,
      ...guardDeps(),
      log: pino({ level: 'silent' }),
      now: () => NOW,
      refresh,
    })
  }
  const wish = { cloud: 'Public', trigger: 'api', dryRun: false } as const
  const { signal } = new AbortController()

  it('is recorded with what it came to', async () => {
    publishWeek(0)
    const { perform, request } = runner()
    const { run: asked } = await request(wish)
    await perform(asked.id, signal)
    expect(await store.runs.byId(asked.id)).toMatchObject({
      state: 'finished',
      outcome: 'published',
      detail: { serial: 1, tagsChanged: expect.any(Number) as number },
    })
    expect(await perform(asked.id, signal)).toBeUndefined()
  })

  it('tells of a publication once it is committed and before the run is finished', async () => {
    publishWeek(0)
    const seen: unknown[] = []
    const { perform, request } = runner(async () => {
      seen.push((await store.publications.current('Public'))?.serial)
      seen.push((await store.runs.list({ limit: 1 }))[0]?.state)
    })
    await perform((await request(wish)).run.id, signal)
    expect(seen).toEqual([1, 'running'])
  })

  it('is recorded as published also when its lists cannot be prepared', async () => {
    publishWeek(0)
    const asked = await runner(() => Promise.reject(new Error('out of memory'))).request(wish)
    const outcome = await runner(() => Promise.reject(new Error('out of memory'))).perform(
      asked.run.id,
      signal,
    )
    expect(outcome?.kind).toBe('published')
    expect(await store.runs.byId(asked.run.id)).toMatchObject({ outcome: 'published' })
  })

  it('is recorded as failed when a fault of our own ends it, which is thrown on', async () => {
    publishWeek(0)
    const broken = {
      ...store,
      history: { ...store.history, at: () => Promise.reject(new Error('gone')) },
    }
    const failing = createRunner({
      source: source(),
      store: broken,
      ...guardDeps(),
      now: () => NOW,
      log: pino({ level: 'silent' }),
      refresh: () => Promise.resolve(),
    })
    const { run: asked } = await failing.request(wish)
    await expect(failing.perform(asked.id, signal)).rejects.toThrow('gone')
    expect(await store.runs.byId(asked.id)).toMatchObject({ outcome: 'failed' })
  })
})
