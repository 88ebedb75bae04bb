/**
 * An installation that crashes: one PostgreSQL, a worker and two replicas as processes, a publisher
 * and receivers of webhooks. Whatever ends by itself is started again, as a supervisor does.
 */
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Settings } from '../../test/support/command-line.ts'
import { crashing } from '../../test/support/crashing-postgres.ts'
import { startService, type KillableService } from '../../test/support/kill.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import type { Rows } from '../kills/database-rules.ts'
import { openSite, type KillSite } from '../kills/site.ts'
import { putExactList } from './lists.ts'
import { openReceivers, type Receivers } from './receivers.ts'
import { startWatch, type Watch } from './watch.ts'

const MEMBERS = ['worker', 'replica A', 'replica B'] as const
export type Member = (typeof MEMBERS)[number]

export const VICTIMS = [...MEMBERS, 'PostgreSQL'] as const
export type Victim = (typeof VICTIMS)[number]

export interface Installation {
  readonly site: KillSite
  readonly receivers: Receivers
  readonly watch: Watch
  /** Where the two replicas listen; undefined while one does not. */
  replicas(): readonly [string, string] | undefined
  /** Where somebody listens who takes wishes; waits until there is one. */
  anyReplica(preferred: number): Promise<string>
  /** Since when replicas and database are there and nothing is published; undefined while not. */
  quietSince(): number | undefined
  /** SIGKILL, and gone when it resolves. */
  crash(victim: Victim): Promise<void>
  /** A process may still be starting when it resolves. */
  restart(victim: Victim): Promise<void>
  untilUp(): Promise<void>
  /** All in one state of the database. */
  inOneState<T>(work: (rows: Rows) => Promise<T>): Promise<T>
  /** What ended by itself, with its last words; not what was starting while the database went away. */
  readonly endedByItself: readonly string[]
  /** The last words of everybody. */
  said(): string
  close(): Promise<void>
}

const PATIENCE_MS = 60_000
const POLL_MS = 10

/** Of a supervisor, before it starts what has ended. */
const PAUSE_MS = 500

const LAST_WORDS = 1_000

/** A start that finds no database ends, as it says; whoever serves goes on without one. */
const STARTING_MS = 30_000

interface Process {
  readonly service: KillableService
  readonly startedAt: number
  url?: string
  upAt?: number
}

export async function openInstallation(seed: number): Promise<Installation> {
  const site = await openSite(seed)
  const receivers = await openReceivers(seed)
  const server = await startPostgres()
  const postgres = await crashing(server)
  const common: Settings = {
    DATABASE_URL: server.url,
    RANGEWARDEN_PUBLISHER_URL: site.publisherUrl,
    RANGEWARDEN_WEBHOOK_ALLOW: '127.0.0.0/8',
    RANGEWARDEN_RATE_LIMIT: '0',
  }
  const processes = new Map<Member, Process>()
  const endedByItself: string[] = []
  let databaseSince: number | undefined = performance.now()
  let databaseLostAt = -Infinity
  let isClosing = false

  function start(member: Member): void {
    const role = member === 'worker' ? 'worker' : 'api'
    const process: Process = {
      service: startService({ ...common, RANGEWARDEN_ROLE: role }),
      startedAt: performance.now(),
    }
    const { listening, ended, said } = process.service
    processes.set(member, process)
    void listening.then(
      (url) => {
        process.url = url
        process.upAt = performance.now()
      },
      () => undefined, // it has ended
    )
    void ended.then(async () => {
      if (processes.get(member) !== process) return
      delete process.url
      const isStarting = performance.now() - process.startedAt < STARTING_MS
      const mayEnd = isStarting && databaseLostAt + STARTING_MS > process.startedAt
      if (!mayEnd) endedByItself.push(`${member} ended by itself: ${said().slice(-LAST_WORDS)}`)
      await wait(PAUSE_MS)
      if (!isClosing && processes.get(member) === process) start(member)
    })
  }

  async function end(member: Member): Promise<void> {
    const process = processes.get(member)
    processes.delete(member)
    await process?.service.kill()
  }

  function replicas(): readonly [string, string] | undefined {
    const [a, b] = [processes.get('replica A')?.url, processes.get('replica B')?.url]
    return a === undefined || b === undefined ? undefined : [a, b]
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    while (!isSo()) {
      if (performance.now() > deadline) {
        throw new Error(`in ${PATIENCE_MS} ms: ${what}; ${endedByItself.join('\n')}`)
      }
      await wait(POLL_MS)
    }
  }

  function untilUp(): Promise<void> {
    return until('not everything is up', () =>
      MEMBERS.every((member) => processes.get(member)?.url !== undefined),
    )
  }

  /** Who is told of everything has to be there before anything happens. */
  async function begin(): Promise<void> {
    start('replica A')
    await until('no replica is up', () => processes.get('replica A')?.url !== undefined)
    const url = processes.get('replica A')?.url ?? ''
    await putExactList(url)
    await receivers.subscribe(url)
    site.offerNext()
    start('replica B')
    start('worker')
    await untilUp()
    await until('nothing is published', () => (watch.now()?.serial ?? 0) > 0)
  }

  const watch = startWatch(server.url)

  async function close(): Promise<void> {
    isClosing = true
    await watch.close()
    for (const member of MEMBERS) await end(member)
    await postgres.stop()
    await server.stop()
    await site.close()
    await receivers.close()
  }

  try {
    await begin()
  } catch (error) {
    await close()
    throw error
  }
  return {
    site,
    receivers,
    watch,
    endedByItself,
    replicas,
    untilUp,

    async anyReplica(preferred) {
      const urlOf = (): string | undefined => {
        const [a, b] = (['replica A', 'replica B'] as const).map((one) => processes.get(one)?.url)
        return preferred === 0 ? (a ?? b) : (b ?? a)
      }
      await until('no replica is up', () => urlOf() !== undefined)
      return urlOf() ?? ''
    },

    quietSince() {
      const times = (['replica A', 'replica B'] as const).map((one) => processes.get(one)?.upAt)
      if (!replicas() || databaseSince === undefined || !watch.now()) return undefined
      return Math.max(databaseSince, watch.committedAt(), ...times.map((time) => time ?? Infinity))
    },

    async crash(victim) {
      if (victim !== 'PostgreSQL') return end(victim)
      databaseSince = undefined
      await postgres.crash()
      databaseLostAt = performance.now()
    },

    async restart(victim) {
      if (victim !== 'PostgreSQL') return start(victim)
      await postgres.restart()
      databaseSince = performance.now()
    },

    async inOneState(work) {
      const client = new pg.Client({ connectionString: server.url })
      await client.connect()
      try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
        return await work(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows)
      } finally {
        await client.end()
      }
    },

    said: () =>
      [...processes]
        .map(([member, { service }]) => `${member} said: ${service.said().slice(-LAST_WORDS)}`)
        .join('\n'),

    close,
  }
}
