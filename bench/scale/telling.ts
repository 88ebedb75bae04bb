/**
 * How long telling an event takes, one event after the other as the service does it, and what events,
 * deliveries, jobs, webhooks and runs take in the database. In this process, on a database of its own.
 */
import { createTimelines } from '../../src/history/timelines.ts'
import { createJobQueue } from '../../src/jobs/queue.ts'
import { createLog } from '../../src/observe/log.ts'
import { openStore, type OpenStore } from '../../src/store/open.ts'
import { createAddressGuard } from '../../src/webhooks/address-guard.ts'
import { createSender } from '../../src/webhooks/send.ts'
import { tellPending, type TellDeps } from '../../src/webhooks/tell.ts'
import { createTellingWork } from '../../src/webhooks/work.ts'
import { median } from '../measure.ts'
import type { Costs } from './costs.ts'
import type { Database, Server } from './database.ts'

const WEBHOOKS = 200

/** Those that count, after some in which the code is compiled. */
const EVENTS = 9
const WARM_UP = 3

const DAY_SECONDS = 86_400

const TEXT = 'This is a test: nothing has happened.'

export type TellingCosts = Pick<
  Costs,
  | 'tellEventMs'
  | 'tellWebhookMs'
  | 'tellDeliveryMs'
  | 'deliveryBytes'
  | 'webhookBytes'
  | 'jobBytes'
  | 'jobDays'
>

export async function measureTelling(server: Server): Promise<TellingCosts> {
  const database = await server.createDatabase()
  const opened = await openStore({ dataDir: '', databaseUrl: database.url })
  const log = createLog('silent')
  const queue = createJobQueue({ options: opened.jobs, log })
  const sender = createSender({
    guard: createAddressGuard([]),
    dispatcherOptions: {},
    version: 'bench',
  })
  const deps: TellDeps = {
    store: opened.store,
    timelines: createTimelines(opened.store.timelines),
    publicUrl: undefined,
    reportOf: () => Promise.reject(new Error('no report is asked for')),
    ping: opened.ping,
    log,
  }
  const work = createTellingWork({
    ...deps,
    store: opened.store,
    sender,
    now: () => new Date(),
    random: Math.random,
    attempted: () => undefined,
    queue,
    enqueueWith: opened.enqueueWith,
    keptDays: 1,
  })
  try {
    await queue.start()
    await work.start({ works: false, alone: false, webhooksAtOnce: 1 })
    return await measure(database, opened, deps)
  } finally {
    await work.stop()
    await queue.stop()
    await sender.close()
    await opened.close()
  }
}

async function measure(
  database: Database,
  { store }: OpenStore,
  deps: TellDeps,
): Promise<TellingCosts> {
  const plain = await timeToTell(database, deps)
  const empty = await sizes(database)
  const webhooks: string[] = []
  for (let i = 0; i < WEBHOOKS; i++) {
    const wish = { url: `https://receiver-${i}.example/hooks/rangewarden`, description: '' }
    const filters = { clouds: [], allowlists: [], tags: [], minAddresses: 0n }
    const settings = { ...wish, ...filters, format: 'standard', events: ['report.weekly'] }
    const secret = `whsec_${Buffer.alloc(32, i).toString('base64')}`
    webhooks.push((await store.webhooks.create(settings, secret)).id)
  }
  const unwanted = await timeToTell(database, deps)
  const before = await sizes(database)
  await database.run(`UPDATE webhook SET events = '{webhook.test}'`)
  const wanted = await timeToTell(database, deps, async () => {
    for (const webhook of webhooks) await deliverFirst(store, webhook)
  })
  const after = await sizes(database)
  return {
    tellEventMs: plain,
    tellWebhookMs: Math.max(0, (unwanted - plain) / WEBHOOKS),
    tellDeliveryMs: Math.max(0, (wanted - unwanted) / WEBHOOKS),
    webhookBytes: (before.webhook - empty.webhook) / WEBHOOKS,
    deliveryBytes: (after.delivery - before.delivery) / after.deliveries,
    jobBytes: (after.job - before.job) / (after.jobs - before.jobs),
    jobDays:
      (await database.number(`SELECT deletion_seconds FROM pgboss.queue WHERE name = 'deliver'`)) /
      DAY_SECONDS,
  }
}

/** Median milliseconds on the clock of one event, from waiting to told. */
async function timeToTell(
  database: Database,
  deps: TellDeps,
  afterwards: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const times: number[] = []
  for (let i = -WARM_UP; i < EVENTS; i++) {
    await deps.store.events.record({ type: 'webhook.test', facts: { webhook: '', text: TEXT } })
    const started = performance.now()
    await tellPending(deps, new AbortController().signal)
    if (i >= 0) times.push(performance.now() - started)
    await afterwards()
    await database.run(`
      UPDATE pgboss.job SET state = 'completed', started_on = now(), completed_on = now()
      WHERE state < 'completed'`)
  }
  return median(times)
}

/** As an attempt that was answered at once leaves it. */
async function deliverFirst(store: OpenStore['store'], webhook: string): Promise<void> {
  const next = await store.deliveries.next(webhook)
  if (!next) throw new Error('an event that was wanted has no delivery')
  const attempt = {
    at: new Date().toISOString(),
    durationMs: 12,
    status: 204,
    reason: null,
    response: null,
  }
  await store.deliveries.attempted(next, attempt, { kind: 'delivered' })
}

async function sizes(database: Database) {
  await database.vacuum()
  return {
    webhook: await database.sizeOf(['webhook']),
    delivery: await database.sizeOf(['delivery']),
    job: await database.number(`
      SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'pgboss' AND c.relkind = 'r'`),
    deliveries: await database.number('SELECT count(*) FROM delivery'),
    jobs: await database.number('SELECT count(*) FROM pgboss.job'),
  }
}
