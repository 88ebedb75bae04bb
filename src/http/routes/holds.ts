/** /v1/holds: candidates that the guard holds, and what people decide about them. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CLOUDS } from '../../core/cloud.ts'
import { notFound } from '../../core/errors.ts'
import { HOLD_STATES, type Hold, type Store } from '../../store/contract.ts'
import { approveHold, rejectHold } from '../../sync/decisions.ts'
import { holdDecisionShape, holdShape, holdsShape, holdView } from '../../views/hold.ts'
import { publicationView } from '../../views/publication.ts'
import { requireAdmin } from '../admin.ts'
import { isNotModified } from '../conditional.ts'
import { decided, type DecidedDeps } from '../decided.ts'
import { problems } from '../problem.ts'
import { holdDecisionBody } from '../schemas/decisions.ts'
import { limitParameter, noQuery } from '../schemas/parameters.ts'

export interface HoldRoutesOptions extends DecidedDeps {
  readonly store: Store
  readonly adminToken: string | undefined
}

const idParams = z.strictObject({
  id: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'a hold is named by its number')
    .transform(Number)
    .describe('`3`'),
})

const decisionSchema = {
  tags: ['holds'],
  security: [{ adminToken: [] }],
  params: idParams,
  querystring: noQuery,
  body: holdDecisionBody,
  response: {
    200: holdDecisionShape,
    ...problems(400, 401, 403, 404, 409, 413, 415, 500, 503),
  },
}

export const holdRoutes: FastifyPluginCallbackZod<HoldRoutesOptions> = (app, options, done) => {
  const { store, adminToken } = options
  const { history, holds } = store
  const onRequest = requireAdmin(adminToken)

  async function holdOf(id: number): Promise<Hold> {
    const hold = await holds.byId(id)
    if (hold) return hold
    throw notFound(`there is no hold ${id}: /v1/holds lists them`, { hold: id })
  }

  app.route({
    method: 'GET',
    url: '/v1/holds',
    schema: {
      operationId: 'listHolds',
      tags: ['holds'],
      summary: 'Candidates that wait for a person, or did, newest first',
      querystring: z.strictObject({
        cloud: z.enum(CLOUDS).optional().describe('Without it, the holds of all clouds'),
        state: z.enum(HOLD_STATES).optional().describe('Without it, in any state'),
        limit: limitParameter,
      }),
      response: { 200: holdsShape, ...problems(400, 500, 503) },
    },
    handler: async ({ query }) => ({ holds: (await holds.list(query)).map(holdView) }),
  })

  app.route({
    method: 'GET',
    url: '/v1/holds/:id',
    schema: {
      operationId: 'getHold',
      tags: ['holds'],
      summary: 'One hold: why it is held, and what it would change',
      params: idParams,
      querystring: noQuery,
      response: { 200: holdShape, ...problems(400, 404, 500, 503) },
    },
    handler: async ({ params: { id } }) => holdView(await holdOf(id)),
  })

  app.route({
    method: 'GET',
    url: '/v1/holds/:id/document',
    schema: {
      operationId: 'getHoldDocument',
      tags: ['holds'],
      summary: 'The original bytes of a held file',
      params: idParams,
      querystring: noQuery,
      response: {
        200: {
          description: 'The file as it arrived; its bytes never change',
          content: { 'application/json': { schema: z.unknown() } },
        },
        304: z.undefined().describe('The client has these bytes'),
        ...problems(400, 404, 500, 503),
      },
    },
    handler: async ({ params: { id }, raw }, reply) => {
      const { documentSha256 } = await holdOf(id)
      const etag = `"${documentSha256}"`
      void reply.headers({ etag, 'cache-control': 'public, max-age=31536000, immutable' })
      if (isNotModified(raw.headers, { etag })) return reply.code(304).send()
      const bytes = await history.document(documentSha256)
      if (!bytes) throw new Error(`the document of hold ${id} is missing`)
      return reply.type('application/json').send(bytes)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/holds/:id/approve',
    onRequest,
    schema: {
      ...decisionSchema,
      operationId: 'approveHold',
      summary: 'Publishes exactly the content that is held',
    },
    handler: async ({ params: { id }, body }) => {
      const publication = await approveHold(store, { id, ...body })
      const { cloud, serial } = publication
      await decided(options, { decision: 'approve', hold: id, by: body.by, cloud, serial })
      return { hold: holdView(await holdOf(id)), publication: publicationView(publication) }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/holds/:id/reject',
    onRequest,
    schema: {
      ...decisionSchema,
      operationId: 'rejectHold',
      summary: 'The same content is not held again, and what was handed out of it is taken back',
    },
    handler: async ({ params: { id }, body }) => {
      const { hold, publication } = await rejectHold(store, { id, ...body })
      const { cloud } = hold
      const serial = publication?.serial
      await decided(options, { decision: 'reject', hold: id, by: body.by, cloud, serial })
      return {
        hold: holdView(hold),
        publication: publication ? publicationView(publication) : null,
      }
    },
  })
  done()
}
