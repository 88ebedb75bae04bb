/** GET /metrics: for Prometheus. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Metrics } from '../../observe/metrics.ts'
import { problems } from '../problem.ts'
import { noQuery } from '../schemas/parameters.ts'

export interface MetricsRoutesOptions {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>
}

export const metricsRoutes: FastifyPluginCallbackZod<MetricsRoutesOptions> = (
  app,
  { metrics },
  done,
) => {
  app.route({
    method: 'GET',
    url: '/metrics',
    schema: {
      operationId: 'getMetrics',
      tags: ['health'],
      summary: "States, ages and counts in Prometheus' text format",
      querystring: noQuery,
      response: {
        200: {
          description: 'Every metric; docs/operations.md describes them',
          content: { 'text/plain': { schema: z.string() } },
        },
        ...problems(400, 500),
      },
    },
    handler: async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  })
  done()
}
