import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readPublished } from '../../src/history/published.ts'
import type { Fetched, Source } from '../../src/sources/contract.ts'
import type { Hold, Store } from '../../src/store/contract.ts'
import {
  approveHold,
  purge,
  rejectHold,
  release,
  releaseEnded,
  rollBack,
} from '../../src/sync/decisions.ts'
import { publishNewest } from '../../src/sync/import-files.ts'
import { outcomeDetail } from '../../src/sync/outcome-detail.ts'
import { runOnce, type RunOutcome } from '../../src/sync/run-once.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf } from '../support/entries.ts'
import { guardDeps } from '../support/guard.ts'
import { blockText, range, roundWeek, type RoundWeek } from '../support/weeks.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const A_PERSON = { by: 'A. Person', reason: 'looked at it' }

const first = roundWeek('2026-01-05', range(0, 100))
const grown = roundWeek('2026-01-12', range(0, 103))
/** Loses 30 of 100 and gains 5. */
const shrunk = roundWeek('2026-01-19', range(30, 105))
const next = roundWeek('2026-01-26', range(0, 106))

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

function sourceOf({ text, fileDate, fileName }: RoundWeek, strategy: string): Source {
  const origin = {
    strategy,
    url: `https://download.example/${fileName}`,
    fileName,
    fileDate,
    validators: {},
  }
  const fetched: Fetched = { kind: 'document', bytes: Buffer.from(text), origin }
  return { name: 'test', description: 'a test', fetch: () => Promise.resolve(fetched) }
}

function sync(week: RoundWeek, dryRun = false, strategy = 'test'): Promise<RunOutcome> {
  const { signal } = new AbortController()
  return runOnce(
    { source: sourceOf(week, strategy), store, ...guardDeps(), now: () => NOW },
    { cloud: 'Public', dryRun, requestedBy: 'schedule', signal, record: () => undefined },
  )
}

/** The blocks that devices get. */
async function served(): Promise<string[]> {
  const published = await readPublished(store, 'Public')
  return (published?.snapshot.tags.get('AzureCloud')?.prefixes ?? []).map(({ text }) => text).sort()
}

function texts(blocks: readonly number[]): string[] {
  return blocks.map(blockText).sort()
}

async function waiting(): Promise<Hold> {
  const [hold, ...more] = await store.holds.list({ cloud: 'Public', state: 'waiting', limit: 10 })
  if (!hold || more.length > 0) throw new Error(`${more.length} more than one hold waits`)
  return hold
}

async function serials(): Promise<string[]> {
  const all = await store.publications.list('Public', 20)
  return all.map(({ serial, kind }) => `${serial} ${kind}`).reverse()
}

