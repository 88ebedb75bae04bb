/** Query parameters that several routes take. Each query is a strict object: nothing is ignored. */
import { z } from 'zod'
import { CLOUDS } from '../../core/cloud.ts'

export const cloudParameter = z
  .enum(CLOUDS)
  .optional()
  .describe('Without it, the only followed cloud')

const PLACE = 'a snapshot id, a file date (`2025-10-13`), `latest` or `previous`'

export const placeParameter = z.string().min(1).max(64)

export const atParameter = placeParameter
  .optional()
  .describe(`As of ${PLACE}; without it, what is published now`)

export const fromParameter = placeParameter.default('previous').describe(`The older side: ${PLACE}`)

export const toParameter = placeParameter.default('latest').describe(`The newer side: ${PLACE}`)

export const limitParameter = z.coerce
  .number()
  .int()
  .min(1)
  .max(200)
  .default(50)
  .describe('How many at most')

/** Several values: the parameter repeated, or separated by commas, or both. */
export const severalParameter = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((given) => [given].flat().flatMap(valuesIn))

export const noQuery = z.strictObject({})

function valuesIn(text: string): string[] {
  return text
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '')
}
