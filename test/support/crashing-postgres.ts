/**
 * Makes the PostgreSQL server of a test crash and come back on the same folder and port, as after
 * the loss of its machine: the postmaster is killed, its children go with it, the log is replayed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { PostgresServer } from './postgres.ts'

export interface CrashingPostgres {
  /** Kills the server's first process and waits until it is gone. */
  crash(): Promise<void>
  /** Starts it again; when this is done it answers. */
  restart(): Promise<void>
  /** Ends what was restarted; the folder is its owner's to remove. */
  stop(): Promise<void>
}

interface Place {
  readonly bin: string
  readonly data: string
  readonly sockets: string
  readonly port: string
}

/** For a new postmaster to wait for the last children of the one before, and to replay the log. */
const TRIES = 300

const PAUSE_MS = 50

export async function crashing({ url }: Pick<PostgresServer, 'url'>): Promise<CrashingPostgres> {
  const place = await placeOf(url)
  let restarted: ChildProcess | undefined

  function start(): void {
    const { uid, gid } = statSync(place.data)
    const owner = process.getuid?.() === 0 ? { uid, gid } : {}
    restarted = spawn(
      join(place.bin, 'postgres'),
      [
        ...['-D', place.data, '-p', place.port, '-k', place.sockets],
        ...['-c', 'listen_addresses=127.0.0.1', '-F'],
      ],
      { ...owner, stdio: 'ignore' },
    )
  }

  return {
    async crash() {
      const pid = Number(readFileSync(join(place.data, 'postmaster.pid'), 'utf8').split('\n')[0])
      process.kill(pid, 'SIGKILL')
      for (let tries = 0; tries < TRIES && isAlive(pid); tries++) await wait(PAUSE_MS / 10)
    },

    async restart() {
      for (let tries = 0; tries < TRIES; tries++) {
        // It ends at once while a child of the killed one still has the shared memory.
        if (restarted?.exitCode !== null || restarted.signalCode !== null) start()
        if (await answers(url)) return
        await wait(PAUSE_MS)
      }
      throw new Error('the killed PostgreSQL does not come back')
    },

    async stop() {
      if (!restarted || restarted.exitCode !== null || restarted.signalCode !== null) return
      restarted.kill('SIGINT')
      await once(restarted, 'exit')
    },
  }
}

async function placeOf(url: string): Promise<Place> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const ask = async (sql: string): Promise<string> => {
    const { rows } = await client.query<{ value: string }>(`SELECT (${sql}) AS value`)
    return rows[0]?.value ?? ''
  }
  try {
    return {
      bin: await ask(`SELECT setting FROM pg_config WHERE name = 'BINDIR'`),
      data: await ask(`SELECT current_setting('data_directory')`),
      sockets: await ask(`SELECT current_setting('unix_socket_directories')`),
      port: new URL(url).port,
    }
  } finally {
    await client.end()
  }
}

/** A child of ours that was killed is a zombie for a moment, which is as good as gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
