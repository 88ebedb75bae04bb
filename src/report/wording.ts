/** How the report and the feed say in words what they have as values. */
import { FAMILIES, type Family } from '../core/address.ts'
import type { CoverageChange } from '../core/diff.ts'
import { amount, counted, grouped } from '../core/guard-reasons.ts'
import type { ChangedTag, ChangeFacts } from '../history/published-changes.ts'
import type { Publication } from '../store/contract.ts'

/** What has no shape of its own and may change that of the text around it, line breaks included. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu

/** Turns text around, hides it, or is no character at all; XML forbids the last ones. */
const UNSHOWN = /[\p{Cf}\ufffe\uffff]/gu

/** Text of others (a name, a reason) as one line that shows all it holds. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(CONTROLS, ' ').replace(UNSHOWN, '\ufffd').trim()
}

/** `a, b, c and 12 more` */
export function listedNames(names: readonly string[], most: number): string {
  const more = names.length - most
  return (
    names.slice(0, most).map(oneLine).join(', ') + (more > 0 ? ` and ${grouped(more)} more` : '')
  )
}

/**
 * `+1,024 -256 IPv4 addresses, +3 /64s of IPv6`; families of which nothing moved are left out.
 * Amounts of IPv6 are in networks where there are too many addresses to read.
 */
export function movedText(coverage: CoverageChange): string {
  const texts = FAMILIES.flatMap((family) => familyText(family, coverage) ?? [])
  return texts.length > 0 ? texts.join(', ') : 'no address gained or lost'
}

function familyText(family: Family, { gained, lost }: CoverageChange): string | undefined {
  const moved = [signed('+', family, gained[family]), signed('-', family, lost[family])]
  const text = moved.filter((part) => part !== '').join(' ')
  if (text === '') return undefined
  return text.includes('/') ? `${text} of IPv${family}` : `${text} IPv${family} addresses`
}

function signed(sign: string, family: Family, count: bigint): string {
  return count === 0n ? '' : sign + amount(family, count)
}

/** `2 tags added, 1 removed, 9 changed` */
export function tagCountsText(tags: readonly ChangedTag[]): string {
  const [added, removed, changed] = (['added', 'removed', 'changed'] as const).map((kind) => {
    return tags.filter((tag) => tag.kind === kind).length
  })
  return `${counted(added ?? 0, 'tag')} added, ${grouped(removed ?? 0)} removed, ${grouped(changed ?? 0)} changed`
}

/** `12 tags changed, +1,024 -256 IPv4 addresses` */
export function factsText({ tags, coverage }: ChangeFacts): string {
  return tags.length === 0
    ? 'nothing changed'
    : `${counted(tags.length, 'tag')} changed, ${movedText(coverage)}`
}

/** What kind of publication it is, by whom and why; nothing of it is left out. */
export function publicationText(publication: Publication): string {
  const { publishedBy, reason, until, additionsOf } = publication
  return `${whatText(publication.kind, until, additionsOf)} by ${oneLine(publishedBy)}: ${oneLine(reason)}`
}

function whatText(
  kind: Publication['kind'],
  until: Date | undefined,
  additionsOf: number | undefined,
): string {
  switch (kind) {
    case 'sync':
      return 'published'
    case 'import':
      return 'published after an import'
    case 'approval':
      return 'a held file approved'
    case 'additions':
      return `additions of held file ${additionsOf ?? '?'} published`
    case 'rejection':
      return 'additions of a held file taken back'
    case 'rollback':
      return `rolled back (${until ? `until ${minuteText(until)}` : 'until it is released'})`
    case 'release':
      return 'a rollback ended'
    case 'purge':
      return 'removed coverage purged'
  }
}

/** UTC, `2025-10-28 06:17` */
export function minuteText(moment: Date): string {
  return moment.toISOString().slice(0, 16).replace('T', ' ')
}

export function familyAmount(family: Family, count: bigint): string {
  return count === 0n ? '' : amount(family, count)
}
