/**
 * What Prometheus scrapes. States come from memory (`freshness`), so that a scrape asks no database
 * and goes on while there is none. docs/operations.md describes each name.
 */
import { Counter, Gauge, Registry } from 'prom-client'
import { FAMILIES } from '../core/address.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Freshness } from '../history/freshness.ts'
import { CLOUD_STATES, type CloudOverview } from '../history/overview.ts'
import { RUN_OUTCOMES, type RunOutcomeKind } from '../store/contract.ts'
import { createHttpMetrics, type HttpMetrics } from './http-metrics.ts'

export interface Metrics {
  /** Media type of `text`. */
  readonly contentType: string
  /** The exposition format, with every metric there is. */
  text(): Promise<string>
  /** Counts a recorded run that was not a dry run. */
  countRun(cloud: Cloud, outcome: RunOutcomeKind): void
  /** Counts an attempt to deliver to a webhook. */
  countAttempt(result: AttemptKind): void
  /** Deliveries that wait, as last asked of the database. */
  setBacklog(backlog: { readonly waiting: number; readonly oldestSeconds: number }): void
  readonly http: HttpMetrics
}

/** What an attempt can come to. */
const ATTEMPT_KINDS = ['delivered', 'failed', 'gone', 'refused-address'] as const

export type AttemptKind = (typeof ATTEMPT_KINDS)[number]

export interface MetricsDeps {
  readonly freshness: Pick<Freshness, 'overviews'>
  readonly clouds: readonly Cloud[]
  readonly version: string
}

/** One value under the labels beside `cloud`; undefined where there is nothing to tell. */
type Sample = [labels: Record<string, string>, value: number | undefined]

export function createMetrics({ freshness, clouds, version }: MetricsDeps): Metrics {
  const registry = new Registry()

  function perCloud(
    name: string,
    help: string,
    samples: (overview: CloudOverview) => readonly Sample[],
    labels: readonly string[] = [],
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['cloud', ...labels],
      registers: [registry],
      collect() {
        gauge.reset()
        for (const overview of freshness.overviews()) {
          for (const [labels, value] of samples(overview)) {
            if (value !== undefined) gauge.set({ cloud: overview.cloud, ...labels }, value)
          }
        }
      },
    })
  }

  new Gauge({
    name: 'rangewarden_build_info',
    help: 'Always 1; the label is the version that runs',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1)

  perCloud(
    'rangewarden_cloud_state',
    'How a cloud is doing: 1 for the state it is in, 0 for the others',
    ({ state }) => CLOUD_STATES.map((one) => [{ state: one }, Number(one === state)]),
    ['state'],
  )
  perCloud('rangewarden_holds_waiting', 'Held files that wait for a person', ({ waiting }) => [
    [{}, waiting.length],
  ])
  perCloud(
    'rangewarden_rollback_in_force',
    '1 while a person has gone back to an earlier snapshot',
    ({ rollback }) => [[{}, Number(rollback !== undefined)]],
  )
  perCloud(
    'rangewarden_discovery_degraded',
    '1 while files are found by another strategy than the first',
    ({ discovery }) => [[{}, discovery && Number(discovery.degraded !== undefined)]],
  )
  perCloud(
    'rangewarden_newest_file_timestamp_seconds',
    'Midnight (UTC) of the date of the newest file seen at the publisher',
    ({ newestFileDate }) => [[{}, newestFileDate && Date.parse(newestFileDate) / 1000]],
  )
  perCloud(
    'rangewarden_last_success_timestamp_seconds',
    'When a run last learned which file is the newest',
    ({ lastSuccessAt }) => [[{}, lastSuccessAt && lastSuccessAt.getTime() / 1000]],
  )
  perCloud(
    'rangewarden_dataset_prefixes',
    'Prefixes of all tags of what is published',
    ({ published }) => {
      const counts = published && prefixCounts(published.snapshot)
      return FAMILIES.map((family) => [{ family: `ipv${family}` }, counts?.[family]])
    },
    ['family'],
  )

  const runs = new Counter({
    name: 'rangewarden_sync_runs_total',
    help: 'Runs of this process since it started, by what they came to',
    labelNames: ['cloud', 'result'],
    registers: [registry],
  })
  for (const cloud of clouds) {
    for (const result of RUN_OUTCOMES) runs.inc({ cloud, result }, 0)
  }

  const attempts = new Counter({
    name: 'rangewarden_webhook_attempts_total',
    help: 'Attempts of this process to deliver to webhooks, by what they came to',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of ATTEMPT_KINDS) attempts.inc({ result }, 0)
  const waiting = new Gauge({
    name: 'rangewarden_webhook_deliveries_waiting',
    help: 'Deliveries to enabled webhooks that wait, failing ones included',
    registers: [registry],
  })
  const oldest = new Gauge({
    name: 'rangewarden_webhook_oldest_waiting_seconds',
    help: 'How long the oldest of them has waited',
    registers: [registry],
  })

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    countRun: (cloud, result) => runs.inc({ cloud, result }),
    countAttempt: (result) => attempts.inc({ result }),
    setBacklog(backlog) {
      waiting.set(backlog.waiting)
      oldest.set(backlog.oldestSeconds)
    },
    http: createHttpMetrics(registry),
  }
}

type PrefixCounts = Readonly<Record<4 | 6, number>>

const counted = new WeakMap<Snapshot, PrefixCounts>()

/** Of a Public snapshot these are 93,000 prefixes: counted once. */
function prefixCounts(snapshot: Snapshot): PrefixCounts {
  const known = counted.get(snapshot)
  if (known) return known
  const counts = { 4: 0, 6: 0 }
  for (const { prefixes } of snapshot.tags.values()) {
    for (const { family } of prefixes) counts[family]++
  }
  counted.set(snapshot, counts)
  return counts
}
