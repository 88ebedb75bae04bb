/**
 * What was told, against what is in the database: nothing that was acknowledged is lost, nothing was
 * announced that is not there, and nothing twice under two ids.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { TOLD, type OutageSite } from './site.ts'
import { deviceOf, isDone, STORED, titleOf, type Written } from './writes.ts'

/** As much of a body as tells what it is about. */
export const bodyShape = z.object({
  type: z.string(),
  data: z.looseObject({
    cloud: z.string().optional(),
    allowlist: z.string().optional(),
    serial: z.int().optional(),
    device: z.string().optional(),
    to: z.object({ fileDate: z.string() }).optional(),
  }),
})

/** Told again whenever it is so again. */
const STATES = /^source\./

const PATIENCE_MS = 180_000

const POLL_MS = 200

/** Until nothing waits to be told or sent any more. */
export async function untilAllIsTold({ database }: OutageSite): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  let waiting: object | undefined
  while (performance.now() < deadline) {
    const [row] = await database.rows<{ waiting: number }>(`
      SELECT (SELECT count(*) FROM event WHERE state = 'pending')::int
        + (SELECT count(*) FROM delivery WHERE state = 'waiting')::int
        + (SELECT count(*) FROM run WHERE state <> 'finished')::int AS waiting`)
    if (row?.waiting === 0) return
    waiting = row
    await wait(POLL_MS)
  }
  throw new Error(`after ${PATIENCE_MS} ms there waits still: ${JSON.stringify(waiting)}`)
}

export interface Told {
  /** How many requests with an event arrived, and of how many events. */
  readonly requests: number
  readonly events: number
  readonly broken: readonly string[]
}

export async function compareTold(site: OutageSite, written: readonly Written[]): Promise<Told> {
  const idsOf = new Map<string, Set<string>>()
  const ids = new Set<string>()
  const requests = site.receiver.of(TOLD)
  for (const { headers, body } of requests) {
    const id = String(headers['webhook-id'])
    const { type, data } = bodyShape.parse(JSON.parse(body.toString()))
    ids.add(id)
    if (STATES.test(type)) continue
    const thing = [type, data.allowlist ?? data.cloud, data.device ?? data.serial].join(' ')
    idsOf.set(thing, (idsOf.get(thing) ?? new Set()).add(id))
  }
  const broken = [...idsOf].flatMap(([thing, known]) =>
    known.size === 1 ? [] : `${thing} was told under ${known.size} ids`,
  )
  const checks = written.filter((one) => one.what === 'check' && isDone(one))
  for (const { number } of checks) {
    const thing = `drift.detected app-proxy-ip ${deviceOf(number)}`
    if (!idsOf.has(thing)) broken.push(`${thing} was acknowledged and is not told`)
  }
  broken.push(...(await brokenEvents(site, ids)))
  broken.push(...(await brokenWrites(site, written)))
  return { requests: requests.length, events: ids.size, broken }
}

async function brokenEvents({ database }: OutageSite, ids: ReadonlySet<string>): Promise<string[]> {
  const broken: string[] = []
  const known = await database.rows<{ id: string; key: string | null; state: string }>(`
    SELECT id, key, state FROM event`)
  const inDatabase = new Set(known.map(({ id }) => id))
  for (const id of ids) if (!inDatabase.has(id)) broken.push(`${id} was told and is not there`)
  for (const { id, key, state } of known) {
    if (state === 'failed') broken.push(`${id} ${key ?? ''} was given up`)
  }
  const keys = new Set(known.map(({ key }) => key))
  const publications = await database.rows<{ cloud: string; serial: number }>(
    'SELECT cloud, serial FROM publication',
  )
  for (const { cloud, serial } of publications) {
    if (!keys.has(`ranges.changed ${cloud} ${serial}`)) broken.push(`serial ${serial} has no event`)
  }
  const deliveries = await database.rows<{ event: string; state: string }>(`
    SELECT d.event_id AS event, d.state FROM delivery d JOIN webhook w ON w.id = d.webhook_id
    WHERE w.url LIKE '%${TOLD}'`)
  for (const { event, state } of deliveries) {
    if (state !== 'delivered') broken.push(`the delivery of ${event} is ${state}`)
    if (!ids.has(event)) broken.push(`${event} counts as delivered and has not arrived`)
  }
  // What happened after the webhook was there has a delivery, all but what had nothing to say.
  const without = await database.rows<{ id: string }>(`
    SELECT e.id FROM event e, webhook w
    WHERE w.url LIKE '%${TOLD}' AND e.occurred_at > w.created_at AND e.state = 'told'
      AND NOT EXISTS (SELECT FROM delivery WHERE event_id = e.id AND webhook_id = w.id)`)
  broken.push(...without.map(({ id }) => `${id} was sent to nobody`))
  return broken
}

/** What was answered with success is there; what was not may be. */
async function brokenWrites(site: OutageSite, written: readonly Written[]): Promise<string[]> {
  const broken: string[] = []
  const runs = new Set(
    (await site.database.rows<{ id: string }>('SELECT id::text FROM run')).map(({ id }) => id),
  )
  const described = new Set(
    (await site.database.rows<{ description: string }>('SELECT description FROM webhook')).map(
      ({ description }) => description,
    ),
  )
  for (const one of written.filter(isDone)) {
    if (one.what === 'run' && !runs.has(runOf(one))) broken.push(`run ${runOf(one)} is lost`)
    if (one.what === 'webhook' && !described.has(titleOf(one.number))) {
      broken.push(`the webhook "${titleOf(one.number)}" is lost`)
    }
  }
  const puts = written.filter(({ what }) => what === 'allowlist')
  const last = Math.max(...puts.filter(isDone).map(({ askedAt }) => askedAt))
  // Several store at once: whoever was answered after the last one was asked may have been the last.
  const possible = puts.filter(({ answeredAt }) => answeredAt >= last)
  const { text } = await site.ask('GET', `/v1/allowlists/${STORED}`)
  if (!possible.some(({ number }) => text.includes(`"title":"${titleOf(number)}"`))) {
    broken.push(`the definition that was stored last is lost: ${text.slice(0, 200)}`)
  }
  return broken
}

const runShape = z.object({ run: z.object({ id: z.string() }) })

function runOf({ text }: Written): string {
  return runShape.parse(JSON.parse(text)).run.id
}
