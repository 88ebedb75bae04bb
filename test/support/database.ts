/** The store on a real database: embedded in memory, or a PostgreSQL server's. Same migrations, same code. */
import { PGlite } from '@electric-sql/pglite'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import type { Store } from '../../src/store/contract.ts'
import { createStore } from '../../src/store/create-store.ts'
import { PrismaClient } from '../../src/store/generated/client.ts'
import { migrate } from '../../src/store/migrations.ts'
import { startPostgres } from './postgres.ts'

export interface TestDatabase {
  /** A store with nothing remembered in memory. */
  freshStore(): Store
  rows(sql: string): Promise<Record<string, unknown>[]>
  /** Empties every table. */
  reset(): Promise<void>
  close(): Promise<void>
}

export const ENGINES = ['embedded', 'postgresql'] as const

export function openTestDatabase(engine: (typeof ENGINES)[number]): Promise<TestDatabase> {
  return engine === 'embedded' ? openEmbedded() : openPostgres()
}

async function openEmbedded(): Promise<TestDatabase> {
  const database = await PGlite.create()
  await migrate({
    exec: (sql) => database.exec(sql),
    query: (sql, parameters) => database.query(sql, [...parameters]),
  })
  const prisma = new PrismaClient({ adapter: new PrismaPGlite(database) })
  const rows = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows
  return {
    freshStore: () => createStore(prisma),
    rows,
    reset: () => emptyTables(rows),
    async close() {
      await prisma.$disconnect()
      await database.close()
    },
  }
}

async function openPostgres(): Promise<TestDatabase> {
  const server = await startPostgres()
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await migrate({
    exec: (sql) => client.query(sql),
    query: (sql, parameters) => client.query(sql, [...parameters]),
  })
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: server.url }) })
  const rows = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows
  return {
    freshStore: () => createStore(prisma),
    rows,
    reset: () => emptyTables(rows),
    async close() {
      await prisma.$disconnect()
      await client.end()
      await server.stop()
    },
  }
}

async function emptyTables(rows: TestDatabase['rows']): Promise<void> {
  const tables = await rows(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`,
  )
  const names = tables.map(({ tablename }) => `"${String(tablename)}"`)
  await rows(`TRUNCATE ${names.join(', ')} RESTART IDENTITY CASCADE`)
}
