/**
 * Opens the database, embedded or PostgreSQL, brings it to the newest migration and gives the
 * store on it. The only file that knows there are two engines.
 */
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { fromPglite, type ConstructorOptions } from 'pg-boss'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { messageOf, RangewardenError } from '../core/errors.ts'
import { createStore } from './create-store.ts'
import type { Store } from './contract.ts'
import { lockFolder } from './folder-lock.ts'
import { PrismaClient } from './generated/client.ts'
import { CHANNEL, listenToServer, type Listening } from './listen.ts'
import { migrate } from './migrations.ts'
import type { Enqueue, Outbox } from './outbox.ts'

export interface OpenStore {
  readonly store: Store
  /** `embedded` or `postgresql`, for people. */
  readonly engine: 'embedded' | 'postgresql'
  /** What pg-boss needs to keep its jobs in the same database. */
  readonly jobs: ConstructorOptions
  /** From now on, transactions that record or tell events put jobs in the queue. */
  enqueueWith(enqueue: Enqueue): void
  /**
   * Calls back with the name of a table whenever a transaction of any process has changed it:
   * publication, allowlist, hold or event. What a lost connection missed is made up for by `missed`,
   * called whenever the connection is there (again).
   */
  listen(changed: (table: string) => void, missed: () => void): Promise<Listening>
  /** Tells other processes on this data folder where the service listens. */
  announce(url: string): void
  /** Answers if the database does. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface OpenOptions {
  readonly dataDir: string
  readonly databaseUrl?: string | undefined
}

/** @throws RangewardenError `cannot-start` or `database-unavailable`, with the fix in the message */
export function openStore({ dataDir, databaseUrl }: OpenOptions): Promise<OpenStore> {
  return databaseUrl === undefined ? openEmbedded(dataDir) : openPostgreSQL(databaseUrl)
}

/** The oldest PostgreSQL whose rules the migrations and their tests follow. */
const OLDEST_POSTGRESQL = 15

/** How long a start waits for a PostgreSQL that does not answer. */
const CONNECT_TIMEOUT_MS = 10_000

/** No statement takes that long; a server that says nothing any more is taken for gone. */
const QUERY_TIMEOUT_MS = 30_000

/** Its statements are short; every replica has as many. */
const QUEUE_CONNECTIONS = 4

/** Of every pool: a connection that has fallen silent fails what waits for it, and is replaced. */
const PATIENCE = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  query_timeout: QUERY_TIMEOUT_MS,
}

async function openEmbedded(dataDir: string): Promise<OpenStore> {
  const lock = await lockFolder(dataDir)
  try {
    const database = await PGlite.create({ dataDir: join(dataDir, 'pg') })
    await migrate({
      exec: (sql) => database.exec(sql),
      query: (sql, parameters) => database.query(sql, [...parameters]),
    })
    const prisma = new PrismaClient({ adapter: new PrismaPGlite(database) })
    const outbox: Outbox = { enqueue: undefined }
    return {
      store: createStore(prisma, outbox),
      engine: 'embedded',
      jobs: { db: fromPglite(database), backend: 'pglite' },
      enqueueWith: (enqueue) => void (outbox.enqueue = enqueue),
      async listen(changed, missed) {
        const end = await database.listen(CHANNEL, changed)
        missed()
        return { stop: () => end() }
      },
      announce: (url) => lock.announce(url),
      ping: () => answer(prisma),
      async close() {
        await prisma.$disconnect()
        await database.close()
        lock.release()
      },
    }
  } catch (cause) {
    lock.release()
    if (cause instanceof RangewardenError) throw cause
    throw new RangewardenError(
      'cannot-start',
      `the embedded database in ${dataDir} does not open: ${messageOf(cause)}`,
      { dataDir },
      { cause },
    )
  }
}

async function openPostgreSQL(databaseUrl: string): Promise<OpenStore> {
  await migrateServer(databaseUrl)
  const prisma = new PrismaClient({
    adapter: new PrismaPg({
      connectionString: databaseUrl,
      ...PATIENCE,
    }),
  })
  const outbox: Outbox = { enqueue: undefined }
  return {
    store: createStore(prisma, outbox),
    engine: 'postgresql',
    jobs: { connectionString: databaseUrl, max: QUEUE_CONNECTIONS, ...PATIENCE },
    enqueueWith: (enqueue) => void (outbox.enqueue = enqueue),
    listen: (changed, missed) => Promise.resolve(listenToServer(databaseUrl, changed, missed)),
    announce: () => undefined,
    ping: () => answer(prisma),
    close: () => prisma.$disconnect(),
  }
}

async function answer(prisma: PrismaClient): Promise<void> {
  await prisma.$queryRaw`SELECT 1`
}

async function migrateServer(databaseUrl: string): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => undefined) // a lost connection fails the query that runs on it
  try {
    await client.connect()
  } catch (cause) {
    throw new RangewardenError(
      'database-unavailable',
      `the database at ${placeOf(databaseUrl)} (DATABASE_URL) does not answer: ${messageOf(cause)}. ` +
        'Start it, or unset DATABASE_URL to use the embedded database.',
      {},
      { cause },
    )
  }
  try {
    await requireVersion(client, databaseUrl)
    await migrate({
      exec: (sql) => client.query(sql),
      query: (sql, parameters) => client.query(sql, [...parameters]),
    })
  } catch (cause) {
    throw databaseRefusal(databaseUrl, cause)
  } finally {
    await client.end()
  }
}

async function requireVersion(client: pg.Client, databaseUrl: string): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num')
  const version = Math.floor(Number(rows[0]?.server_version_num) / 10_000)
  if (version >= OLDEST_POSTGRESQL) return
  throw new RangewardenError(
    'cannot-start',
    `the database at ${placeOf(databaseUrl)} (DATABASE_URL) is PostgreSQL ${version}: ` +
      `${OLDEST_POSTGRESQL} or later is needed. ` +
      'Upgrade it, or unset DATABASE_URL to use the embedded database.',
    { version },
  )
}

/** insufficient_privilege, and invalid_schema_name: no schema at all that the role may use. */
const WITHOUT_RIGHTS: readonly unknown[] = ['42501', '3F000']

/**
 * What a PostgreSQL that answers said while tables were made in it, as `cannot-start`: where, why,
 * and for a role without rights the grants to run. An error for callers is given back as it is.
 */
export function databaseRefusal(databaseUrl: string, cause: unknown): RangewardenError {
  if (cause instanceof RangewardenError) return cause
  const why =
    `the database at ${placeOf(databaseUrl)} (DATABASE_URL) cannot be prepared: ` + messageOf(cause)
  const state = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const fix = WITHOUT_RIGHTS.includes(state) ? `. ${grantsFor(databaseUrl)}` : ''
  return new RangewardenError('cannot-start', why + fix, {}, { cause })
}

/** Everything a start needs, the schema of the job queue too, so that nobody has to try twice. */
function grantsFor(databaseUrl: string): string {
  const { user = '', database = '' } = new pg.Client({ connectionString: databaseUrl })
  const role = pg.escapeIdentifier(user)
  return (
    'Run in it as an administrator: ' +
    `GRANT CREATE ON DATABASE ${pg.escapeIdentifier(database)} TO ${role}; ` +
    `GRANT USAGE, CREATE ON SCHEMA public TO ${role}; ` +
    'or name the role that owns the database and what is in it.'
  )
}

/** Host and database of a URL, without the password. */
function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'an address that is not a URL'
  const { host, pathname } = new URL(databaseUrl)
  return host + pathname
}
