import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withAdditions } from '../../src/core/additions.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import { summaryOf } from '../../src/core/diff-summary.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { readDocument, sha256 } from '../../src/documents/read-document.ts'
import { makeFeed, tagValue } from '../support/feed.ts'

function snapshotOf(text: string): Snapshot {
  const parsed = readDocument(Buffer.from(text))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals))
  return parsed.snapshot
}

function snapshotWith(tags: Readonly<Record<string, readonly string[]>>): Snapshot {
  const values = Object.entries(tags).map(([name, prefixes]) => tagValue(name, prefixes))
  return snapshotOf(JSON.stringify({ changeNumber: 1, cloud: 'Public', values }))
}

const coverage = (snapshot: Snapshot, tag: string) =>
  RangeSet.of(snapshot.tags.get(tag)?.prefixes ?? [])

describe('a snapshot with what another adds', () => {
  it('has every tag and prefix of both', () => {
    const base = snapshotWith({ A: ['20.0.0.0/24', '20.0.2.0/24'], B: ['20.1.0.0/24'] })
    const candidate = snapshotWith({ A: ['20.0.0.0/24', '20.0.1.0/24'], C: ['2603::/40'] })
    const merged = withAdditions(base, candidate, sha256)
    expect([...merged.tags.keys()]).toEqual(['A', 'B', 'C'])
    expect(merged.tags.get('A')?.prefixes.map(({ text }) => text)).toEqual([
      '20.0.0.0/24',
      '20.0.1.0/24',
      '20.0.2.0/24',
    ])
    expect(merged.memberships).toBe(5)
    expect(merged.tags.get('B')).toBe(base.tags.get('B'))
    expect(merged.contentHash).not.toBe(base.contentHash)
  })

  it('is the very same when nothing is added', () => {
    const base = snapshotWith({ A: ['20.0.0.0/24', '20.0.2.0/24'], B: ['20.1.0.0/24'] })
    const merged = withAdditions(base, snapshotWith({ A: ['20.0.0.0/24'] }), sha256)
    expect(merged).toEqual(base)
  })

  it('loses no address of either side, for any two weeks of a feed', () => {
    const weeks = makeFeed({ seed: 5, weeks: 6 }).map(({ text }) => snapshotOf(text))
    const pick = fc.constantFrom(...weeks)
    fc.assert(
      fc.property(pick, pick, (base, candidate) => {
        const merged = withAdditions(base, candidate, sha256)
        for (const name of merged.tags.keys()) {
          const union = coverage(base, name).union(coverage(candidate, name))
          expect(coverage(merged, name).equals(union)).toBe(true)
        }
        const { lost } = diffSnapshots(base, merged).coverage
        expect(lost).toEqual({ 4: 0n, 6: 0n })
      }),
      { numRuns: 30 },
    )
  })
})

describe('the summary of a diff', () => {
  it('names the tags that move the most addresses first, and counts all of them', () => {
    const many = Object.fromEntries(
      Array.from({ length: 150 }, (_, i) => [`T${i}`, [`21.${i}.0.0/24`]]),
    )
    const from = snapshotWith({ A: ['20.0.0.0/24'], Gone: ['20.9.0.0/16'] })
    const to = snapshotWith({ A: ['20.0.0.0/24', '2603::/40'], ...many })
    const summary = summaryOf(diffSnapshots(from, to))
    expect(summary).toMatchObject({
      tagsChanged: 152,
      prefixesAdded: 151,
      prefixesRemoved: 1,
      lost: { ipv4: '65536', ipv6: '0' },
      gained: { ipv4: String(150 * 256), ipv6: String(2n ** 88n) },
    })
    expect(summary.tags).toHaveLength(100)
    expect(summary.tags[0]).toMatchObject({ name: 'Gone', kind: 'removed', prefixesRemoved: 1 })
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
  })
})
