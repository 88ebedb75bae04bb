/** What a run record says of an outcome: JSON values that explain it without the log. */
import type { SnapshotDiff } from '../core/diff.ts'
import type { FetchAttempt } from '../sources/contract.ts'
import type { RunOutcome } from './run-once.ts'

/** `attempts` is every request that was made, also of a run that came to nothing. */
export function outcomeDetail(
  outcome: RunOutcome,
  attempts: readonly FetchAttempt[],
): Record<string, unknown> {
  const { found } = outcome
  return {
    ...factsOf(outcome),
    ...(found ? { strategy: found.strategy } : {}),
    ...(found?.degraded === undefined ? {} : { degraded: found.degraded }),
    attempts,
  }
}

function factsOf(outcome: RunOutcome): Record<string, unknown> {
  switch (outcome.kind) {
    case 'published':
      return {
        snapshot: outcome.record.id,
        fileDate: outcome.record.fileDate,
        serial: outcome.publication.serial,
        ...diffCounts(outcome.diff),
      }
    case 'accepted':
      return {
        snapshot: outcome.record.id,
        fileDate: outcome.record.fileDate,
        reason: outcome.reason,
        ...diffCounts(outcome.diff),
      }
    case 'would-publish':
      return { fileDate: outcome.fileDate, ...diffCounts(outcome.diff) }
    case 'unchanged':
      return { fileDate: outcome.fileDate, reason: outcome.reason }
    case 'refused':
      return { refusals: outcome.refusals, ...urlOf(outcome) }
    case 'held':
      return {
        fileDate: outcome.fileDate,
        contentHash: outcome.contentHash,
        reasons: outcome.reasons,
        ...(outcome.hold === undefined ? {} : { hold: outcome.hold }),
        ...(outcome.additions ? { additionsSerial: outcome.additions.serial } : {}),
        ...diffCounts(outcome.diff),
      }
    case 'failed':
      return { reason: outcome.reason, ...urlOf(outcome), ...retryAfterOf(outcome) }
  }
}

function diffCounts(diff: SnapshotDiff): Record<string, unknown> {
  const { gained, lost } = diff.coverage
  return {
    tagsChanged: diff.tags.length,
    prefixesAdded: diff.membershipsAdded,
    prefixesRemoved: diff.membershipsRemoved,
    addressesGained: { ipv4: Number(gained[4]), ipv6: gained[6].toString() },
    addressesLost: { ipv4: Number(lost[4]), ipv6: lost[6].toString() },
  }
}

function urlOf({ url }: { readonly url: string | undefined }): Record<string, unknown> {
  return url === undefined ? {} : { url }
}

function retryAfterOf({
  retryAfterSeconds,
}: {
  readonly retryAfterSeconds?: number | undefined
}): Record<string, unknown> {
  return retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
}
