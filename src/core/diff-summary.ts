/** What a diff comes to, small enough to be kept with a run or a held candidate: JSON values only. */
import { FAMILIES, type Family } from './address.ts'
import type { AddressCounts, SnapshotDiff, TagChange } from './diff.ts'
import { compareText } from './snapshot.ts'

/** Decimal strings: an IPv6 count is more than a number holds. */
export interface AddressTexts {
  readonly ipv4: string
  readonly ipv6: string
}

export interface TagSummary {
  readonly name: string
  readonly kind: TagChange['kind']
  readonly prefixesAdded: number
  readonly prefixesRemoved: number
  readonly gained: AddressTexts
  readonly lost: AddressTexts
}

export interface DiffSummary {
  readonly tagsChanged: number
  readonly prefixesAdded: number
  readonly prefixesRemoved: number
  readonly gained: AddressTexts
  readonly lost: AddressTexts
  /** The tags that gain or lose the most, at most `MOST_TAGS`. */
  readonly tags: readonly TagSummary[]
}

/** More say nothing new, and one week changed 1,134 of them. */
const MOST_TAGS = 100

export function summaryOf(diff: SnapshotDiff): DiffSummary {
  const worst = diff.tags.toSorted(byMoved).slice(0, MOST_TAGS)
  return {
    tagsChanged: diff.tags.length,
    prefixesAdded: diff.membershipsAdded,
    prefixesRemoved: diff.membershipsRemoved,
    gained: addressTexts(diff.coverage.gained),
    lost: addressTexts(diff.coverage.lost),
    tags: worst.map(({ name, kind, prefixesAdded, prefixesRemoved, coverage }) => ({
      name,
      kind,
      prefixesAdded: prefixesAdded.length,
      prefixesRemoved: prefixesRemoved.length,
      gained: addressTexts(coverage.gained),
      lost: addressTexts(coverage.lost),
    })),
  }
}

export function addressTexts(counts: AddressCounts): AddressTexts {
  return { ipv4: counts[4].toString(), ipv6: counts[6].toString() }
}

/** Most IPv4 addresses first, then IPv6, then by name. */
function byMoved(a: TagChange, b: TagChange): number {
  for (const family of FAMILIES) {
    const [movedA, movedB] = [moved(a, family), moved(b, family)]
    if (movedA !== movedB) return movedA < movedB ? 1 : -1
  }
  return compareText(a.name, b.name)
}

function moved({ coverage: { gained, lost } }: TagChange, family: Family): bigint {
  return gained[family] + lost[family]
}
