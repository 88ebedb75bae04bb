/** Service tags that changed, as a table. */
import type { CoverageChange } from '../core/diff.ts'
import { grouped } from '../core/guard-reasons.ts'
import type { ChangedTag } from '../history/published-changes.ts'
import { table, type Block } from './blocks.ts'
import { familyAmount } from './wording.ts'

/** The titles of what `amountCells` gives. */
export const AMOUNT_TITLES = ['IPv4 +>', 'IPv4 ->', 'IPv6 +>', 'IPv6 ->'] as const

/** The first of them, and how many more there are; nothing at all of none. */
export function tagTable(tags: readonly ChangedTag[], most: number): Block[] {
  const titles = ['Service tag', 'Kind', ...AMOUNT_TITLES, 'Prefixes>', 'In use from']
  return table(titles, tags.map(tagRow), most)
}

/** Gained and lost, of each family; empty cells where nothing moved. */
export function amountCells({ gained, lost }: CoverageChange): string[] {
  return [
    familyAmount(4, gained[4]),
    familyAmount(4, lost[4]),
    familyAmount(6, gained[6]),
    familyAmount(6, lost[6]),
  ]
}

function tagRow(tag: ChangedTag): string[] {
  const { name, kind, coverage, prefixesAdded, prefixesRemoved, earliestUse } = tag
  const prefixes = `+${grouped(prefixesAdded)} -${grouped(prefixesRemoved)}`
  return [name, kind, ...amountCells(coverage), prefixes, earliestUse ?? '']
}
