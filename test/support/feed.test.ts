/** The generated feed is what its description promises: other tests build on it. */
import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { makeFeed, REAL_SIZE } from './feed.ts'
import { snapshotOf } from './snapshots.ts'

describe('makeFeed', () => {
  const feed = makeFeed({ weeks: 24 })
  const snapshots = feed.map(({ text }) => snapshotOf(text))

  it('gives the same bytes for the same options, and others for another seed', () => {
    expect(makeFeed({ weeks: 3, seed: 9 })).toEqual(makeFeed({ weeks: 3, seed: 9 }))
    expect(makeFeed({ weeks: 1, seed: 9 })).not.toEqual(makeFeed({ weeks: 1, seed: 10 }))
  })

  it('is printed as published: keys in order, two spaces, lists line by line', () => {
    expect(feed[0]?.text).toMatch(
      /^\{\n {2}"changeNumber": \d+,\n {2}"cloud": "Public",\n {2}"values": \[\n {4}\{\n {6}"name": "(\w+)",\n {6}"id": "\1",\n {6}"properties": \{\n {8}"changeNumber": \d+,\n {8}"region": "",\n {8}"regionId": 0,\n {8}"platform": "Azure",\n {8}"systemService": "AzureAD",\n {8}"addressPrefixes": \[\n {10}"[0-9./]+",\n/,
    )
    expect(feed[0]?.fileName).toBe('ServiceTags_Public_20250106.json')
  })

  it('has what products depend on, in every week', () => {
    for (const { tags } of snapshots) {
      expect(tags.size).toBeGreaterThanOrEqual(60)
      for (const name of [
        'AzureCloud',
        'AzureActiveDirectory',
        'AzureFrontDoor.Frontend',
        'AzureFrontDoor.FirstParty',
        'ServiceBus',
      ]) {
        expect(new Set(tags.get(name)?.prefixes.map(({ family }) => family))).toEqual(
          new Set([4, 6]),
        )
      }
      const regional = [...tags.values()].filter(({ region }) => region !== '')
      expect(regional.length).toBeGreaterThan(50)
      expect(regional.some((tag) => !tag.name.toLowerCase().endsWith(tag.region))).toBe(true)
    }
  })

  it('changes as the real files did: everything happens, and quiet weeks are quiet', () => {
    const diffs = snapshots.slice(1).map((to, i) => diffSnapshots(snapshots[i], to))
    expect(diffs.map(({ isEmpty }) => !isEmpty)).toEqual(feed.slice(1).map(({ isNews }) => isNews))
    const changes = diffs.flatMap(({ tags }) => tags)
    expect(new Set(changes.map(({ kind }) => kind))).toEqual(
      new Set(['added', 'removed', 'changed']),
    )
    expect(changes.some(({ reaggregated }) => reaggregated)).toBe(true)
    expect(changes.some(({ coverage }) => coverage.lost[4] > 0n)).toBe(true)
    expect(changes.some(({ metadata }) => metadata.length > 0)).toBe(true)
    const numbers = feed.map(({ changeNumber }) => changeNumber)
    expect(feed.some(({ isNews }, i) => !isNews && numbers[i] !== numbers[i - 1])).toBe(true)
    expect(feed.some(({ isNews }, i) => isNews && numbers[i] === numbers[i - 1])).toBe(true)
    expect(new Set(feed.map(({ fileDate }) => fileDate)).size).toBe(feed.length)
  })

  it('is of the cloud that was asked for', () => {
    for (const cloud of CLOUDS) {
      expect(makeFeed({ cloud, weeks: 1 }).map(({ text }) => snapshotOf(text).cloud)).toEqual([
        cloud,
      ])
    }
  })

  it('grows to real size', () => {
    const sizes = makeFeed({ ...REAL_SIZE, weeks: 2 }).map(({ text }): Snapshot => snapshotOf(text))
    for (const { tags, memberships } of sizes) {
      expect(tags.size).toBeGreaterThan(2_900)
      expect(memberships).toBeGreaterThan(85_000)
      expect(memberships).toBeLessThan(110_000)
    }
  })
})
