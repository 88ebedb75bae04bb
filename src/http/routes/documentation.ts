/** /openapi.json, and the way to /docs for whoever types the address alone. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { noQuery } from '../schemas/parameters.ts'

export const documentationRoutes: FastifyPluginCallbackZod = (app, _, done) => {
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: { hide: true, querystring: noQuery },
    handler: (_request, reply) => reply.send(app.swagger()),
  })

  app.route({
    method: 'GET',
    url: '/',
    schema: { hide: true },
    handler: (_request, reply) => reply.redirect('/docs'),
  })
  done()
}
