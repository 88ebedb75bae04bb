/** What a run came to, in one sentence for a person, and as an exit code. */
import { z } from 'zod'
import { ERROR_CODES } from '../core/errors.ts'
import type { RunView } from '../views/run.ts'

type Outcome = NonNullable<RunView['outcome']>

/** The service did its work in the first three; a held or refused file is for a person. */
export const EXIT_OF_OUTCOME: Readonly<Record<Outcome, number>> = {
  published: 0,
  unchanged: 0,
  'would-publish': 0,
  failed: ERROR_CODES['upstream-unavailable'].exit,
  refused: ERROR_CODES['upstream-refused'].exit,
  held: ERROR_CODES.held.exit,
}

/** The members of a run's detail, of all outcomes together; what is missing is not told. */
const detailShape = z
  .object({
    snapshot: z.string(),
    fileDate: z.string(),
    serial: z.number(),
    tagsChanged: z.number(),
    prefixesAdded: z.number(),
    prefixesRemoved: z.number(),
    reason: z.string(),
    reasons: z.array(z.string()),
    refusals: z.array(z.object({ path: z.string(), value: z.string(), reason: z.string() })),
    url: z.string(),
  })
  .partial()

type Detail = z.infer<typeof detailShape>

export function describeRun({ cloud, outcome, detail }: RunView): string {
  if (outcome === null) return `${cloud}: the run has not ended yet`
  return `${cloud}: ${describeOutcome(outcome, detailShape.parse(detail ?? {}))}`
}

function describeOutcome(outcome: Outcome, detail: Detail): string {
  const { snapshot = '?', fileDate = '?', serial = 0, reason = 'no reason given' } = detail
  switch (outcome) {
    case 'published':
      return `published ${snapshot} as serial ${serial}: ${describeCounts(detail)}`
    case 'would-publish':
      return `would publish the file of ${fileDate}: ${describeCounts(detail)}`
    case 'unchanged':
      return `unchanged: ${reason} (${fileDate})`
    case 'refused':
      return `refused: ${describeRefusals(detail.refusals ?? [])}${from(detail)}`
    case 'held':
      return `held for a person: ${(detail.reasons ?? []).join('; ')}`
    case 'failed':
      return `failed: ${reason}`
  }
}

/** The first reason with its place and value, and how many more there are. */
export function describeRefusals(
  refusals: readonly { readonly path: string; readonly value: string; readonly reason: string }[],
): string {
  const [first] = refusals
  if (!first) return 'no reason given'
  const place = first.path === '' ? '' : `${first.path} `
  const more = refusals.length > 1 ? `, and ${refusals.length - 1} more` : ''
  return `${place}"${first.value}": ${first.reason}${more}`
}

function describeCounts({
  tagsChanged = 0,
  prefixesAdded = 0,
  prefixesRemoved = 0,
}: Detail): string {
  return `${tagsChanged} tags, +${prefixesAdded} and -${prefixesRemoved} prefixes`
}

function from({ url }: Detail): string {
  return url === undefined ? '' : ` (${url})`
}
