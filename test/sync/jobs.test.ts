import { PGlite } from '@electric-sql/pglite'
import { fromPglite, PgBoss, type ConstructorOptions } from 'pg-boss'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import pg from 'pg'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Cloud } from '../../src/core/cloud.ts'
import { createJobQueue } from '../../src/jobs/queue.ts'
import type { Fetched, Source } from '../../src/sources/contract.ts'
import type { Run, Store } from '../../src/store/contract.ts'
import { createStore } from '../../src/store/create-store.ts'
import { PrismaClient } from '../../src/store/generated/client.ts'
import { migrate } from '../../src/store/migrations.ts'
import { openStore } from '../../src/store/open.ts'
import { createJobs, type Jobs } from '../../src/sync/jobs.ts'
import { createRunner, type Runner } from '../../src/sync/runner.ts'
import { guardDeps } from '../support/guard.ts'
import { makeFeed } from '../support/feed.ts'
import { postgres, startPostgres, type PostgresServer } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'

interface JobDatabase {
  readonly store: Store
  readonly options: ConstructorOptions
  readonly close: () => Promise<void>
}

const log = pino({ level: 'silent' })

describe('the jobs on the embedded database', () => {
  let database: PGlite
  beforeAll(async () => {
    database = await PGlite.create()
    await migrate({
      exec: (sql) => database.exec(sql),
      query: (sql, parameters) => database.query(sql, [...parameters]),
    })
  })
  afterAll(() => database.close())

  jobsSuite(async () => {
    await database.exec('TRUNCATE run')
    const prisma = new PrismaClient({ adapter: new PrismaPGlite(database) })
    return {
      store: createStore(prisma),
      options: { db: fromPglite(database), backend: 'pglite' },
      close: () => prisma.$disconnect(),
    }
  })
})

describeWith([postgres], 'the jobs on PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  async function open(databaseUrl: string): Promise<JobDatabase> {
    const opened = await openStore({ dataDir: 'unused', databaseUrl })
    return { store: opened.store, options: opened.jobs, close: () => opened.close() }
  }

  jobsSuite(async () => open(await server.createDatabase()))

  it('of two processes are carried out once each, and one per cloud at a time', async () => {
    const url = await server.createDatabase()
    const source = countingSource()
    const processes = await Promise.all([open(url), open(url)])
    const workers = processes.map(({ store, options }) => workerOn(store, options, source))
    for (const { jobs } of workers) await jobs.start({ alone: false })
    const [one, other] = workers
    const observer = new PgBoss({ connectionString: url, supervise: false, schedule: false })
    await observer.start()
    if (!one || !other) throw new Error('two workers were asked for')

    // The same wish twice, as a retry after a lost answer makes it.
    const first = await request(one, 'Public')
    await source.reached(1)
    await other.jobs.enqueue(first)
    expect(await observer.fetch('sync', { groupConcurrency: 1 })).toEqual([])
    expect(await rows(url, `SELECT FROM pgboss.job WHERE state = 'active'`)).toHaveLength(1)
    source.release()
    await finished(one.store, first)

    const asked = [first]
    for (const cloud of ['China', 'Public', 'AzureGovernment', 'China', 'Public'] as const) {
      const by = asked.length % 2 === 0 ? one : other
      const run = await request(by, cloud)
      await (by === one ? other : one).jobs.enqueue(run)
      asked.push(run)
      await finished(by.store, run)
    }
    expect(source.fetched).toEqual(asked.map(({ cloud }) => cloud))
    expect(source.mostAtOnce()).toBe(1)

    await observer.stop()
    for (const { jobs } of workers) await jobs.stop()
    for (const { close } of processes) await close()
  })

  it('without the right to make their schema say where, why and what to run', async () => {
    const admin = await server.createDatabase()
    await rows(admin, 'CREATE ROLE mid LOGIN')
    await rows(admin, 'GRANT CREATE, USAGE ON SCHEMA public TO mid')
    const url = new URL(admin)
    url.username = 'mid'
    url.password = 's3cret'
    const { store, options, close } = await open(url.href)
    const refused = workerOn(store, options, countingSource())
    const sentence = new RegExp(
      `^the database at ${url.host}${url.pathname} .*: permission denied for database .*` +
        'GRANT CREATE ON DATABASE "test\\d+" TO "mid";',
    )
    const [waiting, start] = await Promise.allSettled([
      request(refused, 'Public'),
      refused.jobs.start({ alone: false }),
    ])
    for (const told of [waiting, start]) {
      expect(told).toMatchObject({
        status: 'rejected',
        reason: { code: 'cannot-start', message: expect.stringMatching(sentence) as string },
      })
      expect(JSON.stringify(told)).not.toContain('s3cret')
    }
    await rows(admin, `GRANT CREATE ON DATABASE "${url.pathname.slice(1)}" TO "mid"`)
    const allowed = workerOn(store, options, countingSource())
    await allowed.jobs.start({ alone: false })
    await allowed.jobs.stop()
    await close()
  })
})

