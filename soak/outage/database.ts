/**
 * The PostgreSQL server of the proof, taken away in two ways: killed, so that connections end, and
 * stopped where it stands, so that nothing ends and nothing answers.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { crashing } from '../../test/support/crashing-postgres.ts'
import { startPostgres } from '../../test/support/postgres.ts'

export type OutageKind = 'killed' | 'hanging'

export interface OutageDatabase {
  readonly url: string
  takeAway(kind: OutageKind): Promise<void>
  /** When this is done it answers, with everything that was committed. */
  bringBack(): Promise<void>
  /** While it is there. */
  rows<T extends object>(sql: string): Promise<T[]>
  stop(): Promise<void>
}

export async function openDatabase(): Promise<OutageDatabase> {
  const server = await startPostgres()
  const crash = await crashing(server)
  const folder = await dataFolder(server.url)
  let halted: readonly number[] | undefined

  function goOn(): void {
    for (const pid of halted ?? []) process.kill(pid, 'SIGCONT')
    halted = undefined
  }

  return {
    url: server.url,

    async takeAway(kind) {
      if (kind === 'killed') return crash.crash()
      const postmaster = postmasterOf(folder)
      // First, so that it makes no more of them.
      process.kill(postmaster, 'SIGSTOP')
      const children = childrenOf(postmaster)
      for (const pid of children) process.kill(pid, 'SIGSTOP')
      halted = [...children, postmaster]
    },

    async bringBack() {
      if (halted) goOn()
      else await crash.restart()
    },

    rows: (sql) => query(server.url, sql),

    async stop() {
      goOn()
      await crash.stop()
      await server.stop()
    },
  }
}

async function dataFolder(url: string): Promise<string> {
  const [row] = await query<{ folder: string }>(
    url,
    `SELECT current_setting('data_directory') AS folder`,
  )
  if (!row) throw new Error('the server does not say where its data is')
  return row.folder
}

async function query<T extends object>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

function postmasterOf(folder: string): number {
  const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])
  if (!Number.isInteger(pid) || pid < 2) throw new Error('postmaster.pid names no process')
  return pid
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 1 && parentOf(pid) === parent)
}

/** The fourth field of `stat`; the second, a name in brackets, may hold anything. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined // ended meanwhile
  }
}
