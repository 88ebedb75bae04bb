/**
 * Reads addresses and prefixes where they lie, in bytes of ASCII: one walk over them, nothing cut
 * out and nothing allocated, for the ten thousands of them in a file. `address.ts` and `prefix.ts`
 * say the grammar; this is its one implementation. A text is copied to bytes first, as reading one
 * of them takes half the time of reading a character of a string (measured).
 *
 * The bytes have to end with a line feed, which ends whatever is being read. A scan gives the place
 * after what it read and leaves that in `scanned`; what follows there is for the caller to judge.
 * Where a rule is broken it gives a number below zero instead, of which `ruleOf` knows the rule. All
 * are O(length).
 */

/**
 * What was read last: in front the words of an address, one or four, and at `LENGTH_AT` a prefix
 * length. Copy it before the next scan.
 */
export const scanned = new Uint32Array(5)

export const LENGTH_AT = 4

const RULES = {
  [-1]: 'an IPv4 address has four decimal octets',
  [-2]: 'an IPv4 octet is a decimal number without leading zeros',
  [-3]: 'an IPv4 octet is at most 255',
  [-4]: 'an IPv6 group is one to four hexadecimal digits',
  [-5]: 'an IPv6 address has eight groups',
  [-6]: 'an IPv6 address has at most one "::"',
  [-7]: '"::" stands for at least one zero group',
  [-8]: 'zone ids have no meaning in a published range',
  [-9]: 'a dotted IPv4 tail is not accepted in an IPv6 address',
  [-10]: 'IPv4-mapped IPv6 addresses are not accepted: write the IPv4 address',
  [-11]: 'a prefix length is a decimal number',
  [-12]: 'an IPv4 prefix length is at most 32',
  [-13]: 'an IPv6 prefix length is at most 128',
  [-14]: 'host bits are set',
  [-15]: 'the last address of a range comes before its first',
} as const

type Rule = keyof typeof RULES

const [FOUR_OCTETS, OCTET, OCTET_SIZE]: [Rule, Rule, Rule] = [-1, -2, -3]
const [GROUP, EIGHT_GROUPS, ONE_GAP, GAP]: [Rule, Rule, Rule, Rule] = [-4, -5, -6, -7]
const [ZONE, DOTTED, MAPPED]: [Rule, Rule, Rule] = [-8, -9, -10]
/** What is wrong with a length after which the text goes on. */
export const LENGTH: Rule = -11
const [LENGTH_4, LENGTH_6, HOST_BITS]: [Rule, Rule, Rule] = [-12, -13, -14]

/** The rule that a scan below zero stands for. */
export function ruleOf(refused: number): string {
  return RULES[refused as Rule]
}

/** The rule of a range, for those who read both of its addresses. */
export const BACKWARDS: Rule = -15

export const LINE_FEED = 0x0a
export const CARRIAGE_RETURN = 0x0d
export const DASH = 0x2d
export const SLASH = 0x2f
export const DOT = 0x2e
export const DIGIT_0 = 0x30
export const COLON = 0x3a
const PERCENT = 0x25

/** Four decimal octets without leading zeros. */
export function scanIPv4(bytes: Uint8Array, start: number): number {
  let word = 0
  let at = start
  for (let octets = 1; ; octets++) {
    let octet = (bytes[at] ?? 0) - DIGIT_0
    if (octet < 0 || octet > 9) return ruleAfter(bytes, start, at)
    let digit = (bytes[++at] ?? 0) - DIGIT_0
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return OCTET
      octet = octet * 10 + digit
      digit = (bytes[++at] ?? 0) - DIGIT_0
      if (digit >= 0 && digit <= 9) {
        octet = octet * 10 + digit
        if (octet > 255) return OCTET_SIZE
        digit = (bytes[++at] ?? 0) - DIGIT_0
      }
    }
    word = (word << 8) | octet
    if (octets === 4) {
      scanned[0] = word
      return at
    }
    if (digit !== DOT - DIGIT_0) return ruleAfter(bytes, start, at)
    at++
  }
}

/** What is wrong where there is something else than an octet or a dot. */
function ruleAfter(bytes: Uint8Array, start: number, at: number): Rule {
  const code = bytes[at] ?? 0
  if (isDigit(code)) return OCTET_SIZE
  const isEnd = code === DOT || code === SLASH || code === LINE_FEED
  return isEnd || (code === DASH && at > start) ? FOUR_OCTETS : OCTET
}

