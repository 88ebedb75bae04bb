/**
 * A whole service with a publisher of its own: real HTTP on loopback, real source, guard, run
 * records, embedded database, and the lists that devices get. Nobody decides anything in it.
 */
import { createHash } from 'node:crypto'
import { pino } from 'pino'
import type { Dispatcher } from 'undici'
import { someFormats as exporters } from '../support/formats.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import { policies } from '../../src/core/guard-policy.ts'
import { createLists, type Lists } from '../../src/lists/lists.ts'
import { namedTags } from '../../src/lists/named-tags.ts'
import type { StoredList } from '../../src/lists/prepared-list.ts'
import { createDispatcher } from '../../src/sources/dispatcher.ts'
import { createMicrosoftSource, MICROSOFT_LIMITS } from '../../src/sources/microsoft.ts'
import type { Hold, Publication, Run, Store } from '../../src/store/contract.ts'
import { createRunner, type Runner } from '../../src/sync/runner.ts'
import type { TestDatabase } from '../support/database.ts'
import { createDoor } from '../support/faults.ts'
import type { WeeklyDocument } from '../support/feed.ts'
import {
  bytes,
  filePath,
  startPublisher,
  status,
  validated,
  weeklyPage,
  type Behaviour,
} from '../support/publisher.ts'
import { bytesOf } from '../support/list-bytes.ts'
import { LATEST, PAGE, type Stage } from './cell.ts'

const DAY_MS = 86_400_000

/** Short enough for tests, long enough for a busy machine that answers at once. */
const LIMITS = {
  ...MICROSOFT_LIMITS,
  http: { totalMs: 1500, headersMs: 500, silenceMs: 500, redirects: 5 },
}

const SETTINGS = {
  RANGEWARDEN_PAC_PROXY: 'PROXY proxy.example:8080',
  RANGEWARDEN_PAC_FALLBACK: 'DIRECT',
}

/** Everything a device could see move. */
export interface HandedOut {
  readonly publications: readonly Publication[]
  readonly lists: Readonly<Record<string, ListFacts>>
}

interface ListFacts {
  readonly sha256: string
  readonly etags: readonly string[]
  readonly lastModified: string | undefined
  readonly snapshot: string | undefined
}

export interface Site extends Stage {
  /** Origins that may be asked. */
  readonly allowed: readonly string[]
  /** Origins that anything was asked of. */
  readonly asked: ReadonlySet<string>
  /** A run as the schedule starts it, and its record. */
  run(): Promise<Run>
  handedOut(): Promise<HandedOut>
  /** Candidates that wait for a person. */
  waiting(): Promise<readonly Hold[]>
  /** From now on this week is the published one, and nothing else is wrong. */
  passOn(weeks: number): void
  close(): Promise<void>
}

