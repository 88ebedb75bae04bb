/** GET /v1/changes: what changed between any two snapshots. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Cloud } from '../../core/cloud.ts'
import { changesBetween, type ChangesStores } from '../../history/changes.ts'
import { cloudOrOnly } from '../../history/resolve.ts'
import { changesShape, changesView } from '../../views/changes.ts'
import { problems } from '../problem.ts'
import { cloudParameter, fromParameter, toParameter } from '../schemas/parameters.ts'

export interface ChangeRoutesOptions extends ChangesStores {
  readonly clouds: readonly Cloud[]
}

export const changeRoutes: FastifyPluginCallbackZod<ChangeRoutesOptions> = (
  app,
  { history, timelines, clouds },
  done,
) => {
  app.route({
    method: 'GET',
    url: '/v1/changes',
    schema: {
      operationId: 'getChanges',
      tags: ['changes'],
      summary: 'What changed between two snapshots: tags, regions, prefixes and addresses',
      querystring: z.strictObject({
        cloud: cloudParameter,
        from: fromParameter,
        to: toParameter,
        tag: z.string().optional().describe('Only this service tag'),
        region: z.string().optional().describe('Only the tags of this region'),
      }),
      response: { 200: changesShape, ...problems(400, 404, 500, 503) },
    },
    handler: async ({ query }) => {
      const cloud = cloudOrOnly(query.cloud, clouds)
      return changesView(await changesBetween({ history, timelines }, { ...query, cloud }))
    },
  })
  done()
}
