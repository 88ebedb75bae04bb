/**
 * What Prometheus scrapes. States come from memory (`freshness`), so that a scrape asks no database
 * and goes on while there is none. docs/operations.md describes each name.
 */
import { Gauge, Registry } from 'prom-client'
import type { Role } from '../config/rules.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Freshness } from '../history/freshness.ts'
import { createCertificateMetrics, type CertificateMetrics } from './certificate-metrics.ts'
import { addCloudMetrics } from './cloud-metrics.ts'
import { createHttpMetrics, type HttpMetrics } from './http-metrics.ts'
import { processMetrics } from './process-metrics.ts'
import { createRunMetrics, type RunMetrics } from './run-metrics.ts'
import { createWebhookMetrics, type WebhookMetrics } from './webhook-metrics.ts'

export interface Metrics {
  /** Media type of `text`. */
  readonly contentType: string
  /** The exposition format, with every metric there is. */
  text(): Promise<string>
  /** From now on what the process itself takes is told too. */
  watchProcess(): void
  readonly runs: RunMetrics
  readonly webhooks: WebhookMetrics
  readonly certificates: CertificateMetrics
  readonly http: HttpMetrics
}

export interface MetricsDeps {
  readonly freshness: Pick<Freshness, 'overviews' | 'unverifiedSince'>
  readonly clouds: readonly Cloud[]
  readonly version: string
  /** By default `all`. */
  readonly role?: Role
}

export function createMetrics({ freshness, clouds, version, role = 'all' }: MetricsDeps): Metrics {
  const registry = new Registry()
  let ofProcess: Registry | undefined

  new Gauge({
    name: 'rangewarden_build_info',
    help: 'Always 1; the labels are the version that runs and what the process does.',
    labelNames: ['version', 'role'],
    registers: [registry],
  }).set({ version, role }, 1)
  addCloudMetrics(registry, freshness)

  return {
    contentType: registry.contentType,
    async text() {
      const own = await registry.metrics()
      return ofProcess ? own + (await ofProcess.metrics()) : own
    },
    watchProcess() {
      ofProcess = processMetrics()
    },
    runs: createRunMetrics(registry, clouds),
    webhooks: createWebhookMetrics(registry),
    certificates: createCertificateMetrics(registry),
    http: createHttpMetrics(registry),
  }
}
