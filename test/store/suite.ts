/** What the store promises, the same on both engines: run by embedded.test.ts and postgresql.test.ts. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { lastPositionOf, OPEN, parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import type { Store } from '../../src/store/contract.ts'
import { openTestDatabase, type ENGINES, type TestDatabase } from '../support/database.ts'
import { approvalAfter, entryOf, heldVerdict, publicationAfter } from '../support/entries.ts'
import { makeFeed, smallDocument, tagValue } from '../support/feed.ts'
import { seededRandom } from '../support/random.ts'
import { timelineOf } from '../support/timelines.ts'

/** All that the intervals say, by names instead of keys, in one order. */
const INTERVALS = `
  SELECT t.cloud, t.name, p.text AS value, m.from_position, m.until_position
  FROM membership_interval m JOIN tag t ON t.id = m.tag_id JOIN prefix p ON p.id = m.prefix_id
  UNION ALL
  SELECT t.cloud, t.name, concat_ws('|', f.region, f.region_id, f.system_service, f.network_features),
         f.from_position, f.until_position
  FROM tag_interval f JOIN tag t ON t.id = f.tag_id
  ORDER BY 1, 2, 3, 4`

const SNAPSHOTS = `
  SELECT id, cloud, file_date::text, revision, position, content_hash, change_number, tags, memberships
  FROM snapshot ORDER BY id`

