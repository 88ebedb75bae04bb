/** GET /v1/changes.atom: a feed to subscribe to, of what publications changed. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ATOM_MEDIA_TYPE } from '../../feed/atom.ts'
import type { ChangesFeed } from '../../feed/changes-feed.ts'
import { isNotModified } from '../conditional.ts'
import { problems } from '../problem.ts'
import { cloudParameter } from '../schemas/parameters.ts'

export interface ChangesFeedRoutesOptions {
  readonly feed: ChangesFeed
}

const DEFAULT_ENTRIES = 30
const MOST_ENTRIES = 100

export const changesFeedRoutes: FastifyPluginCallbackZod<ChangesFeedRoutesOptions> = (
  app,
  { feed },
  done,
) => {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/v1/changes.atom',
    schema: {
      operationId: 'getChangesFeed',
      tags: ['changes'],
      summary: 'What each publication changed, as an Atom feed (RFC 4287), newest first',
      querystring: z.strictObject({
        cloud: cloudParameter.describe('Without it, all followed clouds, merged by time'),
        tag: z
          .string()
          .min(1)
          .max(128)
          .optional()
          .describe('Only publications that changed this service tag, told of it alone'),
        limit: z.coerce
          .number()
          .int()
          .min(1)
          .max(MOST_ENTRIES)
          .default(DEFAULT_ENTRIES)
          .describe('How many entries at most'),
      }),
      response: {
        200: {
          description: 'The feed, with strong ETag and Last-Modified',
          content: { [ATOM_MEDIA_TYPE]: { schema: z.unknown() } },
        },
        304: z.undefined().describe('The client has these bytes'),
        ...problems(400, 404, 500, 503),
      },
    },
    handler: async ({ query: { cloud, tag, limit }, raw }, reply) => {
      const { bytes, etag, updated } = await feed.read({ cloud, tag, limit })
      const lastModified = lastModifiedOf(updated, new Date())
      void reply.header('etag', etag)
      if (lastModified !== undefined) void reply.header('last-modified', lastModified)
      if (isNotModified(raw.headers, { etag, lastModified })) return reply.code(304).send()
      return reply.type(`${ATOM_MEDIA_TYPE}; charset=utf-8`).send(bytes)
    },
  })
  done()
}

/**
 * Undefined while the same second may bring another publication, whose feed would carry the same date;
 * then the tag alone tells (RFC 9110 section 8.8.2.2).
 */
function lastModifiedOf(updated: Date, now: Date): string | undefined {
  const isOver = Math.floor(updated.getTime() / 1000) < Math.floor(now.getTime() / 1000)
  return isOver ? updated.toUTCString() : undefined
}
