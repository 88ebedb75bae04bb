/** One canonical network. A `Prefix` exists only if its text was accepted, so nobody re-checks it. */
import { compareWords, formatWords, scannedWords, type Family } from './address.ts'
import {
  bytesOf,
  LENGTH,
  LENGTH_AT,
  ruleOf,
  scanIPv4,
  scanIPv6,
  scanLength,
  scanned,
  trailing,
} from './network-scan.ts'
import { accept, refuse, type Result } from './result.ts'

/** A network in CIDR form: `text` is canonical (RFC 5952 for IPv6), host bits are zero. */
export interface Prefix {
  readonly family: Family
  /** First address, as words (see `Address`). */
  readonly first: readonly number[]
  readonly length: number
  readonly text: string
}

/** Eight groups of four digits, seven colons, and `/128`. A text of megabytes is not read to its end. */
const LONGEST = 8 * 4 + 7 + 4

/**
 * Reads `address/length`. Host bits that are set are refused, never masked: consumers disagree on
 * what such text means (Squid masks with a warning, nftables takes it, devices drop it).
 */
export function parsePrefix(text: string): Result<Prefix> {
  if (text.length > LONGEST) return refuse(`a prefix has at most ${LONGEST} characters`)
  const slash = text.indexOf('/')
  if (slash < 0) return refuse('a prefix is an address, "/" and a length')
  const family = text.includes(':') ? 6 : 4
  const bytes = bytesOf(text)
  const end = family === 4 ? scanIPv4(bytes, 0) : scanIPv6(bytes, 0)
  if (end < 0) return refuse(ruleOf(end))
  if (end !== slash) return refuse(ruleOf(trailing(bytes, end, family)))
  const after = scanLength(bytes, slash, family)
  if (after < 0) return refuse(ruleOf(after))
  if (after < text.length) return refuse(ruleOf(LENGTH))
  return accept(prefixOf(family, scannedWords(family), scanned[LENGTH_AT] ?? 0))
}

/** The network that starts at `first`; the caller knows that host bits are zero. */
export function prefixOf(family: Family, first: readonly number[], length: number): Prefix {
  return { family, first, length, text: `${formatWords(family, first)}/${length}` }
}

/** Order of lists: IPv4 before IPv6, then by first address, then wider before narrower. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  return a.family - b.family || compareWords(a.first, b.first) || a.length - b.length
}
