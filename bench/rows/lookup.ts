/**
 * Address -> all its tags: from the index, against a scan of every tag with what Node and npm offer;
 * and the same on any day of history, against the newest day.
 */
import { BlockList } from 'node:net'
import IPCIDR from 'ip-cidr'
import { formatAddress, parseAddress, type Address } from '../../src/core/address.ts'
import { createAddressIndex, type AddressIndex } from '../../src/core/address-index.ts'
import { positionOf, type FileDate } from '../../src/core/file-date.ts'
import { holdingsAt } from '../../src/core/holdings.ts'
import { networkCount } from '../../src/core/network-table.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { tablePrefix } from '../../src/core/table-prefix.ts'
import type { Timeline } from '../../src/core/timeline.ts'
import { readDocument } from '../../src/documents/read-document.ts'
import { lookUp } from '../../src/history/lookup.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import type { SnapshotRecord } from '../../src/store/contract.ts'
import { addressAt, bigintOf } from '../../test/support/networks.ts'
import { seededRandom } from '../../test/support/random.ts'
import { realFiles } from '../../test/support/real-files.ts'
import { timelineOf, type PlacedSnapshot } from '../../test/support/timelines.ts'
import type { BenchRow, Measurement, Quartiles } from '../contract.ts'
import { medianTimes } from '../measure.ts'
import { KIND_OF_FILE, newestWeeks } from '../weeks.ts'

/** Addresses of a round of ours. */
const MANY = 262_144

const ROUNDS = 11

/** Questions of a round of the whole function. */
const ASKED = 2_000

const GENERATED_WEEKS = 18

const file = `the ${KIND_OF_FILE} Public file`

export const lookupBlockList: BenchRow = {
  name: `Every tag of an address of ${file}, from the index; reference: net.BlockList per tag`,
  unit: 'lookups/s',
  target: { of: 'ratio', atLeast: 1_000 },
  measure: () => compareScan(blockListScan, { few: 8, rounds: ROUNDS }),
}

export const lookupIpCidr: BenchRow = {
  name: `Every tag of an address of ${file}, from the index; reference: ip-cidr per prefix`,
  unit: 'lookups/s',
  target: { of: 'ratio', atLeast: 1_000 },
  measure: () => compareScan(ipCidrScan, { few: 1, rounds: 5 }),
}

export const lookupRate: BenchRow = {
  name: `Every tag of an address of ${file}, from the index, both families, in one thread`,
  unit: 'lookups/s',
  target: { of: 'ours', atLeast: 1_000_000 },
  measure: async () => {
    const { index } = world()
    const addresses = pickAddresses(index.timeline, MANY)
    const texts = addresses.map(formatAddress)
    const times = await medianTimes(
      {
        ours: () => countNewest(index, addresses),
        fromText: () => countNewest(index, texts.map(parsed)),
        holdings: () => countHoldings(index, addresses),
      },
      { rounds: ROUNDS, warmUp: 3 },
    )
    return {
      ours: perSecond(MANY, times.ours),
      quartiles: { ours: rateQuartiles(MANY, times.quartiles.ours) },
      details: {
        addresses: MANY,
        fromText: Math.round(perSecond(MANY, times.fromText)),
        withPrefixAndDays: Math.round(perSecond(MANY, times.holdings)),
      },
    }
  },
}

export const timeTravel: BenchRow = {
  name:
    `${ASKED} lookups at random days of the imported ${KIND_OF_FILE} history of Public, the whole ` +
    'function without the question to the database; reference: the same on the newest snapshot',
  unit: 'ms',
  target: { of: 'ratio', atMost: 20 },
  measure: async () => {
    const { index, records } = world()
    const stored = { version: 'one', timeline: index.timeline, records }
    const timelines = createTimelines({
      read: () => Promise.resolve(stored),
      version: () => Promise.resolve(stored.version),
    })
    const random = seededRandom(5)
    const questions = pickAddresses(index.timeline, ASKED).map((address) => ({
      text: formatAddress(address),
      at: records[random.below(records.length)]?.fileDate,
    }))
    const clouds = ['Public'] as const
    const indexOnly = await indexTimes(index)
    const times = await medianTimes(
      {
        ours: async () => {
          for (const { text, at } of questions) await lookUp(timelines, text, { clouds, at })
        },
        reference: async () => {
          for (const { text } of questions) await lookUp(timelines, text, { clouds })
        },
      },
      { rounds: ROUNDS, warmUp: 3 },
    )
    return { ...times, details: { weeks: records.length, ...indexOnly } }
  },
}

/** The index alone, as a ratio, for the JSON. */
async function indexTimes(index: AddressIndex): Promise<Record<string, number>> {
  const { segments, timeline } = index
  const addresses = pickAddresses(timeline, MANY)
  const { newest, anyDay } = await medianTimes(
    {
      newest: () => countNewest(index, addresses),
      anyDay: () => {
        let count = 0
        addresses.forEach((address, i) => {
          const position = timeline.positions[i % timeline.positions.length] ?? 0
          count += index.tagsAt(segments.of(address), position).length
        })
        return count
      },
    },
    { rounds: ROUNDS, warmUp: 3 },
  )
  return { ratioOfIndexAlone: Number((anyDay / newest).toFixed(2)) }
}

type Scan = (address: Address) => string[]

