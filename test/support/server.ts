/** The HTTP server on real core, real exporters and a real embedded database; nothing listens. */
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { someFormats as exporters } from './formats.ts'
import type { Cloud } from '../../src/core/cloud.ts'
import { policies, type GuardPolicy } from '../../src/core/guard-policy.ts'
import { buildServer, type ServerDeps } from '../../src/http/server.ts'
import type { TlsIdentity } from '../../src/http/tls-identity.ts'
import { createFreshness, type Freshness } from '../../src/history/freshness.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import type { ListCache } from '../../src/lists/list-cache.ts'
import { createLists, type Lists } from '../../src/lists/lists.ts'
import { namedTags } from '../../src/lists/named-tags.ts'
import type { AccessLog } from '../../src/observe/access-log.ts'
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts'
import type { Fetched } from '../../src/sources/contract.ts'
import type { Store } from '../../src/store/contract.ts'
import { createRunner, type Runner } from '../../src/sync/runner.ts'
import type { GuardDeps } from '../../src/sync/judge-candidate.ts'
import type { RunOutcome } from '../../src/sync/run-once.ts'
import { createAddressGuard } from '../../src/webhooks/address-guard.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import type { WeeklyDocument } from './feed.ts'

const ADMIN_TOKEN = 'a-token-for-tests'

/** An Authorization header that may change something. */
export const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` }

/** Documents of the past and of the feed are all before it. */
const LATER_THAN_ALL_FILES = new Date('2030-01-01')

export interface SiteOptions {
  readonly clouds?: readonly Cloud[]
  readonly adminToken?: string | undefined
  readonly pacProxy?: string
  readonly pacFallback?: string
  /** By default the cautious one. */
  readonly policy?: GuardPolicy
  readonly ping?: () => Promise<void>
  readonly readTokens?: readonly string[]
  readonly rateLimit?: number
  readonly trustedProxies?: readonly string[]
  readonly webhookAllow?: readonly Prefix[]
  readonly publicUrl?: string
  readonly isStopping?: () => boolean
  readonly accessLog?: AccessLog
  /** False leaves every request to Fastify. */
  readonly withFront?: boolean
  /** With it https is spoken. */
  readonly tls?: TlsIdentity
  /** Where lists' bytes are kept. */
  readonly cache?: ListCache
  /** Stands before the store, to see what a fault of the database does. */
  readonly wrapStore?: (store: Store) => Store
}

/** One process of the service on a database: a second one on the same is a restart. */
export interface Site {
  readonly app: FastifyInstance
  readonly store: Store
  readonly lists: Lists
  readonly freshness: Freshness
  readonly metrics: Metrics
  readonly runner: Runner
  /** What the log holds, line by line. */
  readonly logged: Record<string, unknown>[]
  /** A whole pass of the sync in which the publisher offers this document. */
  sync(week: WeeklyDocument): Promise<RunOutcome>
}

export async function openSite(database: TestDatabase, options: SiteOptions = {}): Promise<Site> {
  const { clouds = ['Public'] } = options
  const fresh = database.freshStore()
  const store = options.wrapStore?.(fresh) ?? fresh
  const settings = {
    RANGEWARDEN_PAC_PROXY: options.pacProxy,
    RANGEWARDEN_PAC_FALLBACK: options.pacFallback,
  }
  const logged: Record<string, unknown>[] = []
  const log = pino(
    { level: 'debug' },
    { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const lists = createLists({
    store,
    clouds,
    exporters,
    settings,
    log,
    ...(options.cache ? { cache: options.cache } : {}),
  })
  const freshness = createFreshness({ store, lists, clouds, now: () => new Date(), log })
  const metrics = createMetrics({ freshness, clouds, version: '0.0.0-test' })
  let offered: Fetched = { kind: 'unavailable', reason: 'nothing is offered' }
  const source = {
    name: 'test',
    description: 'what the test offers',
    fetch: () => Promise.resolve(offered),
  }
  const guard: GuardDeps = {
    policyOf: () => options.policy ?? policies.cautious,
    namedTags: (snapshot) => namedTags(store, clouds, snapshot),
  }
  const runner = createRunner({
    source,
    store,
    ...guard,
    log,
    now: () => LATER_THAN_ALL_FILES,
    refresh: lists.refresh,
  })
  await lists.refresh()
  const deps: ServerDeps = {
    store,
    lists,
    timelines: createTimelines(store.timelines),
    freshness,
    metrics,
    exporters,
    clouds,
    adminToken: 'adminToken' in options ? options.adminToken : ADMIN_TOKEN,
    guard,
    addressGuard: createAddressGuard(options.webhookAllow ?? []),
    async refresh() {
      await lists.refresh()
      await freshness.refresh()
    },
    pacConfigured: options.pacProxy !== undefined && options.pacFallback !== undefined,
    requestRun: (wish) => runner.request(wish),
    ping: options.ping ?? (() => database.rows('SELECT 1').then(() => undefined)),
    version: '0.0.0-test',
    log,
    readTokens: options.readTokens ?? [],
    rateLimit: options.rateLimit ?? 0,
    trustedProxies: options.trustedProxies ?? [],
    accessLog: options.accessLog,
    publicUrl: options.publicUrl,
    isStopping: options.isStopping ?? (() => false),
    withFront: options.withFront ?? true,
    tls: options.tls,
  }
  return {
    app: await buildServer(deps),
    store,
    lists,
    freshness,
    metrics,
    runner,
    logged,
    async sync({ cloud, fileDate, fileName, text }) {
      const url = `https://download.example/${fileName}`
      const origin = { strategy: 'test', url, fileName, fileDate, validators: {} }
      offered = { kind: 'document', bytes: Buffer.from(text), origin }
      const { run } = await runner.request({ cloud, trigger: 'start', dryRun: false })
      const outcome = await runner.perform(run.id, new AbortController().signal)
      if (!outcome) throw new Error('somebody else performed the run')
      return outcome
    },
  }
}

/** A database in memory for one test file. */
export function openSiteDatabase(): Promise<TestDatabase> {
  return openTestDatabase('embedded')
}
