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
 *
 * Here everything is built, in that order. Nothing is found by itself.
 */
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { exporters } from '../exporters/index.ts'
import { settingTexts, type Config } from './config.ts'
import { invalidInput } from './core/errors.ts'
import { parseGuardPolicies, policies } from './core/guard-policy.ts'
import { createFreshness } from './history/freshness.ts'
import { createTimelines, type Timelines } from './history/timelines.ts'
import { buildServer } from './http/server.ts'
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
import { createRetry } from './sync/retry.ts'
import { createRunner, type RunWish } from './sync/runner.ts'
import { startSchedule } from './sync/schedule.ts'
import { VERSION } from './version.ts'

/** A database that says nothing any more must not keep the process from ending. */
const CLOSING_STEP_MS = 25_000

async function withDeadline(step: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a step of closing took too long')), CLOSING_STEP_MS)
  })
  // Begun in a function of its own: one that throws at once fails as any other does.
  const done = (async () => step())()
  await Promise.race([done, late]).finally(() => clearTimeout(timer))
}

/** How soon another process's publication is served here. */
const WATCH_MS = 5_000

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
  close(): Promise<void>
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
  const dispatcher = createDispatcher(config)
  const source = createSource(config.source, {
    version: VERSION,
    dispatcher,
    publisherUrl: config.publisherUrl,
    mirrorUrl: config.mirrorUrl,
  })
  const { store, jobs: jobOptions, engine, announce, ping, close } = await openStore(config)
  const lists = createLists({
    store,
    clouds: config.clouds,
    exporters,
    settings: settingTexts(config),
    log,
  })
  const timelines = createTimelines(store.timelines, { log })
  const now = (): Date => new Date()
  const freshness = createFreshness({ store, lists, clouds: config.clouds, now, log })
  const metrics = createMetrics({ freshness, clouds: config.clouds, version: VERSION })
  // A command publishes what a service will serve: preparing lists is the service's business.
  let serving = false
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
    noticed: (cloud, outcome) => {
      if (!serving) return
      retry.noticed(cloud, outcome)
      metrics.countRun(cloud, outcome.kind)
      void freshness.refresh()
      // Read and indexed before the first question. A failure is told when somebody asks.
      timelines.of(cloud).catch(() => undefined)
    },
  })
  const jobs = createJobs({ options: jobOptions, runner, ping, log })
  const closing: (() => Promise<unknown>)[] = [() => dispatcher.destroy(), close]

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
    if (!requested.joined) await enqueue(requested.run)
    return requested
  }

  const retry = createRetry(
    (cloud) => {
      requestRun({ cloud, trigger: 'retry', dryRun: false }).catch((err: unknown) => {
        log.error({ err, cloud }, 'Another try could not be asked for')
      })
    },
    (callback, ms) => {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
  )

  async function askForAll(trigger: 'start' | 'schedule'): Promise<void> {
    for (const cloud of config.clouds) {
      const { run, joined } = await requestRun({ cloud, trigger, dryRun: false })
      // Its process may have died before there was a job; a run that is finished is not done twice.
      if (joined && trigger === 'start') await enqueue(run)
    }
  }

  async function startWorker(): Promise<void> {
    await jobs.start({ alone: engine === 'embedded' })
    closing.unshift(() => jobs.stop())
  }

  /**
   * Other processes publish and store definitions too, rollbacks and graces end by the clock, and a
   * refresh that failed is made up for.
   */
  function watchDatabase(): () => Promise<void> {
    return every(WATCH_MS, keepUp, { log, what: 'keeping up with the database' })
  }

  function watchClouds(): () => Promise<void> {
    return every(STATES_MS, freshness.refresh, { log, what: 'watching the clouds' })
  }

  async function keepUp(): Promise<void> {
    for (const cloud of config.clouds) {
      const released = await releaseEnded(store, cloud)
      if (released) log.info({ cloud, serial: released.serial }, 'A rollback has ended')
    }
    await lists.refresh()
  }

  async function refresh(): Promise<void> {
    await lists.refresh()
    await freshness.refresh()
  }

  function tellOfLostLines(err: unknown): void {
    log.warn({ err }, 'Lines of the access log were lost')
  }

  async function listen(): Promise<string> {
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
      pacConfigured: config.pacProxy !== undefined && config.pacFallback !== undefined,
      requestRun,
      ping,
      version: VERSION,
      log,
    })
    if (accessLog) closing.unshift(accessLog.flush)
    closing.unshift(() => server.close())
    return server.listen({ host: config.host, port: config.port })
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
      await lists.refresh()
      const url = await listen()
      announce(url)
      log.info({ url, engine, source: source.description, clouds: config.clouds }, 'Listening')
      await freshness.refresh()
      await startWorker()
      await askForAll('start')
      closing.unshift(startSchedule(config.schedule, () => askForAll('schedule'), log))
      closing.unshift(() => Promise.resolve(retry.stop()), watchDatabase(), watchClouds())
      return url
    },

    async close() {
      const faults: unknown[] = []
      for (const step of closing.splice(0)) {
        // The next step still has a folder to unlock or a connection to end.
        await withDeadline(step).catch((fault: unknown) => faults.push(fault))
      }
      if (faults.length > 0) throw new AggregateError(faults, 'the service did not close cleanly')
    },
  }
}
