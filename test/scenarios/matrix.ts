/**
 * The fault matrix: what a publisher can do to a run, as tables of cells, and the one proof that
 * every cell goes through.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FetchAttempt } from '../../src/sources/contract.ts'
import type { Run } from '../../src/store/contract.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { titleOf, type Cell } from './cell.ts'
import { openSite, type HandedOut, type Site } from './site.ts'

/**
 * So many faults come upon one service, one after the other. What removed coverage is still in
 * grace is read again with every publication, so that a longer life takes longer than a new one.
 */
const FAULTS_IN_A_LIFE = 16

/**
 * Every cell of a table is a test of its own. It begins with what the one before it has published,
 * or with a new service after a failure.
 */
export function proveAll(cells: readonly Cell[]): void {
  const weeks = 2 * FAULTS_IN_A_LIFE + 16
  const feed = makeFeed({ seed: 7, weeks }).filter(({ isNews }) => isNews)
  let database: TestDatabase
  let site: Site | undefined
  let faults = 0
  const endLife = async (): Promise<void> => {
    await site?.close()
    site = undefined
  }

  beforeAll(async () => {
    database = await openTestDatabase('embedded')
  })
  afterAll(async () => {
    await endLife()
    await database.close()
  })

  it.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', async (_, cell) => {
    if (faults++ % FAULTS_IN_A_LIFE === 0) await endLife()
    if (!site) {
      await database.reset()
      site = await openSite(database, feed)
    }
    await prove(site, cell).catch(async (error: unknown) => {
      await endLife()
      throw error
    })
  })
}

async function prove(site: Site, cell: Cell): Promise<void> {
  const before = await site.handedOut()
  expect(Object.keys(before.lists).length).toBeGreaterThan(8)

  await cell.arrange(site)
  const run = await site.run()
  expectExplained(run, cell, site)
  const after = await site.handedOut()
  const accepted = cell.outcome === 'published'
  if (accepted || cell.adds) expectMoved(before, after)
  else expect(after).toEqual(before)
  expect(await site.waiting()).toHaveLength(cell.outcome === 'held' ? 1 : 0)

  const next = accepted ? 2 : 1
  await site.door.open()
  site.offer(next)
  const recovered = await site.run()
  expect(saidBy(recovered)).toMatch(/^published: (?!.*"degraded")/)
  expectMoved(after, await site.handedOut())
  expect(await site.waiting()).toEqual([])

  expect(site.elsewhere.requests).toEqual([])
  expect(site.allowed).toEqual(expect.arrayContaining([...site.asked]))
  // A tag or a key of any name is data.
  expect(Object.keys(Object.prototype)).toEqual([])
  site.passOn(next)
}

/** The outcome and everything the record says. */
function saidBy({ outcome, detail }: Run): string {
  return `${outcome}: ${JSON.stringify(detail)}`
}

/** Says what it came to and why, to people too, and has every request with what came of it. */
function expectExplained(run: Run, { outcome, says, degraded }: Cell, { allowed }: Site): void {
  const record = saidBy(run)
  expect(record).toMatch(new RegExp(`^${outcome}: `))
  expect(JSON.stringify(run.detail)).toMatch(says)
  expect(Object.hasOwn(run.detail ?? {}, 'degraded')).toBe(degraded === true)
  // Nothing that turns text around, moves the cursor or is a slip of ours.
  expect(record).not.toMatch(/[^\x20-\x7e…]/)
  expect(record).not.toMatch(/\b(?:undefined|NaN)\b|\[object /)
  const attempts = run.detail?.['attempts'] as readonly FetchAttempt[]
  expect(attempts.length).toBeGreaterThan(0)
  for (const { strategy, url, result, reason, status, at } of attempts) {
    expect(strategy).not.toBe('')
    expect(allowed).toContain(new URL(url).origin)
    expect(Date.parse(at)).not.toBeNaN()
    expect(reason === undefined).toBe(result !== 'unavailable' && result !== 'refused')
    const said = /answered (\d{3})/.exec(reason ?? '')?.[1]
    if (said !== undefined) expect(status).toBe(Number(said))
  }
}

/** One publication more, and lists that say so. */
function expectMoved(before: HandedOut, after: HandedOut): void {
  expect(after.publications.slice(1)).toEqual(before.publications)
  expect(after.publications[0]?.serial).toBe(before.publications.length + 1)
  expect(after.lists).not.toEqual(before.lists)
}
