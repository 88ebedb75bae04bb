/** Why a document is refused, as shown. */
import { z } from 'zod'

export const refusalShape = z.object({ path: z.string(), value: z.string(), reason: z.string() })

export type RefusalView = z.infer<typeof refusalShape>

/** The first reason with its place and value, and how many more there are. */
export function describeRefusals(refusals: readonly RefusalView[]): string {
  const [first] = refusals
  if (!first) return 'no reason given'
  const place = first.path === '' ? '' : `${first.path} `
  const more = refusals.length > 1 ? `, and ${refusals.length - 1} more` : ''
  return `${place}"${first.value}": ${first.reason}${more}`
}
