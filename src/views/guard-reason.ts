/** Why the guard wants a person, as shown: a sentence for people, its numbers for programs. */
import { z } from 'zod'
import { GUARD_RULES, type GuardReason } from '../core/guard-reasons.ts'

export const guardReasonShape = z
  .object({
    rule: z.enum(GUARD_RULES),
    text: z.string().describe('One sentence with the number, the limit and the worst tags'),
    family: z.enum(['ipv4', 'ipv6']).nullable(),
    measured: z.number().nullable().describe('In the unit of `limit`, most often percent'),
    limit: z.number().nullable(),
    tags: z
      .array(
        z.object({
          name: z.string(),
          addresses: z.string().describe('Decimal text: IPv6 has more than a number holds'),
        }),
      )
      .describe('The tags that move the most addresses, if the rule is about those'),
  })
  .meta({ id: 'GuardReason' })

export type GuardReasonView = z.infer<typeof guardReasonShape>

export function guardReasonView(reason: GuardReason): GuardReasonView {
  const { rule, text, family, measured, limit, tags = [] } = reason
  return {
    rule,
    text,
    family: family === undefined ? null : `ipv${family}`,
    measured: measured ?? null,
    limit: limit ?? null,
    tags: tags.map(({ name, addresses }) => ({ name, addresses })),
  }
}
