/** /v1/webhooks: who is told. All of it asks for the admin token: the URLs of chats are secrets. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { notFound, RangewardenError } from '../../core/errors.ts'
import type { Store } from '../../store/contract.ts'
import type { Webhook } from '../../store/telling-contract.ts'
import {
  webhookShape,
  webhooksShape,
  webhookView,
  webhookWithSecretShape,
} from '../../views/webhook.ts'
import { newSecret } from '../../webhooks/sign.ts'
import { checkWish, type WishDeps } from '../../webhooks/wish.ts'
import { requireAdmin } from '../admin.ts'
import { problems } from '../problem.ts'
import { noQuery } from '../schemas/parameters.ts'
import {
  changedWebhookBody,
  newWebhookBody,
  rotationBody,
  webhookParams,
} from '../schemas/webhooks.ts'

export interface WebhookRoutesOptions extends WishDeps {
  readonly store: Pick<Store, 'webhooks' | 'events'>
  readonly adminToken: string | undefined
}

/** After a rotation receivers have so long to take the new secret. */
const FORMER_SECRET_SECONDS = 24 * 3600

const common = { tags: ['webhooks'], security: [{ adminToken: [] }] }

export const webhookRoutes: FastifyPluginCallbackZod<WebhookRoutesOptions> = (
  app,
  options,
  done,
) => {
  const { store, adminToken } = options
  const { webhooks, events } = store
  app.addHook('onRequest', requireAdmin(adminToken))

  app.route({
    method: 'GET',
    url: '/v1/webhooks',
    schema: {
      ...common,
      operationId: 'listWebhooks',
      summary: 'Every webhook, oldest first',
      querystring: noQuery,
      response: { 200: webhooksShape, ...problems(400, 401, 403, 500, 503) },
    },
    handler: async () => ({ webhooks: (await webhooks.list()).map(webhookView) }),
  })

  app.route({
    method: 'POST',
    url: '/v1/webhooks',
    schema: {
      ...common,
      operationId: 'createWebhook',
      summary: 'Has a URL told of events; the answer shows the secret once',
      querystring: noQuery,
      body: newWebhookBody,
      response: {
        201: webhookWithSecretShape,
        ...problems(400, 401, 403, 413, 415, 500, 503),
      },
    },
    handler: async ({ body: { secret = newSecret(), minAddresses, ...wish } }, reply) => {
      const settings = { ...wish, minAddresses: BigInt(minAddresses) }
      const webhook = await webhooks.create(
        { ...settings, ...checkWish(options, settings) },
        secret,
      )
      void reply.header('location', `/v1/webhooks/${webhook.id}`)
      return reply.code(201).send({ ...webhookView(webhook), secret })
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/webhooks/:id',
    schema: {
      ...common,
      operationId: 'getWebhook',
      summary: 'One webhook',
      params: webhookParams,
      querystring: noQuery,
      response: { 200: webhookShape, ...problems(400, 401, 403, 404, 500, 503) },
    },
    handler: async ({ params: { id } }) => webhookView(found(id, await webhooks.byId(id))),
  })

  app.route({
    method: 'PATCH',
    url: '/v1/webhooks/:id',
    schema: {
      ...common,
      operationId: 'changeWebhook',
      summary: 'Changes what is named; enables or disables it',
      params: webhookParams,
      querystring: noQuery,
      body: changedWebhookBody,
      response: {
        200: webhookShape,
        ...problems(400, 401, 403, 404, 413, 415, 500, 503),
      },
    },
    handler: async ({ params: { id }, body: { enabled, reason, minAddresses, ...wish } }) => {
      const named = Object.entries(wish).filter(([, value]) => value !== undefined)
      const change = {
        ...checkWish(options, Object.fromEntries(named)),
        ...(minAddresses === undefined ? {} : { minAddresses: BigInt(minAddresses) }),
        ...(enabled === undefined ? {} : { enabled }),
        ...(reason === undefined ? {} : { reason }),
      }
      return webhookView(found(id, await webhooks.update(id, change)))
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/webhooks/:id',
    schema: {
      ...common,
      operationId: 'deleteWebhook',
      summary: 'Deletes a webhook and its deliveries, those that wait included',
      params: webhookParams,
      querystring: noQuery,
      response: {
        204: z.undefined().describe('Deleted'),
        ...problems(400, 401, 403, 404, 500, 503),
      },
    },
    handler: async ({ params: { id } }, reply) => {
      if (!(await webhooks.delete(id))) throw missing(id)
      return reply.code(204).send()
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/webhooks/:id/rotate',
    schema: {
      ...common,
      operationId: 'rotateWebhookSecret',
      summary: 'Makes a new secret; the one before signs too for 24 hours',
      params: webhookParams,
      querystring: noQuery,
      body: rotationBody,
      response: {
        200: webhookWithSecretShape,
        ...problems(400, 401, 403, 404, 413, 415, 500, 503),
      },
    },
    handler: async ({ params: { id }, body }) => {
      const secret = body?.secret ?? newSecret()
      const webhook = found(id, await webhooks.rotate(id, secret, FORMER_SECRET_SECONDS))
      return { ...webhookView(webhook), secret }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/webhooks/:id/test',
    schema: {
      ...common,
      operationId: 'testWebhook',
      summary: 'Sends it an event `webhook.test`, whatever its filters, behind what waits',
      params: webhookParams,
      querystring: noQuery,
      body: z.strictObject({}).nullish(),
      response: {
        202: z.object({ deliveries: z.string().describe('Where it will be seen') }),
        ...problems(400, 401, 403, 404, 409, 413, 415, 500, 503),
      },
    },
    handler: async ({ params: { id } }, reply) => {
      const { enabled, disabledReason = '' } = found(id, await webhooks.byId(id))
      if (!enabled) {
        throw new RangewardenError(
          'conflict',
          `webhook ${id} is disabled (${disabledReason}): enable it first, PATCH {"enabled": true}`,
          { webhook: id },
        )
      }
      const facts = { webhook: id, text: 'This is a test: nothing has happened.' }
      await events.record({ type: 'webhook.test', facts, onlyFor: id })
      return reply.code(202).send({ deliveries: `/v1/webhooks/${id}/deliveries` })
    },
  })
  done()
}

function found(id: string, webhook: Webhook | undefined): Webhook {
  if (webhook) return webhook
  throw missing(id)
}

function missing(id: string): RangewardenError {
  return notFound(`there is no webhook ${id}: /v1/webhooks lists them`, { webhook: id })
}
