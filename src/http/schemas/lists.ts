/** Response schemas of the routes that answer with a list's bytes; they describe, nothing is serialized. */
import type { FastifySchemaCompiler } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Exporter } from '../../../exporters/contract.ts'
import { problems } from '../problem.ts'

/** 200 in any format's media type, 304, and the problems a list can meet. */
export function listResponses(exporters: readonly Exporter[]) {
  const types = new Set(exporters.map(({ mediaType }) => mediaType.split(';')[0] ?? mediaType))
  const content = Object.fromEntries([...types].map((type) => [type, { schema: z.unknown() }]))
  return {
    200: {
      description: 'The list, with strong ETag, Last-Modified and Rangewarden-Snapshot',
      content,
    },
    304: z.undefined().describe('The client has these bytes'),
    ...problems(400, 404, 406, 422, 500, 503),
  }
}

/** A format's name. Told as an enumeration; whoever asks for another is answered which there are. */
export function formatParameter(exporters: readonly Exporter[]) {
  return z.string().meta({ enum: exporters.map(({ name }) => name) })
}

/**
 * Validates without work what devices ask: path parameters that are any text, and no query at all.
 * For schemas of nothing but plain strings in the path and optional values in the query.
 */
export const emptyQueryFirst: FastifySchemaCompiler<z.ZodType> = (route) => {
  if (route.httpPart === 'params') return (data: unknown) => ({ value: data })
  const validate = validatorCompiler(route)
  return (data: unknown) => (isEmpty(data) ? { value: data } : validate(data))
}

function isEmpty(data: unknown): boolean {
  for (const _ in Object(data)) return false
  return true
}
