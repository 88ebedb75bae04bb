/** Prints the SQL that the next migration needs: migrations applied to an empty database, against the schema. */
import { PGlite } from '@electric-sql/pglite'
import { readMigrations } from '../src/store/migrations.ts'
import { schemaDrift } from './schema-engine.ts'

const database = await PGlite.create()
for (const { sql } of readMigrations()) await database.exec(sql)
console.log(await schemaDrift(database, 'prisma/schema.prisma'))
await database.close()
