/**
 * Applies prisma/migrations in order, once each, and records them in Prisma's own table, so that
 * `prisma migrate status` and this service agree. Prisma's own engine needs a binary that closed
 * networks cannot fetch; the files and the table are the same.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RangewardenError } from '../core/errors.ts'
import { packageFile } from '../package-file.ts'

export interface Migration {
  /** Folder name, which is also the order. */
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

/** A connection that runs several statements at once, and one query with parameters. */
export interface MigrationConnection {
  exec(sql: string): Promise<unknown>
  query(sql: string, parameters: readonly string[]): Promise<{ rows: readonly unknown[] }>
}

const FOLDER = fileURLToPath(packageFile('prisma/migrations/'))

/** As Prisma creates it. */
const TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`

/** Any number nobody else uses: held while migrating, so that replicas queue. */
const LOCK = 7_264_391

export function readMigrations(): Migration[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(`${FOLDER}/${name}/migration.sql`, 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/**
 * Brings the database to the newest migration in one transaction and returns the names applied.
 * Refuses a database that a newer version of the service has migrated.
 */
export async function migrate(connection: MigrationConnection): Promise<string[]> {
  await connection.exec('BEGIN')
  try {
    await connection.exec(`SELECT pg_advisory_xact_lock(${LOCK})`)
    const applied = await applyPending(connection, readMigrations())
    await connection.exec('COMMIT')
    return applied
  } catch (error) {
    // A connection that is gone cannot roll back, and its server has; the cause is what counts.
    await connection.exec('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function applyPending(
  connection: MigrationConnection,
  migrations: readonly Migration[],
): Promise<string[]> {
  await connection.exec(TABLE)
  const done = await appliedNames(connection)
  const unknown = [...done].filter((name) => !migrations.some((known) => known.name === name))
  if (unknown.length > 0) {
    throw new RangewardenError(
      'cannot-start',
      `the database was migrated by a newer version (${unknown.join(', ')}): start that version`,
    )
  }
  const pending = migrations.filter(({ name }) => !done.has(name))
  for (const { name, sql, checksum } of pending) {
    await connection.exec(sql)
    await connection.query(
      `INSERT INTO "_prisma_migrations"
         (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    )
  }
  return pending.map(({ name }) => name)
}

async function appliedNames(connection: MigrationConnection): Promise<Set<string>> {
  const { rows } = await connection.query(
    'SELECT migration_name FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
    [],
  )
  return new Set(rows.map((row) => (row as { migration_name: string }).migration_name))
}