function jobsSuite(open: () => Promise<JobDatabase>): void {
  let database: JobDatabase
  let store: Store
  let source: CountingSource
  let worker: Worker

  beforeEach(async () => {
    database = await open()
    store = database.store
    source = countingSource()
    worker = workerOn(store, database.options, source)
  })
  afterEach(async () => {
    await worker.jobs.stop()
    await database.close()
  })

  it('carry out a requested run, and it is recorded', async () => {
    source.release(weeklyFile())
    await worker.jobs.start({ alone: true })
    const run = await request(worker, 'Public')
    expect(await finished(store, run)).toMatchObject({ outcome: 'published' })
    expect(await store.publications.current('Public')).toMatchObject({ serial: 1 })
  })

  it('carry out a run that was put in before they had started', async () => {
    source.release()
    const early = request(worker, 'China')
    await worker.jobs.start({ alone: true })
    expect(await finished(store, await early)).toMatchObject({ detail: { reason: 'nothing here' } })
  })

  it('refuse a run that still waits for the start when they are stopped', async () => {
    const early = request(worker, 'China')
    const refused = expect(early).rejects.toThrow(/stopped before it had started/)
    await worker.jobs.stop()
    await refused
  })

  it('drop what a killed process left when nobody else can have it', async () => {
    await worker.jobs.start({ alone: true })
    await worker.jobs.stop()
    await leaveBehind(database, 'Public')
    await store.runs.abandon(0) // as the service does when it starts alone
    source.release()
    const next = workerOn(store, database.options, source)
    await next.jobs.start({ alone: true })
    const run = await request(next, 'Public')
    await finished(store, run)
    expect(source.fetched).toEqual(['Public'])
    await next.jobs.stop()
  })

  it('end a run that hangs in its fetch when they are stopped, and it is recorded', async () => {
    async function prepareLists(): Promise<void> {
      for (let i = 0; i < 200; i++) await store.runs.list({ limit: 1 })
    }
    worker = workerOn(store, database.options, source, prepareLists)
    await worker.jobs.start({ alone: true })
    const run = await request(worker, 'Public')
    await source.reached(1)
    await worker.jobs.stop()
    expect(await store.runs.byId(run.id)).toMatchObject({
      state: 'finished',
      outcome: 'failed',
      detail: { reason: 'stopped' },
    })
  })
}

interface Worker {
  readonly store: Store
  readonly runner: Runner
  readonly jobs: Jobs
}

function workerOn(
  store: Store,
  options: ConstructorOptions,
  source: Source,
  refresh = () => Promise.resolve(),
): Worker {
  const runner = createRunner({
    source,
    store,
    ...guardDeps(),
    log,
    now: () => new Date(),
    refresh,
  })
  return {
    store,
    runner,
    jobs: createJobs({
      queue: createJobQueue({ options, log }),
      runner,
      ping: () => store.runs.list({ limit: 1 }).then(() => undefined),
    }),
  }
}

async function request({ runner, jobs }: Worker, cloud: Cloud): Promise<Run> {
  const { run } = await runner.request({ cloud, trigger: 'api', dryRun: false })
  await jobs.enqueue(run)
  return run
}

/** The record of the run once it is finished. */
async function finished(store: Store, { id }: Run): Promise<Run | undefined> {
  await expect
    .poll(() => store.runs.byId(id), { timeout: 20_000 })
    .toMatchObject({ state: 'finished' })
  return store.runs.byId(id)
}

/** What a killed process leaves: a run under way, and its job that nobody works at. */
async function leaveBehind({ store, options }: JobDatabase, cloud: Cloud): Promise<void> {
  const { run } = await store.runs.request({ cloud, trigger: 'api', dryRun: false })
  const killed = new PgBoss({ ...options, supervise: false, schedule: false })
  await killed.start()
  await killed.send('sync', { runId: run.id }, { singletonKey: cloud })
  expect(await killed.fetch('sync')).toHaveLength(1)
  await killed.stop({ graceful: false })
}

interface CountingSource extends Source {
  /** The clouds that were asked for, in order. */
  readonly fetched: readonly Cloud[]
  /** How many fetches of one cloud were ever under way at the same time. */
  mostAtOnce(): number
  /** Resolves when this many fetches have begun. */
  reached(count: number): Promise<void>
  /** Lets all fetches end so, also those to come. */
  release(answer?: Fetched): void
}

/** A source whose fetches hang until they are released or told to end. */
function countingSource(): CountingSource {
  const fetched: Cloud[] = []
  const atWork = new Map<Cloud, number>()
  const released = Promise.withResolvers<Fetched>()
  let most = 0
  return {
    name: 'counting',
    description: 'counts',
    fetched,
    mostAtOnce: () => most,
    reached: (count) => expect.poll(() => fetched.length, { timeout: 20_000 }).toBe(count),
    release: (answer = { kind: 'unavailable', reason: 'nothing here' }) => released.resolve(answer),
    async fetch({ cloud, signal }) {
      fetched.push(cloud)
      const count = (atWork.get(cloud) ?? 0) + 1
      atWork.set(cloud, count)
      most = Math.max(most, count)
      const answer = await Promise.race([released.promise, ended(signal)])
      atWork.set(cloud, count - 1)
      return answer
    },
  }
}

function ended(signal: AbortSignal): Promise<Fetched> {
  return new Promise((resolve) => {
    const end = () => resolve({ kind: 'unavailable', reason: 'stopped' })
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })
}

function weeklyFile(): Fetched {
  const [week] = makeFeed({ seed: 3, weeks: 1 })
  if (!week) throw new Error('the feed has no week')
  const { text, fileName, fileDate } = week
  const origin = {
    strategy: 'test',
    url: `file:///${fileName}`,
    fileName,
    fileDate,
    validators: {},
  }
  return { kind: 'document', bytes: Buffer.from(text), origin }
}

async function rows(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const result = await client.query<Record<string, unknown>>(sql).finally(() => client.end())
  return result.rows
}
