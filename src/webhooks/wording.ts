/** How headlines say numbers, names and texts. What is empty gives an empty text, to be left out. */
import { amount, grouped } from '../core/guard-reasons.ts'
import type { AddressCountsView } from '../views/address-counts.ts'
import { oneLine, shortened } from './shorten.ts'

export interface Fact {
  readonly name: string
  readonly value: string
}

/** In characters; of names within a title less. */
export const HEADLINE_LIMITS = { title: 140, fact: 200, line: 500 } as const

const MOST_IN_TITLE = 50

/** More names than that say nothing in a chat; the link has all of them. */
const SHOWN_NAMES = 10

/** Of each family that moved; if none did, that. */
export function movedFacts(coverage: {
  readonly gained: AddressCountsView
  readonly lost: AddressCountsView
}): readonly Fact[] {
  const { gained, lost } = coverage
  const v4 = [BigInt(gained.ipv4), BigInt(lost.ipv4)] as const
  const v6 = [BigInt(gained.ipv6), BigInt(lost.ipv6)] as const
  const facts = ([4, 6] as const).flatMap((family) => {
    const [more, less] = family === 4 ? v4 : v6
    if (more === 0n && less === 0n) return []
    return [{ name: `IPv${family}`, value: signed(amount(family, more), amount(family, less)) }]
  })
  return facts.length > 0 ? facts : [{ name: 'Addresses', value: 'the same' }]
}

export function signed(more: string, less: string): string {
  return `+${more} -${less}`
}

/** `2 added, 40 changed`; empty if there is none of anything. */
export function some(counts: readonly (readonly [number, string])[]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${grouped(count)} ${word}`)
    .join(', ')
}

interface Names {
  readonly names: readonly string[]
  readonly more: number
}

export function totalOf({ names, more }: Names): number {
  return names.length + more
}

/** The first names that have room, whole ones, and how many more there are; empty if there are none. */
export function namesLine(title: string, list: Names): string {
  const total = totalOf(list)
  if (total === 0) return ''
  const names = list.names.slice(0, SHOWN_NAMES).map(oneLine)
  for (let shown = names.length; shown > 0; shown--) {
    const more = total > shown ? ` and ${grouped(total - shown)} more` : ''
    const line = `${title}: ${names.slice(0, shown).join(', ')}${more}`
    if (line.length <= HEADLINE_LIMITS.line) return line
  }
  return `${title}: ${grouped(total)}`
}

export function textLine(title: string, text: string): string {
  return oneLine(text) === '' ? '' : `${title}: ${text}`
}

export function inTitle(name: string): string {
  return shortened(oneLine(name), MOST_IN_TITLE)
}
