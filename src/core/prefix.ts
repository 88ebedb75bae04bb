/** One canonical network. A `Prefix` exists only if its text was accepted, so nobody re-checks it. */
import { BITS, compareWords, formatAddress, parseAddress, type Family } from './address.ts'
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

const LENGTH = /^(?:0|[1-9][0-9]{0,2})$/

/**
 * Reads `address/length`. Host bits that are set are refused, never masked: consumers disagree on
 * what such text means (Squid masks with a warning, nftables takes it, devices drop it).
 */
export function parsePrefix(text: string): Result<Prefix> {
  if (text.length > LONGEST) return refuse(`a prefix has at most ${LONGEST} characters`)
  const slash = text.indexOf('/')
  if (slash < 0) return refuse('a prefix is an address, "/" and a length')
  const address = parseAddress(text.slice(0, slash))
  if (!address.ok) return address
  const { family, words } = address.value
  const digits = text.slice(slash + 1)
  if (!LENGTH.test(digits)) return refuse('a prefix length is a decimal number')
  const length = Number(digits)
  if (length > BITS[family])
    return refuse(`an IPv${family} prefix length is at most ${BITS[family]}`)
  if (hasHostBits(words, length)) return refuse('host bits are set')
  return accept(prefixOf(family, words, length))
}

/** The network that starts at `first`; the caller knows that host bits are zero. */
export function prefixOf(family: Family, first: readonly number[], length: number): Prefix {
  return { family, first, length, text: `${formatAddress({ family, words: first })}/${length}` }
}

/** Order of lists: IPv4 before IPv6, then by first address, then wider before narrower. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  return a.family - b.family || compareWords(a.first, b.first) || a.length - b.length
}

function hasHostBits(words: readonly number[], length: number): boolean {
  return words.some((word, i) => {
    const networkBits = Math.min(32, Math.max(0, length - 32 * i))
    return networkBits < 32 && word % 2 ** (32 - networkBits) !== 0
  })
}
