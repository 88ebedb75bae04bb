/** Records events while they are being told, and looks at what came of them at each receiver. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { createTimelines } from '../../src/history/timelines.ts'
import { createJobQueue } from '../../src/jobs/queue.ts'
import { parsePrefix } from '../../src/core/prefix.ts'
import { openStore, type OpenStore } from '../../src/store/open.ts'
import { createAddressGuard } from '../../src/webhooks/address-guard.ts'
import { createSender, SEND_LIMITS } from '../../src/webhooks/send.ts'
import { newSecret } from '../../src/webhooks/sign.ts'
import { createTellingWork } from '../../src/webhooks/work.ts'
import { makeAuthority } from '../../test/support/certificates.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { startReceiver, type Receiver } from '../../test/support/receiver.ts'
import { brokenLaws, type Subscription } from './laws.ts'
import { RECEIVER_KINDS } from './receivers.ts'

export interface DeliveryOptions {
  readonly seed: number
  readonly events: number
  readonly engine: 'embedded' | 'postgresql'
  /** Of each kind's receivers, this share; at least one. */
  readonly copies: number
  readonly say: (line: string) => void
}

export interface DeliveryReport {
  readonly webhooks: number
  /** How many of them can be reached at all. */
  readonly reachable: number
  readonly requests: number
  /** Requests beyond the first of a delivery. */
  readonly repeats: number
  readonly broken: readonly string[]
  readonly seconds: number
  readonly steadySeconds: number
}

/** A receiver that hangs takes a worker's place so long: the laws do not depend on it. */
const HANG_MS = 3_000

/** So long one that dribbles its body keeps its own next delivery. */
const SLOW_BODY_MS = 50

const WEBHOOKS_AT_ONCE = { embedded: 8, postgresql: 16 }

/** Far beyond what a slow machine takes: then something is stuck. */
const PATIENCE_MS = 20 * 60_000

export async function deliverMany(options: DeliveryOptions): Promise<DeliveryReport> {
  const { seed, events, engine, copies, say } = options
  const site = await openSite(engine)
  const { store } = site.opened
  const plain = await startReceiver()
  const untrusted = await startReceiver({ tls: makeAuthority('nobody').issue(['another.example']) })
  const subscriptions: Subscription[] = []
  for (const [number, kind] of RECEIVER_KINDS.entries()) {
    const { name, mood, count } = kind
    for (let i = 0; i < Math.max(1, Math.round(count * copies)); i++) {
      const receiver = kind.badTls ? untrusted : plain
      const path = `/${number}/${i}`
      receiver.behave(path, kind.behave(seed + 100 * number + i))
      const secret = newSecret()
      const wish = { ...ALL, url: receiver.origin + path, description: name }
      const { id } = await store.webhooks.create(wish, secret)
      subscriptions.push({ id, name, mood, path, secret })
    }
  }
  const work = await site.work()
  const began = performance.now()
  const recording = (async () => {
    for (let i = 0; i < events; i++) {
      const facts = { run: `run-${i}`, url: null, refusals: [], more: 0 }
      await store.events.record({ type: 'sync.refused', cloud: 'Public', facts })
    }
  })()
  const ofMood = (mood: Subscription['mood']) => subscriptions.filter((one) => one.mood === mood)
  try {
    const arrivals = countArrivals(plain)
    const hasAll = (all: readonly Subscription[]): boolean =>
      all.every(({ path }) => arrivals(path) >= events)
    await until(() => hasAll(ofMood('steady')), say, 'the well-behaved have everything')
    const steadySeconds = (performance.now() - began) / 1000
    await until(() => hasAll(ofMood('moody')), say, 'the moody have everything')
    const seconds = (performance.now() - began) / 1000
    await recording
    // What arrived last is recorded a moment later.
    await settled(site.opened, [...ofMood('steady'), ...ofMood('moody')])
    const received = plain.received
    const broken = await brokenLaws({ store, subscriptions, received, events })
    const reachable = ofMood('steady').length + ofMood('moody').length
    const firsts = new Set(
      received.map(({ path, headers }) => `${path} ${String(headers['webhook-id'])}`),
    )
    return {
      webhooks: subscriptions.length,
      reachable,
      requests: received.length,
      repeats: received.length - firsts.size,
      broken,
      seconds,
      steadySeconds,
    }
  } finally {
    await work.stop()
    await site.close()
    await plain.close()
    await untrusted.close()
  }
}

/** Not of the receivers that are disabled meanwhile. */
const ALL = {
  format: 'standard',
  events: ['sync.refused'],
  clouds: [],
  allowlists: [],
  tags: [],
  minAddresses: 0n,
}

interface DeliverySite {
  readonly opened: OpenStore
  work(): Promise<{ stop(): Promise<void> }>
  close(): Promise<void>
}

async function openSite(engine: DeliveryOptions['engine']): Promise<DeliverySite> {
  const folder = await mkdtemp(join(tmpdir(), 'rangewarden-deliveries-'))
  const server = engine === 'postgresql' ? await startPostgres() : undefined
  const opened = await openStore({ dataDir: join(folder, 'data'), databaseUrl: server?.url })
  const log = pino({ level: 'silent' })
  const loopback = parsePrefix('127.0.0.0/8')
  const guard = createAddressGuard(loopback.ok ? [loopback.value] : [])
  const limits = { ...SEND_LIMITS, totalMs: HANG_MS, responseMs: SLOW_BODY_MS }
  const sender = createSender({ guard, dispatcherOptions: {}, version: 'soak', limits })
  const queue = createJobQueue({ options: opened.jobs, log })
  return {
    opened,
    async work() {
      const telling = createTellingWork({
        store: opened.store,
        timelines: createTimelines(opened.store.timelines),
        publicUrl: undefined,
        reportOf: () => Promise.reject(new Error('nobody asked for a report')),
        ping: opened.ping,
        sender,
        now: () => new Date(),
        random: Math.random,
        attempted: () => undefined,
        queue,
        enqueueWith: opened.enqueueWith,
        keptDays: 90,
        log,
      })
      await queue.start()
      const webhooksAtOnce = WEBHOOKS_AT_ONCE[engine]
      await telling.start({ works: true, alone: engine === 'embedded', webhooksAtOnce })
      return {
        async stop() {
          await telling.stop()
          await queue.stop()
          await sender.close()
        },
      }
    },
    async close() {
      await opened.close()
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** How many different ids a path has had; each request is looked at once. */
function countArrivals({ received }: Receiver): (path: string) => number {
  const ids = new Map<string, Set<string>>()
  let seen = 0
  return (path) => {
    for (; seen < received.length; seen++) {
      const request = received[seen]
      if (!request) continue
      const known = ids.get(request.path) ?? new Set()
      ids.set(request.path, known.add(String(request.headers['webhook-id'])))
    }
    return ids.get(path)?.size ?? 0
  }
}

async function settled({ store }: OpenStore, all: readonly Subscription[]): Promise<void> {
  const isSettled = async (): Promise<boolean> => {
    for (const { id } of all) {
      if ((await store.webhooks.byId(id))?.waiting !== 0) return false
    }
    return true
  }
  await until(isSettled, () => undefined, 'every arrival is recorded')
}

async function until(
  condition: () => boolean | Promise<boolean>,
  say: (line: string) => void,
  what: string,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await wait(50)
  }
  say(what)
}
