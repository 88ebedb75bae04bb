/**
 * What prom-client knows of a process: memory, CPU time, the event loop, garbage collection. It has
 * a timer and an observer that cannot be ended, and that keep no process alive. Hence one registry,
 * however many services a process has had, and none where nobody serves.
 */
import { collectDefaultMetrics, Registry } from 'prom-client'

/** Gauges that are named like counters, and say what only those who know libuv can use. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
]

let made: Registry | undefined

/** Made at the first call: what there is to watch is watched from then on. */
export function processMetrics(): Registry {
  if (made) return made
  made = new Registry()
  collectDefaultMetrics({ register: made })
  for (const name of MISNAMED) made.removeSingleMetric(name)
  return made
}
