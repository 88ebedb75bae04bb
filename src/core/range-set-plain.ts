/**
 * Reads the lines that nearly all are: prefixes that break no rule, with a line feed. Each family is
 * written out in one function: a list of both is a set in six tenths of the time that the scans
 * take (measured). What is anything else is left to them: the grammar here is a part of theirs, and
 * knows no refusal.
 */
import { COLON, DIGIT_0, DOT, HEX_DIGITS, LINE_FEED, SLASH } from './network-scan.ts'
import { RANGE_4, RANGE_6 } from './range-set-build.ts'

/** Ranges read so far. */
export interface Reading {
  v4: Uint32Array
  v6: Uint32Array
  count4: number
  count6: number
}

/** Reads plain lines up to the first that is not, or that finds no room, and gives where it begins. */
export function readPlain(bytes: Uint8Array, from: number, reading: Reading): number {
  let at = from
  for (;;) {
    const next = readPlainIPv6(bytes, readPlainIPv4(bytes, at, reading), reading)
    if (next === at) return at
    at = next
  }
}

/** All in one function without calls. */
function readPlainIPv4(bytes: Uint8Array, from: number, reading: Reading): number {
  const ranges = reading.v4
  let to = RANGE_4 * reading.count4
  let line = from
  while (line < bytes.length && to < ranges.length) {
    let at = line
    let word = 0
    let octets = 0
    while (octets < 4) {
      let octet = (bytes[at] ?? 0) - DIGIT_0
      if (octet < 0 || octet > 9) break
      let digit = (bytes[++at] ?? 0) - DIGIT_0
      if (digit >= 0 && digit <= 9) {
        if (octet === 0) break
        octet = octet * 10 + digit
        digit = (bytes[++at] ?? 0) - DIGIT_0
        if (digit >= 0 && digit <= 9) {
          octet = octet * 10 + digit
          if (octet > 255) break
          digit = (bytes[++at] ?? 0) - DIGIT_0
        }
      }
      word = (word << 8) | octet
      octets++
      if (digit !== (octets < 4 ? DOT : SLASH) - DIGIT_0) break
      at++
    }
    if (octets < 4 || bytes[at - 1] !== SLASH) break
    let length = (bytes[at] ?? 0) - DIGIT_0
    if (length < 0 || length > 9) break
    const digit = (bytes[++at] ?? 0) - DIGIT_0
    if (digit >= 0 && digit <= 9) {
      if (length === 0) break
      length = length * 10 + digit
      at++
    }
    const hostBits = length < 32 ? 0xffffffff >>> length : 0
    if (length > 32 || bytes[at] !== LINE_FEED || (word & hostBits) !== 0) break
    ranges[to++] = word
    ranges[to++] = word | hostBits
    line = at + 1
  }
  reading.count4 = to / RANGE_4
  return line
}

function readPlainIPv6(bytes: Uint8Array, from: number, reading: Reading): number {
  const ranges = reading.v6
  let to = RANGE_6 * reading.count6
  let line = from
  while (line < bytes.length && to < ranges.length) {
    const next = plainIPv6(bytes, line, ranges, to)
    if (next < 0) break
    line = next
    to += RANGE_6
  }
  reading.count6 = to / RANGE_6
  return line
}

/** The groups of the address being read. */
const groups = new Uint16Array(8)

/** Reads one line, and gives the place after it, or -1. */
function plainIPv6(bytes: Uint8Array, line: number, ranges: Uint32Array, to: number): number {
  let at = line
  let count = 0
  let gap = -1
  for (;;) {
    let digit = HEX_DIGITS[bytes[at] ?? 0] ?? -1
    if (digit >= 0) {
      if (count === 8) return -1
      const start = at
      let group = 0
      while (digit >= 0) {
        group = (group << 4) | digit
        digit = HEX_DIGITS[bytes[++at] ?? 0] ?? -1
      }
      if (at - start > 4) return -1
      groups[count++] = group
      if (bytes[at] !== COLON) break
      at++
    } else if (at !== line || bytes[at++] !== COLON || bytes[at] !== COLON) return -1
    if (bytes[at] !== COLON) continue
    if (gap >= 0) return -1
    gap = count
    at++
    if (bytes[at] === SLASH) break
  }
  if (bytes[at] !== SLASH || gap < 0 !== (count === 8)) return -1
  let length = 0
  const start = ++at
  for (; ; at++) {
    const digit = (bytes[at] ?? 0) - DIGIT_0
    if (digit < 0 || digit > 9) break
    if (at > start && length === 0) return -1
    length = length * 10 + digit
    if (length > 128) return -1
  }
  if (at === start || bytes[at] !== LINE_FEED) return -1
  const zeros = 8 - count
  const before = gap < 0 ? 8 : gap
  for (let w = 0; w < 4; w++) {
    let word = 0
    for (let g = 2 * w; g < 2 * w + 2; g++) {
      const group = g < before ? groups[g] : g < before + zeros ? 0 : groups[g - zeros]
      word = (word << 16) | (group ?? 0)
    }
    const networkBits = length - 32 * w
    const hostBits = networkBits >= 32 ? 0 : 0xffffffff >>> (networkBits > 0 ? networkBits : 0)
    if ((word & hostBits) !== 0) return -1
    ranges[to + w] = word
    ranges[to + 4 + w] = word | hostBits
  }
  const isMapped = ranges[to] === 0 && ranges[to + 1] === 0 && ranges[to + 2] === 0xffff
  return isMapped ? -1 : at + 1
}
