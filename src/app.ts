/**
 * Azure publishes service tags; we fetch, check, compare, keep and hand them out.
 *
 *   sources/    1 fetch    bytes and where they came from
 *   documents/             bytes -> text -> snapshot
 *   core/       2 decide   parse, normalise, diff, guard: no I/O
 *   sync/       3 run      one pass, its record, its schedule
 *   store/      4 keep     documents, history, publications, runs
 *   history/               questions about any day
 *   endpoints/             the connector's required names, as data
 *   lists/                 a definition and a snapshot -> bytes, in memory
 *   exporters/  5 render   one file per format
 *   views/                 domain values -> what the API and the command line show
 *   http/ cli/  6 serve
 *   webhooks/   7 tell     what was committed, once: to webhooks, from jobs in the database
 *   feed/ report/          the same for people who subscribe or audit
 *
 * Here everything is built, in that order. Nothing is found by itself.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { exporters } from '../exporters/index.ts'
import { createClosing } from './closing.ts'
import { settingTexts, type Config } from './config.ts'
import { invalidInput } from './core/errors.ts'
import { parseGuardPolicies, policies } from './core/guard-policy.ts'
import { createFreshness } from './history/freshness.ts'
import { createTimelines, type Timelines } from './history/timelines.ts'
import { listenEverywhere } from './http/listeners.ts'
import { buildServer } from './http/server.ts'
import type { TlsIdentity } from './http/tls-identity.ts'
import { createTlsFiles } from './http/tls-listener.ts'
import { createJobQueue } from './jobs/queue.ts'
import { createLists, type Lists } from './lists/lists.ts'
import { namedTags } from './lists/named-tags.ts'
import { createAccessLog } from './observe/access-log.ts'
import { createMetrics } from './observe/metrics.ts'
import { createDispatcher } from './sources/dispatcher.ts'
import { createSource } from './sources/index.ts'
import type { Run, Store } from './store/contract.ts'
import { openStore } from './store/open.ts'
import { releaseEnded } from './sync/decisions.ts'
import { every } from './sync/every.ts'
import { createJobs } from './sync/jobs.ts'
import type { GuardDeps } from './sync/judge-candidate.ts'
import { startKeepingUp, type KeepUp } from './sync/keep-up.ts'
import { createRetry } from './sync/retry.ts'
import { createRunner, type RunWish } from './sync/runner.ts'
import { startSchedule } from './sync/schedule.ts'
import { VERSION } from './version.ts'
import { createAddressGuard } from './webhooks/address-guard.ts'
import { createTelling } from './webhooks/telling.ts'

/** How soon another process's publication is served here, should its notice be lost. */
const WATCH_MS = { embedded: 5_000, postgresql: 1_000 }

/** How soon a state that comes with time is told. */
const STATES_MS = 15_000

export interface App {
  readonly config: Config
  readonly store: Store
  readonly lists: Lists
  /** Answers about any day. */
  readonly timelines: Timelines
  /** How files are judged, whoever brings them. */
  readonly guard: GuardDeps
  /** Records a wish for a run and puts it in the queue, or joins the run under way. */
  requestRun(wish: RunWish): Promise<{ run: Run; joined: boolean }>
  /** Carries out a run here and now, or gives the run that is under way elsewhere. */
  runNow(wish: RunWish, signal: AbortSignal): Promise<Run>
  /** Serves, follows the clouds and runs the first sync at once; gives the address it listens on. */
  serve(): Promise<string>
  /**
   * Ends everything. With `drain` a replica goes on serving for a while first, and says at
   * /health/ready that it wants no new clients.
   */
  close(options?: { readonly drain: boolean }): Promise<void>
}

function guardOf({ guard, clouds }: Config, store: Store): GuardDeps {
  const chosen = parseGuardPolicies(guard)
  if (!chosen.ok) throw invalidInput(`RANGEWARDEN_GUARD "${guard}": ${chosen.reason}`)
  return {
    policyOf: (cloud) => chosen.value.get(cloud) ?? policies.cautious,
    namedTags: (snapshot) => namedTags(store, clouds, snapshot),
  }
}

