/** A PostgreSQL server of the test's own: a fresh cluster in a temporary folder, on loopback. */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Requirement } from './requirements.ts'
import { portOf } from './publisher.ts'

export interface PostgresServer {
  /** Of the default database. */
  readonly url: string
  /** A new empty database on the server. */
  createDatabase(): Promise<string>
  stop(): Promise<void>
}

const BIN = debianFolder()

export const postgres: Requirement = BIN === undefined ? { missing: 'PostgreSQL' } : {}

export async function startPostgres(): Promise<PostgresServer> {
  if (BIN === undefined) throw new Error('PostgreSQL is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-pg-'))
  const owner = unprivileged()
  if (owner) chownSync(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  execFileSync(
    `${BIN}/initdb`,
    ['-D', data, '-U', 'test', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'],
    {
      ...owner,
      stdio: 'ignore',
    },
  )
  const port = await freePort()
  const server = spawn(
    `${BIN}/postgres`,
    ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-F'],
    { ...owner, stdio: 'ignore' },
  )
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const url = `postgresql://test@127.0.0.1:${port}/postgres`
  await answers(url)
  let databases = 0
  return {
    url,
    async createDatabase() {
      const name = `test${databases++}`
      await query(url, `CREATE DATABASE ${name}`)
      return url.replace(/postgres$/, name)
    },
    async stop() {
      server.kill('SIGINT') // fast shutdown
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return await query(url, 'SELECT 1')
    } catch {
      await wait(100)
    }
  }
  throw new Error('the test PostgreSQL does not answer')
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

function debianFolder(): string | undefined {
  try {
    const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
    return versions[0] && `/usr/lib/postgresql/${versions[0]}/bin`
  } catch {
    return undefined // no such folder: not installed
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const port = portOf(server)
      server.close(() => resolve(port))
    })
  })
}
