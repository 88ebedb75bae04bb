/** Numbers of addresses: exact as numbers for IPv4, as decimal text for IPv6. */
import { z } from 'zod'
import type { AddressCounts } from '../core/diff.ts'

export const addressCountsShape = z
  .object({
    ipv4: z.int().nonnegative(),
    ipv6: z.string().regex(/^\d+$/).describe('A decimal number; too large for JSON numbers'),
  })
  .meta({ id: 'AddressCounts', description: 'Numbers of addresses' })

export type AddressCountsView = z.infer<typeof addressCountsShape>

export function addressCountsView(counts: AddressCounts): AddressCountsView {
  return { ipv4: Number(counts[4]), ipv6: counts[6].toString() }
}
