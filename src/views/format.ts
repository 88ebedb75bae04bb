/** An export format, as shown: what it is served as, what it can carry and what it needs. */
import { z } from 'zod'
import type { Exporter } from '../../exporters/contract.ts'

export const formatShape = z
  .object({
    name: z.string(),
    summary: z.string(),
    mediaType: z.string(),
    fileExtension: z.string().describe('The device path ends in it'),
    families: z.array(z.enum(['ipv4', 'ipv6'])),
    carries: z.array(z.enum(['names', 'addresses'])),
    anyDestination: z.boolean().describe('It can say "all destinations"'),
    revision: z.int().describe('Grows when its output changes for the same list'),
    limits: z.object({
      entries: z.int().nullable(),
      bytes: z.int().nullable(),
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
  const { name, summary, mediaType, fileExtension, anyDestination, revision, limits } = exporter
  return {
    name,
    summary,
    mediaType,
    fileExtension,
    families: exporter.families.map((family) => `ipv${family}` as const),
    carries: [...exporter.carries],
    anyDestination,
    revision,
    limits: {
      entries: limits.entries ?? null,
      bytes: limits.bytes ?? null,
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
