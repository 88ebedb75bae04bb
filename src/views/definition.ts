/** An allowlist's definition, as shown. */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import type { AllowlistDefinition } from '../lists/definition.ts'

export const definitionShape = z
  .object({
    name: z.string(),
    title: z.string(),
    cloud: z.enum(CLOUDS),
    tags: z.array(z.string()).describe('Service tags whose addresses it admits'),
    regions: z.array(z.string()).describe('Regions that the tags are limited to'),
    families: z.array(z.enum(['ipv4', 'ipv6'])),
    endpoints: z.array(z.string()).describe('Endpoint services whose names it admits'),
    destinations: z
      .enum(['listed', 'any'])
      .describe('"any": all destinations, limited by sources and ports only'),
    removalGraceDays: z
      .int()
      .describe('Days that networks stay after they left the published file'),
    budget: z
      .object({
        entries: z.int(),
        mostExtraPercent: z.number(),
        never: z.array(z.string()),
      })
      .nullable()
      .describe('How many entries it is widened to fit, and how far at most'),
    shards: z.int().nullable().describe('How many lists its networks are also split over'),
    shard: z
      .object({ index: z.int(), of: z.int() })
      .nullable()
      .describe('Which part of the networks this list has'),
    builtIn: z.boolean(),
  })
  .meta({ id: 'Allowlist' })

export type DefinitionView = z.infer<typeof definitionShape>

export function definitionView(definition: AllowlistDefinition): DefinitionView {
  const { name, title, cloud, tags, regions, families, services, destinations } = definition
  const { budget, shard } = definition
  return {
    name,
    title,
    cloud,
    tags: [...tags],
    regions: [...regions],
    families: families.map((family) => `ipv${family}` as const),
    endpoints: [...services],
    destinations,
    removalGraceDays: definition.removalGraceDays,
    budget: budget ? { ...budget, never: [...budget.never] } : null,
    shards: definition.shards ?? null,
    shard: shard ? { index: shard.index, of: shard.of } : null,
    builtIn: definition.builtIn,
  }
}