/** A service that has published two weeks. */
export async function openSite(
  database: TestDatabase,
  feed: readonly WeeklyDocument[],
): Promise<Site> {
  const [publisher, elsewhere, mirror] = [
    await startPublisher(),
    await startPublisher(),
    await startPublisher(),
  ]
  const door = await createDoor(publisher.origin)
  const asked = new Set<string>()
  const dispatcher = guarded(createDispatcher({}), asked)
  const store = database.freshStore()
  let [published, now] = [0, new Date(0)]
  const { runner, lists } = createService({
    store,
    dispatcher,
    publisherUrl: door.origin,
    mirrorUrl: mirror.origin,
    now: () => now,
  })
  const week = (i: number): WeeklyDocument => {
    const document = feed[published + i]
    if (!document) throw new Error(`the feed has no week ${published + i}`)
    return document
  }
  const dateOf = (i: number): string => week(i).fileDate.replaceAll('-', '')
  const file = (i: number): string => filePath('Public', dateOf(i))
  const pageOf = (i: number): string => weeklyPage('Public', [dateOf(i)])
  /** Files appear some days after their date, and time goes on only. */
  const passTo = (i: number): void => {
    const day = new Date(Date.parse(week(i).fileDate) + 4 * DAY_MS)
    if (day > now) now = day
  }
  const site: Site = {
    publisher,
    elsewhere,
    mirror,
    door,
    week,
    file,
    pageOf,
    offer(i, behaviour = wellServed(week(i))) {
      passTo(i)
      publisher.answer(PAGE, bytes(pageOf(i)))
      publisher.answer(file(i), behaviour)
    },
    everywhere(behaviour) {
      passTo(1)
      for (const path of [PAGE, LATEST, file(0), file(1)]) publisher.answer(path, behaviour)
    },
    page(behaviour) {
      passTo(1)
      publisher.answer(PAGE, behaviour)
    },
    allowed: [door.origin, mirror.origin],
    asked,
    async run() {
      const wish = { cloud: 'Public', trigger: 'schedule', dryRun: false } as const
      const { id } = (await runner.request(wish)).run
      await runner.perform(id, new AbortController().signal)
      const run = await store.runs.byId(id)
      if (!run) throw new Error('the run was not recorded')
      return run
    },
    handedOut: async () => ({
      publications: await store.publications.list('Public', 200),
      lists: await factsOf(lists),
    }),
    waiting: () => store.holds.list({ cloud: 'Public', state: 'waiting', limit: 10 }),
    passOn(weeks) {
      published += weeks
      site.offer(0)
      publisher.answer(LATEST, status(404))
      mirror.answer(PAGE, status(404))
    },
    async close() {
      await dispatcher.destroy()
      await door.close()
      await publisher.close()
      await elsewhere.close()
      await mirror.close()
    },
  }
  for (const next of [0, 1]) {
    site.passOn(next)
    const { outcome, detail } = await site.run()
    if (outcome !== 'published') throw new Error(`${outcome}: ${JSON.stringify(detail)}`)
  }
  return site
}

/** As a file server answers: with validators, and 304 for those who have the file. */
function wellServed({ fileName, fileDate, text }: WeeklyDocument): Behaviour {
  return validated(text, `"${fileName}"`, new Date(fileDate).toUTCString())
}

interface ServiceDeps {
  readonly store: Store
  readonly dispatcher: Dispatcher
  readonly publisherUrl: string
  readonly mirrorUrl: string
  readonly now: () => Date
}

function createService({ store, dispatcher, publisherUrl, mirrorUrl, now }: ServiceDeps): {
  runner: Runner
  lists: Lists
} {
  const log = pino({ level: 'silent' })
  const lists = createLists({ store, clouds: ['Public'], exporters, settings: SETTINGS, log })
  const options = { version: '0', dispatcher, limits: LIMITS, publisherUrl, mirrorUrl }
  const source = createMicrosoftSource(options)
  const runner = createRunner({
    source,
    store,
    policyOf: () => policies.cautious,
    namedTags: (snapshot) => namedTags(store, ['Public'], snapshot),
    log,
    now,
    refresh: lists.refresh,
  })
  return { runner, lists }
}

/** A way out that tells whom it was used for, and leads to this machine only, whatever is wrong. */
function guarded(dispatcher: Dispatcher, asked: Set<string>): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const origin = String(options.origin)
    asked.add(origin)
    if (new URL(origin).hostname !== '127.0.0.1') throw new Error(`${origin} is not of this test`)
    return dispatch(options, handler)
  })
}

/** Of every list in every format that can carry it. */
async function factsOf(lists: Lists): Promise<Record<string, ListFacts>> {
  const facts: Record<string, ListFacts> = {}
  for (const { name } of lists.definitions()) {
    for (const exporter of exporters) {
      const list = current(lists, name, exporter.name)
      if (!list) continue
      const { identity, gzip, br } = (await bytesOf(list)).representations
      facts[`${name} as ${exporter.name}`] = {
        sha256: createHash('sha256').update(identity.body).digest('hex'),
        etags: [identity.etag, gzip.etag, br.etag],
        lastModified: list.lastModified,
        snapshot: list.snapshotId,
      }
    }
  }
  return facts
}

/** Undefined where the format refuses the list. */
function current(lists: Lists, name: string, format: string): StoredList | undefined {
  try {
    return lists.current(name, format)
  } catch (error) {
    if (error instanceof RangewardenError && error.code === 'export-refused') return undefined
    throw error
  }
}
