/** What a run came to, in one sentence for a person, and as an exit code. */
import { z } from 'zod'
import { ERROR_CODES } from '../core/errors.ts'
import { describeRefusals, refusalShape } from '../views/refusal.ts'
import type { RunView } from '../views/run.ts'

type Outcome = NonNullable<RunView['outcome']>

/** The service did its work in the first four; a held or refused file is for a person. */
export const EXIT_OF_OUTCOME: Readonly<Record<Outcome, number>> = {
  published: 0,
  accepted: 0,
  unchanged: 0,
  'would-publish': 0,
  failed: ERROR_CODES['upstream-unavailable'].exit,
  refused: ERROR_CODES['upstream-refused'].exit,
  held: ERROR_CODES.held.exit,
}

/** Plain sentences in records of the first version, reasons with a rule and numbers since. */
const heldReason = z.union([
  z.string(),
  z.object({ text: z.string() }).transform(({ text }) => text),
])

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
    reasons: z.array(heldReason),
    hold: z.number(),
    additionsSerial: z.number(),
    refusals: z.array(refusalShape),
    url: z.string(),
    degraded: z.string(),
  })
  .partial()

type Detail = z.infer<typeof detailShape>

export function describeRun({ cloud, outcome, detail }: RunView): string {
  if (outcome === null) return `${cloud}: the run has not ended yet`
  const known = detailShape.parse(detail ?? {})
  return `${cloud}: ${describeOutcome(outcome, known)}${describeDiscovery(known)}`
}

function describeOutcome(outcome: Outcome, detail: Detail): string {
  const { snapshot = '?', fileDate = '?', serial = 0, reason = 'no reason given' } = detail
  switch (outcome) {
    case 'published':
      return `published ${snapshot} as serial ${serial}: ${describeCounts(detail)}`
    case 'accepted':
      return `accepted ${snapshot}, not published: ${reason}`
    case 'would-publish':
      return `would publish the file of ${fileDate}: ${describeCounts(detail)}`
    case 'unchanged':
      return `unchanged: ${reason} (${fileDate})`
    case 'refused':
      return `refused: ${describeRefusals(detail.refusals ?? [])}${from(detail)}`
    case 'held':
      return describeHeld(detail)
    case 'failed':
      return `failed: ${reason}`
  }
}

function describeHeld({ hold, reasons = [], additionsSerial }: Detail): string {
  const adds =
    additionsSerial === undefined ? '' : `; what it adds is published as serial ${additionsSerial}`
  const which = hold === undefined ? '' : ` (hold ${hold})`
  return `held for a person: ${reasons.join('; ')}${adds}${which}`
}

/** The file came, and not by the way it should have: somebody has to look before that way is gone too. */
function describeDiscovery({ degraded }: Detail): string {
  return degraded === undefined ? '' : `. Discovery is degraded: ${degraded}`
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
