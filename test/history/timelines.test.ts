/** When the whole history is read again, and what is answered while the database says nothing. */
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OPEN } from '../../src/core/file-date.ts'
import { networkCount, networkTableOf } from '../../src/core/network-table.ts'
import { changesBetween } from '../../src/history/changes.ts'
import { lookUp } from '../../src/history/lookup.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import type { Store, TimelineStore } from '../../src/store/contract.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf } from '../support/entries.ts'
import { makeFeed } from '../support/feed.ts'

const entries = makeFeed({ weeks: 3 }).map(entryOf)

let database: TestDatabase
let store: Store

beforeAll(async () => {
  database = await openTestDatabase('embedded')
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.reset()
  store = database.freshStore()
})

async function acceptWeek(i: number): Promise<void> {
  const entry = entries[i]
  if (!entry) throw new Error(`the feed has no week ${i}`)
  await store.history.accept(entry)
}

/** The store's own answers, counted, delayed until `release` or refused. */
function watched(of: TimelineStore) {
  const seen = {
    reads: 0,
    isDown: false,
    gate: Promise.resolve(),
  }
  const timelines: TimelineStore = {
    async read(cloud) {
      seen.reads++
      if (seen.isDown) throw new Error('the database is down')
      const stored = await of.read(cloud)
      await seen.gate
      return stored
    },
    version: (cloud) =>
      seen.isDown ? Promise.reject(new Error('the database is down')) : of.version(cloud),
  }
  return { seen, timelines }
}

