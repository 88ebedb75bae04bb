/**
 * Text <-> address, IPv4 and IPv6, strict: one grammar, no repair. What is accepted here has the
 * same meaning to every consumer; what a lenient parser would guess at is refused with the rule.
 */
import { accept, refuse, type Result } from './result.ts'

export type Family = 4 | 6

export const FAMILIES: readonly Family[] = [4, 6]

/** Address length in bits. */
export const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 }

/** How many 32-bit words an address of the family has. */
export const WORDS: Readonly<Record<Family, number>> = { 4: 1, 6: 4 }

/** One address: 32-bit words, most significant first (one for IPv4, four for IPv6). */
export interface Address {
  readonly family: Family
  readonly words: readonly number[]
}

/**
 * Reads one address. IPv4: four decimal octets without leading zeros. IPv6: RFC 4291 hexadecimal
 * groups with at most one `::`; no zone id, no dotted tail, no IPv4-mapped address.
 */
export function parseAddress(text: string): Result<Address> {
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text)
}

/** RFC 5952 text for IPv6 (lower case, longest zero run shortened), dotted decimal for IPv4. */
export function formatAddress({ family, words }: Address): string {
  return family === 4 ? formatIPv4(words[0] ?? 0) : formatIPv6(words)
}

/** Negative, zero or positive, as for `Array.prototype.sort`; both of one family. */
export function compareWords(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/

function parseIPv4(text: string): Result<Address> {
  const octets = text.split('.')
  if (octets.length !== 4) return refuse('an IPv4 address has four decimal octets')
  let word = 0
  for (const octet of octets) {
    if (!OCTET.test(octet)) {
      return refuse('an IPv4 octet is a decimal number without leading zeros')
    }
    const value = Number(octet)
    if (value > 255) return refuse('an IPv4 octet is at most 255')
    word = word * 256 + value
  }
  return accept({ family: 4, words: [word] })
}

const GROUP = /^[0-9a-fA-F]{1,4}$/

function parseIPv6(text: string): Result<Address> {
  if (text.includes('%')) return refuse('zone ids have no meaning in a published range')
  if (text.includes('.')) return refuse('a dotted IPv4 tail is not accepted in an IPv6 address')
  const halves = text.split('::')
  if (halves.length > 2) return refuse('an IPv6 address has at most one "::"')
  const head = groupsOf(halves[0] ?? '')
  const tail = groupsOf(halves[1] ?? '')
  if (!head || !tail) return refuse('an IPv6 group is one to four hexadecimal digits')
  const given = head.length + tail.length
  if (halves.length === 1 && given !== 8) return refuse('an IPv6 address has eight groups')
  if (halves.length === 2 && given > 7) return refuse('"::" stands for at least one zero group')
  const groups = [...head, ...Array.from({ length: 8 - given }, () => 0), ...tail]
  const words = [0, 2, 4, 6].map((i) => (groups[i] ?? 0) * 0x10000 + (groups[i + 1] ?? 0))
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) {
    return refuse('IPv4-mapped IPv6 addresses are not accepted: write the IPv4 address')
  }
  return accept({ family: 6, words })
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  return groups.every((group) => GROUP.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : undefined
}

function formatIPv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

function formatIPv6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
  const zeros = longestZeroRun(groups)
  const hex = groups.map((group) => group.toString(16))
  if (zeros.length < 2) return hex.join(':')
  const head = hex.slice(0, zeros.start).join(':')
  const tail = hex.slice(zeros.start + zeros.length).join(':')
  return `${head}::${tail}`
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start }
  })
  return best
}
