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

const [DOT, COLON, DIGIT_0] = [0x2e, 0x3a, 0x30]

/** One walk over the characters, no text cut out: a first file is 38,000 of these. */
function parseIPv4(text: string): Result<Address> {
  let [word, octets, octet, digits] = [0, 0, 0, 0]
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT // the end closes an octet as a dot does
    const digit = code - DIGIT_0
    if (code === DOT) {
      if (digits === 0) return refuse('an IPv4 address has four decimal octets')
      word = word * 256 + octet
      octets++
      octet = digits = 0
    } else if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) {
      return refuse('an IPv4 octet is a decimal number without leading zeros')
    } else {
      octet = octet * 10 + digit
      digits++
      if (octet > 255) return refuse('an IPv4 octet is at most 255')
    }
  }
  return octets === 4
    ? accept({ family: 4, words: [word] })
    : refuse('an IPv4 address has four decimal octets')
}

function parseIPv6(text: string): Result<Address> {
  if (text.includes('%')) return refuse('zone ids have no meaning in a published range')
  if (text.includes('.')) return refuse('a dotted IPv4 tail is not accepted in an IPv6 address')
  const gap = text.indexOf('::')
  if (gap >= 0 && text.includes('::', gap + 1)) {
    return refuse('an IPv6 address has at most one "::"')
  }
  const groups: number[] = []
  const headIsGood = readGroups(text, 0, gap < 0 ? text.length : gap, groups)
  const before = groups.length
  const tailIsGood = gap < 0 || readGroups(text, gap + 2, text.length, groups)
  if (!headIsGood || !tailIsGood) {
    return refuse('an IPv6 group is one to four hexadecimal digits')
  }
  if (gap < 0 && groups.length !== 8) return refuse('an IPv6 address has eight groups')
  if (groups.length > (gap < 0 ? 8 : 7)) return refuse('"::" stands for at least one zero group')
  const zeros = 8 - groups.length
  const groupAt = (i: number): number => {
    if (i < before) return groups[i] ?? 0
    return i < before + zeros ? 0 : (groups[i - zeros] ?? 0)
  }
  const wordAt = (i: number): number => groupAt(2 * i) * 0x10000 + groupAt(2 * i + 1)
  const words = [wordAt(0), wordAt(1), wordAt(2), wordAt(3)]
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) {
    return refuse('IPv4-mapped IPv6 addresses are not accepted: write the IPv4 address')
  }
  return accept({ family: 6, words })
}

/** Appends the groups between two places of the text; none is fine. False for a malformed group. */
function readGroups(text: string, start: number, end: number, groups: number[]): boolean {
  if (start === end) return true
  let [group, digits] = [0, 0]
  for (let i = start; i <= end; i++) {
    const code = i < end ? text.charCodeAt(i) : COLON // the end closes a group as a colon does
    if (code === COLON) {
      if (digits === 0) return false
      groups.push(group)
      group = digits = 0
    } else {
      const digit = hexDigit(code)
      if (digit < 0 || ++digits > 4) return false
      group = group * 16 + digit
    }
  }
  return true
}

/** Value of a hexadecimal digit of either case, or -1. */
function hexDigit(code: number): number {
  if (code >= DIGIT_0 && code <= DIGIT_0 + 9) return code - DIGIT_0
  const letter = (code | 0x20) - 0x61
  return letter >= 0 && letter < 6 ? letter + 10 : -1
}

function formatIPv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

function formatIPv6(words: readonly number[]): string {
  const groups: number[] = []
  for (const word of words) groups.push(word >>> 16, word & 0xffff)
  const zeros = longestZeroRun(groups)
  if (zeros.length < 2) return hexGroups(groups, 0, 8)
  return `${hexGroups(groups, 0, zeros.start)}::${hexGroups(groups, zeros.start + zeros.length, 8)}`
}

function hexGroups(groups: readonly number[], start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += (i > start ? ':' : '') + (groups[i] ?? 0).toString(16)
  return text
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
