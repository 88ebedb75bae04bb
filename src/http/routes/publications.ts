/** /v1/publications: what was handed out, and going back to something else. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Cloud } from '../../core/cloud.ts'
import { cloudOrOnly } from '../../history/resolve.ts'
import type { Store } from '../../store/contract.ts'
import { publishAsWished } from '../../sync/publication-wish.ts'
import { publicationShape, publicationsShape, publicationView } from '../../views/publication.ts'
import { requireAdmin } from '../admin.ts'
import { decided, type DecidedDeps } from '../decided.ts'
import { problems } from '../problem.ts'
import { publicationBody } from '../schemas/decisions.ts'
import { cloudParameter, limitParameter, noQuery } from '../schemas/parameters.ts'

export interface PublicationRoutesOptions extends DecidedDeps {
  readonly store: Store
  readonly clouds: readonly Cloud[]
  readonly adminToken: string | undefined
}

export const publicationRoutes: FastifyPluginCallbackZod<PublicationRoutesOptions> = (
  app,
  options,
  done,
) => {
  const { store, clouds, adminToken } = options

  app.route({
    method: 'GET',
    url: '/v1/publications',
    schema: {
      operationId: 'listPublications',
      tags: ['publications'],
      summary: 'What was handed out of a cloud, newest first; the first one is handed out now',
      querystring: z.strictObject({
        cloud: cloudParameter,
        limit: limitParameter,
        before: z.coerce
          .number()
          .int()
          .min(1)
          .max(2_147_483_647)
          .optional()
          .describe('Only serials before this one: `next` of the page before'),
      }),
      response: { 200: publicationsShape, ...problems(400, 500, 503) },
    },
    handler: async ({ query: { limit, before, ...query } }) => {
      const cloud = cloudOrOnly(query.cloud, clouds)
      const found = await store.publications.list(cloud, limit + 1, before)
      const page = found.slice(0, limit)
      const next = found.length > limit ? (page.at(-1)?.serial ?? null) : null
      return { publications: page.map(publicationView), next }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/publications',
    onRequest: requireAdmin(adminToken),
    schema: {
      operationId: 'publish',
      tags: ['publications'],
      summary: 'Goes back to any snapshot, ends that again, or lets removed addresses leave now',
      security: [{ adminToken: [] }],
      querystring: noQuery,
      body: publicationBody,
      response: {
        201: publicationShape,
        ...problems(400, 401, 403, 404, 409, 413, 415, 500, 503),
      },
    },
    handler: async ({ body: { snapshot, until, ...body } }, reply) => {
      const cloud = cloudOrOnly(body.cloud, clouds)
      const wish = { ...body, cloud, snapshot, until }
      const publication = await publishAsWished(store, wish, new Date())
      const { serial, snapshotId } = publication
      const { action, by } = body
      await decided(options, { decision: action, by, cloud, serial, snapshot: snapshotId })
      return reply.code(201).send(publicationView(publication))
    },
  })
  done()
}
