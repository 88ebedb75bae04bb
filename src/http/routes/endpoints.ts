/** GET /v1/endpoints: the names a service needs, each with its source. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Cloud } from '../../core/cloud.ts'
import { endpointServices, findService } from '../../endpoints/index.ts'
import type { EndpointService } from '../../endpoints/contract.ts'
import { cloudOrOnly } from '../../history/resolve.ts'
import { endpointServiceShape, endpointServiceView } from '../../views/endpoint.ts'
import { problems } from '../problem.ts'
import { cloudParameter } from '../schemas/parameters.ts'

export interface EndpointRoutesOptions {
  readonly clouds: readonly Cloud[]
}

/** The service that is asked after when none is named and the cloud has none. */
const MAIN_SERVICE = 'app-proxy'

export const endpointRoutes: FastifyPluginCallbackZod<EndpointRoutesOptions> = (
  app,
  { clouds },
  done,
) => {
  app.route({
    method: 'GET',
    url: '/v1/endpoints',
    schema: {
      operationId: 'listEndpoints',
      tags: ['endpoints'],
      summary: 'Required names with ports, purpose, phase and source, per service',
      querystring: z.strictObject({
        cloud: cloudParameter,
        service: z.string().optional().describe('`app-proxy`; without it, all services'),
      }),
      response: {
        200: z.object({ services: z.array(endpointServiceShape) }),
        ...problems(400, 404, 500),
      },
    },
    handler: ({ query }) => {
      const services = servicesOf(cloudOrOnly(query.cloud, clouds), query.service)
      return { services: services.map(endpointServiceView) }
    },
  })
  done()
}

function servicesOf(cloud: Cloud, named: string | undefined): readonly EndpointService[] {
  if (named !== undefined) return [findService(named, cloud)]
  const services = endpointServices(cloud)
  return services.length > 0 ? services : [findService(MAIN_SERVICE, cloud)]
}
