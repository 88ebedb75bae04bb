/**
 * Text <-> the edges of a set, without an object for each network: in go prefixes, single addresses
 * and ranges of addresses (`a-b`), one a line or one a text; out comes the cover.
 */
import { formatWords } from './address.ts'
import {
  BACKWARDS,
  CARRIAGE_RETURN,
  COLON,
  copyText,
  DASH,
  LENGTH,
  LENGTH_AT,
  LINE_FEED,
  ruleOf,
  scanIPv4,
  scanIPv6,
  scanLength,
  scanned,
  SLASH,
  trailing,
} from './network-scan.ts'
import { edgesIPv4, edgesIPv6, RANGE_4, RANGE_6, roomIPv4, roomIPv6 } from './range-set-build.ts'
import { coverIPv4, coverIPv6, type NetworkVisit } from './range-set-cover.ts'
import { compareIPv6, type FamilyEdges } from './range-set-edges.ts'
import { readPlain, type Reading } from './range-set-plain.ts'
import { accept, refuse, type Result } from './result.ts'
import { createWorkRoom, type WorkRoom } from './work-room.ts'

/** Two IPv6 addresses of eight groups and the dash between them. */
const LONGEST = 2 * (8 * 4 + 7) + 1

/** What the refusal of a longer text says. */
const TOO_LONG = `a network has at most ${LONGEST} characters`

const copies = createWorkRoom()

/**
 * Reads networks in any order, overlapping or not, by the grammar of `parseAddress` and
 * `parsePrefix`: host bits are refused, as is a range that ends before it starts. The first text
 * that breaks a rule refuses them all. O(characters), and what the sort of `edgesIPv4` takes.
 */
export function parseEdges(texts: readonly string[]): Result<FamilyEdges> {
  let length = 0
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] ?? ''
    if (text.length > LONGEST) return refuse(`${quoted(text)}: ${TOO_LONG}`)
    length += text.length + 1
  }
  const bytes = new Uint8Array(copies(Math.ceil(length / 4)).buffer, 0, length)
  copyAll(texts, bytes)
  const reading = newReading(texts.length)
  const broken = readAll(bytes, reading, true)
  if (broken === undefined) return accept(edgesOf(reading))
  return refuse(`${quoted(texts[lineOf(bytes, broken.at) - 1] ?? '')}: ${ruleOf(broken.rule)}`)
}

function copyAll(texts: readonly string[], bytes: Uint8Array): void {
  let end = 0
  for (let i = 0; i < texts.length; i++) end = copyText(texts[i] ?? '', bytes, end)
}

/**
 * The same of a list with one network a line, as it is in a file; empty lines are passed over. The
 * refusal names the line too.
 */
export function parseLineEdges(list: Uint8Array): Result<FamilyEdges> {
  const bytes = endsWithLineFeed(list) ? list : withLineFeed(list)
  const reading = newReading(bytes.length >>> 3)
  const broken = readAll(bytes, reading, false)
  if (broken === undefined) return accept(edgesOf(reading))
  const text = lineAt(bytes, broken.at)
  const rule = text.length > LONGEST ? TOO_LONG : ruleOf(broken.rule)
  return refuse(`line ${lineOf(bytes, broken.at)}, ${quoted(text)}: ${rule}`)
}

function endsWithLineFeed(list: Uint8Array): boolean {
  return list[list.length - 1] === LINE_FEED
}

function withLineFeed(list: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(list.length + 1)
  bytes.set(list)
  bytes[list.length] = LINE_FEED
  return bytes
}

function newReading(expected: number): Reading {
  return { v4: roomIPv4(RANGE_4 * expected), v6: roomIPv6(0), count4: 0, count6: 0 }
}

function edgesOf({ v4, v6, count4, count6 }: Reading): FamilyEdges {
  return { 4: edgesIPv4(v4, count4), 6: edgesIPv6(v6, count6) }
}

/** A line that breaks a rule, and where it begins. */
interface Broken {
  readonly at: number
  readonly rule: number
}

/** Reads line after line up to the first that breaks a rule. An empty line is passed over, or read. */
function readAll(bytes: Uint8Array, reading: Reading, readEmpty: boolean): Broken | undefined {
  let at = 0
  while (at < bytes.length) {
    at = readPlain(bytes, at, reading)
    if (at === bytes.length) return undefined
    if (readEmpty || !isLineEnd(bytes, at)) {
      const end = readLine(bytes, at, reading)
      if (end < 0) return { at, rule: end }
      at = end
    }
    at += bytes[at] === LINE_FEED ? 1 : 2
  }
  return undefined
}

/** The place of the end of the line, or the rule that it breaks. */
function readLine(bytes: Uint8Array, at: number, reading: Reading): number {
  if (hasColon(bytes, at)) return readLineIPv6(bytes, at, reading)
  const to = RANGE_4 * reading.count4
  if (to === reading.v4.length) reading.v4 = doubled(reading.v4, roomIPv4)
  const end = readIPv4(bytes, at, reading.v4, to)
  if (end >= 0) reading.count4++
  return end
}

