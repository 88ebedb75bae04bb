/** Whether what is told arrives. Which receiver it is that fails is for the API to say. */
import { Counter, type Registry } from 'prom-client'
import { addGauge } from './gauges.ts'

export interface WebhookMetrics {
  /** An attempt to deliver. */
  attempted(result: AttemptKind): void
  /** A delivery that has arrived, or is given up. */
  ended(result: EndKind): void
  /** Deliveries that wait, as last asked of the database; nothing is told of them before. */
  waiting(backlog: Backlog): void
}

interface Backlog {
  readonly waiting: number
  readonly oldestSeconds: number
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
  let backlog: Backlog | undefined
  addGauge(
    registry,
    {
      name: 'rangewarden_webhook_deliveries_waiting',
      help: 'Deliveries to enabled webhooks that wait, failing ones included; of workers.',
    },
    () => [[{}, backlog?.waiting]],
  )
  addGauge(
    registry,
    {
      name: 'rangewarden_webhook_oldest_waiting_seconds',
      help: 'How long the oldest of them has waited; of workers.',
    },
    () => [[{}, backlog?.oldestSeconds]],
  )
  return {
    attempted: (result) => attempts.inc({ result }),
    ended: (result) => deliveries.inc({ result }),
    waiting: (found) => (backlog = found),
  }
}
