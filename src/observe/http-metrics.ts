/** Requests and how long they took, by the pattern of their route: never by what was asked for. */
import { Counter, Histogram, type Registry } from 'prom-client'

export interface HttpMetrics {
  /** Where answers of one kind are counted; worth keeping by whoever answers often. */
  answers(route: string, method: string, status: number): AnswerCounter
}

export interface AnswerCounter {
  answered(durationMs: number): void
}

/** From a prepared list (a tenth of a millisecond) to an export of everything (seconds). */
const BUCKETS_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]

interface Series {
  readonly labels: { readonly route: string; readonly method: string; readonly status: string }
  count: number
}

export function createHttpMetrics(registry: Registry): HttpMetrics {
  const series = new Map<string, Series & AnswerCounter>()

  const requests = new Counter({
    name: 'rangewarden_http_requests_total',
    help: 'Requests that were answered, by the pattern of their route.',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
    // Counted in plain numbers and told when asked: incrementing by labels takes 20 times as long.
    collect() {
      requests.reset()
      for (const { labels, count } of series.values()) requests.inc(labels, count)
    },
  })
  const durations = new Histogram({
    name: 'rangewarden_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['route', 'method'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  })

  return {
    answers(route, method, status) {
      const key = `${route} ${method} ${status}`
      const known = series.get(key)
      if (known) return known
      const duration = durations.labels(route, method)
      const made = {
        labels: { route, method, status: String(status) },
        count: 0,
        answered(durationMs: number) {
          made.count++
          duration.observe(durationMs / 1000)
        },
      }
      series.set(key, made)
      return made
    },
  }
}
