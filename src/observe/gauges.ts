/** Gauges that are told when somebody asks, of what is in memory by then. */
import { Gauge, type Registry } from 'prom-client'

/** One value with its labels; undefined where there is nothing to tell. */
export type Sample = readonly [labels: Record<string, string>, value: number | undefined]

export interface GaugeFacts {
  readonly name: string
  /** A sentence. */
  readonly help: string
  readonly labels?: readonly string[]
}

/** What is not among the samples any more is not told any more, not even as 0. */
export function addGauge(
  registry: Registry,
  { name, help, labels = [] }: GaugeFacts,
  samples: () => readonly Sample[],
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      gauge.reset()
      // Without labels a reset is a 0.
      if (labels.length === 0) gauge.remove()
      for (const [of, value] of samples()) if (value !== undefined) gauge.set(of, value)
    },
  })
}

/** Of a moment, as Prometheus counts time. */
export function secondsOf(moment: Date | undefined): number | undefined {
  return moment && moment.getTime() / 1000
}
