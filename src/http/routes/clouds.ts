/** GET /v1/clouds: how each followed cloud is doing. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Cloud } from '../../core/cloud.ts'
import { cloudOverview, type OverviewDeps } from '../../history/overview.ts'
import { cloudShape, cloudView } from '../../views/cloud.ts'
import { problems } from '../problem.ts'
import { noQuery } from '../schemas/parameters.ts'

export interface CloudRoutesOptions extends OverviewDeps {
  readonly clouds: readonly Cloud[]
  readonly log: Logger
}

export const cloudRoutes: FastifyPluginCallbackZod<CloudRoutesOptions> = (app, options, done) => {
  const { clouds, log } = options
  app.route({
    method: 'GET',
    url: '/v1/clouds',
    schema: {
      operationId: 'listClouds',
      tags: ['clouds'],
      summary: 'What is published per followed cloud, how old it is, and the last runs',
      querystring: noQuery,
      response: { 200: z.object({ clouds: z.array(cloudShape) }), ...problems(400, 500) },
    },
    handler: async () => {
      const overviews = await cloudOverview(options, clouds, new Date())
      for (const { cloud, fault } of overviews) {
        if (fault !== undefined) log.warn({ cloud, err: fault }, 'Overview without the database')
      }
      return { clouds: overviews.map(cloudView) }
    },
  })
  done()
}