describe('timelines', () => {
  it('are read once, and again when history has grown, also in its middle', async () => {
    await acceptWeek(0)
    const { seen, timelines: stored } = watched(store.timelines)
    const timelines = createTimelines(stored)
    const one = await timelines.of('Public')
    expect(await timelines.of('Public')).toBe(one)
    expect(seen.reads).toBe(1)
    await acceptWeek(2)
    expect((await timelines.of('Public')).records).toHaveLength(2)
    await acceptWeek(1)
    const three = await timelines.of('Public')
    expect(three.records.map(({ position }) => position)).toEqual([...three.timeline.positions])
    expect(three.records).toHaveLength(3)
    expect(seen.reads).toBe(3)
    expect(one.records).toHaveLength(1)
  })

  it('are read once for all who ask at the same time', async () => {
    await acceptWeek(0)
    const { seen, timelines: stored } = watched(store.timelines)
    const timelines = createTimelines(stored)
    const all = await Promise.all([1, 2, 3].map(() => timelines.of('Public')))
    expect(new Set(all).size).toBe(1)
    expect(seen.reads).toBe(1)
  })

  it('are not what was being read before history grew', async () => {
    await acceptWeek(0)
    const { seen, timelines: stored } = watched(store.timelines)
    const { promise, resolve: release } = Promise.withResolvers<undefined>()
    seen.gate = promise
    const timelines = createTimelines(stored)
    const early = timelines.of('Public')
    while (seen.reads === 0) await new Promise((resolve) => setImmediate(resolve))
    await acceptWeek(1)
    const late = timelines.of('Public')
    release(undefined)
    expect((await late).records).toHaveLength(2)
    expect((await early).records.length).toBeGreaterThan(0)
  })

  it('go on with what is known while the database is down, and catch up after', async () => {
    await acceptWeek(0)
    const { seen, timelines: stored } = watched(store.timelines)
    const timelines = createTimelines(stored)
    const known = await timelines.of('Public')
    await acceptWeek(1)
    seen.isDown = true
    expect(await timelines.of('Public')).toBe(known)
    const clouds = ['Public'] as const
    expect(await lookUp(timelines, '20.0.0.1', { clouds })).toHaveLength(1)
    seen.isDown = false
    expect((await timelines.of('Public')).records).toHaveLength(2)
  })

  it('are an error as long as nothing is known', async () => {
    const { seen, timelines: stored } = watched(store.timelines)
    seen.isDown = true
    await expect(createTimelines(stored).of('Public')).rejects.toThrow('the database is down')
  })

  it('go on with what is known when the database does not say anything, asked once for all', async () => {
    await acceptWeek(0)
    let isSilent = false
    let asked = 0
    const timelines = createTimelines(
      {
        read: (cloud) => store.timelines.read(cloud),
        version(cloud) {
          asked++
          return isSilent ? new Promise<string>(() => undefined) : store.timelines.version(cloud)
        },
      },
      { patienceMs: 20 },
    )
    const known = await timelines.of('Public')
    isSilent = true
    asked = 0
    expect(await timelines.of('Public')).toBe(known)
    const all = await Promise.all([1, 2, 3].map(() => timelines.of('Public')))
    expect(all).toEqual([known, known, known])
    expect(asked).toBe(1)
  })

  it('are not what a question before history grew was answered', async () => {
    await acceptWeek(0)
    const { promise: gate, resolve: release } = Promise.withResolvers<undefined>()
    let isSlow = false
    const timelines = createTimelines({
      read: (cloud) => store.timelines.read(cloud),
      async version(cloud) {
        const version = await store.timelines.version(cloud)
        if (isSlow) await gate
        return version
      },
    })
    await timelines.of('Public')
    isSlow = true
    const early = timelines.of('Public')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await acceptWeek(1)
    const late = [timelines.of('Public'), timelines.of('Public')]
    release(undefined)
    expect((await early).records).toHaveLength(1)
    for (const history of await Promise.all(late)) expect(history.records).toHaveLength(2)
  })

  it('say once per reason that they are not up to date, and again after they were', async () => {
    await acceptWeek(0)
    const logged: { level: number; cloud: string; err: { message: string } }[] = []
    const write = (line: string) => void logged.push(JSON.parse(line) as (typeof logged)[number])
    const { seen, timelines: stored } = watched(store.timelines)
    let cannotRead = false
    const timelines = createTimelines(
      {
        version: stored.version,
        read: (cloud) =>
          cannotRead ? Promise.reject(new Error('a broken row')) : stored.read(cloud),
      },
      { log: pino({}, { write }) },
    )
    await timelines.of('Public')
    expect(logged).toEqual([])
    await acceptWeek(1)
    cannotRead = true
    for (let i = 0; i < 3; i++) await timelines.of('Public')
    seen.isDown = true
    for (let i = 0; i < 3; i++) await timelines.of('Public')
    seen.isDown = cannotRead = false
    expect((await timelines.of('Public')).records).toHaveLength(2)
    seen.isDown = true
    await timelines.of('Public')
    expect(logged.map(({ level, cloud, err }) => [level, cloud, err.message])).toEqual([
      [40, 'Public', 'a broken row'],
      [40, 'Public', 'the database is down'],
      [40, 'Public', 'the database is down'],
    ])
  })

  it('have their index before anybody asks about an address', async () => {
    await acceptWeek(0)
    const { addresses, timeline } = await createTimelines(store.timelines).of('Public')
    const { prefixes } = timeline
    await new Promise((resolve) => setTimeout(resolve, 20))
    // An index that is made only now would be of an empty table.
    Object.assign(timeline, { prefixes: networkTableOf([]) })
    expect(addresses().segments.count).toBeGreaterThan(networkCount(prefixes))
  })

  it('refuse a diff to a snapshot that only the database has', async () => {
    await acceptWeek(0)
    const { seen, timelines: stored } = watched(store.timelines)
    const timelines = createTimelines(stored)
    await timelines.of('Public')
    await acceptWeek(1)
    seen.isDown = true
    const newest = await store.history.at('Public', OPEN)
    const query = { cloud: 'Public', from: 'latest', to: newest?.id ?? '' } as const
    const between = () => changesBetween({ timelines, history: store.history }, query)
    await expect(between()).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringContaining(newest?.id ?? '?') as unknown,
    })
    seen.isDown = false
    expect((await between()).to.id).toBe(newest?.id)
  })
})