/** What is wrong where an address has been read and what follows there cannot follow it. */
export function trailing(bytes: Uint8Array, at: number, family: 4 | 6): number {
  if (family === 6) return GROUP
  const code = bytes[at] ?? 0
  if (code === DOT) return FOUR_OCTETS
  return isDigit(code) ? OCTET_SIZE : OCTET
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_0 + 9
}

/** The groups of the address being read. */
const groups = new Uint16Array(8)

/** RFC 4291 hexadecimal groups with at most one `::`; no zone id, no dotted tail, not IPv4-mapped. */
export function scanIPv6(bytes: Uint8Array, start: number): number {
  let count = 0
  let gap = -1
  let group = 0
  let digits = 0
  let at = start
  for (; ; at++) {
    const code = bytes[at] ?? 0
    const digit = HEX_DIGITS[code] ?? -1
    if (digit >= 0) {
      if (++digits > 4) return GROUP
      group = (group << 4) | digit
    } else if (code === COLON) {
      const doubled = bytes[at + 1] === COLON
      if (digits > 0) {
        if (count === 8) return gap < 0 ? EIGHT_GROUPS : GAP
        groups[count++] = group
        group = digits = 0
      } else if (at > start || !doubled) return gap === count ? ONE_GAP : GROUP
      if (!doubled) continue
      if (gap >= 0) return ONE_GAP
      gap = count
      at++ // past the second colon
    } else if (code === PERCENT) return ZONE
    else if (code === DOT) return DOTTED
    else break
  }
  if (digits > 0) {
    if (count === 8) return gap < 0 ? EIGHT_GROUPS : GAP
    groups[count++] = group
  } else if (gap !== count) return GROUP // ends with one colon, or is nothing
  if (gap < 0 && count < 8) return EIGHT_GROUPS
  if (gap >= 0 && count === 8) return GAP
  if (gap >= 0) fillGap(gap, count)
  for (let w = 0; w < 4; w++) scanned[w] = ((groups[2 * w] ?? 0) << 16) | (groups[2 * w + 1] ?? 0)
  return scanned[0] === 0 && scanned[1] === 0 && scanned[2] === 0xffff ? MAPPED : at
}

/** Moves the groups after the gap to the end of the eight and puts zeros where they were. */
function fillGap(gap: number, count: number): void {
  for (let from = count - 1, to = 7; to >= gap; from--, to--) {
    groups[to] = from >= gap ? (groups[from] ?? 0) : 0
  }
}

/** Value of each byte as a hexadecimal digit of either case, or -1. */
export const HEX_DIGITS = new Int8Array(256).map((_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase())
  return code < 0x80 ? digit : -1
})

/**
 * The prefix length after a slash, for the address in `scanned`: its bits after that length have to
 * be zero. No leading zeros. It has to be the end of a line.
 */
export function scanLength(bytes: Uint8Array, slash: number, family: 4 | 6): number {
  const start = slash + 1
  let at = start
  let length = 0
  for (; ; at++) {
    const digit = (bytes[at] ?? 0) - DIGIT_0
    if (digit < 0 || digit > 9) break
    if (length === 0 && at > start) return LENGTH
    if (length < 1_000) length = length * 10 + digit // already too long, however many digits follow
  }
  const next = bytes[at]
  if (at === start || (next !== LINE_FEED && next !== CARRIAGE_RETURN)) return LENGTH
  scanned[LENGTH_AT] = length
  if (family === 4) {
    if (length > 32) return LENGTH_4
    return length < 32 && (scanned[0] ?? 0) << length !== 0 ? HOST_BITS : at
  }
  if (length > 128) return LENGTH_6
  return hasHostBits(length) ? HOST_BITS : at
}

function hasHostBits(length: number): boolean {
  for (let w = 3; w >= 0 && 32 * (w + 1) > length; w--) {
    if ((scanned[w] ?? 0) << Math.max(0, length - 32 * w) !== 0) return true
  }
  return false
}

/** What stands for a character that no rule allows: also for a line feed, which would end the text. */
const FORBIDDEN = 0xff

/** Copies a text and a line feed to bytes, of which there must be enough; gives the place after it. */
export function copyText(text: string, bytes: Uint8Array, start: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    bytes[start + i] = code > 0x20 && code < 0x7f ? code : FORBIDDEN
  }
  bytes[start + text.length] = LINE_FEED
  return start + text.length + 1
}

/** More characters than any address or range of addresses has. */
const ENOUGH = 100

const textBytes = new Uint8Array(ENOUGH + 1)

/** The bytes of a text until the next call; of a text longer than all networks enough to refuse it. */
export function bytesOf(text: string): Uint8Array {
  copyText(text.length > ENOUGH ? text.slice(0, ENOUGH) : text, textBytes, 0)
  return textBytes
}
