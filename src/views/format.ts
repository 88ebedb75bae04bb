/** An export format, as shown: what it is served as, what it can carry and what it needs. */
import { z } from 'zod'
import { FORMAT_GROUPS, type Exporter } from '../../exporters/contract.ts'

export const formatShape = z
  .object({
    name: z.string(),
    summary: z.string(),
    group: z.enum(Object.keys(FORMAT_GROUPS)),
    consumer: z.string().describe('Which programs or devices read it'),
    proof: z
      .object({ by: z.enum(['program', 'schema', 'grammar']), with: z.string() })
      .describe('How it was shown that they take it: by running them, by a schema, by a grammar'),
    mediaType: z.string(),
    fileExtension: z.string().describe('The device path ends in it'),
    families: z.array(z.enum(['ipv4', 'ipv6'])),
    carries: z.array(z.enum(['names', 'addresses'])),
    anyDestination: z.boolean().describe('It can say "all destinations"'),
    revision: z.int().describe('Grows when its output changes for the same list'),
    limits: z.object({
      entries: z.int().nullable(),
      bytes: z.int().nullable(),
      nameLength: z.int().nullable().describe('Longest name of a list, in characters'),
      source: z.string().nullable().describe('Where the limits were learned'),
    }),
    options: z.array(
      z.object({
        name: z.string(),
        setting: z.string(),
        summary: z.string(),
        required: z.boolean(),
        default: z.string().nullable(),
      }),
    ),
    onEmpty: z.enum(['render', 'refuse']),
  })
  .meta({ id: 'Format' })

export type FormatView = z.infer<typeof formatShape>

export function formatView(exporter: Exporter): FormatView {
  const { name, summary, group, consumer, proof } = exporter
  const { mediaType, fileExtension, anyDestination, revision, limits } = exporter
  return {
    name,
    summary,
    group,
    consumer,
    proof: { by: proof.by, with: proof.with },
    mediaType,
    fileExtension,
    families: exporter.families.map((family) => `ipv${family}` as const),
    carries: [...exporter.carries],
    anyDestination,
    revision,
    limits: {
      entries: limits.entries ?? null,
      bytes: limits.bytes ?? null,
      nameLength: limits.nameLength ?? null,
      source: limits.source ?? null,
    },
    options: exporter.options.map((option) => ({
      name: option.name,
      setting: option.setting,
      summary: option.summary,
      required: option.required,
      default: option.default ?? null,
    })),
    onEmpty: exporter.onEmpty,
  }
}
