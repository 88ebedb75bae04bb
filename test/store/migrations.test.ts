import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schemaDrift } from '../../scripts/schema-engine.ts'
import { migrate, readMigrations, type MigrationConnection } from '../../src/store/migrations.ts'

describe('the migrations', () => {
  let database: PGlite
  let connection: MigrationConnection

  beforeAll(async () => {
    database = await PGlite.create()
    connection = {
      exec: (sql) => database.exec(sql),
      query: (sql, parameters) => database.query(sql, [...parameters]),
    }
  })
  afterAll(() => database.close())

  it('are applied once, in order, and recorded in the table Prisma reads', async () => {
    const names = readMigrations().map(({ name }) => name)
    expect(names.length).toBeGreaterThan(0)
    expect(await migrate(connection)).toEqual(names)
    expect(await migrate(connection)).toEqual([])
    const { rows } = await database.query(
      'SELECT migration_name, checksum FROM "_prisma_migrations" WHERE finished_at IS NOT NULL',
    )
    expect(rows).toEqual(
      readMigrations().map(({ name, checksum }) => ({ migration_name: name, checksum })),
    )
  })

  it('make the database that schema.prisma describes', async () => {
    expect(await schemaDrift(database, 'prisma/schema.prisma')).toBe('')
  })

  it('are found to differ when the database does', async () => {
    await database.exec('ALTER TABLE run ADD COLUMN odd text')
    expect(await schemaDrift(database, 'prisma/schema.prisma')).toContain('DROP COLUMN "odd"')
    await database.exec('ALTER TABLE run DROP COLUMN odd')
  })

  it('refuse a database that a newer version has migrated', async () => {
    await database.exec(`
      INSERT INTO "_prisma_migrations" (id, checksum, migration_name) VALUES ('x', 'y', '29990101_later')`)
    await expect(migrate(connection)).rejects.toThrow(/newer version \(29990101_later\)/)
  })

  it('tell why they failed, also when the connection is lost by then', async () => {
    const lost: MigrationConnection = {
      ...connection,
      async exec(sql) {
        const result = await database.exec(sql)
        if (sql === 'ROLLBACK') throw new Error('the connection is lost')
        return result
      },
    }
    await database.exec('ALTER TABLE "_prisma_migrations" RENAME COLUMN migration_name TO odd')
    await expect(migrate(lost)).rejects.toThrow(/"migration_name" does not exist/)
    await database.exec('ALTER TABLE "_prisma_migrations" RENAME COLUMN odd TO migration_name')
  })
})
