/**
 * A small installation: a replica that does everything, one that only serves, one PostgreSQL, and a
 * folder into which weeks are put. What each of the three works is watched from outside.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Cloud } from '../../src/core/cloud.ts'
import type { Database, Server } from './database.ts'
import { processorMs } from './processor.ts'
import { untilQuiet } from './quiet.ts'
import { startService, type Service } from './service.ts'
import type { OfferedWeek } from './weeks.ts'
import { tap, type Wire } from './wire.ts'

export interface Member extends Service {
  readonly wire: Wire
}

export interface Fleet {
  readonly database: Database
  /** Follows the clouds, sends webhooks and serves, as every replica does by default. */
  readonly worker: Member
  /** Only serves; there once it was started. */
  api(): Member
  startApi(): Promise<void>
  /** Offers the week, asks for a run and waits until all has come of it that comes of it. */
  publish(week: OfferedWeek): Promise<'published' | 'unchanged'>
  /** When nothing is under way in any of the three. */
  quiet(): Promise<void>
  /** What the three worked meanwhile. */
  watch(work: () => Promise<unknown>): Promise<Worked>
  close(): Promise<void>
}

/** Processor time in milliseconds, and statements. */
export interface Worked {
  readonly seconds: number
  readonly worker: number
  readonly api: number
  readonly server: number
  readonly workerStatements: number
  readonly apiStatements: number
}

const POLL_MS = 50
/** A job may wait for the queue's figures, which it counts anew every minute or two. */
const PATIENCE_MS = 180_000

const runShape = z.object({ id: z.string(), state: z.string(), outcome: z.string().nullable() })
const askedShape = z.object({ run: runShape })

export async function openFleet(server: Server, clouds: readonly Cloud[]): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-scale-'))
  const database = await server.createDatabase()
  const settings = {
    RANGEWARDEN_CLOUDS: clouds.join(','),
    RANGEWARDEN_SOURCE: `folder:${folder}`,
    RANGEWARDEN_TRUSTED_PROXIES: '127.0.0.1/32',
  }
  const members: Member[] = []

  async function start(role: 'all' | 'api'): Promise<Member> {
    const wire = await tap(database.url)
    const given = { ...settings, DATABASE_URL: wire.url, RANGEWARDEN_ROLE: role }
    try {
      const member = { ...(await startService(given)), wire }
      members.push(member)
      return member
    } catch (error) {
      await wire.close()
      throw error
    }
  }

  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    while (!(await isSo())) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`)
      await wait(POLL_MS)
    }
  }

  async function quiet(): Promise<void> {
    await until('everything is told', () => isTold(database))
    await untilQuiet(members.map(({ pid }) => pid))
  }

  const worker = await start('all')

  return {
    database,
    worker,
    quiet,
    api() {
      const [, api] = members
      if (!api) throw new Error('the replica that only serves was not started')
      return api
    },

    async startApi() {
      await start('api')
    },

    async publish({ cloud, fileName, bytes }) {
      writeFileSync(join(folder, fileName), bytes)
      const { run } = askedShape.parse(await worker.ask('/v1/runs', 'POST', { cloud }))
      let ended = run
      await until(`run ${run.id} ends`, async () => {
        ended = runShape.parse(await worker.ask(`/v1/runs/${run.id}`))
        return ended.state === 'finished'
      })
      const { outcome } = ended
      if (outcome !== 'published' && outcome !== 'unchanged') {
        throw new Error(`the run of ${fileName} came to ${String(outcome)}`)
      }
      const newest = await database.text(
        `SELECT snapshot_id FROM publication WHERE cloud = '${cloud}' ORDER BY serial DESC LIMIT 1`,
      )
      const list = clouds[0] === cloud ? 'app-proxy-ip' : `app-proxy-ip.${cloud.toLowerCase()}`
      for (const { url } of members) {
        await until(`${newest} is served`, async () => {
          const answer = await fetch(`${url}/l/${list}/text.txt`, { method: 'HEAD' })
          return answer.headers.get('rangewarden-snapshot') === newest
        })
      }
      await quiet()
      return outcome
    },

    async watch(work) {
      const now = () => ({
        at: performance.now(),
        processes: members.map(({ pid }) => processorMs(pid)),
        server: server.processorMs(),
        statements: members.map(({ wire }) => wire.statements()),
      })
      const before = now()
      await work()
      const after = now()
      const difference = (of: 'processes' | 'statements', i: number): number =>
        (after[of][i] ?? 0) - (before[of][i] ?? 0)
      return {
        seconds: (after.at - before.at) / 1_000,
        worker: difference('processes', 0),
        api: difference('processes', 1),
        server: after.server - before.server,
        workerStatements: difference('statements', 0),
        apiStatements: difference('statements', 1),
      }
    },

    async close() {
      for (const { stop, wire } of members.splice(0)) {
        await stop()
        await wire.close()
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function isTold(database: Database): Promise<boolean> {
  const left = await database.number(`
    SELECT (SELECT count(*) FROM event WHERE state = 'pending') +
      (SELECT count(*) FROM delivery WHERE state = 'waiting')`)
  return left === 0
}