/** Of our addresses the first `few` are scanned for, and have to be in the same tags. */
async function compareScan(
  scanOf: (snapshot: Snapshot) => Scan,
  { few: count, rounds }: { few: number; rounds: number },
): Promise<Measurement> {
  const { index, newest } = world()
  const scan = scanOf(newest)
  const addresses = pickAddresses(index.timeline, MANY)
  const few = addresses.slice(0, count)
  for (const address of few) {
    const [ours, theirs] = [namesOf(index, address), scan(address)]
    if (ours.join() !== theirs.join()) {
      throw new Error(
        `${formatAddress(address)} is in ${ours.join()}, the reference says ${theirs.join()}`,
      )
    }
  }
  const times = await medianTimes(
    { ours: () => countNewest(index, addresses), reference: () => few.map(scan) },
    { rounds, warmUp: 2 },
  )
  return {
    ours: perSecond(MANY, times.ours),
    reference: perSecond(count, times.reference),
    quartiles: {
      ours: rateQuartiles(MANY, times.quartiles.ours),
      reference: rateQuartiles(count, times.quartiles.reference),
    },
    details: { tags: newest.tags.size, memberships: newest.memberships },
  }
}

/** What `holdingsAt` begins with; summed, so that no lookup can be left out. */
function countNewest(
  { segments, tagsAt, timeline }: AddressIndex,
  addresses: readonly Address[],
): number {
  const newest = timeline.positions.at(-1) ?? 0
  let count = 0
  for (const address of addresses) count += tagsAt(segments.of(address), newest).length
  return count
}

/** Also by which prefix, since when and until when: all that the service answers with. */
function countHoldings(index: AddressIndex, addresses: readonly Address[]): number {
  const newest = index.timeline.positions.at(-1) ?? 0
  let count = 0
  for (const address of addresses) {
    const segment = index.segments.of(address)
    count += holdingsAt(index, segment, segment, newest).length
  }
  return count
}

function namesOf({ segments, tagsAt, timeline }: AddressIndex, address: Address): string[] {
  const newest = timeline.positions.at(-1) ?? 0
  return Array.from(tagsAt(segments.of(address), newest), (tag) => timeline.tags[tag]?.name ?? '')
}

function blockListScan({ tags }: Snapshot): Scan {
  const lists = Array.from(tags.values(), ({ name, prefixes }) => {
    const list = new BlockList()
    for (const { family, first, length } of prefixes) {
      list.addSubnet(
        formatAddress({ family, words: first }),
        length,
        family === 4 ? 'ipv4' : 'ipv6',
      )
    }
    return { name, list }
  })
  return (address) => {
    const text = formatAddress(address)
    const family = address.family === 4 ? 'ipv4' : 'ipv6'
    return lists.filter(({ list }) => list.check(text, family)).map(({ name }) => name)
  }
}

function ipCidrScan({ tags }: Snapshot): Scan {
  const lists = Array.from(tags.values(), ({ name, prefixes }) => ({
    name,
    networks: prefixes.map(({ family, text }) => ({ family, network: new IPCIDR(text) })),
  }))
  return (address) => {
    const text = formatAddress(address)
    return lists
      .filter(({ networks }) =>
        networks.some(({ family, network }) => family === address.family && network.contains(text)),
      )
      .map(({ name }) => name)
  }
}

function parsed(text: string): Address {
  const address = parseAddress(text)
  if (!address.ok) throw new Error(address.reason)
  return address.value
}

/** Each in some prefix that was ever published, all prefixes alike, whatever their family. */
function pickAddresses({ prefixes }: Timeline, count: number): Address[] {
  const random = seededRandom(3)
  const networks = networkCount(prefixes)
  return Array.from({ length: count }, () => {
    const { family, first, length } = tablePrefix(prefixes, random.below(networks))
    const hosts = Math.min(2 ** (family === 4 ? 32 - length : 128 - length), 2 ** 31)
    return addressAt(family, bigintOf(first) + BigInt(random.below(hosts)))
  })
}

function perSecond(count: number, milliseconds: number): number {
  return (count / milliseconds) * 1_000
}

/** More milliseconds are fewer lookups: the ends change places. */
function rateQuartiles(count: number, [low, high]: Quartiles): Quartiles {
  return [perSecond(count, high), perSecond(count, low)]
}

interface World {
  readonly index: AddressIndex
  readonly records: readonly SnapshotRecord[]
  readonly newest: Snapshot
}

let made: World | undefined

/** The whole history of Public, read once for all rows. */
function world(): World {
  if (made) return made
  const placed = weeks().map(({ fileDate, bytes }): PlacedSnapshot & { fileDate: FileDate } => {
    const read = readDocument(bytes())
    if (!read.ok) throw new Error(JSON.stringify(read.refusals))
    return { fileDate, position: positionOf(fileDate, 0), snapshot: read.snapshot }
  })
  const newest = placed.at(-1)
  if (!newest) throw new Error('there is no file')
  const index = createAddressIndex(timelineOf(placed))
  made = { index, newest: newest.snapshot, records: placed.map(recordOf) }
  return made
}

function weeks(): { fileDate: FileDate; bytes: () => Buffer }[] {
  const real = realFiles().filter(({ cloud }) => cloud === 'Public')
  if (real.length > 0) return real
  return newestWeeks(GENERATED_WEEKS).map(({ fileDate, bytes }) => ({
    fileDate,
    bytes: () => bytes,
  }))
}

function recordOf({
  fileDate,
  position,
  snapshot,
}: PlacedSnapshot & { fileDate: FileDate }): SnapshotRecord {
  const { cloud, changeNumber, contentHash, memberships } = snapshot
  return {
    id: `public-${fileDate}`,
    cloud,
    fileDate,
    revision: 0,
    position,
    contentHash,
    changeNumber,
    tags: snapshot.tags.size,
    memberships,
    documentSha256: '',
    documentSize: 0,
    acceptedAt: new Date(0),
  }
}
