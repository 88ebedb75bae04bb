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
import { RangewardenError } from '../core/errors.ts'
import { createStore } from './create-store.ts'
import { type Store } from './contract.ts'
import { lockFolder } from './folder-lock.ts'
import { PrismaClient } from './generated/client.ts'
import { migrate } from './migrations.ts'

export interface OpenStore {
  readonly store: Store
  /** `embedded` or `postgresql`, for people. */
  readonly engine: 'embedded' | 'postgresql'
  /** What pg-boss needs to keep its jobs in the same database. */
  readonly jobs: ConstructorOptions
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

/** How long a start waits for a PostgreSQL that does not answer. */
const CONNECT_TIMEOUT_MS = 10_000

async function openEmbedded(dataDir: string): Promise<OpenStore> {
  const lock = await lockFolder(dataDir)
  try {
    const database = await PGlite.create({ dataDir: join(dataDir, 'pg') })
    await migrate({
      exec: (sql) => database.exec(sql),
      query: (sql, parameters) => database.query(sql, [...parameters]),
    })
    const prisma = new PrismaClient({ adapter: new PrismaPGlite(database) })
    return {
      store: createStore(prisma),
      engine: 'embedded',
      jobs: { db: fromPglite(database), backend: 'pglite' },
      announce: lock.announce,
      ping: async () => void (await prisma.$queryRaw`SELECT 1`),
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
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    }),
  })
  return {
    store: createStore(prisma),
    engine: 'postgresql',
    jobs: { connectionString: databaseUrl },
    announce: () => undefined,
    ping: async () => void (await prisma.$queryRaw`SELECT 1`),
    close: () => prisma.$disconnect(),
  }
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
    await migrate({
      exec: (sql) => client.query(sql),
      query: (sql, parameters) => client.query(sql, [...parameters]),
    })
  } finally {
    await client.end()
  }
}

/** Host and database of a URL, without the password. */
function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'an address that is not a URL'
  const { host, pathname } = new URL(databaseUrl)
  return host + pathname
}

/** A refused connection to `localhost` is an AggregateError without a message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