export function storeSuite(engine: (typeof ENGINES)[number]): void {
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

  const feed = makeFeed({ seed: 7, weeks: 8 })
  const entries = feed.map(entryOf)
  const [first, second] = [entryAt(0), entryAt(1)]

  function entryAt(i: number) {
    const entry = entries[i]
    if (!entry) throw new Error(`the feed has no week ${i}`)
    return entry
  }

  it('keeps a snapshot under an id made of cloud, file date and content hash', async () => {
    const { record, isNew } = await store.history.accept(first)
    expect(isNew).toBe(true)
    expect(record.id).toBe(`public-20250106-${first.snapshot.contentHash.slice(0, 8)}`)
    expect(record).toMatchObject({
      cloud: 'Public',
      fileDate: '2025-01-06',
      revision: 0,
      position: 2025010600,
      tags: first.snapshot.tags.size,
      memberships: first.snapshot.memberships,
    })
    expect(await store.history.byId(record.id)).toEqual(record)
  })

  it('gives back the bytes as published and the snapshot they say', async () => {
    const { record } = await store.history.accept(first)
    expect(await store.history.document(record.documentSha256)).toEqual(first.bytes)
    const loaded = await database.freshStore().history.load(record)
    expect(loaded).toEqual(first.snapshot)
  })

  it('refuses to load a document that does not say any more what was accepted', async () => {
    const { record } = await store.history.accept(first)
    const other = { ...record, contentHash: second.snapshot.contentHash }
    await expect(database.freshStore().history.load(other)).rejects.toThrow(/another content/)
  })

  it('keeps known content of a known date once, and each place it was seen at', async () => {
    await store.history.accept(first)
    const again = await store.history.accept(first)
    const mirror = { ...first.origin, url: 'https://mirror.example/file.json' }
    const elsewhere = await store.history.accept({ ...first, origin: mirror })
    expect([again.isNew, elsewhere.isNew]).toEqual([false, false])
    expect(await database.rows('SELECT id FROM document')).toHaveLength(1)
    expect(await database.rows('SELECT id FROM snapshot')).toHaveLength(1)
    expect(await database.rows('SELECT url FROM sighting')).toHaveLength(2)
  })

  it('numbers other content of the same date as a revision after it', async () => {
    await store.history.accept(first)
    const { record } = await store.history.accept({ ...second, origin: first.origin })
    expect(record).toMatchObject({ fileDate: '2025-01-06', revision: 1, position: 2025010601 })
    expect((await store.history.at('Public', OPEN))?.id).toBe(record.id)
  })

  it('resolves a position to the newest file that is not after it', async () => {
    for (const entry of entries.slice(0, 3)) await store.history.accept(entry)
    const at = async (text: string) =>
      (await store.history.at('Public', lastPositionOf(date(text))))?.fileDate
    expect(await at('2025-01-05')).toBeUndefined()
    expect(await at('2025-01-06')).toBe('2025-01-06')
    expect(await at('2025-01-12')).toBe('2025-01-06')
    expect(await at('2030-01-01')).toBe('2025-01-20')
    const newest = await store.history.at('Public', OPEN)
    if (!newest) throw new Error('no snapshot')
    expect((await store.history.before('Public', newest.position))?.fileDate).toBe('2025-01-13')
    expect(await store.history.after('Public', newest.position)).toBeUndefined()
  })

  it('lists snapshots newest first, page after page', async () => {
    for (const entry of entries) await store.history.accept(entry)
    const all = await store.history.list({ limit: 100 })
    expect(all.map(({ fileDate }) => fileDate)).toEqual(feed.map((week) => week.fileDate).reverse())
    const page = await store.history.list({ cloud: 'Public', limit: 3 })
    const next = await store.history.list({ cloud: 'Public', limit: 3, after: page.at(-1)?.id })
    expect([...page, ...next]).toEqual(all.slice(0, 6))
    expect(await store.history.list({ cloud: 'China', limit: 3 })).toEqual([])
  })

  it('says the same rows whatever order the files arrive in', async () => {
    for (const entry of entries) await store.history.accept(entry)
    const [intervals, snapshots] = [await database.rows(INTERVALS), await database.rows(SNAPSHOTS)]
    expect(intervals.length).toBeGreaterThan(1_000)
    for (const seed of [1, 2, 3]) {
      await database.reset()
      const shuffled = database.freshStore()
      for (const entry of shuffle(entries, seed)) await shuffled.history.accept(entry)
      expect(await database.rows(INTERVALS)).toEqual(intervals)
      expect(await database.rows(SNAPSHOTS)).toEqual(snapshots)
    }
  })

  it('tells from its intervals alone what every snapshot said', async () => {
    for (const entry of shuffle(entries, 4)) await store.history.accept(entry)
    for (const record of await store.history.list({ limit: 100 })) {
      const said = await database.rows(`
        SELECT t.name AS tag, p.text FROM membership_interval m
        JOIN tag t ON t.id = m.tag_id JOIN prefix p ON p.id = m.prefix_id
        WHERE from_position <= ${record.position} AND until_position > ${record.position}
        ORDER BY 1, 2`)
      expect(said).toEqual(memberships(await store.history.load(record)))
      const tags = await database.rows(`
        SELECT count(*)::int AS n FROM tag_interval
        WHERE from_position <= ${record.position} AND until_position > ${record.position}`)
      expect(tags).toEqual([{ n: record.tags }])
    }
  })

  it('grows with what changes, not with weeks', async () => {
    for (const entry of entries.slice(0, 2)) await store.history.accept(entry)
    const before = await database.rows(INTERVALS)
    expect(feed[2]?.isNews).toBe(false)
    await store.history.accept(entryAt(2))
    expect(await database.rows(INTERVALS)).toEqual(before)
    for (const entry of entries.slice(3)) await store.history.accept(entry)
    const published = entries.reduce((sum, entry) => sum + entry.snapshot.memberships, 0)
    const rows = await database.rows('SELECT count(*)::int AS n FROM membership_interval')
    expect(rows[0]?.['n']).toBeLessThan(published / 4)
  })

  it('keeps a tag that has no prefixes', async () => {
    const text = smallDocument({
      values: [tagValue('AzureCloud', ['20.0.0.0/16']), tagValue('Empty', [])],
    })
    await store.history.accept(entryOf({ text, fileDate: first.origin.fileDate, fileName: 'f' }))
    const names = await database.rows(
      'SELECT name FROM tag_interval JOIN tag ON id = tag_id ORDER BY 1',
    )
    expect(names).toEqual([{ name: 'AzureCloud' }, { name: 'Empty' }])
  })

  it('publishes with a serial that only grows, also on the way back', async () => {
    const one = await store.publications.publish(first, publicationAfter(0))
    const two = await store.publications.publish(second, publicationAfter(1))
    expect([one.kind, two.kind]).toEqual(['published', 'published'])
    if (one.kind !== 'published') throw new Error('not published')
    const back = await store.publications.republish(one.record, {
      kind: 'rollback',
      publishedBy: 'a person',
      reason: 'the second broke the tunnel',
      expectedSerial: 2,
    })
    expect(back).toMatchObject({ kind: 'published', publication: { serial: 3, kind: 'rollback' } })
    expect((await store.publications.current('Public'))?.snapshotId).toBe(one.record.id)
    const serials = (await store.publications.list('Public', 10)).map(({ serial }) => serial)
    expect(serials).toEqual([3, 2, 1])
    expect((await store.history.at('Public', OPEN))?.fileDate).toBe('2025-01-13')
  })

  it('writes nothing when somebody else has published in between', async () => {
    await store.publications.publish(first, publicationAfter(0))
    const late = await store.publications.publish(second, publicationAfter(0))
    expect(late).toEqual({ kind: 'conflict', currentSerial: 1 })
    expect(await store.history.list({ limit: 10 })).toHaveLength(1)
    expect(await database.rows('SELECT id FROM document')).toHaveLength(1)
  })

  it('lets one of two writers at the same moment publish', async () => {
    const results = await Promise.all([
      store.publications.publish(first, publicationAfter(0)),
      database.freshStore().publications.publish(second, publicationAfter(0)),
    ])
    expect(results.map(({ kind }) => kind).sort()).toEqual(['conflict', 'published'])
    expect(await store.publications.list('Public', 10)).toHaveLength(1)
  })

  it('reads the whole history of a cloud at once, whatever order the files arrived in', async () => {
    for (const entry of shuffle(entries, 5)) await store.history.accept(entry)
    const chinese = makeFeed({ cloud: 'China', weeks: 1 }).map(entryOf)
    for (const entry of chinese) await store.history.accept(entry)
    const { records, timeline, version } = await store.timelines.read('Public')
    expect(records).toEqual((await store.history.list({ cloud: 'Public', limit: 100 })).reverse())
    const snapshots = entries.map(({ snapshot }, i) => {
      return { snapshot, position: records[i]?.position ?? OPEN }
    })
    expect(timeline).toEqual(timelineOf(snapshots))
    expect(version).toBe(await store.timelines.version('Public'))
  })

  it('has an empty timeline for a cloud without history', async () => {
    const { records, timeline, version } = await store.timelines.read('China')
    expect(records).toEqual([])
    expect(timeline.tags).toEqual([])
    expect(timeline.spanFrom).toHaveLength(0)
    expect(version).toBe(await store.timelines.version('China'))
  })

  it('tells by the version of a timeline when history has grown, also in its middle', async () => {
    const versions = [await store.timelines.version('Public')]
    for (const entry of [entryAt(0), entryAt(3), entryAt(1)]) {
      await store.history.accept(entry)
      versions.push(await store.timelines.version('Public'))
    }
    expect(new Set(versions).size).toBe(4)
    await store.history.accept(entryAt(1))
    expect(await store.timelines.version('Public')).toBe(versions.at(-1))
  })

  it('remembers the validators of the newest file with the URL they came from', async () => {
    await store.history.accept(first)
    const { url } = first.origin
    const { contentHash } = first.snapshot
    const validatorsOf = (hash?: string, at = url) => store.history.validatorsOf('Public', at, hash)
    expect(await validatorsOf(contentHash)).toMatchObject({ etag: `"${first.origin.fileName}"` })
    expect(await validatorsOf(contentHash, `${url}?other`)).toBeUndefined()
    expect(await validatorsOf(second.snapshot.contentHash)).toBeUndefined()
    expect(await validatorsOf()).toBeUndefined()
    await store.history.seenAgain('Public', first.origin)
    expect(await store.history.newestFileDate('Public')).toBe('2025-01-06')
    expect(await store.history.newestFileDate('China')).toBeUndefined()
    await store.history.accept(second)
    expect(await validatorsOf(contentHash)).toBeUndefined()
  })

  it('keeps one run per cloud under way and records what it came to', async () => {
    const wish = { cloud: 'Public', trigger: 'api', dryRun: false } as const
    const { run, joined } = await store.runs.request(wish)
    const again = await store.runs.request({ ...wish, trigger: 'schedule' })
    expect([joined, again.joined, again.run.id]).toEqual([false, true, run.id])
    const other = await store.runs.request({ ...wish, cloud: 'China' })
    expect(other.joined).toBe(false)
    expect(await store.runs.start(run.id)).toBe(true)
    await store.runs.finish(run.id, 'refused', { refusals: [{ path: 'values[0]' }] })
    expect(await store.runs.start(run.id)).toBe(false)
    expect(await store.runs.byId(run.id)).toMatchObject({
      state: 'finished',
      outcome: 'refused',
      detail: { refusals: [{ path: 'values[0]' }] },
    })
    expect((await store.runs.request({ ...wish, dryRun: true })).joined).toBe(false)
    expect((await store.runs.request(wish)).joined).toBe(false)
    expect(await store.runs.list({ cloud: 'Public', limit: 10 })).toHaveLength(3)
  })

  it('ends the runs a killed process left behind', async () => {
    const { run } = await store.runs.request({ cloud: 'Public', trigger: 'api', dryRun: false })
    expect(await store.runs.abandon(3600)).toBe(0)
    expect(await store.runs.abandon(0)).toBe(1)
    expect(await store.runs.byId(run.id)).toMatchObject({ state: 'finished', outcome: 'failed' })
  })

  it('holds a candidate outside of history, and replaces a waiting one', async () => {
    await store.history.accept(second)
    await store.holds.hold(first, heldVerdict('older than what is published'), 0)
    await store.holds.hold(first, heldVerdict('older than what is published'), 0)
    expect(await store.holds.hold(first, heldVerdict('too late'), 1)).toBeUndefined()
    const [hold, ...more] = await store.holds.list({ cloud: 'Public', limit: 10 })
    expect(more).toEqual([])
    expect(hold).toMatchObject({ state: 'waiting', fileDate: '2025-01-06' })
    expect(await store.history.list({ limit: 10 })).toHaveLength(1)
    await store.holds.hold(entryAt(3), heldVerdict('another'), 0)
    expect((await store.holds.list({ limit: 10 })).map(({ state }) => state)).toEqual([
      'waiting',
      'replaced',
    ])
  })

  it('keeps reasons and diff of a hold, where it came from, and who decided', async () => {
    await store.publications.publish(first, publicationAfter(0))
    const held = await store.holds.hold(second, heldVerdict('too much'), 1)
    if (!held) throw new Error('nothing is held')
    expect(held).toMatchObject({
      strategy: 'test',
      url: second.origin.url,
      reasons: [{ rule: 'withdrawal', text: 'too much' }],
      diff: { tagsChanged: 0 },
      decision: undefined,
    })
    const { snapshot } = second
    expect(await store.holds.lastDecided('Public', snapshot.contentHash)).toBeUndefined()
    expect(await store.history.loadHeld(held)).toEqual(snapshot)
    const decision = { by: 'A. Person', reason: 'looked at it' }
    expect(await store.publications.approve(held, second, approvalAfter(0), decision)).toEqual({
      kind: 'conflict',
      currentSerial: 1,
    })
    expect((await store.holds.byId(held.id))?.state).toBe('waiting')
    const approved = await store.publications.approve(held, second, approvalAfter(1), decision)
    expect(approved).toMatchObject({ kind: 'published', publication: { serial: 2 } })
    expect(await store.holds.byId(held.id)).toMatchObject({
      state: 'approved',
      decision: { ...decision, at: expect.any(Date) as Date },
    })
    const again = await store.publications.approve(held, second, approvalAfter(2), decision)
    expect(again).toEqual({ kind: 'decided', state: 'approved' })
    expect(await store.holds.reject(held, decision)).toEqual({ kind: 'decided', state: 'approved' })
    expect((await store.publications.current('Public'))?.serial).toBe(2)
    expect(await store.holds.lastDecided('Public', snapshot.contentHash)).toMatchObject({
      id: held.id,
      state: 'approved',
    })
    // Offered anew, it waits for a decision of its own.
    const offered = await store.holds.hold(second, heldVerdict('again'), 2)
    expect(offered).toMatchObject({ id: held.id, state: 'waiting', decision: undefined })
  })

  it('publishes additions with the hold, and takes them back when it is rejected', async () => {
    const result = await store.publications.publish(first, publicationAfter(0))
    if (result.kind !== 'published') throw new Error(result.kind)
    const verdict = heldVerdict('it removes too much')
    const additions = await store.publications.publishAdditions(second, verdict, result.record, {
      ...publicationAfter(1),
      kind: 'additions',
    })
    const [held] = await store.holds.list({ cloud: 'Public', state: 'waiting', limit: 10 })
    if (!held) throw new Error('nothing is held')
    expect(additions).toMatchObject({
      kind: 'published',
      publication: { serial: 2, kind: 'additions', additionsOf: held.id },
    })
    const stale = { ...publicationAfter(1), kind: 'additions' } as const
    const late = await store.publications.publishAdditions(second, verdict, result.record, stale)
    expect(late).toEqual({ kind: 'conflict', currentSerial: 2 })
    const decision = { by: 'A. Person', reason: 'not ours' }
    expect(await store.holds.reject(held, decision)).toMatchObject({
      kind: 'rejected',
      hold: { state: 'rejected' },
      publication: {
        serial: 3,
        kind: 'rejection',
        snapshotId: result.record.id,
        additionsOf: undefined,
        publishedBy: 'A. Person',
      },
    })
    // The same content again stays rejected.
    expect((await store.holds.hold(second, verdict, 3))?.state).toBe('rejected')
  })

  it('tells what was served within some days, and nothing from before a rollback or purge', async () => {
    for (const [serial, entry] of [first, second, entryAt(2)].entries()) {
      await store.publications.publish(entry, publicationAfter(serial))
    }
    await database.rows(
      `UPDATE publication SET published_at = now() - interval '30 days' WHERE serial = 1`,
    )
    await database.rows(
      `UPDATE publication SET published_at = now() - interval '10 days' WHERE serial = 2`,
    )
    await database.rows(
      `UPDATE publication SET published_at = now() - interval '5 days' WHERE serial = 3`,
    )
    const serials = async (days: number) =>
      (await store.publications.servedWithin('Public', days)).served.map(({ serial }) => serial)
    expect(await serials(0)).toEqual([3])
    expect(await serials(4)).toEqual([3])
    expect(await serials(6)).toEqual([3, 2])
    expect(await serials(14)).toEqual([3, 2, 1])
    const { now, served } = await store.publications.servedWithin('Public', 14)
    expect(Math.abs(now.getTime() - Date.now())).toBeLessThan(60_000)
    const [current, before] = served
    expect(current?.endedAt).toBeUndefined()
    expect(before?.endedAt).toEqual(current?.publishedAt)
    const record = await store.history.byId(current?.snapshotId ?? '')
    if (!record) throw new Error('no record')
    const purge = { ...publicationAfter(3), kind: 'purge' } as const
    await store.publications.republish(record, purge)
    expect(await serials(14)).toEqual([4])
    expect((await store.publications.servedWithin('China', 14)).served).toEqual([])
    expect((await store.publications.list('Public', 2, 4)).map(({ serial }) => serial)).toEqual([
      3, 2,
    ])
  })

  it('knows by its own clock when a rollback has ended', async () => {
    const result = await store.publications.publish(first, publicationAfter(0))
    if (result.kind !== 'published') throw new Error(result.kind)
    const until = new Date(Date.now() + 3_600_000)
    const rollback = { ...publicationAfter(1), kind: 'rollback', until } as const
    expect(await store.publications.republish(result.record, rollback)).toMatchObject({
      publication: { until },
    })
    expect(await store.publications.endedRollback('Public')).toBeUndefined()
    await database.rows(
      `UPDATE publication SET until = now() - interval '1 second' WHERE serial = 2`,
    )
    expect(await store.publications.endedRollback('Public')).toMatchObject({ serial: 2 })
    await store.publications.republish(result.record, { ...publicationAfter(2), kind: 'release' })
    expect(await store.publications.endedRollback('Public')).toBeUndefined()
  })

  it('takes interrupted runs up again, and ends interrupted dry runs', async () => {
    const wish = { cloud: 'Public', trigger: 'api', dryRun: false } as const
    const { run: real } = await store.runs.request(wish)
    await store.runs.start(real.id)
    const { run: dry } = await store.runs.request({ ...wish, dryRun: true })
    await database.rows(`UPDATE run SET requested_at = now() - interval '2 days'`)
    expect((await store.runs.requeue()).map(({ id }) => id)).toEqual([real.id])
    expect(await store.runs.byId(real.id)).toMatchObject({ state: 'queued' })
    expect(await store.runs.byId(dry.id)).toMatchObject({ state: 'finished', outcome: 'failed' })
    expect(await store.runs.abandon(900)).toBe(0)
    expect(await store.runs.start(real.id)).toBe(true)
  })

  it('remembers where the newest accepted file came from over HTTP', async () => {
    expect(await store.history.lastGood('Public')).toBeUndefined()
    await store.history.accept(second)
    await store.history.accept(first)
    const { url, fileDate } = second.origin
    expect(await store.history.lastGood('Public')).toEqual({ url, fileDate })
    const byHand = { ...entryAt(2), origin: { ...entryAt(2).origin, url: '/tmp/a.json' } }
    await store.history.accept(byHand)
    expect(await store.history.lastGood('Public')).toEqual({ url, fileDate })
  })

  it('keeps stored definitions', async () => {
    expect(await store.allowlists.put('mine', { tags: ['Storage'] })).toBe(true)
    expect(await store.allowlists.put('mine', { tags: ['Sql'] })).toBe(false)
    expect(await store.allowlists.list()).toMatchObject([
      { name: 'mine', definition: { tags: ['Sql'] } },
    ])
    expect(await store.allowlists.delete('mine')).toBe(true)
    expect(await store.allowlists.delete('mine')).toBe(false)
  })

  const violations: [string, string][] = [
    ['document_sha256_is_hex', `INSERT INTO document (sha256, size, body) VALUES ('x', 1, '')`],
    [
      'run_state_known',
      `INSERT INTO run (id, cloud, trigger, state) VALUES (gen_random_uuid(), 'c', 't', 'odd')`,
    ],
    [
      'run_finished_has_outcome',
      `INSERT INTO run (id, cloud, trigger, state) VALUES (gen_random_uuid(), 'c', 't', 'finished')`,
    ],
    [
      'run_outcome_known',
      `INSERT INTO run (id, cloud, trigger, state, outcome) VALUES (gen_random_uuid(), 'c', 't', 'finished', 'odd')`,
    ],
    ['membership_interval_goes_forward', 'INSERT INTO membership_interval VALUES (1, 1, 5, 5)'],
    [
      'publication_snapshot_id_fkey',
      `INSERT INTO publication VALUES ('c', 1, 'none', 'sync', 'x', 'y')`,
    ],
    ['tag_interval_tag_id_fkey', `INSERT INTO tag_interval VALUES (99, 1, 2, '', 0, '', '{}')`],
  ]
  it.each(violations)('has the database refuse what breaks %s', async (constraint, sql) => {
    await expect(database.rows(sql)).rejects.toThrow(constraint)
  })
}

function date(text: string): FileDate {
  const parsed = parseFileDate(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

function memberships(snapshot: Snapshot): { tag: string; text: string }[] {
  const pairs = [...snapshot.tags.values()].flatMap(({ name, prefixes }) =>
    prefixes.map(({ text }) => ({ tag: name, text })),
  )
  const key = ({ tag, text }: { tag: string; text: string }) => `${tag} ${text}`
  return pairs.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function shuffle<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed)
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const [a, b] = [shuffled[i], shuffled[j]]
    if (a !== undefined && b !== undefined) [shuffled[i], shuffled[j]] = [b, a]
  }
  return shuffled
}
