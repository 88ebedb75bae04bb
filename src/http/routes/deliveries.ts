/** What was sent to a webhook, what it said, and another try. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { notFound, RangewardenError } from '../../core/errors.ts'
import type { Store } from '../../store/contract.ts'
import type { Delivery } from '../../store/telling-contract.ts'
import {
  deliveriesShape,
  deliveryShape,
  deliveryView,
  deliveryWithBodyShape,
} from '../../views/webhook.ts'
import { requireAdmin } from '../admin.ts'
import { problems } from '../problem.ts'
import { noQuery } from '../schemas/parameters.ts'
import { deliveriesQuery, deliveryParams, webhookParams } from '../schemas/webhooks.ts'

export interface DeliveryRoutesOptions {
  readonly store: Pick<Store, 'webhooks' | 'deliveries'>
  readonly adminToken: string | undefined
}

const common = { tags: ['webhooks'], security: [{ adminToken: [] }] }

export const deliveryRoutes: FastifyPluginCallbackZod<DeliveryRoutesOptions> = (
  app,
  { store: { webhooks, deliveries }, adminToken },
  done,
) => {
  app.addHook('onRequest', requireAdmin(adminToken))

  app.route({
    method: 'GET',
    url: '/v1/webhooks/:id/deliveries',
    schema: {
      ...common,
      operationId: 'listDeliveries',
      summary: 'What was and is to be sent to a webhook, newest first',
      params: webhookParams,
      querystring: deliveriesQuery,
      response: { 200: deliveriesShape, ...problems(400, 401, 403, 404, 500, 503) },
    },
    handler: async ({ params: { id }, query: { cursor, ...query } }) => {
      const page = await deliveries.list({ webhookId: id, ...query, before: cursor })
      if (page.length === 0 && !(await webhooks.byId(id))) {
        throw notFound(`there is no webhook ${id}: /v1/webhooks lists them`, { webhook: id })
      }
      const last = page.length === query.limit ? page.at(-1) : undefined
      return { deliveries: page.map(deliveryView), next: last ? String(last.id) : null }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/deliveries/:id',
    schema: {
      ...common,
      operationId: 'getDelivery',
      summary: 'One delivery with its body',
      params: deliveryParams,
      querystring: noQuery,
      response: { 200: deliveryWithBodyShape, ...problems(400, 401, 403, 404, 500, 503) },
    },
    handler: async ({ params: { id } }) => {
      const delivery = found(id, await deliveries.byId(id))
      return { ...deliveryView(delivery), body: delivery.event.body }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/deliveries/:id/redeliver',
    schema: {
      ...common,
      operationId: 'redeliver',
      summary: 'Sends it again, under the same id; a waiting one is tried at once',
      params: deliveryParams,
      querystring: noQuery,
      response: {
        202: deliveryShape,
        ...problems(400, 401, 403, 404, 409, 500, 503),
      },
    },
    handler: async ({ params: { id } }, reply) => {
      const { webhookId } = found(id, await deliveries.byId(id))
      const webhook = await webhooks.byId(webhookId)
      if (webhook?.enabled === false) {
        throw new RangewardenError(
          'conflict',
          `webhook ${webhookId} of delivery ${id} is disabled: enable it first`,
          { webhook: webhookId, delivery: id },
        )
      }
      const delivery = found(id, await deliveries.redeliver(id))
      return reply.code(202).send(deliveryView(delivery))
    },
  })
  done()
}

function found(id: number, delivery: Delivery | undefined): Delivery {
  if (delivery) return delivery
  throw notFound(`there is no delivery ${id}: /v1/webhooks/{id}/deliveries lists them`, {
    delivery: id,
  })
}
