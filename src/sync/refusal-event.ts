/** What is told of a refused document: once, not at every run that meets it again. */
import { z } from 'zod'
import type { Refusal } from '../core/service-tags.ts'
import type { Run, Store } from '../store/contract.ts'
import type { EventDraft } from '../store/telling-contract.ts'
import type { RunOutcome } from './run-once.ts'

/** Told with the event; a document of nothing but mistakes has thousands. */
const MOST_TOLD = 20

/** Runs that are looked through for the one before; dry runs are passed over. */
const LOOKED_THROUGH = 20

const refusalsShape = z.array(z.object({ path: z.string(), value: z.string(), reason: z.string() }))

/** Undefined for other outcomes, and where the run before met the same. */
export async function refusalEvent(
  { runs }: Pick<Store, 'runs'>,
  { id, cloud }: Run,
  outcome: RunOutcome,
): Promise<EventDraft | undefined> {
  if (outcome.kind !== 'refused') return undefined
  const { refusals, url } = outcome
  const finished = await runs.list({ cloud, limit: LOOKED_THROUGH })
  const before = finished.find(({ state, dryRun }) => state === 'finished' && !dryRun)
  if (before?.outcome === 'refused' && saysTheSame(before, refusals)) return undefined
  const told = refusals.slice(0, MOST_TOLD).map(({ path, value, reason }) => {
    return { path, value, reason }
  })
  const facts = { run: id, url: url ?? null, refusals: told, more: refusals.length - told.length }
  return { type: 'sync.refused', cloud, facts }
}

function saysTheSame({ detail }: Run, refusals: readonly Refusal[]): boolean {
  const kept = refusalsShape.safeParse(detail?.['refusals'])
  return kept.success && textOf(kept.data) === textOf(refusals)
}

/** The database gives members back in an order of its own. */
function textOf(refusals: readonly Refusal[]): string {
  return JSON.stringify(refusals.map(({ path, value, reason }) => [path, value, reason]))
}
