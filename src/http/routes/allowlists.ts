/** /v1/allowlists: the definitions, built in and stored. Their bytes are routes/lists.ts. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Exporter } from '../../../exporters/contract.ts'
import { RangewardenError } from '../../core/errors.ts'
import { definitionBody } from '../../lists/definition.ts'
import type { Lists } from '../../lists/lists.ts'
import { apiPath, devicePath } from '../../lists/paths.ts'
import { definitionShape, definitionView } from '../../views/definition.ts'
import { noticesShape, noticesView } from '../../views/notices.ts'
import { requireAdmin } from '../admin.ts'
import { problems } from '../problem.ts'
import { noQuery } from '../schemas/parameters.ts'

export interface AllowlistRoutesOptions {
  readonly lists: Lists
  readonly exporters: readonly Exporter[]
  readonly adminToken: string | undefined
}

const nameParams = z.strictObject({ allowlist: z.string().describe('`app-proxy`') })

const availableShape = z.object({
  format: z.string(),
  path: z.string(),
  devicePath: z.string().describe('The same bytes without a query string, for devices'),
  versionPath: z
    .string()
    .nullable()
    .describe('The bytes it has now, for good; another path once they change'),
  mediaType: z.string(),
  available: z.boolean(),
  reason: z.string().nullable().describe('Why it cannot be served now'),
  bytes: z.int().nullable(),
  lastModified: z.iso.datetime().nullable().describe('When these bytes last changed'),
})

const allowlistShape = definitionShape
  .extend({
    notices: noticesShape
      .nullable()
      .describe('What is out of the ordinary; null while nothing is published'),
    formats: z.array(availableShape),
  })
  .meta({ id: 'AllowlistWithFormats' })

export const allowlistRoutes: FastifyPluginCallbackZod<AllowlistRoutesOptions> = (
  app,
  { lists, exporters, adminToken },
  done,
) => {
  const onRequest = requireAdmin(adminToken)

  app.route({
    method: 'GET',
    url: '/v1/allowlists',
    schema: {
      operationId: 'listAllowlists',
      tags: ['allowlists'],
      summary: 'Every allowlist, built in or stored',
      querystring: noQuery,
      response: { 200: z.object({ allowlists: z.array(definitionShape) }), ...problems(400, 500) },
    },
    handler: () => ({ allowlists: lists.definitions().map(definitionView) }),
  })

  app.route({
    method: 'GET',
    url: '/v1/allowlists/:allowlist',
    schema: {
      operationId: 'getAllowlist',
      tags: ['allowlists'],
      summary: 'One allowlist with the paths of its formats',
      params: nameParams,
      querystring: noQuery,
      response: { 200: allowlistShape, ...problems(400, 404, 500) },
    },
    handler: ({ params: { allowlist } }) => {
      const definition = definitionView(lists.definition(allowlist))
      const formats = exporters.map((exporter) => availability(lists, allowlist, exporter))
      const notices = lists.notices(allowlist)
      return { ...definition, notices: notices ? noticesView(notices) : null, formats }
    },
  })

  app.route({
    method: 'PUT',
    url: '/v1/allowlists/:allowlist',
    onRequest,
    schema: {
      operationId: 'putAllowlist',
      tags: ['allowlists'],
      summary: 'Stores or replaces an allowlist',
      security: [{ adminToken: [] }],
      params: nameParams,
      querystring: noQuery,
      body: definitionBody,
      response: {
        200: definitionShape.describe('Replaced'),
        201: definitionShape.describe('Stored'),
        ...problems(400, 401, 403, 404, 409, 413, 415, 500, 503),
      },
    },
    handler: async ({ params: { allowlist }, body }, reply) => {
      const created = await lists.put(allowlist, body)
      const view = definitionView(lists.definition(allowlist))
      if (!created) return reply.code(200).send(view)
      return reply.code(201).header('location', `/v1/allowlists/${allowlist}`).send(view)
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/allowlists/:allowlist',
    onRequest,
    schema: {
      operationId: 'deleteAllowlist',
      tags: ['allowlists'],
      summary: 'Deletes a stored allowlist; devices that fetch it get 404 from then on',
      security: [{ adminToken: [] }],
      params: nameParams,
      querystring: noQuery,
      response: {
        204: z.undefined().describe('Deleted'),
        ...problems(400, 401, 403, 404, 409, 500, 503),
      },
    },
    handler: async ({ params: { allowlist } }, reply) => {
      await lists.delete(allowlist)
      return reply.code(204).send()
    },
  })
  done()
}

function availability(
  lists: Lists,
  name: string,
  exporter: Exporter,
): z.infer<typeof availableShape> {
  const format = exporter.name
  const { mediaType } = exporter
  const path = apiPath(name, exporter)
  const paths = { format, path, devicePath: devicePath(name, exporter), mediaType }
  try {
    const { length, lastModified, versionPath = null } = lists.current(name, format)
    const changed = lastModified === undefined ? null : new Date(lastModified).toISOString()
    const available = { available: true, reason: null, bytes: length, lastModified: changed }
    return { ...paths, versionPath, ...available }
  } catch (error) {
    if (!(error instanceof RangewardenError)) throw error
    const unavailable = { available: false, reason: error.message, bytes: null, lastModified: null }
    return { ...paths, versionPath: null, ...unavailable }
  }
}
