/** Which service tags hold an address, a network or a range, now or on a past day. */
import type { Cloud } from '../core/cloud.ts'
import { RangewardenError } from '../core/errors.ts'
import { fileDateAt, OPEN, type FileDate, type Position } from '../core/file-date.ts'
import { holdingsAt, prefixesWithin, type Holding } from '../core/holdings.ts'
import { tablePrefix } from '../core/table-prefix.ts'
import type { SnapshotRecord } from '../store/contract.ts'
import { readAddresses, type AskedAddresses } from './asked-addresses.ts'
import { positionsAmong, resolveSnapshot } from './resolve.ts'
import type { CloudHistory, Timelines } from './timelines.ts'

/** A tag that held some or all of the addresses asked about. */
export interface TagHit {
  readonly tag: string
  /** As the tag had it then, like its service. */
  readonly region: string
  readonly systemService: string
  /** `whole`: every one of the addresses, by one published prefix or by several together. */
  readonly holds: 'whole' | 'part'
  /** The narrowest published prefix that holds all of them; undefined if none does alone. */
  readonly prefix: string | undefined
  /**
   * File date of the first file ever in which this tag held as much as `holds` says: all of the
   * addresses, whatever prefixes spelled them, or any of them.
   */
  readonly firstSeen: FileDate
  /** File date of the last such file; undefined while the newest file is one. */
  readonly lastSeen: FileDate | undefined
}

export interface LookupAnswer {
  readonly query: string
  readonly cloud: Cloud
  /** What the answer is true of. */
  readonly snapshot: SnapshotRecord
  /** In order of tag names. */
  readonly hits: readonly TagHit[]
}

export interface LookupWhen {
  readonly clouds: readonly Cloud[]
  /** See `resolveSnapshot`; by default `latest`. */
  readonly at?: string | undefined
}

/**
 * Answers per cloud that has history; `text` as `readAddresses` takes it. From memory, whatever the
 * age of the answer; see `holdingsAt` for what it takes.
 * @throws RangewardenError `invalid-input` for other text, `not-ready` without any history, and as
 * `resolveSnapshot` when `at` fits none of the clouds
 */
export async function lookUp(
  timelines: Timelines,
  text: string,
  when: LookupWhen,
): Promise<LookupAnswer[]> {
  const asked = readAddresses(text)
  const { answer } = await openLookup(timelines, when)
  return answer(asked)
}

export interface OpenLookup {
  readonly answer: (asked: AskedAddresses) => LookupAnswer[]
  /**
   * What the answer costs: how many prefixes of the histories it has to look at inside of what is
   * asked about; none for a single address. O(log n).
   */
  readonly prefixesWithin: (asked: AskedAddresses) => number
}

/**
 * The same for many questions about one moment, all answered from the history as it is now.
 * @throws RangewardenError as `lookUp`, but for the text
 */
export async function openLookup(
  timelines: Timelines,
  { clouds, at = 'latest' }: LookupWhen,
): Promise<OpenLookup> {
  const histories = await Promise.all(clouds.map((cloud) => timelines.of(cloud)))
  const moments = await momentsAt(histories, at)
  return {
    answer: (asked) => moments.map((moment) => answerOf(moment, asked)),
    prefixesWithin: (asked) =>
      moments.reduce((sum, { history }) => sum + withinOf(history, asked), 0),
  }
}

interface Moment {
  readonly history: CloudHistory
  readonly snapshot: SnapshotRecord
}

/**
 * A cloud without an answer is left out as long as another one has one. If none has, what is wrong
 * with the question is told before a cloud that has no history yet, which nobody may have asked for.
 */
async function momentsAt(histories: readonly CloudHistory[], at: string): Promise<Moment[]> {
  const positions = positionsAmong(histories.flatMap(({ records }) => records))
  const found: Moment[] = []
  let reason: RangewardenError | undefined
  for (const history of histories) {
    try {
      const snapshot = await resolveSnapshot(positions, history.timeline.cloud, at)
      found.push({ history, snapshot })
    } catch (error) {
      if (!(error instanceof RangewardenError)) throw error
      if (!reason || (isNotReady(reason) && !isNotReady(error))) reason = error
    }
  }
  if (found.length === 0 && reason) throw reason
  return found
}

function isNotReady({ code }: RangewardenError): boolean {
  return code === 'not-ready'
}

function withinOf(history: CloudHistory, { first, last }: AskedAddresses): number {
  const index = history.addresses()
  return prefixesWithin(index, index.segments.of(first), index.segments.of(last))
}

function answerOf({ history, snapshot }: Moment, asked: AskedAddresses): LookupAnswer {
  const index = history.addresses()
  const { cloud, position } = snapshot
  const [first, last] = [index.segments.of(asked.first), index.segments.of(asked.last)]
  const hits = holdingsAt(index, first, last, position).map((held) =>
    hitOf(history, held, position),
  )
  return { query: asked.query, cloud, snapshot, hits }
}

function hitOf({ timeline, records }: CloudHistory, held: Holding, position: Position): TagHit {
  const tag = timeline.tags[held.tag]
  const facts = tag?.facts.find(({ from, until }) => from <= position && position < until)
  return {
    tag: tag?.name ?? '',
    region: facts?.region ?? '',
    systemService: facts?.systemService ?? '',
    holds: held.whole ? 'whole' : 'part',
    prefix: held.prefix < 0 ? undefined : tablePrefix(timeline.prefixes, held.prefix).text,
    firstSeen: fileDateAt(held.from as Position),
    lastSeen: held.until === OPEN ? undefined : lastBefore(records, held.until)?.fileDate,
  }
}

function lastBefore(
  records: readonly SnapshotRecord[],
  position: number,
): SnapshotRecord | undefined {
  return records[recordsBefore(records, position) - 1]
}

/** How many records are before a position: they are in its order. */
function recordsBefore(records: readonly SnapshotRecord[], position: number): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((records[middle]?.position ?? OPEN) < position) low = middle + 1
    else high = middle
  }
  return low
}
