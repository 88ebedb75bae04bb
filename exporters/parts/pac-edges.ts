/**
 * The addresses of a PAC file: where ranges begin and where they have ended (the first address past
 * them), in turns and ascending. Written digit by digit into bytes: a text for each number would
 * take longer than the whole file may.
 */
import { strFromU8 } from 'fflate'
import type { Prefix } from '../../src/core/prefix.ts'

const WORDS = 4
const WORD_END = 2 ** 32

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const ZERO = 48
const [NEWLINE, SPACE, QUOTE, COMMA, BEYOND] = [10, 32, 34, 44, 103]

/** A comma, a line break and two spaces come before a value of ten digits, or of 32 in quotes. */
const WIDEST = { 4: 4 + 10, 6: 4 + 34 } as const

/** The inside of an array of numbers; `prefixes` of IPv4, sorted and disjoint. O(n). */
export function ipv4Edges(prefixes: readonly Prefix[]): string {
  const edges = new Float64Array(2 * prefixes.length)
  let count = 0
  let end = -1
  for (const { first, length } of prefixes) {
    const begin = first[0] ?? 0
    if (begin === end) count--
    else edges[count++] = begin
    end = begin + 2 ** (32 - length)
    edges[count++] = end
  }
  return rows(count, 8, WIDEST[4], (bytes, at, edge) => decimal(bytes, at, edges[edge] ?? 0))
}

/**
 * The inside of an array of texts: 32 hexadecimal digits without the zeros at their end, whose text
 * order is the order of addresses. "g" stands for the end past the last address of all. O(n).
 */
export function ipv6Edges(prefixes: readonly Prefix[]): string {
  const edges = new Uint32Array(2 * WORDS * prefixes.length)
  let at = 0
  let isBeyond = false
  for (const { first, length } of prefixes) {
    if (at > 0 && isAt(edges, at - WORDS, first)) at -= WORDS
    else at = put(edges, at, first)
    isBeyond = !step(edges, put(edges, at, first), length)
    at += WORDS
  }
  const last = at / WORDS - 1
  return rows(last + 1, 4, WIDEST[6], (bytes, from, edge) => {
    bytes[from++] = QUOTE
    if (isBeyond && edge === last) bytes[from++] = BEYOND
    else from = hexadecimal(bytes, from, edges, WORDS * edge)
    bytes[from++] = QUOTE
    return from
  })
}

function isAt(edges: Uint32Array, at: number, words: readonly number[]): boolean {
  return (
    edges[at + 1] === words[1] &&
    edges[at] === words[0] &&
    edges[at + 2] === words[2] &&
    edges[at + 3] === words[3]
  )
}

/** By hand: `set` takes several times as long for four words. */
function put(edges: Uint32Array, at: number, words: readonly number[]): number {
  edges[at] = words[0] ?? 0
  edges[at + 1] = words[1] ?? 0
  edges[at + 2] = words[2] ?? 0
  edges[at + 3] = words[3] ?? 0
  return at + WORDS
}

/** Makes the address before `end` the first past its network; false if there is no such address. */
function step(edges: Uint32Array, end: number, length: number): boolean {
  let word = (length + 31) >>> 5
  let more = 2 ** (32 * word - length)
  while (word > 0) {
    const at = end - WORDS + --word
    const sum = (edges[at] ?? 0) + more
    edges[at] = sum
    if (sum < WORD_END) return true
    more = 1
  }
  return false
}

/** Writes a value at `at` and returns where it ends. */
type WriteEdge = (bytes: Uint8Array, at: number, edge: number) => number

function rows(count: number, perRow: number, widest: number, write: WriteEdge): string {
  const bytes = new Uint8Array(count * widest + 1)
  let at = 0
  for (let edge = 0; edge < count; edge++) {
    if (edge > 0) bytes[at++] = COMMA
    if (edge % perRow === 0) {
      bytes[at++] = NEWLINE
      bytes[at++] = SPACE
    }
    bytes[at++] = SPACE
    at = write(bytes, at, edge)
  }
  if (count > 0) bytes[at++] = NEWLINE
  return strFromU8(bytes.subarray(0, at))
}

function decimal(bytes: Uint8Array, at: number, value: number): number {
  if (value < 100_000) return digits(bytes, at, value, lengthOf(value))
  // In halves, so that what is divided digit by digit is a small integer.
  const high = Math.floor(value / 100_000)
  return digits(bytes, digits(bytes, at, high, lengthOf(high)), value - high * 100_000, 5)
}

function lengthOf(value: number): number {
  let length = 1
  for (let power = 10; power <= value; power *= 10) length++
  return length
}

function digits(bytes: Uint8Array, at: number, value: number, length: number): number {
  let left = value | 0
  for (let i = at + length - 1; i >= at; i--) {
    const tenth = (left / 10) | 0
    bytes[i] = ZERO + left - 10 * tenth
    left = tenth
  }
  return at + length
}

function hexadecimal(bytes: Uint8Array, at: number, edges: Uint32Array, from: number): number {
  const hasLowHalf = edges[from + 2] !== 0 || edges[from + 3] !== 0
  let end = at
  for (let i = from; i < from + (hasLowHalf ? WORDS : WORDS / 2); i++) {
    const word = edges[i] ?? 0
    for (let shift = 28; shift >= 0; shift -= 4) {
      bytes[end++] = DIGITS[(word >>> shift) & 15] ?? ZERO
    }
  }
  while (end > at && bytes[end - 1] === ZERO) end--
  return end
}
