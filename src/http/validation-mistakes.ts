/** What a request got wrong, each mistake with the parameter, its value and the rule. */
import type { FastifyRequest } from 'fastify'
import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { suggestion } from '../core/nearest-name.ts'

export interface Mistake {
  readonly in: 'query' | 'path' | 'body' | 'header'
  /** `limit`, or `addresses/3` within a body; empty for the body itself. */
  readonly parameter: string
  /** What was given; null where there was nothing. */
  readonly value: unknown
  readonly rule: string
}

interface ValidationError {
  readonly validation: readonly ZodFastifySchemaValidationError[]
  readonly validationContext?: string | undefined
}

const PLACES: Readonly<Record<string, Mistake['in']>> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

export function mistakesIn(error: ValidationError, request: FastifyRequest): Mistake[] {
  const context = error.validationContext ?? 'body'
  const place = PLACES[context] ?? 'body'
  const given = { query: request.query, path: request.params, body: request.body }
  const input = place === 'header' ? request.headers : given[place]
  return error.validation.flatMap((issue) => {
    const steps = issue.instancePath.split('/').filter((step) => step !== '')
    const unknown = issue.params['keys']
    if (issue.keyword === 'unrecognized_keys' && Array.isArray(unknown)) {
      const known = knownKeys(request.routeOptions.schema, context, steps)
      return unknown.map((key) => unknownKey(place, [...steps, String(key)], input, known))
    }
    const value = valueAt(input, steps) ?? null
    return [{ in: place, parameter: steps.join('/'), value, rule: issue.message ?? 'not valid' }]
  })
}

/** One sentence per mistake, the value cut where it is long. */
export function describeMistakes(mistakes: readonly Mistake[]): string {
  return mistakes
    .map(({ in: place, parameter, value, rule }) => {
      const what = parameter === '' ? `the ${place}` : `${place} parameter "${parameter}"`
      return `${what}${value === null ? '' : ` ${short(value)}`}: ${rule}`
    })
    .join('; ')
}

function unknownKey(
  place: Mistake['in'],
  path: readonly string[],
  input: unknown,
  known: readonly string[],
): Mistake {
  const hint = suggestion(path.at(-1) ?? '', known)
  const names = known.length > 0 ? `known are ${known.join(', ')}${hint}` : 'none is taken here'
  const value = valueAt(input, path) ?? null
  return { in: place, parameter: path.join('/'), value, rule: `not known: ${names}` }
}

function knownKeys(schema: unknown, context: string, steps: readonly string[]): string[] {
  if (steps.length > 0) return []
  const part = valueAt(schema, [context])
  const object =
    part instanceof z.ZodOptional || part instanceof z.ZodNullable ? part.unwrap() : part
  const inner = object instanceof z.ZodNullable ? object.unwrap() : object
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

function valueAt(input: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => {
    return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }, input)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function short(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
