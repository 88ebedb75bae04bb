/**
 * Three replicas that serve, one worker that follows the clouds, and one PostgreSQL: what is stopped,
 * started and published on while clients ask.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { z } from 'zod'
import { startPostgres } from '../../test/support/postgres.ts'
import { seededRandom } from '../../test/support/random.ts'
import { createNextWeek } from './weeks.ts'
import { ADMIN_TOKEN, createProcess, freePorts, type ServiceProcess } from './process.ts'

export interface FleetOptions {
  readonly seed: number
  /** Of the weeks that are published. */
  readonly size: { readonly tags?: number; readonly density?: number }
  readonly drainSeconds: number
}

export interface Fleet {
  /** Their addresses stay the same, however often they are started again. */
  readonly replicas: readonly ServiceProcess[]
  readonly worker: ServiceProcess
  /** Offers the next week, asks this replica for a run and waits until it is published. */
  publishNext(by: ServiceProcess): Promise<void>
  /** In the order in which they were published. */
  publications(): Promise<readonly Publication[]>
  close(): Promise<void>
}

export interface Publication {
  readonly serial: number
  readonly snapshot: string
}

export const REPLICAS = 3

const POLL_MS = 100

const PATIENCE_MS = 120_000

const runShape = z.object({ id: z.string(), state: z.string(), outcome: z.string().nullable() })

const askedShape = z.object({ run: runShape, joined: z.boolean() })

/** All of it is started and ready, and the first week is published. */
export async function openFleet({ seed, size, drainSeconds }: FleetOptions): Promise<Fleet> {
  const home = mkdtempSync(join(tmpdir(), 'rangewarden-replicas-'))
  const server = await startPostgres()
  const database = new pg.Client({ connectionString: server.url })
  database.on('error', () => undefined)
  const ports = await freePorts(REPLICAS + 1, seededRandom(seed))
  const settings = {
    DATABASE_URL: server.url,
    RANGEWARDEN_SOURCE: `folder:${home}`,
    RANGEWARDEN_DRAIN_SECONDS: String(drainSeconds),
    RANGEWARDEN_RATE_LIMIT: '0', // all clients have one address
  }
  const [workerPort = 0, ...replicaPorts] = ports
  const worker = createProcess(workerPort, 'worker', settings)
  const replicas = replicaPorts.map((port) => createProcess(port, 'api', settings))
  const nextWeek = createNextWeek({ seed, ...size })

  function offerNext(): void {
    const { fileName, text } = nextWeek()
    const path = join(home, fileName)
    writeFileSync(`${path}.part`, text)
    renameSync(`${path}.part`, path)
  }

  async function close(): Promise<void> {
    await Promise.all([worker, ...replicas].map((one) => one.kill()))
    await database.end()
    await server.stop()
    rmSync(home, { recursive: true, force: true })
  }

  /** What the run came to, once it has ended. */
  async function outcomeOf(id: string): Promise<string | null> {
    const deadline = performance.now() + PATIENCE_MS
    while (performance.now() < deadline) {
      const { rows } = await database.query(
        'SELECT state, outcome, id::text FROM run WHERE id = $1',
        [id],
      )
      const { state, outcome } = runShape.parse(rows[0])
      if (state === 'finished') return outcome
      await wait(POLL_MS)
    }
    throw new Error(`run ${id} does not end`)
  }

  async function publishNext(by: ServiceProcess): Promise<void> {
    const before = (await publications()).length
    offerNext()
    for (;;) {
      const { run, joined } = await askForRun(by)
      const outcome = await outcomeOf(run.id)
      if ((await publications()).length > before) return
      // The run of a worker that has just started may have looked before the week was there.
      if (!joined) throw new Error(`run ${run.id} came to ${String(outcome)}`)
    }
  }

  async function publications(): Promise<readonly Publication[]> {
    const { rows } = await database.query<Publication>(
      'SELECT serial, snapshot_id AS snapshot FROM publication ORDER BY serial',
    )
    return rows
  }

  try {
    await database.connect()
    offerNext()
    await worker.start() // its first run is of its own wish
    await Promise.all(replicas.map((replica) => replica.start()))
    await Promise.all(replicas.map(({ origin }) => untilServed(origin)))
    return { replicas, worker, publishNext, publications, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A replica without a first week says so, and is ready all the same. */
async function untilServed(origin: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const response = await fetch(`${origin}/l/app-proxy-ip/text.txt`)
    await response.arrayBuffer()
    if (response.status === 200) return
    await wait(POLL_MS)
  }
  throw new Error(`${origin} does not serve the first week`)
}

async function askForRun({ origin }: ServiceProcess): Promise<z.output<typeof askedShape>> {
  const response = await fetch(`${origin}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  const text = await response.text()
  if (response.status === 202) return askedShape.parse(JSON.parse(text))
  throw new Error(`a wish for a run was answered ${response.status}: ${text}`)
}
