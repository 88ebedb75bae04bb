/** Which service tags hold an address or a network, now or on a past day. */
import IPCIDR from 'ip-cidr'
import { Netmask } from 'netmask'
import { compareWords, formatAddress, parseAddress, type Address } from '../core/address.ts'
import type { Cloud } from '../core/cloud.ts'
import { invalidInput, RangewardenError } from '../core/errors.ts'
import { OPEN, type FileDate, type Position } from '../core/file-date.ts'
import { parsePrefix, prefixOf, type Prefix } from '../core/prefix.ts'
import type { MembershipSpan, SnapshotRecord, Store } from '../store/contract.ts'
import { resolveSnapshot } from './resolve.ts'

/** A tag that held the whole query in one of its published prefixes. */
export interface TagHit {
  readonly tag: string
  readonly region: string
  readonly systemService: string
  /** The published prefix that holds it. */
  readonly prefix: string
  /** File date of the first file in which this tag held it. */
  readonly firstSeen: FileDate
  /** File date of the last such file; undefined while the newest file still does. */
  readonly lastSeen: FileDate | undefined
}

export interface LookupAnswer {
  readonly query: string
  readonly cloud: Cloud
  /** What the answer is true of. */
  readonly snapshot: SnapshotRecord
  readonly hits: readonly TagHit[]
}

type LookupStores = Pick<Store, 'history' | 'lookup'>

/**
 * Answers per cloud that has history. `text` is a host, a network (host bits are ignored, as
 * people type them) or `first-last`. Reads a handful of rows, whatever the age of the answer.
 * @throws RangewardenError `invalid-input` for other text, `not-ready` without any history, and as
 * `resolveSnapshot` when `at` fits none of the clouds
 */
export async function lookUp(
  stores: LookupStores,
  text: string,
  { clouds, at = 'latest' }: { clouds: readonly Cloud[]; at?: string | undefined },
): Promise<LookupAnswer[]> {
  const candidates = holders(text)
  const snapshots = await snapshotsAt(stores, clouds, at)
  const spans = await stores.lookup.spansOf(
    candidates,
    new Map(snapshots.map(({ cloud, position }) => [cloud, position])),
  )
  const answers: LookupAnswer[] = []
  for (const snapshot of snapshots) {
    const own = spans.filter(({ cloud }) => cloud === snapshot.cloud)
    const hits = await hitsAt(stores, own, snapshot)
    answers.push({ query: text, cloud: snapshot.cloud, snapshot, hits })
  }
  return answers
}

/** A cloud without an answer is left out as long as another one has one. */
async function snapshotsAt(
  { history }: LookupStores,
  clouds: readonly Cloud[],
  at: string,
): Promise<SnapshotRecord[]> {
  const found: SnapshotRecord[] = []
  let reason: RangewardenError | undefined
  for (const cloud of clouds) {
    try {
      found.push(await resolveSnapshot(history, cloud, at))
    } catch (error) {
      if (!(error instanceof RangewardenError)) throw error
      reason ??= error
    }
  }
  if (found.length === 0 && reason) throw reason
  return found
}

async function hitsAt(
  { history }: LookupStores,
  spans: readonly MembershipSpan[],
  { cloud, position }: SnapshotRecord,
): Promise<TagHit[]> {
  const inForce = spans.filter(({ from, until }) => from <= position && position < until)
  const hits: TagHit[] = []
  for (const { tag, region, systemService, prefix } of inForce) {
    const all = spans.filter((span) => span.tag === tag)
    const first = Math.min(...all.map(({ from }) => from)) as Position
    const end = Math.max(...all.map(({ until }) => until)) as Position
    hits.push({
      tag,
      region,
      systemService,
      prefix,
      firstSeen: fileDateAt(first),
      lastSeen: end === OPEN ? undefined : (await history.before(cloud, end))?.fileDate,
    })
  }
  return hits
}

/** A position carries its file date: 2025102801 is of 2025-10-28. */
function fileDateAt(position: Position): FileDate {
  const digits = String(Math.floor(position / 100))
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` as FileDate
}

/** Every prefix that holds the whole query: at most 33 or 129, from narrow to wide. */
function holders(text: string): Prefix[] {
  const { first, last } = boundsOf(text.trim())
  const { family } = first
  const common = commonBits(first, last)
  return Array.from({ length: common + 1 }, (_, i) => {
    const length = common - i
    return prefixOf(family, networkOf(first, length), length)
  })
}

/** `ip-cidr` masks what people type; our own grammar reads each part of it, before and after. */
function boundsOf(text: string): { first: Address; last: Address } {
  const dash = text.split('-')
  const [from, to] = dash.length === 2 ? dash : cidrBounds(text)
  const first = parseAddress((from ?? '').trim())
  const last = parseAddress((to ?? '').trim())
  if (!first.ok) throw unreadable(text, first.reason)
  if (!last.ok) throw unreadable(text, last.reason)
  if (first.value.family !== last.value.family) throw unreadable(text, 'two address families')
  if (compareWords(first.value.words, last.value.words) > 0) {
    throw unreadable(text, 'the range ends before it begins')
  }
  return { first: first.value, last: last.value }
}

function cidrBounds(text: string): [string, string] {
  const [typed = '', suffix, ...more] = text.split('/')
  if (suffix === undefined) return [text, text]
  const address = parseAddress(typed)
  if (!address.ok) throw unreadable(text, address.reason)
  if (more.length > 0) throw unreadable(text, 'a length or a mask ends it')
  const { family } = address.value
  const length = family === 4 && suffix.includes('.') ? maskLength(text, suffix) : suffix
  // The address has host bits, as people type them, so it is the length that is checked here.
  const network = parsePrefix(`${family === 4 ? '0.0.0.0' : '::'}/${length}`)
  if (!network.ok) throw unreadable(text, network.reason)
  return new IPCIDR(`${formatAddress(address.value)}/${length}`).toRange<string>()
}

/** `20.0.0.0/255.255.0.0`, as routers print it, is `20.0.0.0/16`. */
function maskLength(text: string, mask: string): number {
  // Netmask also takes octal, hexadecimal and short masks: two readings of one text.
  if (!parseAddress(mask).ok) throw unreadable(text, `${mask} is no network mask`)
  try {
    return new Netmask('0.0.0.0', mask).bitmask
  } catch {
    throw unreadable(text, `${mask} is no network mask`)
  }
}

function unreadable(text: string, reason: string): RangewardenError {
  return invalidInput(`"${text}" is no address, network or range a-b: ${reason}`)
}

function commonBits(first: Address, last: Address): number {
  let bits = 0
  for (const [i, word] of first.words.entries()) {
    const same = Math.clz32(word ^ (last.words[i] ?? 0))
    bits += same
    if (same < 32) return bits
  }
  return bits
}

function networkOf({ words }: Address, length: number): number[] {
  return words.map((word, i) => {
    const hostBits = Math.min(32, Math.max(0, 32 * (i + 1) - length))
    return hostBits === 32 ? 0 : word - (word % 2 ** hostBits)
  })
}
