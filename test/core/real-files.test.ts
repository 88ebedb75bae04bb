/** The weekly files Microsoft published: what was measured on them holds, and nothing is refused. */
import { expect, it } from 'vitest'
import { FAMILIES } from '../../src/core/address.ts'
import type { Cloud } from '../../src/core/cloud.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { coverByBigInt } from '../support/bigint-cover.ts'
import { bigintOf } from '../support/networks.ts'
import { realFiles, type RealFile } from '../support/real-files.ts'
import { describeWith, realData } from '../support/requirements.ts'
import { distinctPrefixes, snapshotOf } from '../support/snapshots.ts'

describeWith([realData], 'the real weekly files', () => {
  const files = realFiles()
  /** Parsed when first asked for, each with the file before it as predecessor. */
  const read = new Map<string, Snapshot>()
  const snapshotAt = (file: RealFile, before?: Snapshot): Snapshot => {
    const snapshot = read.get(file.name) ?? snapshotOf(file.text(), before)
    read.set(file.name, snapshot)
    return snapshot
  }
  const publicAt = (fileDate: string): Snapshot => {
    const file = files.find((each) => each.cloud === 'Public' && each.fileDate === fileDate)
    if (!file) throw new Error(`no Public file of ${fileDate}`)
    return snapshotAt(file)
  }

  it('are all accepted, and are their own canonical text', () => {
    expect(files).toHaveLength(42)
    const newest = new Map<Cloud, Snapshot>()
    for (const file of files) {
      const snapshot = snapshotAt(file, newest.get(file.cloud))
      newest.set(file.cloud, snapshot)
      const published = [...file.text().matchAll(/"([0-9a-f.:]+\/\d+)"/gi)].map(([, text]) => text)
      const ours = [...snapshot.tags.values()].flatMap(({ prefixes }) => textsOf(prefixes))
      expect(published.length).toBe(snapshot.memberships)
      expect(published.sort()).toEqual(ours.sort())
    }
  })

  it('of Public 2025-10-28 have the known size', () => {
    const snapshot = publicAt('2025-10-28')
    expect(snapshot).toMatchObject({ cloud: 'Public', changeNumber: 375, memberships: 93_362 })
    expect(snapshot.tags.size).toBe(3_039)
    expect(distinctPrefixes(snapshot).size).toBe(52_340)
  })

  it('of Public 2025-10-28 collapse to the known number of prefixes', () => {
    const snapshot = publicAt('2025-10-28')
    const azureCloud = (snapshot.tags.get('AzureCloud')?.prefixes ?? []).filter(isIPv4)
    expect(azureCloud).toHaveLength(9_585)
    expect(RangeSet.of(azureCloud).prefixes()).toHaveLength(1_860)
    const all = RangeSet.of(distinctPrefixes(snapshot).values())
    expect(all.only(4).prefixes()).toHaveLength(1_887)
  })

  it('have the cover that a second implementation finds, in both families', () => {
    const prefixes = [...distinctPrefixes(publicAt('2025-10-28')).values()]
    const cover = RangeSet.of(prefixes).prefixes()
    expect(
      cover.map(({ family, first, length }) => `${family} ${bigintOf(first)} ${length}`),
    ).toEqual(
      coverByBigInt(textsOf(prefixes)).map(
        ({ bits, first, length }) => `${bits === 32 ? 4 : 6} ${first} ${length}`,
      ),
    )
    for (const family of FAMILIES)
      expect(cover.some((prefix) => prefix.family === family)).toBe(true)
  })

  it('of 2025-10-13 and 2025-10-28 differ by the known memberships', () => {
    const diff = diffSnapshots(publicAt('2025-10-13'), publicAt('2025-10-28'))
    expect(diff).toMatchObject({ membershipsAdded: 170, membershipsRemoved: 119 })
  })

  it('of 2025-08-11 and 2025-08-18 say the same under a higher change number', () => {
    const [from, to] = [publicAt('2025-08-11'), publicAt('2025-08-18')]
    expect(to.changeNumber).toBeGreaterThan(from.changeNumber)
    expect(to.contentHash).toBe(from.contentHash)
    expect(diffSnapshots(from, to).isEmpty).toBe(true)
  })

  it('of 2025-02-17 and 2025-03-03 differ under the same change number', () => {
    const [from, to] = [publicAt('2025-02-17'), publicAt('2025-03-03')]
    expect(to.changeNumber).toBe(from.changeNumber)
    expect(to.contentHash).not.toBe(from.contentHash)
    expect(diffSnapshots(from, to).isEmpty).toBe(false)
  })

  it('differ in coverage as their whole range sets do', () => {
    for (const [from, to] of [
      ['2025-10-13', '2025-10-28'],
      ['2025-02-17', '2025-03-03'],
      ['2019-07-22', '2025-10-28'],
    ] as const) {
      const [old, now] = [publicAt(from), publicAt(to)].map((snapshot) =>
        RangeSet.of(distinctPrefixes(snapshot).values()),
      )
      if (!old || !now) throw new Error('two snapshots')
      const [gained, lost] = [now.subtract(old), old.subtract(now)]
      expect(diffSnapshots(publicAt(from), publicAt(to)).coverage).toEqual({
        gained: { 4: gained.count(4), 6: gained.count(6) },
        lost: { 4: lost.count(4), 6: lost.count(6) },
      })
    }
  })

  it('parse to the same snapshot with any predecessor as without', () => {
    const alone = snapshotOf(newest('Public').text())
    for (const cloud of ['Public', 'China', 'AzureGovernment', 'AzureGermany'] as const) {
      const predecessor = snapshotAt(files.find((file) => file.cloud === cloud) ?? newest(cloud))
      const snapshot = snapshotOf(newest('Public').text(), predecessor)
      expect(snapshot.contentHash).toBe(alone.contentHash)
      expect(snapshot.memberships).toBe(alone.memberships)
      for (const [name, tag] of snapshot.tags) expect(tag.digest).toBe(alone.tags.get(name)?.digest)
    }
  })

  function newest(cloud: Cloud): RealFile {
    const file = files.findLast((each) => each.cloud === cloud)
    if (!file) throw new Error(`no file of ${cloud}`)
    return file
  }
})

function isIPv4({ family }: Prefix): boolean {
  return family === 4
}

function textsOf(prefixes: readonly Prefix[]): string[] {
  return prefixes.map(({ text }) => text)
}