/** Opens the database and builds every room; nothing listens or fetches yet. */
export async function openApp(config: Config, log: Logger): Promise<App> {
  const dispatcher = createDispatcher(config, (host, expiresAt) =>
    metrics.certificates.source(host, expiresAt),
  )
  const source = createSource(config.source, {
    version: VERSION,
    dispatcher,
    publisherUrl: config.publisherUrl,
    mirrorUrl: config.mirrorUrl,
  })
  const opened = await openStore(config)
  const { store, engine, announce, ping } = opened
  const closing = createClosing()
  closing.add(opened.close)
  closing.add(() => dispatcher.destroy())
  const serves = config.role !== 'worker'
  const works = config.role !== 'api'
  const lists = createLists({
    store,
    clouds: config.clouds,
    exporters,
    settings: settingTexts(config),
    log,
  })
  const timelines = createTimelines(store.timelines, { log })
  const now = (): Date => new Date()
  let keepUp: KeepUp | undefined
  const freshness = createFreshness({
    store,
    lists,
    clouds: config.clouds,
    now,
    log,
    unverifiedSince: () => keepUp?.unverifiedSince(),
  })
  const metrics = createMetrics({
    freshness,
    clouds: config.clouds,
    version: VERSION,
    role: config.role,
  })
  const { tlsCert: cert, tlsKey: key } = config
  const tlsFiles =
    cert !== undefined && key !== undefined
      ? createTlsFiles({
          paths: { cert, key },
          log,
          served: ({ expiresAt }) => metrics.certificates.listener(expiresAt),
        })
      : undefined
  // A command publishes what a service will serve: preparing lists is the service's business.
  let serving = false
  let stopping = false
  // Nobody else can have one under way: what a killed process left is carried out again.
  const interrupted = engine === 'embedded' ? await store.runs.requeue() : []
  const guard = guardOf(config, store)
  const runner = createRunner({
    source,
    store,
    ...guard,
    now,
    log,
    refresh: () => (serving ? lists.refresh() : Promise.resolve()),
    noticed: (cloud, outcome, durationMs) => {
      if (!serving) return
      retry.noticed(cloud, outcome)
      metrics.runs.finished(cloud, outcome.kind, durationMs)
      void freshness.refresh()
      // Read and indexed before the first question. A failure is told when somebody asks.
      timelines.of(cloud).catch(() => undefined)
    },
  })
  const queue = createJobQueue({ options: opened.jobs, log })
  const jobs = createJobs({ queue, runner, ping })
  const addressGuard = createAddressGuard(config.webhookAllow ?? [])
  const telling = createTelling({
    config,
    store,
    queue,
    enqueueWith: opened.enqueueWith,
    lists,
    timelines,
    freshness,
    guard: addressGuard,
    ping,
    now,
    attempted: metrics.webhooks.attempted,
    ended: metrics.webhooks.ended,
    log,
  })

  /** A run without a job would keep others from being asked for. */
  async function enqueue(run: Run): Promise<void> {
    try {
      await jobs.enqueue(run)
    } catch (error) {
      await store.runs.finish(run.id, 'failed', { reason: 'the run could not be put in the queue' })
      throw error
    }
  }

  async function requestRun(wish: RunWish): Promise<{ run: Run; joined: boolean }> {
    const requested = await runner.request(wish)
    const { run, joined } = requested
    // Its job may be lost: the database, or the process, went away between the two.
    if (!joined || run.state === 'queued') await enqueue(run)
    return requested
  }

  const retry = createRetry({
    ask: (cloud) => requestRun({ cloud, trigger: 'retry', dryRun: false }),
    delay(callback, ms) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    log,
  })

  async function askAtStart(): Promise<void> {
    for (const cloud of config.clouds) {
      const { run, joined } = await requestRun({ cloud, trigger: 'start', dryRun: false })
      // Its process may have died before there was a job; a run that is finished is not done twice.
      if (joined) await enqueue(run)
    }
  }

  /** The schedule's next moment is hours away: an outage at this one is made up for. */
  async function askOnSchedule(dueAt: Date): Promise<void> {
    for (const cloud of config.clouds) {
      const wish = { cloud, trigger: 'schedule', dryRun: false, dueAt } as const
      await requestRun(wish).catch((error: unknown) => retry.notAsked(cloud, error))
    }
  }

  async function startJobs(): Promise<void> {
    await jobs.start({ alone: engine === 'embedded', works })
    closing.add(() => jobs.stop())
    closing.add(() => telling.stop())
    await telling.start({ works })
  }

  /**
   * Other processes publish and store definitions too, rollbacks and graces end by the clock, and a
   * refresh that failed is made up for.
   */
  async function look(): Promise<void> {
    for (const cloud of works ? config.clouds : []) {
      const released = await releaseEnded(store, cloud)
      if (released) log.info({ cloud, serial: released.serial }, 'A rollback has ended')
    }
    await lists.refresh()
  }

  async function lookAtStates(): Promise<void> {
    await freshness.refresh()
    if (!works) return
    await telling.tellSources()
    metrics.webhooks.waiting(await store.deliveries.backlog())
  }

  /** By notice of whoever changes something, and by the clock should a notice be lost. */
  async function followDatabase(): Promise<void> {
    const following = startKeepingUp({ look, intervalMs: WATCH_MS[engine], now, log })
    const states = every(STATES_MS, lookAtStates, { log, what: 'watching the clouds' })
    keepUp = following
    closing.add(following.stop)
    closing.add(states.stop)
    function changed(table: string): void {
      if (table === 'publication' || table === 'allowlist') following.wake()
      if (table === 'publication' || table === 'hold') states.wake()
      if (table === 'event') telling.wake()
    }
    const listening = await opened.listen(changed, () => {
      following.wake()
      states.wake()
      telling.wake()
    })
    closing.add(listening.stop)
  }

  async function refresh(): Promise<void> {
    await lists.refresh()
    await freshness.refresh()
  }

  function tellOfLostLines(err: unknown): void {
    log.warn({ err }, 'Lines of the access log were lost')
  }

  async function listen(tls: TlsIdentity | undefined): Promise<string> {
    const accessLog = config.accessLog ? createAccessLog(tellOfLostLines) : undefined
    const server: FastifyInstance = await buildServer({
      store,
      lists,
      timelines,
      freshness,
      metrics,
      exporters,
      clouds: config.clouds,
      adminToken: config.adminToken,
      readTokens: config.readTokens ?? [],
      rateLimit: config.rateLimit,
      trustedProxies: config.trustedProxies?.map(({ text }) => text) ?? [],
      accessLog,
      guard,
      refresh,
      addressGuard,
      publicUrl: config.publicUrl,
      isStopping: () => stopping,
      healthOnly: !serves,
      tls,
      pacConfigured: config.pacProxy !== undefined && config.pacFallback !== undefined,
      requestRun,
      ping,
      version: VERSION,
      log,
    })
    if (accessLog) closing.add(accessLog.flush)
    closing.add(() => server.close())
    const { host, port } = config
    const { url, tlsServers } = await listenEverywhere(server, { host, port })
    if (tlsFiles) closing.add(tlsFiles.follow(tlsServers).stop)
    return url
  }

  /** Only where others can take over. */
  async function drain(): Promise<void> {
    stopping = true
    if (!serving || !serves || engine === 'embedded' || config.drainSeconds === 0) return
    log.info({ seconds: config.drainSeconds }, 'Stopping: still serving, and no longer ready')
    await wait(config.drainSeconds * 1000)
  }

  return {
    config,
    store,
    lists,
    timelines,
    guard,
    requestRun,

    async runNow(wish, signal) {
      const { run, joined } = await runner.request(wish)
      const isLeftover = interrupted.some(({ id }) => id === run.id)
      if (!joined || isLeftover) await runner.perform(run.id, signal)
      return run
    },

    async serve() {
      serving = true
      // What cannot be served with is said before anything is begun.
      const tls = await tlsFiles?.read()
      metrics.watchProcess()
      await lists.refresh()
      // Before anybody is answered, and until nobody is: newer lists are served, wishes find a queue.
      await followDatabase()
      await startJobs()
      const url = await listen(tls)
      announce(url)
      const { role, clouds } = config
      log.info({ url, role, engine, source: source.description, clouds }, 'Listening')
      await freshness.refresh()
      if (works) {
        await askAtStart()
        closing.add(startSchedule(config.schedule, askOnSchedule, log))
        closing.add(() => Promise.resolve(retry.stop()))
      }
      return url
    },

    async close(options = { drain: false }) {
      if (options.drain) await drain()
      await closing.run()
    },
  }
}