describe('a held week that shrinks', () => {
  it('publishes what it adds at once and withholds what it removes', async () => {
    await sync(first)
    const held = await sync(shrunk)
    expect(held).toMatchObject({
      kind: 'held',
      reasons: [{ rule: 'cloud-loss', family: 4, measured: 30, limit: 5 }],
      additions: { kind: 'additions', serial: 2 },
    })
    expect(await served()).toEqual(texts(range(0, 105)))
    const hold = await waiting()
    expect(outcomeDetail(held, [])).toMatchObject({ hold: hold.id, additionsSerial: 2 })
    expect(hold.diff).toMatchObject({
      prefixesAdded: 5,
      lost: { ipv4: String(30 * 256) },
      gained: { ipv4: String(5 * 256) },
    })
  })

  it('is held again, and once, as long as it is offered', async () => {
    await sync(first)
    await sync(shrunk)
    expect(await sync(shrunk)).toMatchObject({ kind: 'held', additions: undefined })
    expect(await serials()).toEqual(['1 sync', '2 additions'])
    expect((await waiting()).fileDate).toBe(shrunk.fileDate)
  })

  it('is published whole when a person approves exactly that content', async () => {
    await sync(first)
    await sync(shrunk)
    const { id, contentHash } = await waiting()
    const wrong = { id, contentHash: '0'.repeat(64), ...A_PERSON }
    await expect(approveHold(store, wrong)).rejects.toMatchObject({ code: 'conflict' })
    const approved = await approveHold(store, { id, contentHash, ...A_PERSON })
    expect(approved).toMatchObject({ serial: 3, kind: 'approval', publishedBy: 'A. Person' })
    expect(await served()).toEqual(texts(shrunk.blocks))
    expect(await store.holds.byId(id)).toMatchObject({ state: 'approved', decision: A_PERSON })
    await expect(approveHold(store, { id, ...A_PERSON })).rejects.toThrow(/does not wait any more/)
    expect(await sync(shrunk)).toMatchObject({ kind: 'unchanged' })
  })

  it('loses its additions again when a person rejects it, and is not held again', async () => {
    await sync(first)
    await sync(shrunk)
    const { id } = await waiting()
    const rejected = await rejectHold(store, { id, ...A_PERSON })
    expect(rejected).toMatchObject({
      hold: { state: 'rejected' },
      publication: { kind: 'rejection' },
    })
    expect(await served()).toEqual(texts(first.blocks))
    expect(await sync(shrunk)).toMatchObject({
      kind: 'unchanged',
      reason: `the file was rejected (hold ${id}) by A. Person: looked at it`,
    })
    expect(await serials()).toEqual(['1 sync', '2 additions', '3 rejection'])
  })

  it('is not held again under another date once it was rejected, nor are its additions', async () => {
    await sync(first)
    await sync(shrunk)
    await rejectHold(store, { id: (await waiting()).id, ...A_PERSON })
    const renamed = { ...shrunk, fileDate: next.fileDate, fileName: next.fileName }
    expect(await sync(renamed)).toMatchObject({
      kind: 'unchanged',
      reason: expect.stringMatching(/was rejected/) as string,
    })
    const more = roundWeek('2026-01-26', range(30, 107))
    expect(await sync(more)).toMatchObject({ kind: 'held', additions: undefined })
    expect(await served()).toEqual(texts(first.blocks))
  })

  it('takes back what an earlier candidate added when the one in its place is rejected', async () => {
    await sync(first)
    await sync(shrunk)
    const less = roundWeek('2026-01-26', range(30, 99))
    expect(await sync(less)).toMatchObject({ kind: 'held', additions: undefined })
    expect(await served()).toEqual(texts(range(0, 105)))
    await rejectHold(store, { id: (await waiting()).id, ...A_PERSON })
    expect(await served()).toEqual(texts(first.blocks))
  })

  it('hands out exactly what was judged when a newer candidate adds something else', async () => {
    await sync(first)
    await sync(shrunk)
    const other = roundWeek('2026-01-26', [...range(40, 100), 110, 111])
    expect(await sync(other)).toMatchObject({ kind: 'held', additions: { serial: 3 } })
    expect(await served()).toEqual(texts([...first.blocks, 110, 111]))
    await rejectHold(store, { id: (await waiting()).id, ...A_PERSON })
    expect(await served()).toEqual(texts(first.blocks))
  })

  it('waits for the person, not for the limits to grow with the time that takes', async () => {
    const gone = (date: string) => roundWeek(date, range(6, 100))
    await sync(first)
    expect(await sync(gone('2026-01-12'))).toMatchObject({ kind: 'held' })
    expect(await sync(gone('2026-01-26'))).toMatchObject({ kind: 'held' })
    expect(await sync(gone('2026-02-16'))).toMatchObject({ kind: 'held' })
  })

  it('is neither settled nor undone by the last good link', async () => {
    await sync(first)
    await sync(shrunk)
    const before = await served()
    const strategy = 'last-good-link'
    expect(await sync(first, false, strategy)).toMatchObject({
      kind: 'unchanged',
      reason: expect.stringMatching(/is still there/) as string,
    })
    expect((await waiting()).fileDate).toBe(shrunk.fileDate)
    expect(await served()).toEqual(before)
  })

  it('blocks nothing: the next good week is published over it', async () => {
    await sync(first)
    await sync(shrunk)
    const { id } = await waiting()
    expect(await sync(next)).toMatchObject({ kind: 'published', publication: { serial: 3 } })
    expect(await served()).toEqual(texts(next.blocks))
    expect((await store.holds.byId(id))?.state).toBe('replaced')
    await expect(approveHold(store, { id, ...A_PERSON })).rejects.toThrow(/it is replaced/)
  })

  it('gives its additions up when the publisher goes back to the week before', async () => {
    await sync(first)
    await sync(shrunk)
    const again = { ...first, fileDate: next.fileDate, fileName: next.fileName }
    expect(await sync(again)).toMatchObject({ kind: 'published', publication: { serial: 3 } })
    expect(await served()).toEqual(texts(first.blocks))
  })

  it('publishes nothing when its additions alone are too many', async () => {
    await sync(first)
    const swapped = roundWeek('2026-01-19', range(50, 150))
    expect(await sync(swapped)).toMatchObject({ kind: 'held', additions: undefined })
    expect(await served()).toEqual(texts(first.blocks))
  })

  it('is only told of by a dry run', async () => {
    await sync(first)
    expect(await sync(shrunk, true)).toMatchObject({ kind: 'held', hold: undefined })
    expect(await store.holds.list({ limit: 10 })).toEqual([])
    expect(await serials()).toEqual(['1 sync'])
  })

  it('is replaced by a newer candidate that waits in its place', async () => {
    await sync(first)
    await sync(shrunk)
    const { id } = await waiting()
    const smaller = roundWeek('2026-01-26', range(40, 105))
    expect(await sync(smaller)).toMatchObject({ kind: 'held' })
    expect((await waiting()).fileDate).toBe('2026-01-26')
    expect((await store.holds.byId(id))?.state).toBe('replaced')
    expect(await served()).toEqual(texts(range(0, 105)))
  })
})

