/**
 * Text <-> address, IPv4 and IPv6, strict: one grammar, no repair. What is accepted here has the
 * same meaning to every consumer; what a lenient parser would guess at is refused with the rule.
 */
import { bytesOf, ruleOf, scanIPv4, scanIPv6, scanned, trailing } from './network-scan.ts'
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
  const family = text.includes(':') ? 6 : 4
  const bytes = bytesOf(text)
  const end = family === 4 ? scanIPv4(bytes, 0) : scanIPv6(bytes, 0)
  if (end < 0) return refuse(ruleOf(end))
  if (end < text.length) return refuse(ruleOf(trailing(bytes, end, family)))
  return accept({ family, words: scannedWords(family) })
}

/** The words of the address that was scanned last. */
export function scannedWords(family: Family): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = scanned
  return family === 4 ? [a] : [a, b, c, d]
}

/** RFC 5952 text for IPv6 (lower case, longest zero run shortened), dotted decimal for IPv4. */
export function formatAddress({ family, words }: Address): string {
  return formatWords(family, words)
}

/** The text of an address whose words lie in any array: those of IPv4 one, of IPv6 four. */
export function formatWords(family: Family, words: ArrayLike<number>): string {
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

/** The decimal text of every octet, and with its dot: cheaper than writing a number anew. */
const OCTETS: readonly string[] = Array.from({ length: 256 }, (_, octet) => String(octet))
const DOTTED: readonly string[] = OCTETS.map((octet) => `${octet}.`)

/** The hexadecimal text of every byte, without and with leading zeros. */
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16))
const PADDED: readonly string[] = BYTES.map((byte) => byte.padStart(2, '0'))

function formatIPv4(word: number): string {
  const high = (DOTTED[word >>> 24] ?? '') + (DOTTED[(word >>> 16) & 255] ?? '')
  return high + (DOTTED[(word >>> 8) & 255] ?? '') + (OCTETS[word & 255] ?? '')
}

function formatIPv6(words: ArrayLike<number>): string {
  const zeros = longestZeroRun(words)
  if (zeros.length < 2) return hexGroups(words, 0, 8)
  return `${hexGroups(words, 0, zeros.start)}::${hexGroups(words, zeros.start + zeros.length, 8)}`
}

function hexGroups(words: ArrayLike<number>, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) {
    const group = groupAt(words, i)
    const hex =
      group < 256 ? BYTES[group] : `${BYTES[group >>> 8] ?? ''}${PADDED[group & 255] ?? ''}`
    text += i > start ? `:${hex ?? ''}` : (hex ?? '')
  }
  return text
}

/** The `i`th of the eight groups. */
function groupAt(words: ArrayLike<number>, i: number): number {
  const word = words[i >>> 1] ?? 0
  return i % 2 === 0 ? word >>> 16 : word & 0xffff
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeroRun(words: ArrayLike<number>): { start: number; length: number } {
  let start = 0
  let longest = 0
  let run = 0
  for (let i = 0; i < 8; i++) {
    run = groupAt(words, i) === 0 ? run + 1 : 0
    if (run > longest) {
      start = i + 1 - run
      longest = run
    }
  }
  return { start, length: longest }
}
