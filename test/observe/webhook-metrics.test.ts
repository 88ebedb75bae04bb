/** The backlog is told by whoever has looked at it, and by nobody else. */
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { createWebhookMetrics } from '../../src/observe/webhook-metrics.ts'
import { readExposition } from '../support/exposition.ts'

it('is not told, not even as nothing, before it was looked at', async () => {
  const registry = new Registry()
  const webhooks = createWebhookMetrics(registry)
  const told = async (): Promise<(number | undefined)[]> => {
    const { value } = readExposition(await registry.metrics())
    return [
      value('rangewarden_webhook_deliveries_waiting'),
      value('rangewarden_webhook_oldest_waiting_seconds'),
    ]
  }
  expect(await told()).toEqual([undefined, undefined])
  webhooks.waiting({ waiting: 3, oldestSeconds: 70 })
  expect(await told()).toEqual([3, 70])
  webhooks.waiting({ waiting: 0, oldestSeconds: 0 })
  expect(await told()).toEqual([0, 0])
})
