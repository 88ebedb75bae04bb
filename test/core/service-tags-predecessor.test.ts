/** A predecessor only ever saves time: the snapshot is the one that parsing without it gives. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseServiceTags, type Refusal } from '../../src/core/service-tags.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { makeFeed, smallDocument, tagValue } from '../support/feed.ts'
import { seededRandom, type Random } from '../support/random.ts'
import { fixture, sha256, snapshotOf } from '../support/snapshots.ts'

describe('parseServiceTags with a predecessor', () => {
  const weeks = makeFeed({ weeks: 10, seed: 7 })
  const alone = weeks.map(({ text }) => snapshotOf(text))

  it('gives the snapshot that parsing without gives, whatever the predecessor', () => {
    const others = [snapshotOf(smallDocument()), snapshotOf(fixture('crlf.json')), ...alone]
    weeks.forEach(({ text }, week) => {
      for (const predecessor of others) expect(snapshotOf(text, predecessor)).toEqual(alone[week])
    })
  })

  it('gives the same snapshot for documents in another order or spelling, too', () => {
    const anyWeek = fc.nat(weeks.length - 1)
    fc.assert(
      fc.property(anyWeek, anyWeek, fc.nat(), (week, other, seed) => {
        const text = respelled(weeks[week]?.text ?? '', seededRandom(seed))
        expect(snapshotOf(text, alone[other])).toEqual(alone[week])
      }),
      { numRuns: 30 },
    )
  })

  it.each([
    { region: 'northeurope' },
    { regionId: 19 },
    { regionId: null },
    { systemService: 'AzureStorage' },
    { networkFeatures: ['API', 'UDR'] },
    { networkFeatures: null },
    { addressPrefixes: ['20.0.0.0/16', '20.1.0.0/17'] },
    { addressPrefixes: ['20.0.0.0/16'] },
    { addressPrefixes: ['20.0.0.0/16', '20.1.0.0/16', '20.2.0.0/16'] },
  ])('sees the one fact that changed: %j', (change) => {
    const facts = { region: 'westeurope', regionId: 18, networkFeatures: ['API', 'NSG'] }
    const of = (properties: Readonly<Record<string, unknown>>): string => {
      const tag = tagValue('AzureCloud', ['20.0.0.0/16', '20.1.0.0/16'], {
        ...facts,
        ...properties,
      })
      return smallDocument({ values: [tag] })
    }
    const predecessor = snapshotOf(of({}))
    const snapshot = snapshotOf(of(change), predecessor)
    expect(snapshot).toEqual(snapshotOf(of(change)))
    expect(snapshot.contentHash).not.toBe(predecessor.contentHash)
  })

  it('gives the same refusals', () => {
    const text = weeks[0]?.text.replace(/"20\.[0-9.]+\/32"/, '"20.1.2.3/24"') ?? ''
    const refusals = refusalsOf(text)
    expect(refusals).toHaveLength(1)
    for (const predecessor of alone) expect(refusalsOf(text, predecessor)).toEqual(refusals)
  })

  it('reuses the tags that say the same and the prefixes of those that do not', () => {
    const before = snapshotOf(weeks[0]?.text ?? '')
    const after = snapshotOf(weeks[1]?.text ?? '', before)
    const fresh = [...after.tags.values()].filter((tag) => before.tags.get(tag.name) !== tag)
    expect(fresh.length).toBeGreaterThan(0)
    expect(fresh.length).toBeLessThan(12)
    for (const tag of fresh) {
      const old = before.tags.get(tag.name)?.prefixes ?? []
      const kept = tag.prefixes.filter(({ text }) => old.some((prefix) => prefix.text === text))
      expect(kept.every((prefix) => old.includes(prefix))).toBe(true)
    }
  })
})

function refusalsOf(text: string, predecessor?: Snapshot): readonly Refusal[] {
  const parsed = parseServiceTags(text, { sha256, predecessor })
  return parsed.ok ? [] : parsed.refusals
}

/** The same facts: other order of tags, prefixes and features, other spellings of addresses. */
function respelled(text: string, random: Random): string {
  const respell = (value: unknown): unknown => {
    if (typeof value === 'string') return value.includes('::/') ? value.toUpperCase() : value
    if (Array.isArray(value)) return shuffled(value.map(respell), random)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, respell(item)]))
  }
  return JSON.stringify(respell(JSON.parse(text)))
}

function shuffled(items: readonly unknown[], random: Random): unknown[] {
  const keyed = items.map((item) => ({ item, at: random.below(2 ** 30) }))
  return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item)
}
