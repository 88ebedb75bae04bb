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

  /** Read now, unless it is said since when. */
  async function record(
    contentHash: string,
    admitted: Admitted,
    mark?: number,
    tell: (change: AdmittedChange) => undefined = () => undefined,
  ): Promise<ListContentVersion | 'overtaken'> {
    const read = mark ?? (await store.lists.mark())
    const draft = { list: 'l', contentHash, snapshotId: 's', mark: read }
    return store.lists.version({ ...draft, admitted: () => admitted }, tell)
  }

  function admitting(networks: readonly string[], names: readonly string[] = []): Admitted {
    const coverage = RangeSet.parse(networks)
    if (!coverage.ok) throw new Error(coverage.reason)
    return { coverage: coverage.value, names, tags: names.map((name) => `Tag.${name}`) }
  }

  const wide = admitting(['20.0.0.0/8', '2603::/16'], ['*.example.net', 'example.com'])
  const narrow = admitting(['20.0.0.0/9'], [])

  it('moves a serial with the content only, and counts a way back as new', async () => {
    expect(await record(A, wide)).toEqual({ serial: 1, snapshotId: 's' })
    expect(await record(A, wide)).toEqual({ serial: 1, snapshotId: 's' })
    expect(await record(B, narrow)).toEqual({ serial: 2, snapshotId: 's' })
    expect(await record(A, wide)).toEqual({ serial: 3, snapshotId: 's' })
    const mark = await store.lists.mark()
    const same = await Promise.all([1, 2, 3].map(() => record(B, narrow, mark)))
    expect(same).toEqual([1, 2, 3].map(() => ({ serial: 4, snapshotId: 's' })))
  })

  it('keeps what each version admits, to the address and the name', async () => {
    await record(A, wide)
    await record(B, narrow)
    const versions = await store.lists.versions({ list: 'l' })
    expect(versions.map(({ serial }) => serial)).toEqual([1, 2])
    expect(versions.map(({ admitted }) => admitted?.names)).toEqual([wide.names, narrow.names])
    expect(versions.map(({ admitted }) => admitted?.tags)).toEqual([wide.tags, narrow.tags])
    expect(versions.map(({ admitted }) => admitted?.coverage.texts())).toEqual([
      wide.coverage.texts(),
      narrow.coverage.texts(),
    ])
  })

  it('gives the versions of a time with the one before it', async () => {
    for (const [hash, admitted] of [[A, wide] as const, [B, narrow] as const, [A, wide] as const]) {
      await record(hash, admitted)
      // Created in different milliseconds, which is all that a time tells.
      await database.rows('SELECT pg_sleep(0.002)')
    }
    const [, second, third] = await store.lists.versions({ list: 'l' })
    if (!second || !third) throw new Error('three versions were recorded')
    const serialsOf = async (query: { from?: Date; to?: Date }) => {
      const versions = await store.lists.versions({ list: 'l', ...query })
      return versions.map(({ serial }) => serial)
    }
    const from = third.createdAt
    expect(await serialsOf({ from })).toEqual([2, 3])
    expect(await serialsOf({ from: second.createdAt })).toEqual([1, 2, 3])
    expect(await serialsOf({ to: from })).toEqual([1, 2])
    expect(await serialsOf({ from, to: from })).toEqual([2])
    expect(await store.lists.versions({ list: 'other' })).toEqual([])
  })

  it('does not put a content that was read before after one that was recorded since', async () => {
    await record(A, wide)
    const mark = await store.lists.mark()
    await record(B, narrow)
    expect(await record(A, wide, mark)).toBe('overtaken')
    expect(await record(B, narrow, mark)).toEqual({ serial: 2, snapshotId: 's' })
    expect(await record(A, wide)).toEqual({ serial: 3, snapshotId: 's' })
  })

  it('keeps what an old version admits that was recorded before that was kept', async () => {
    await record(A, wide)
    await database.rows('UPDATE list_version SET admitted = NULL')
    await record(A, wide)
    const [version] = await store.lists.versions({ list: 'l' })
    expect(version?.admitted?.coverage.texts()).toEqual(wide.coverage.texts())
    const changes: AdmittedChange[] = []
    await record(B, narrow, undefined, (change) => void changes.push(change))
    expect(changes).toHaveLength(1)
  })

  it('needs no clock for it: one that was put back changes nothing', async () => {
    await record(A, wide)
    await database.rows(`UPDATE list_version SET created_at = created_at + interval '1 hour'`)
    expect(await record(B, narrow)).toEqual({ serial: 2, snapshotId: 's' })
  })

  it('asks what to tell of a change once, with both sides, and not of the first content', async () => {
    const changes: AdmittedChange[] = []
    const tell = (change: AdmittedChange): undefined => void changes.push(change)
    await record(A, wide, undefined, tell)
    await record(B, narrow, undefined, tell)
    await record(B, narrow, undefined, tell)
    const [change, ...others] = changes
    expect(others).toEqual([])
    expect(change).toMatchObject({ serial: 2, snapshotBefore: 's' })
    expect(change?.before.coverage.equals(wide.coverage)).toBe(true)
    expect(change?.after.coverage.equals(narrow.coverage)).toBe(true)
  })

  it('records what is told of a change in the same transaction', async () => {
    await record(A, wide)
    const event = { type: 'allowlist.changed', allowlist: 'l', facts: { serial: 2 } }
    const draft = { list: 'l', contentHash: B, snapshotId: 's', mark: await store.lists.mark() }
    await store.lists.version({ ...draft, admitted: () => narrow }, () => event)
    expect(await store.events.pending(10)).toMatchObject([event])

    const broken = () => {
      throw new Error('no event can be made')
    }
    const again = { ...draft, contentHash: A, mark: await store.lists.mark() }
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
