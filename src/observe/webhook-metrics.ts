/** Whether what is told arrives. Which receiver it is that fails is for the API to say. */
import { Counter, Gauge, type Registry } from 'prom-client'

export interface WebhookMetrics {
  /** An attempt to deliver. */
  attempted(result: AttemptKind): void
  /** A delivery that has arrived, or is given up. */
  ended(result: EndKind): void
  /** Deliveries that wait, as last asked of the database. */
  waiting(backlog: { readonly waiting: number; readonly oldestSeconds: number }): void
}

/** What an attempt can come to. */
const ATTEMPT_KINDS = ['delivered', 'failed', 'gone', 'refused-address'] as const

type AttemptKind = (typeof ATTEMPT_KINDS)[number]

/** How a delivery can end. */
const END_KINDS = ['delivered', 'failed'] as const

type EndKind = (typeof END_KINDS)[number]

export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const attempts = new Counter({
    name: 'rangewarden_webhook_attempts_total',
    help: 'Attempts of this process to deliver to webhooks, by what they came to.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of ATTEMPT_KINDS) attempts.inc({ result }, 0)
  const deliveries = new Counter({
    name: 'rangewarden_webhook_deliveries_total',
    help: 'Deliveries that this process has ended: delivered, or failed when they were given up.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of END_KINDS) deliveries.inc({ result }, 0)
  const waiting = new Gauge({
    name: 'rangewarden_webhook_deliveries_waiting',
    help: 'Deliveries to enabled webhooks that wait, failing ones included.',
    registers: [registry],
  })
  const oldest = new Gauge({
    name: 'rangewarden_webhook_oldest_waiting_seconds',
    help: 'How long the oldest of them has waited.',
    registers: [registry],
  })
  return {
    attempted: (result) => attempts.inc({ result }),
    ended: (result) => deliveries.inc({ result }),
    waiting(backlog) {
      waiting.set(backlog.waiting)
      oldest.set(backlog.oldestSeconds)
    },
  }
}
