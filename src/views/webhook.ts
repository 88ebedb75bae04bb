/** Webhooks and their deliveries, as shown to whoever may change them. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import { DELIVERY_STATES, type Delivery, type Webhook } from '../store/telling-contract.ts'
import { EVENT_TYPES, type EventType } from '../webhooks/event.ts'
import { WEBHOOK_FORMATS, type WebhookFormatName } from '../webhooks/formats/contract.ts'

export const webhookShape = z
  .object({
    id: z.string(),
    url: z.string().describe('Of chats the whole URL is a secret'),
    description: z.string(),
    format: z.enum(WEBHOOK_FORMATS),
    events: z.array(z.enum(EVENT_TYPES)).describe('Empty for all'),
    clouds: z.array(z.enum(CLOUDS)).describe('Empty for all'),
    allowlists: z.array(z.string()).describe('Empty for all'),
    tags: z.array(z.string()).describe('Empty for all'),
    minAddresses: z.string().regex(/^\d+$/),
    enabled: z.boolean(),
    disabledReason: z.string().nullable(),
    disabledAt: z.iso.datetime().nullable(),
    rotating: z.boolean().describe('The secret before signs too'),
    waiting: z.int().nonnegative().describe('Deliveries that wait'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' })

/** The secret is shown when it is made, and never again. */
export const webhookWithSecretShape = webhookShape
  .extend({ secret: z.string().describe('`whsec_` and base64; not shown again') })
  .meta({ id: 'WebhookWithSecret' })

export const webhooksShape = z.object({ webhooks: z.array(webhookShape) })

export type WebhookView = z.infer<typeof webhookShape>

export function webhookView(webhook: Webhook): WebhookView {
  const { id, url, description, clouds, allowlists, tags, minAddresses, enabled } = webhook
  return {
    id,
    url,
    description,
    // What was stored was checked against both lists, which only grow.
    format: webhook.format as WebhookFormatName,
    events: webhook.events as EventType[],
    clouds: [...clouds],
    allowlists: [...allowlists],
    tags: [...tags],
    minAddresses: minAddresses.toString(),
    enabled,
    disabledReason: webhook.disabledReason ?? null,
    disabledAt: webhook.disabledAt?.toISOString() ?? null,
    rotating: webhook.secrets.length > 1,
    waiting: webhook.waiting,
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  }
}

export const deliveryShape = z
  .object({
    id: z.int().positive(),
    webhook: z.string(),
    event: z.object({
      id: z.string().describe('Sent as `webhook-id`, the same at every attempt'),
      type: z.enum(EVENT_TYPES),
    }),
    state: z.enum(DELIVERY_STATES),
    failures: z.int().nonnegative().describe('Attempts of this series that failed'),
    nextAttemptAt: z.iso
      .datetime()
      .nullable()
      .describe('Not before those ahead of it have arrived; null once it has ended'),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    attempts: z
      .array(
        z.object({
          at: z.iso.datetime(),
          durationMs: z.int().nonnegative(),
          status: z.int().nullable(),
          reason: z.string().nullable().describe('What went wrong'),
          response: z.string().nullable().describe('The first bytes of the answer'),
        }),
      )
      .describe('The last ones, oldest first'),
  })
  .meta({ id: 'Delivery' })

export const deliveriesShape = z.object({
  deliveries: z.array(deliveryShape),
  next: z.string().nullable().describe('The `cursor` of the next page'),
})

/** With what is sent, for whoever looks into one. */
export const deliveryWithBodyShape = deliveryShape
  .extend({ body: z.string().describe('As format `standard` sends it') })
  .meta({ id: 'DeliveryWithBody' })

export type DeliveryView = z.infer<typeof deliveryShape>

export function deliveryView(delivery: Delivery): DeliveryView {
  const { id, webhookId, event, state, failures, nextAttemptAt, createdAt, endedAt } = delivery
  return {
    id,
    webhook: webhookId,
    event: { id: event.id, type: event.type as EventType },
    state,
    failures,
    nextAttemptAt: state === 'waiting' ? nextAttemptAt.toISOString() : null,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    attempts: delivery.attempts.map((attempt) => ({ ...attempt })),
  }
}
