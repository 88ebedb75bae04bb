/** The week of 2025-08-18 said nothing new under a higher change number. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { someFormats as exporters } from '../support/formats.ts'
import { createLists } from '../../src/lists/lists.ts'
import { createFolderSource } from '../../src/sources/folder.ts'
import { runOnce } from '../../src/sync/run-once.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { temporaryFolder } from '../support/folder.ts'
import { guardDeps } from '../support/guard.ts'
import { describeWith, REAL_DATA, realData } from '../support/requirements.ts'
import { seenOf } from '../support/list-bytes.ts'

describeWith([realData], 'the real zero-change week', () => {
  let database: TestDatabase

  beforeAll(async () => {
    database = await openTestDatabase('embedded')
  })
  afterAll(() => database.close())

  it('moves no byte, ETag or Last-Modified of any list, with a restart in between', async () => {
    const folder = temporaryFolder()
    const sync = async (date: string) => {
      const name = `ServiceTags_Public_${date}.json.gz`
      copyFileSync(join(REAL_DATA, name), join(folder, name))
      const deps = {
        source: createFolderSource(folder),
        store: database.freshStore(),
        ...guardDeps(),
        now: () => new Date(),
      }
      const { signal } = new AbortController()
      return runOnce(deps, {
        cloud: 'Public',
        dryRun: false,
        requestedBy: 'test',
        signal,
        record: () => undefined,
      })
    }
    const everyList = async () => {
      const lists = createLists({
        store: database.freshStore(),
        clouds: ['Public'],
        exporters,
        settings: {
          RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080',
          RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
        },
        log: pino({ level: 'silent' }),
      })
      await lists.refresh()
      return Promise.all(
        ['app-proxy', 'app-proxy-ip'].flatMap((list) =>
          exporters
            .filter(({ name }) => list === 'app-proxy-ip' || name !== 'text')
            .map(({ name }) => seenOf(lists.current(list, name))),
        ),
      )
    }
    expect((await sync('20250811')).kind).toBe('published')
    const before = await everyList()
    expect(before).toHaveLength(7)
    expect(await sync('20250818')).toMatchObject({ kind: 'unchanged', fileDate: '2025-08-18' })
    expect(await everyList()).toEqual(before)
    expect((await sync('20250825')).kind).toBe('published')
    expect(await everyList()).not.toEqual(before)
  })
})
