/** What the store promises of a list's versions and dates, the same on both engines. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { RangeSet } from '../../src/core/range-set.ts'
import type { Store } from '../../src/store/contract.ts'
import type { Admitted, AdmittedChange, ListContentVersion } from '../../src/store/list-contract.ts'
import { openTestDatabase, type ENGINES, type TestDatabase } from '../support/database.ts'

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)] as const

export function listSuite(engine: (typeof ENGINES)[number]): void {
  let database: TestDatabase
  let store: Store

  beforeAll(async () => {
    database = await openTestDatabase(engine)
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.reset()
    store = database.freshStore()
  })

  /** Read now, unless it is said when. */
  async function record(
    contentHash: string,
    admitted: Admitted,
    readAt?: Date,
    tell: (change: AdmittedChange) => undefined = () => undefined,
  ): Promise<ListContentVersion | 'overtaken'> {
    const read = readAt ?? (await later())
    const draft = { list: 'l', contentHash, snapshotId: 's', readAt: read }
    return store.lists.version({ ...draft, admitted: () => admitted }, tell)
  }

  /** A moment of the database's clock after everything that was written. */
  async function later(): Promise<Date> {
    const before = await store.now()
    for (;;) {
      const now = await store.now()
      if (now > before) return now
    }
  }

  function admitting(networks: readonly string[], names: readonly string[] = []): Admitted {
    const coverage = RangeSet.parse(networks)
    if (!coverage.ok) throw new Error(coverage.reason)
    return { coverage: coverage.value, names }
  }

  const wide = admitting(['20.0.0.0/8', '2603::/16'], ['*.example.net', 'example.com'])
  const narrow = admitting(['20.0.0.0/9'], [])

  it('moves a serial with the content only, and counts a way back as new', async () => {
    expect(await record(A, wide)).toEqual({ serial: 1, snapshotId: 's' })
    expect(await record(A, wide)).toEqual({ serial: 1, snapshotId: 's' })
    expect(await record(B, narrow)).toEqual({ serial: 2, snapshotId: 's' })
    expect(await record(A, wide)).toEqual({ serial: 3, snapshotId: 's' })
    const readAt = await later()
    const same = await Promise.all([1, 2, 3].map(() => record(B, narrow, readAt)))
    expect(same).toEqual([1, 2, 3].map(() => ({ serial: 4, snapshotId: 's' })))
  })

  it('keeps what each version admits, to the address and the name', async () => {
    await record(A, wide)
    await record(B, narrow)
    const versions = await store.lists.versions({ list: 'l' })
    expect(versions.map(({ serial }) => serial)).toEqual([1, 2])
    expect(versions.map(({ admitted }) => admitted?.names)).toEqual([wide.names, narrow.names])
    expect(versions.map(({ admitted }) => admitted?.coverage.texts())).toEqual([
      wide.coverage.texts(),
      narrow.coverage.texts(),
    ])
  })

  it('gives the versions of a time with the one before it', async () => {
    await record(A, wide)
    await record(B, narrow)
    const [, second] = await store.lists.versions({ list: 'l' })
    if (!second) throw new Error('two versions were recorded')
    const from = await later()
    await record(A, wide)
    const serialsOf = async (query: { from?: Date; to?: Date }) => {
      const versions = await store.lists.versions({ list: 'l', ...query })
      return versions.map(({ serial }) => serial)
    }
    expect(await serialsOf({ from })).toEqual([2, 3])
    expect(await serialsOf({ from: second.createdAt })).toEqual([1, 2, 3])
    expect(await serialsOf({ to: from })).toEqual([1, 2])
    expect(await serialsOf({ from, to: from })).toEqual([2])
    expect(await store.lists.versions({ list: 'other' })).toEqual([])
  })

  it('does not put a content that was read before after one that was recorded since', async () => {
    await record(A, wide)
    const readAt = await later()
    await record(B, narrow)
    expect(await record(A, wide, readAt)).toBe('overtaken')
    expect(await record(B, narrow, readAt)).toEqual({ serial: 2, snapshotId: 's' })
    expect(await record(A, wide)).toEqual({ serial: 3, snapshotId: 's' })
  })

  it('asks what to tell of a change once, with both sides, and not of the first content', async () => {
    const changes: AdmittedChange[] = []
    const tell = (change: AdmittedChange): undefined => void changes.push(change)
    await record(A, wide, undefined, tell)
    await record(B, narrow, undefined, tell)
    await record(B, narrow, undefined, tell)
    const [change, ...others] = changes
    expect(others).toEqual([])
    expect(change?.serial).toBe(2)
    expect(change?.before.coverage.equals(wide.coverage)).toBe(true)
    expect(change?.after.coverage.equals(narrow.coverage)).toBe(true)
  })

  it('records what is told of a change in the same transaction', async () => {
    await record(A, wide)
    const event = { type: 'allowlist.changed', allowlist: 'l', facts: { serial: 2 } }
    const draft = { list: 'l', contentHash: B, snapshotId: 's', readAt: await later() }
    await store.lists.version({ ...draft, admitted: () => narrow }, () => event)
    expect(await store.events.pending(10)).toMatchObject([event])

    const broken = () => {
      throw new Error('no event can be made')
    }
    const again = { ...draft, contentHash: A, readAt: await later() }
    await expect(store.lists.version({ ...again, admitted: () => wide }, broken)).rejects.toThrow(
      'no event can be made',
    )
    expect(await store.lists.versions({ list: 'l' })).toHaveLength(2)
  })

  it('moves Last-Modified with the bytes only, and always forward by a second at least', async () => {
    const changedAt = async (digest: string): Promise<Date> => {
      const times = await store.lists.changedAt('l', 1, new Map([['text', digest]]))
      if (times === 'overtaken') throw new Error('nobody recorded a later version')
      return times.get('text') ?? new Date(NaN)
    }
    const one = await changedAt('a')
    expect(await changedAt('a')).toEqual(one)
    const two = await changedAt('b')
    const three = await changedAt('a')
    expect(two.getTime()).toBeGreaterThanOrEqual(one.getTime() + 1000)
    expect(three.getTime()).toBeGreaterThanOrEqual(two.getTime() + 1000)
    expect(three.getMilliseconds()).toBe(0)
    const several = new Map([
      ['squid', 'c'],
      ['text', 'a'],
      ['csv', 'd'],
    ])
    const times = await store.lists.changedAt('l', 1, several)
    if (times === 'overtaken') throw new Error('nobody recorded a later version')
    expect([...times.keys()].sort()).toEqual(['csv', 'squid', 'text'])
    expect(times.get('text')).toEqual(three)
    expect(await store.lists.changedAt('l', 1, new Map())).toEqual(new Map())
  })

  it('keeps no date of bytes whose version is older than what is known', async () => {
    const digests = (digest: string) => new Map([['text', digest]])
    await store.lists.changedAt('l', 2, digests('new'))
    expect(await store.lists.changedAt('l', 1, digests('old'))).toBe('overtaken')
    expect(await database.rows('SELECT digest, serial FROM list_bytes')).toEqual([
      { digest: 'new', serial: 2 },
    ])
    expect(await store.lists.changedAt('l', 3, digests('newer'))).not.toBe('overtaken')
  })
}