function readLineIPv6(bytes: Uint8Array, at: number, reading: Reading): number {
  const to = RANGE_6 * reading.count6
  if (to === reading.v6.length) reading.v6 = doubled(reading.v6, roomIPv6)
  const end = readIPv6(bytes, at, reading.v6, to)
  if (end >= 0) reading.count6++
  return end
}

function doubled(ranges: Uint32Array, room: WorkRoom): Uint32Array {
  const larger = room(2 * ranges.length)
  larger.set(ranges)
  return larger
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  const code = bytes[at]
  return code === LINE_FEED || (code === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED)
}

function hasColon(bytes: Uint8Array, start: number): boolean {
  let at = start
  while (bytes[at] !== COLON && bytes[at] !== LINE_FEED) at++
  return bytes[at] === COLON
}

/** Writes first and last address of the network that begins there. */
function readIPv4(bytes: Uint8Array, at: number, ranges: Uint32Array, to: number): number {
  const end = scanIPv4(bytes, at)
  if (end < 0) return end
  const first = scanned[0] ?? 0
  ranges[to] = first
  ranges[to + 1] = first
  if (bytes[end] !== SLASH)
    return isLineEnd(bytes, end) ? end : readLastIPv4(bytes, end, ranges, to)
  const after = scanLength(bytes, end, 4)
  if (after < 0) return after
  const length = scanned[LENGTH_AT] ?? 0
  if (length < 32) ranges[to + 1] = first | (0xffffffff >>> length)
  return isLineEnd(bytes, after) ? after : LENGTH
}

function readLastIPv4(bytes: Uint8Array, dash: number, ranges: Uint32Array, to: number): number {
  if (bytes[dash] !== DASH) return trailing(bytes, dash, 4)
  const end = scanIPv4(bytes, dash + 1)
  if (end < 0) return end
  if (!isLineEnd(bytes, end)) return trailing(bytes, end, 4)
  ranges[to + 1] = scanned[0] ?? 0
  return (ranges[to] ?? 0) <= (ranges[to + 1] ?? 0) ? end : BACKWARDS
}

function readIPv6(bytes: Uint8Array, at: number, ranges: Uint32Array, to: number): number {
  const end = scanIPv6(bytes, at)
  if (end < 0) return end
  writeNetwork(ranges, to, 128)
  if (bytes[end] !== SLASH)
    return isLineEnd(bytes, end) ? end : readLastIPv6(bytes, end, ranges, to)
  const after = scanLength(bytes, end, 6)
  if (after < 0) return after
  writeNetwork(ranges, to, scanned[LENGTH_AT] ?? 0)
  return isLineEnd(bytes, after) ? after : LENGTH
}

function readLastIPv6(bytes: Uint8Array, dash: number, ranges: Uint32Array, to: number): number {
  if (bytes[dash] !== DASH) return trailing(bytes, dash, 6)
  const end = scanIPv6(bytes, dash + 1)
  if (end < 0) return end
  if (!isLineEnd(bytes, end)) return trailing(bytes, end, 6)
  for (let w = 0; w < 4; w++) ranges[to + 4 + w] = scanned[w] ?? 0
  return compareIPv6(ranges, to, ranges, to + 4) <= 0 ? end : BACKWARDS
}

/** Writes first and last address of the network that the address in `scanned` begins. */
function writeNetwork(ranges: Uint32Array, to: number, length: number): void {
  for (let w = 0; w < 4; w++) {
    const word = scanned[w] ?? 0
    const networkBits = length - 32 * w
    const hostBits = networkBits >= 32 ? 0 : 0xffffffff >>> Math.max(0, networkBits)
    ranges[to + w] = word
    ranges[to + 4 + w] = word | hostBits
  }
}

/** The number of a line, from 1. */
function lineOf(bytes: Uint8Array, at: number): number {
  let line = 1
  for (let i = 0; i < at; i++) if (bytes[i] === LINE_FEED) line++
  return line
}

/** The text of a line, or as much of it as is worth repeating. */
function lineAt(bytes: Uint8Array, start: number): string {
  let text = ''
  for (let at = start; !isLineEnd(bytes, at) && text.length <= LONGEST; at++) {
    text += String.fromCharCode(bytes[at] ?? 0)
  }
  return text
}

/** For a message: a text of megabytes is not repeated in full. */
function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text)
}

/** The cover as text, in list order. O(networks). */
export function textsOf({ 4: v4, 6: v6 }: FamilyEdges): string[] {
  const texts: string[] = []
  const visit: NetworkVisit = (family, first, length) => {
    texts.push(formatWords(family, first) + (LENGTHS[length] ?? ''))
  }
  coverIPv4(v4, visit)
  coverIPv6(v6, visit)
  return texts
}

/** The end of a prefix, by its length. */
const LENGTHS: readonly string[] = Array.from({ length: 129 }, (_, length) => `/${length}`)
