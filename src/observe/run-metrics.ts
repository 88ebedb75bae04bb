/** What the runs of this process came to, and how long they took. */
import { Counter, Histogram, type Registry } from 'prom-client'
import type { Cloud } from '../core/cloud.ts'
import { RUN_OUTCOMES, type RunOutcomeKind } from '../store/contract.ts'

export interface RunMetrics {
  /** A recorded run that was not a dry run. */
  finished(cloud: Cloud, outcome: RunOutcomeKind, durationMs: number): void
}

/** From a folder that has nothing new to the longest a run may take. */
const BUCKETS_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900]

export function createRunMetrics(registry: Registry, clouds: readonly Cloud[]): RunMetrics {
  const runs = new Counter({
    name: 'rangewarden_sync_runs_total',
    help: 'Runs of this process since it started, by what they came to.',
    labelNames: ['cloud', 'result'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'rangewarden_sync_duration_seconds',
    help: 'From the start of a run to its record, publishing and preparing the lists included.',
    labelNames: ['cloud'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  })
  for (const cloud of clouds) {
    for (const result of RUN_OUTCOMES) runs.inc({ cloud, result }, 0)
    durations.zero({ cloud })
  }
  return {
    finished(cloud, result, durationMs) {
      runs.inc({ cloud, result })
      durations.observe({ cloud }, durationMs / 1000)
    },
  }
}
