/** The index of the real files' history, against each file on its own, read without any index. */
import { describe, expect, it } from 'vitest'
import { BITS, type Address } from '../../src/core/address.ts'
import { createAddressIndex, type AddressIndex } from '../../src/core/address-index.ts'
import type { Cloud } from '../../src/core/cloud.ts'
import { positionOf } from '../../src/core/file-date.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { addressAt, bigintOf } from '../support/networks.ts'
import { realFiles } from '../support/real-files.ts'
import { describeWith, realData } from '../support/requirements.ts'
import { distinctPrefixes, snapshotOf } from '../support/snapshots.ts'
import { timelineOf, type PlacedSnapshot } from '../support/timelines.ts'

/** Files that are far apart and files that follow each other; of the edges, one prefix's in `every`. */
const HISTORIES: readonly (readonly [Cloud, { newest: number; any: number }])[] = [
  ['Public', { newest: 8, any: 80 }],
  ['AzureGovernment', { newest: 4, any: 8 }],
  ['China', { newest: 1, any: 4 }],
]

describeWith([realData], 'the index of the real history', () => {
  describe.each(HISTORIES)('of %s', (cloud, every) => {
    const own = realFiles().filter((file) => file.cloud === cloud)
    const some = new Set([...own.slice(0, 1), ...own.slice(-3)])
    const weeks = Array.from(some, (file): PlacedSnapshot => {
      return { position: positionOf(file.fileDate, 0), snapshot: snapshotOf(file.text()) }
    })
    const index = createAddressIndex(timelineOf(weeks))
    const prefixes = new Map(weeks.flatMap(({ snapshot }) => [...distinctPrefixes(snapshot)]))

    it('tells at the edges of prefixes of the newest file what that file says', () => {
      const newest = weeks.at(-1)
      if (!newest) throw new Error('no file')
      const edges = edgesOfEach(distinctPrefixes(newest.snapshot), every.newest)
      expect(edges.length).toBeGreaterThan(1_000)
      expect(wrongAt(index, edges, newest)).toEqual([])
    })

    it('tells of every date what its file says, also of prefixes that came later or went', () => {
      const edges = edgesOfEach(prefixes, every.any)
      expect(weeks.flatMap((week) => wrongAt(index, edges, week))).toEqual([])
    })
  })
})

function edgesOfEach(prefixes: ReadonlyMap<string, Prefix>, every: number): Address[] {
  return [...prefixes.values()].filter((_, i) => i % every === 0).flatMap(edgesOf)
}

function wrongAt(index: AddressIndex, edges: readonly Address[], week: PlacedSnapshot): Address[] {
  const scan = scanOf(week.snapshot)
  return edges.filter((edge) => namesAt(index, edge, week) !== scan(edge))
}

function namesAt(
  { segments, tagsAt, timeline }: AddressIndex,
  address: Address,
  { position }: PlacedSnapshot,
): string {
  return Array.from(tagsAt(segments.of(address), position), (tag) => timeline.tags[tag]?.name).join(
    ' ',
  )
}

/** First and last address, the one before and the one after, as far as there are any. */
function edgesOf({ family, first, length }: Prefix): Address[] {
  const start = bigintOf(first)
  const end = start + (1n << BigInt(BITS[family] - length))
  return [start - 1n, start, end - 1n, end]
    .filter((value) => value >= 0n && value >> BigInt(BITS[family]) === 0n)
    .map((value) => addressAt(family, value))
}

/**
 * Names of the tags that hold an address: the address is cut to every length that the file has
 * prefixes of, and looked for as it is.
 */
function scanOf(snapshot: Snapshot): (address: Address) => string {
  const holders = new Map<string, Map<number | bigint, string[]>>()
  for (const { name, prefixes } of snapshot.tags.values()) {
    for (const { family, first, length } of prefixes) {
      const sameLength = holders.get(`${family} ${length}`) ?? new Map<number | bigint, string[]>()
      holders.set(`${family} ${length}`, sameLength)
      const network = cut({ family, words: first }, length)
      sameLength.set(network, [...(sameLength.get(network) ?? []), name])
    }
  }
  const lengths = Array.from(holders, ([key, networks]) => {
    const [family, length] = key.split(' ').map(Number)
    return { family, length: length ?? 0, networks }
  })
  return (address) => {
    const names = lengths.flatMap(({ family, length, networks }) => {
      return family === address.family ? (networks.get(cut(address, length)) ?? []) : []
    })
    return [...new Set(names)].sort().join(' ')
  }
}

/** The first `length` bits of an address. */
function cut({ family, words }: Address, length: number): number | bigint {
  if (family === 4) return Math.floor((words[0] ?? 0) / 2 ** (32 - length))
  return bigintOf(words) >> BigInt(BITS[6] - length)
}
