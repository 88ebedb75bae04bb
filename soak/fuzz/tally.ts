/** Counts of what became of cases, kept by each worker and added up at the end. */
import type { CaseResult } from './laws.ts'

export interface Tally {
  documents: number
  prefixes: number
  accepted: number
  bytes: number
  /** Milliseconds of the processor. */
  longest: number
  /** By rule. */
  readonly refused: Map<string, number>
}

export function emptyTally(): Tally {
  return { documents: 0, prefixes: 0, accepted: 0, bytes: 0, longest: 0, refused: new Map() }
}

export function count(tally: Tally, { kind, bytes, refusedBy, took }: CaseResult): void {
  if (kind === 'document') tally.documents++
  else tally.prefixes++
  tally.bytes += bytes
  tally.longest = Math.max(tally.longest, took)
  if (refusedBy === undefined) tally.accepted++
  else tally.refused.set(refusedBy, (tally.refused.get(refusedBy) ?? 0) + 1)
}

export function addTo(sum: Tally, part: Tally): void {
  sum.documents += part.documents
  sum.prefixes += part.prefixes
  sum.accepted += part.accepted
  sum.bytes += part.bytes
  sum.longest = Math.max(sum.longest, part.longest)
  for (const [rule, n] of part.refused) sum.refused.set(rule, (sum.refused.get(rule) ?? 0) + n)
}
