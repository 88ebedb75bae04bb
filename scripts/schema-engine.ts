/**
 * Prisma's schema engine as WebAssembly, on an embedded database: says what separates a database
 * from prisma/schema.prisma, with no engine binary and no server. Used by the test that migrations
 * and schema agree, and to write a new migration (`npm run -s migration:diff`).
 */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PGlite } from '@electric-sql/pglite'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg'
import { PrismaPGlite } from 'pglite-prisma-adapter'

/** SQL that would bring the database to the schema; empty if they agree but for comments. */
export async function schemaDrift(database: PGlite, schemaFile: string): Promise<string> {
  await loadEngine()
  const content = await readFile(schemaFile, 'utf8')
  const schema = { files: [{ path: 'schema.prisma', content }], configDir: '.' }
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPGlite(database))
  const { SchemaEngine } = engine
  const run = await SchemaEngine.new(
    { datamodels: [['schema.prisma', content]] },
    () => {},
    adapter,
  )
  const { stdout } = await run.diff({
    from: { tag: 'schemaDatasource', ...schema },
    to: { tag: 'schemaDatamodel', files: schema.files },
    script: true,
    exitCode: null,
    filters: { externalTables: ['public._prisma_migrations'], externalEnums: [] },
  })
  run.free()
  return (stdout ?? '').replaceAll(/^--.*$/gm, '').trim()
}

/** Node has it; the type library that declares it is the browser's. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Readonly<Record<string, object>>,
  ): Promise<{ instance: { exports: Readonly<Record<string, unknown>> } }>
}

let loaded: Promise<void> | undefined

/** The package's entry point wants a bundler; the module is instantiated by hand instead. */
async function loadEngine(): Promise<void> {
  loaded ??= (async () => {
    const folder = dirname(fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm')))
    const file = join(folder, 'schema_engine_bg.wasm')
    const { instance } = await WebAssembly.instantiate(await readFile(file), {
      './schema_engine_bg.js': engine,
    })
    engine.__wbg_set_wasm(instance.exports)
    const start = instance.exports['__wbindgen_start']
    if (typeof start === 'function') Reflect.apply(start, undefined, [])
  })()
  await loaded
}
