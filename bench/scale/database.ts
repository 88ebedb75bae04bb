/** A PostgreSQL server of the measurement's own: what its databases take, and what it works. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../../test/support/postgres.ts'
import { serverProcessorMs } from './processor.ts'

export interface Server {
  /** `PostgreSQL 15.18` */
  readonly version: string
  /** Milliseconds of all its processes. */
  processorMs(): number
  setting(name: string): Promise<number>
  createDatabase(): Promise<Database>
  /** With every connection of ours. */
  stop(): Promise<void>
}

export interface Database {
  readonly url: string
  /** The first column of the first row, as a number. */
  number(sql: string): Promise<number>
  text(sql: string): Promise<string>
  run(sql: string): Promise<void>
  /** Bytes of tables with their indexes and what is stored out of line. */
  sizeOf(tables: readonly string[]): Promise<number>
  /** Bytes of the whole database, after dead rows were cleared away. */
  size(): Promise<number>
  /** Lets rows that are dead be used again, as a server does by itself before long. */
  vacuum(): Promise<void>
}

export async function startServer(): Promise<Server> {
  const server = await startPostgres()
  const clients: pg.Client[] = []

  async function connect(url: string): Promise<Database> {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    await client.connect()
    clients.push(client)
    const text = async (sql: string): Promise<string> => {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
      return String(rows[0]?.[0])
    }
    const number = async (sql: string): Promise<number> => Number(await text(sql))
    const run = async (sql: string): Promise<void> => {
      await client.query(sql)
    }
    return {
      url,
      number,
      text,
      run,
      sizeOf: (tables) =>
        number(`SELECT ${tables.map((name) => `pg_total_relation_size('${name}')`).join(' + ')}`),
      async size() {
        await run('VACUUM')
        return number('SELECT pg_database_size(current_database())')
      },
      vacuum: () => run('VACUUM ANALYZE'),
    }
  }

  let postmaster = 0
  // Whatever ends us; what is left of it is a folder.
  const kill = (): void => {
    if (postmaster > 0) process.kill(postmaster, 'SIGINT')
  }
  process.once('exit', kill)

  async function stop(): Promise<void> {
    process.removeListener('exit', kill)
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
    await server.stop()
  }

  try {
    const first = await connect(server.url)
    const folder = await first.text(`SELECT current_setting('data_directory')`)
    const [line = ''] = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
    postmaster = Number(line)
    const version = await first.text(`SELECT split_part(current_setting('server_version'), ' ', 1)`)
    return {
      version: `PostgreSQL ${version}`,
      processorMs: () => serverProcessorMs(postmaster),
      setting: (name) => first.number(`SELECT current_setting('${name}')`),
      createDatabase: async () => connect(await server.createDatabase()),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
