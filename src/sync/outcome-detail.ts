/** What a run record says of an outcome: JSON values that explain it without the log. */
import { type SnapshotDiff } from '../core/diff.ts'
import { type RunOutcome } from './run-once.ts'

export function outcomeDetail(outcome: RunOutcome): Record<string, unknown> {
  switch (outcome.kind) {
    case 'published':
      return {
        snapshot: outcome.record.id,
        fileDate: outcome.record.fileDate,
        serial: outcome.publication.serial,
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
      }
    case 'failed':
      return { reason: outcome.reason, ...urlOf(outcome) }
  }
}

/** One sentence for a person. */
export function describeOutcome(outcome: RunOutcome): string {
  switch (outcome.kind) {
    case 'published':
      return `published ${outcome.record.id} as serial ${outcome.publication.serial}: ${describeDiff(outcome.diff)}`
    case 'would-publish':
      return `would publish the file of ${outcome.fileDate}: ${describeDiff(outcome.diff)}`
    case 'unchanged':
      return `unchanged: ${outcome.reason} (${outcome.fileDate})`
    case 'refused': {
      const [first] = outcome.refusals
      const more = outcome.refusals.length - 1
      const place = first?.path ? `${first.path}: ` : ''
      return `refused: ${place}${first?.reason ?? ''} (${first?.value ?? ''})${more > 0 ? ` and ${more} more` : ''}`
    }
    case 'held':
      return `held for a person: ${outcome.reasons.join('; ')}`
    case 'failed':
      return `failed: ${outcome.reason}`
  }
}

function describeDiff(diff: SnapshotDiff): string {
  return `${diff.tags.length} tags, +${diff.membershipsAdded} and -${diff.membershipsRemoved} prefixes`
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
