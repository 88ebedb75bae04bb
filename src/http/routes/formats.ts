/** GET /v1/formats: what a list can be had as. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Exporter } from '../../../exporters/contract.ts'
import { formatShape, formatView } from '../../views/format.ts'
import { problems } from '../problem.ts'
import { noQuery } from '../schemas/parameters.ts'

export interface FormatRoutesOptions {
  readonly exporters: readonly Exporter[]
}

export const formatRoutes: FastifyPluginCallbackZod<FormatRoutesOptions> = (
  app,
  { exporters },
  done,
) => {
  app.route({
    method: 'GET',
    url: '/v1/formats',
    schema: {
      operationId: 'listFormats',
      tags: ['formats'],
      summary: 'Every format with media type, limits and options',
      querystring: noQuery,
      response: { 200: z.object({ formats: z.array(formatShape) }), ...problems(400, 500) },
    },
    handler: () => ({ formats: exporters.map(formatView) }),
  })
  done()
}
