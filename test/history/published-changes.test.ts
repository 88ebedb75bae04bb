/** What publications changed, where history alone does not tell: additions of held files, and faults. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createPublishedChanges,
  type PublishedChanges,
  type PublishedChangesStores,
} from '../../src/history/published-changes.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import type { Publication } from '../../src/store/contract.ts'
import type { TestDatabase } from '../support/database.ts'
import { ADMIN, openSite, openSiteDatabase, type Site } from '../support/server.ts'
import { range, roundWeek } from '../support/weeks.ts'

const BLOCK = 256n

let database: TestDatabase
let site: Site
/** By serial from 1: first, additions of a held week, taken back, a week, pinned. */
let publications: Publication[]

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  await site.sync(roundWeek('2026-01-05', range(0, 100)))
  expect((await site.sync(roundWeek('2026-01-12', range(30, 103)))).kind).toBe('held')
  const who = { by: 'A. Person', reason: 'a mistake' }
  await call('/v1/holds/1/reject', who)
  await site.sync(roundWeek('2026-01-19', range(0, 102)))
  await call('/v1/publications', { ...who, snapshot: 'latest' })
  publications = (await site.store.publications.list('Public', 10)).reverse()
  expect(publications.map(({ kind }) => kind)).toEqual([
    'sync',
    'additions',
    'rejection',
    'sync',
    'rollback',
  ])
})

afterAll(async () => {
  await site.app.close()
  await database.close()
})

async function call(url: string, payload: object): Promise<void> {
  const reply = await site.app.inject({ method: 'POST', url, payload, headers: ADMIN })
  expect(reply.statusCode, reply.body).toBeLessThan(300)
}

function stores(): PublishedChangesStores {
  const { history, holds, timelines } = database.freshStore()
  return { history, holds, timelines: createTimelines(timelines) }
}

async function moved(changes: PublishedChanges, from: number, to: number) {
  const [before, after] = [publications[from - 1], publications[to - 1]]
  if (!after) throw new Error(`there is no publication ${to}`)
  const { facts } = await changes.between(before, after)
  return facts && [facts.coverage.gained[4] / BLOCK, facts.coverage.lost[4] / BLOCK]
}

describe('what a publication changed', () => {
  it('is of what devices got, additions of a held file included, whatever was decided since', async () => {
    const changes = createPublishedChanges(stores())
    expect(await moved(changes, 1, 2)).toEqual([3n, 0n])
    expect(await moved(changes, 2, 3)).toEqual([0n, 3n])
    expect(await moved(changes, 3, 4)).toEqual([2n, 0n])
    // Two of the three were in the next file too.
    expect(await moved(changes, 2, 4)).toEqual([0n, 1n])
    expect(await moved(changes, 4, 2)).toEqual([1n, 0n])
  })

  it('is nothing where the same is published again, and not to be said of the first', async () => {
    const changes = createPublishedChanges(stores())
    expect(await moved(changes, 4, 5)).toEqual([0n, 0n])
    expect(await moved(changes, 1, 3)).toEqual([0n, 0n])
    expect(await moved(changes, 0, 1)).toBeUndefined()
  })

  it('says from which day on additions may be used, by the file that brought them', async () => {
    const changes = createPublishedChanges(stores())
    const [first, additions, , week] = publications
    if (!first || !additions || !week) throw new Error('they are published')
    expect((await changes.between(first, additions)).facts?.earliestUse).toBe('2026-01-19')
    expect((await changes.between(first, week)).facts?.earliestUse).toBe('2026-01-26')
    expect((await changes.between(week, first)).facts?.earliestUse).toBeUndefined()
  })
})

describe('a comparison', () => {
  it('is made once, however many ask for it', async () => {
    const inner = stores()
    let read = 0
    const timelines: typeof inner.timelines = {
      of: (cloud) => {
        read++
        return inner.timelines.of(cloud)
      },
    }
    const changes = createPublishedChanges({ ...inner, timelines })
    const all = await Promise.all([1, 2, 3].map(() => moved(changes, 3, 4)))
    expect(all).toEqual([1, 2, 3].map(() => [2n, 0n]))
    await moved(changes, 3, 4)
    expect(read).toBe(1)
  })

  it('that failed is made again by who asks next', async () => {
    const inner = stores()
    let isDown = true
    const timelines: typeof inner.timelines = {
      of: (cloud) => (isDown ? Promise.reject(new Error('down')) : inner.timelines.of(cloud)),
    }
    const changes = createPublishedChanges({ ...inner, timelines })
    await expect(moved(changes, 3, 4)).rejects.toThrow('down')
    isDown = false
    expect(await moved(changes, 3, 4)).toEqual([2n, 0n])
  })
})
