/** The 42 real weekly files of all four clouds, imported as a person would. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CLOUDS, type Cloud } from '../../src/core/cloud.ts'
import { OPEN } from '../../src/core/file-date.ts'
import { changesBetween } from '../../src/history/changes.ts'
import { lookUp } from '../../src/history/lookup.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import { listWeeklyFiles, readBounded, type WeeklyFile } from '../../src/sources/weekly-files.ts'
import type { Store } from '../../src/store/contract.ts'
import { importFiles, publishNewest, type Imported } from '../../src/sync/import-files.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { postgres } from '../support/postgres.ts'
import { seededRandom } from '../support/random.ts'
import { guardDeps } from '../support/guard.ts'
import { describeWith, REAL_DATA, realData } from '../support/requirements.ts'

const MEGABYTE = 1024 * 1024

/** Everything history says, by names instead of keys. */
const HISTORY = [
  `SELECT id, cloud, file_date::text, revision, position, content_hash, change_number, tags, memberships
   FROM snapshot ORDER BY id`,
  'SELECT sha256, size FROM document ORDER BY sha256',
  'SELECT cloud, file_date::text, strategy, url FROM sighting ORDER BY cloud, file_date, url',
  `SELECT md5(string_agg(concat_ws(' ', t.cloud, t.name, p.text, from_position, until_position), E'\\n'
     ORDER BY t.cloud, t.name, p.text, from_position)), count(*)::int AS n
   FROM membership_interval JOIN tag t ON t.id = tag_id JOIN prefix p ON p.id = prefix_id`,
  `SELECT md5(string_agg(concat_ws(' ', cloud, name, from_position, until_position, region, region_id,
     system_service, network_features), E'\\n' ORDER BY cloud, name, from_position)), count(*)::int AS n
   FROM tag_interval JOIN tag ON id = tag_id`,
]

describeWith([realData, postgres], 'the real weekly files, imported', () => {
  let database: TestDatabase
  let store: Store
  let files: WeeklyFile[]
  let imported: Imported[]
  let grown: number

  beforeAll(async () => {
    database = await openTestDatabase('postgresql')
    store = database.freshStore()
    files = await listWeeklyFiles([REAL_DATA])
    const before = await databaseSize()
    imported = await importAll(store, files)
    await database.rows('CHECKPOINT')
    grown = (await databaseSize()) - before
  })
  afterAll(() => database.close())

  async function databaseSize(): Promise<number> {
    const [row] = await database.rows('SELECT pg_database_size(current_database())::int AS size')
    return Number(row?.['size'])
  }

  async function importAll(into: Store, given: readonly WeeklyFile[]): Promise<Imported[]> {
    const read = (file: WeeklyFile) => readBounded(file.path)
    const answers: Imported[] = []
    for await (const answer of importFiles(
      { store: into, ...guardDeps(), now: () => new Date(), read },
      given,
    )) {
      answers.push(answer)
    }
    for (const cloud of CLOUDS) await publishNewest(into, cloud, 'test')
    return answers
  }

  async function said(): Promise<unknown[]> {
    const answers = []
    for (const query of HISTORY) answers.push(await database.rows(query))
    return answers
  }

  it('are all accepted, in date order', () => {
    expect(imported).toHaveLength(42)
    expect(imported.filter(({ kind }) => kind !== 'accepted')).toEqual([])
    const dates = imported.map(({ file }) => file.fileDate)
    expect(dates).toEqual(dates.toSorted())
  })

  it('take at most 40 MB, documents included', () => {
    expect(grown / MEGABYTE).toBeLessThan(40)
  })

  it('make the newest file of each cloud current', async () => {
    const current = async (cloud: Cloud) => {
      const publication = await store.publications.current(cloud)
      return publication && (await store.history.byId(publication.snapshotId))?.fileDate
    }
    expect(await Promise.all(CLOUDS.map(current))).toEqual([
      '2025-10-28',
      '2026-07-20',
      '2026-07-20',
      '2022-03-07',
    ])
  })

  it('say again what they said when imported once more', async () => {
    const before = await said()
    const again = await importAll(store, files.slice(0, 5))
    expect(again.map((each) => each.kind === 'accepted' && each.isNew)).toEqual(
      again.map(() => false),
    )
    expect(await said()).toEqual(before)
  })

  it('answer diff and lookup about any day', async () => {
    const { history } = store
    const timelines = createTimelines(store.timelines)
    const ask = (from: string, to: string) =>
      changesBetween({ history, timelines }, { cloud: 'Public', from, to }).then(({ diff }) => diff)
    expect(await ask('2025-10-13', '2025-10-28')).toMatchObject({
      membershipsAdded: 170,
      membershipsRemoved: 119,
    })
    expect((await ask('2025-08-11', '2025-08-18')).isEmpty).toBe(true)
    expect((await ask('2025-02-17', '2025-03-03')).isEmpty).toBe(false)
    const [now] = await lookUp(timelines, '20.190.128.1', { clouds: ['Public'] })
    expect(now?.hits.map(({ tag }) => tag)).toContain('AzureActiveDirectory')
    const [then] = await lookUp(timelines, '20.190.128.1', { clouds: ['Public'], at: '2019-08-01' })
    expect(then?.snapshot.fileDate).toBe('2019-07-22')
    expect(then?.hits.map(({ tag }) => tag)).not.toContain('AzureActiveDirectory.ServiceEndpoint')
  })

  it('say the same, row for row, when they arrive in a shuffled order', async () => {
    const before = await said()
    await database.reset()
    const random = seededRandom(2026)
    const shuffled = files
      .map((file) => ({ file, key: random.below(1_000_000) }))
      .sort((a, b) => a.key - b.key)
      .map(({ file }) => file)
    expect(shuffled).not.toEqual(files)
    await importAll(database.freshStore(), shuffled)
    expect(await said()).toEqual(before)
    expect((await store.history.at('Public', OPEN))?.fileDate).toBe('2025-10-28')
  })
})