describe('a withdrawn week', () => {
  it('is a held candidate, and stays published once a person approves it', async () => {
    await sync(first)
    await sync(grown)
    const held = await sync(first)
    expect(held).toMatchObject({ kind: 'held', reasons: [{ rule: 'withdrawal' }] })
    await approveHold(store, { id: (await waiting()).id, ...A_PERSON })
    expect(await served()).toEqual(texts(first.blocks))
    expect(await sync(first)).toMatchObject({ kind: 'unchanged' })
    // The withdrawn file is still at its address: that is no offer.
    expect(await sync(grown, false, 'last-good-link')).toMatchObject({ kind: 'unchanged' })
    // An import of something older brings no newest file: what a person approved stays.
    await store.history.accept(entryOf(roundWeek('2025-12-29', range(0, 99))))
    expect(await publishNewest(store, 'Public', 'test')).toBeUndefined()
    expect(await sync(next)).toMatchObject({ kind: 'published' })
  })
})

describe('a file that was approved once', () => {
  it('waits for a decision of its own when it is offered after a later one', async () => {
    await sync(first)
    await sync(shrunk)
    await approveHold(store, { id: (await waiting()).id, ...A_PERSON })
    await sync(roundWeek('2026-01-26', range(30, 106)))
    expect(await sync(shrunk)).toMatchObject({ kind: 'held', reasons: [{ rule: 'withdrawal' }] })
    await approveHold(store, { id: (await waiting()).id, ...A_PERSON })
    expect(await served()).toEqual(texts(shrunk.blocks))
  })
})

describe('a pass that was overtaken', () => {
  it('publishes nothing older than what somebody imported meanwhile', async () => {
    await sync(first)
    const slow = sourceOf(grown, 'test')
    const source: Source = {
      ...slow,
      async fetch(request) {
        await store.history.accept(entryOf(next))
        return slow.fetch(request)
      },
    }
    const request = {
      cloud: 'Public' as const,
      dryRun: false,
      requestedBy: 'schedule',
      signal: new AbortController().signal,
      record: () => undefined,
    }
    const deps = { source, store, ...guardDeps(), now: () => NOW }
    expect(await runOnce(deps, request)).toMatchObject({ kind: 'failed' })
    expect(await served()).toEqual(texts(first.blocks))
    expect(await publishNewest(store, 'Public', 'test')).toMatchObject({ serial: 2 })
    expect(await served()).toEqual(texts(next.blocks))
  })
})

