/** One service that does everything, on a PostgreSQL that goes away, and a receiver of its webhooks. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { seededRandom } from '../../test/support/random.ts'
import { startReceiver, type Receiver } from '../../test/support/receiver.ts'
import { ADMIN_TOKEN, createProcess, freePorts, type ServiceProcess } from '../replicas/process.ts'
import { createWeeks, type OfferedWeek } from '../kills/weeks.ts'
import { openDatabase, type OutageDatabase } from './database.ts'

export interface OutageSite {
  readonly database: OutageDatabase
  readonly service: ServiceProcess
  readonly receiver: Receiver
  /** From now on the newest week is the next one. */
  offerNext(): OfferedWeek
  ask(method: string, path: string, body?: object | string): Promise<Asked>
  close(): Promise<void>
}

export interface Asked {
  /** 0 where there was no answer, which `text` then says why. */
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly tookMs: number
}

/** Where the receiver is told of everything. */
export const TOLD = '/told'

/** Nobody waits longer for a write. */
const ASK_TIMEOUT_MS = 120_000

export async function openSite(seed: number): Promise<OutageSite> {
  const weeks = createWeeks(seed)
  let offered = 0
  const home = mkdtempSync(join(tmpdir(), 'rangewarden-outage-'))
  const receiver = await startReceiver()
  const database = await openDatabase()
  const [port = 0] = await freePorts(1, seededRandom(seed))
  const service = createProcess(port, 'all', {
    DATABASE_URL: database.url,
    RANGEWARDEN_SOURCE: `folder:${home}`,
    RANGEWARDEN_WEBHOOK_ALLOW: '127.0.0.0/8',
    RANGEWARDEN_RATE_LIMIT: '0',
  })

  async function ask(method: string, path: string, body?: object | string): Promise<Asked> {
    const started = performance.now()
    try {
      const response = await fetch(service.origin + path, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          ...(body === undefined ? {} : { 'content-type': typeOf(body) }),
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      })
      const text = await response.text()
      const { status, headers } = response
      return { status, headers, text, tookMs: performance.now() - started }
    } catch (error) {
      const tookMs = performance.now() - started
      return { status: 0, headers: new Headers(), text: String(error), tookMs }
    }
  }

  function offerNext(): OfferedWeek {
    const week = weeks.week(offered++)
    const path = join(home, `ServiceTags_Public_${week.digits}.json`)
    writeFileSync(`${path}.part`, week.text)
    renameSync(`${path}.part`, path)
    return week
  }

  async function close(): Promise<void> {
    await service.kill()
    await database.stop()
    await receiver.close()
    rmSync(home, { recursive: true, force: true })
  }

  try {
    offerNext()
    await service.start()
    const url = receiver.origin + TOLD
    const created = await ask('POST', '/v1/webhooks', { url })
    if (created.status !== 201) throw new Error(`no webhook: ${created.text}`)
    return { database, service, receiver, offerNext, ask, close }
  } catch (error) {
    await close()
    throw error
  }
}

function typeOf(body: object | string): string {
  return typeof body === 'string' ? 'text/plain' : 'application/json'
}

const cloudsShape = z.object({
  clouds: z.tuple([
    z.object({
      published: z.object({ snapshot: z.object({ fileDate: z.string() }) }).nullable(),
    }),
  ]),
})

/** Of the week that is published, as memory has it. */
export async function publishedDate({ ask }: OutageSite): Promise<string | undefined> {
  const { status, text } = await ask('GET', '/v1/clouds')
  if (status !== 200) return undefined
  return cloudsShape.parse(JSON.parse(text)).clouds[0].published?.snapshot.fileDate
}
