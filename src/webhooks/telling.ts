/**
 * Everything of telling that a process runs, put together: who is told, by which way out, of what,
 * and when. A process that only serves records events and leaves the rest to workers.
 */
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Freshness } from '../history/freshness.ts'
import type { Timelines } from '../history/timelines.ts'
import { createPublishedChanges } from '../history/published-changes.ts'
import type { JobQueue } from '../jobs/queue.ts'
import type { Lists } from '../lists/lists.ts'
import { buildReport } from '../report/build.ts'
import type { ReportDeps } from '../report/contract.ts'
import { reportLines } from '../report/lines.ts'
import { dayText, lastCompleteWeek, lastDayOf } from '../report/week.ts'
import type { Store } from '../store/contract.ts'
import type { Enqueue } from '../store/outbox.ts'
import { startSchedule } from '../sync/schedule.ts'
import { VERSION } from '../version.ts'
import type { AddressGuard } from './address-guard.ts'
import type { DeliverDeps } from './deliver.ts'
import type { EventData } from './event.ts'
import { createSender } from './send.ts'
import { tellSources } from './source-conditions.ts'
import { createTellingWork } from './work.ts'

export interface Telling {
  /** Makes the queues; works at them unless this process only serves. The queue has started. */
  start(options: { readonly works: boolean }): Promise<void>
  /** Looks for what waits, without the pause before the next look. */
  wake(): void
  /** Tells of sources whose condition is another. */
  tellSources(): Promise<void>
  /** Ends attempts under way; to be called before the queue is stopped. */
  stop(): Promise<void>
}

export interface TellingDeps {
  readonly config: Config
  readonly store: Store
  readonly queue: JobQueue
  readonly enqueueWith: (enqueue: Enqueue) => void
  readonly lists: Lists
  readonly timelines: Timelines
  readonly freshness: Freshness
  readonly guard: AddressGuard
  readonly ping: () => Promise<void>
  readonly now: () => Date
  readonly attempted: DeliverDeps['attempted']
  readonly ended: NonNullable<DeliverDeps['ended']>
  readonly log: Logger
}

/** How many receivers may hang before another one has to wait. */
const WEBHOOKS_AT_ONCE = { embedded: 8, postgresql: 16 }

export function createTelling(deps: TellingDeps): Telling {
  const { config, store, queue, lists, timelines, freshness, guard, log, now } = deps
  const { clouds, publicUrl, httpProxy, httpsProxy, noProxy } = config
  const sender = createSender({
    guard,
    dispatcherOptions: { httpProxy, httpsProxy, noProxy },
    version: VERSION,
  })
  const { history, holds, devices } = store
  const changes = createPublishedChanges({ timelines, history, holds })
  const report: ReportDeps = { store, lists, changes, clouds, devices: devices.list }
  const work = createTellingWork({
    store,
    timelines,
    publicUrl,
    reportOf: (week) => reportData(report, week, now()),
    ping: deps.ping,
    sender,
    now,
    random: Math.random,
    attempted: deps.attempted,
    ended: deps.ended,
    queue,
    enqueueWith: deps.enqueueWith,
    keptDays: config.eventDays,
    log,
  })
  let endSchedule = (): Promise<void> => Promise.resolve()

  /** The moment is the same in every process, and one of them records it. */
  async function askForReport(dueAt: Date): Promise<void> {
    const { text: week } = lastCompleteWeek(dueAt)
    const key = `report.weekly ${dueAt.toISOString()}`
    await store.events.record({ type: 'report.weekly', key, facts: { week } })
  }

  return {
    async start({ works }) {
      const engine = config.databaseUrl === undefined ? 'embedded' : 'postgresql'
      const webhooksAtOnce = WEBHOOKS_AT_ONCE[engine]
      await work.start({ works, alone: engine === 'embedded', webhooksAtOnce })
      if (works && config.reportSchedule !== undefined) {
        endSchedule = startSchedule(config.reportSchedule, askForReport, log)
      }
    },
    wake: work.wake,
    tellSources: () => tellSources(store.sources, freshness.overviews()),
    async stop() {
      await endSchedule()
      await work.stop()
      await sender.close()
    },
  }
}

/** Thin, as every event: the report itself is at its link. */
async function reportData(
  deps: ReportDeps,
  week: string,
  now: Date,
): Promise<Omit<EventData<'report.weekly'>, 'links'>> {
  const report = await buildReport(deps, { week, cloud: undefined }, now)
  const { from } = report.week
  return { week, from: dayText(from), to: lastDayOf(report.week), lines: reportLines(report) }
}