describe('a rollback', () => {
  async function twoWeeks(): Promise<void> {
    await sync(first)
    await sync(grown)
  }
  const back = { cloud: 'Public', to: '2026-01-05', now: NOW, ...A_PERSON } as const

  it('is a new serial that the schedule does not undo until it is released', async () => {
    await twoWeeks()
    expect(await rollBack(store, back)).toMatchObject({
      serial: 3,
      kind: 'rollback',
      publishedBy: 'A. Person',
      reason: 'looked at it',
      until: undefined,
    })
    expect(await served()).toEqual(texts(first.blocks))
    expect(await sync(grown)).toMatchObject({
      kind: 'unchanged',
      reason: expect.stringMatching(/the rollback to public-20260105-.* stands/) as string,
    })
    expect(await sync(next)).toMatchObject({ kind: 'accepted' })
    expect(await served()).toEqual(texts(first.blocks))
    const released = await release(store, { cloud: 'Public', ...A_PERSON })
    expect(released).toMatchObject({ serial: 4, kind: 'release' })
    expect(await served()).toEqual(texts(next.blocks))
  })

  it('is followed by what was published before it when nothing came meanwhile', async () => {
    await twoWeeks()
    await rollBack(store, back)
    await rollBack(store, { ...back, to: 'latest' })
    await release(store, { cloud: 'Public', ...A_PERSON })
    expect(await served()).toEqual(texts(grown.blocks))
    await expect(release(store, { cloud: 'Public', ...A_PERSON })).rejects.toThrow(
      'no rollback of Public is in force',
    )
  })

  it('releases what came during the first of two rollbacks', async () => {
    await twoWeeks()
    await rollBack(store, back)
    await sync(next)
    await rollBack(store, { ...back, to: '2026-01-12' })
    await release(store, { cloud: 'Public', ...A_PERSON })
    expect(await served()).toEqual(texts(next.blocks))
  })

  it('to what is published pins it with the additions that devices have', async () => {
    await sync(first)
    await sync(shrunk)
    await rollBack(store, { ...back, to: 'latest' })
    expect(await served()).toEqual(texts(range(0, 105)))
    await release(store, { cloud: 'Public', ...A_PERSON })
    expect(await served()).toEqual(texts(range(0, 105)))
  })

  it('ends by itself at its end, by the clock of the database', async () => {
    await twoWeeks()
    const until = new Date(Date.now() + 3_600_000)
    await rollBack(store, { ...back, now: new Date(), until })
    expect(await releaseEnded(store, 'Public')).toBeUndefined()
    expect(await sync(grown)).toMatchObject({
      reason: expect.stringContaining(`until ${until.toISOString()}`) as string,
    })
    await database.rows(
      `UPDATE publication SET until = now() - interval '1 second' WHERE serial = 3`,
    )
    expect(await sync(grown)).toMatchObject({ kind: 'unchanged' })
    expect(await serials()).toEqual(['1 sync', '2 sync', '3 rollback', '4 release'])
    expect(await served()).toEqual(texts(grown.blocks))
  })

  it('holds what is not safe, approves nothing, and needs no purge', async () => {
    await twoWeeks()
    await rollBack(store, back)
    expect(await sync(shrunk)).toMatchObject({ kind: 'held', additions: undefined })
    const { id } = await waiting()
    await expect(approveHold(store, { id, ...A_PERSON })).rejects.toThrow(/release it first/)
    await expect(purge(store, { cloud: 'Public', ...A_PERSON })).rejects.toThrow(/release it first/)
    expect(await store.holds.byId(id)).toMatchObject({ state: 'waiting' })
  })

  it.each([
    [{ until: new Date('2026-02-28') }, /has passed/],
    [{ to: '2019-01-01' }, /no file of 2019-01-01/],
    [{ to: 'china-20260105-00000000' }, /there is no snapshot/],
    [{ reason: ' ' }, /reason " "/],
    [{ by: 'A\nB' }, /by "A\\nB"/],
    [{ reason: 'a\u202eb' }, /one line/],
  ])('is refused with the value and the rule for %j', async (wrong, message) => {
    await twoWeeks()
    await expect(rollBack(store, { ...back, ...wrong })).rejects.toThrow(message)
    expect(await serials()).toEqual(['1 sync', '2 sync'])
  })
})

describe('a purge', () => {
  it('is a publication of the same snapshot, additions included', async () => {
    await sync(first)
    await sync(shrunk)
    const before = await served()
    const purged = await purge(store, { cloud: 'Public', ...A_PERSON })
    expect(purged).toMatchObject({ serial: 3, kind: 'purge' })
    expect(await served()).toEqual(before)
    const { served: kept } = await store.publications.servedWithin('Public', 14)
    expect(kept.map(({ serial }) => serial)).toEqual([3])
  })

  it('needs something published', async () => {
    await expect(purge(store, { cloud: 'Public', ...A_PERSON })).rejects.toMatchObject({
      code: 'not-ready',
    })
  })
})
