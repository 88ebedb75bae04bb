import { describe, expect, it } from 'vitest'
import { OPEN, positionOf, type Position } from '../../src/core/file-date.ts'
import { tablePrefix } from '../../src/core/table-prefix.ts'
import { buildTimeline, type TimelineRows } from '../../src/core/timeline-builder.ts'
import type { TagFacts, Timeline } from '../../src/core/timeline.ts'
import { makeFeed } from '../support/feed.ts'
import { snapshotOf } from '../support/snapshots.ts'
import { timelineOf } from '../support/timelines.ts'

const weeks = makeFeed({ weeks: 8 }).map(({ text, fileDate }) => ({
  snapshot: snapshotOf(text),
  position: positionOf(fileDate, 0),
}))

/** Tag and prefix of every span in force, in the timeline's own order. */
function said(timeline: Timeline, position: Position): string[] {
  const { tags, tagOffsets, spanPrefixes, spanFrom, spanUntil, prefixes } = timeline
  return tags.flatMap(({ name }, t) => {
    const pairs: string[] = []
    for (let span = tagOffsets[t] ?? 0; span < (tagOffsets[t + 1] ?? 0); span++) {
      if ((spanFrom[span] ?? 0) > position || (spanUntil[span] ?? 0) <= position) continue
      pairs.push(`${name} ${tablePrefix(prefixes, spanPrefixes[span] ?? 0).text}`)
    }
    return pairs
  })
}

function factsText(name: string, facts: Omit<TagFacts, 'from' | 'until'>): string {
  const { region, regionId, systemService, networkFeatures } = facts
  return JSON.stringify([name, region, regionId, systemService, networkFeatures])
}

describe('a timeline', () => {
  it('says of every position what the snapshot there said, in its order', () => {
    const timeline = timelineOf(weeks)
    for (const { snapshot, position } of weeks) {
      const memberships = [...snapshot.tags.values()].flatMap(({ name, prefixes }) =>
        prefixes.map(({ text }) => `${name} ${text}`),
      )
      expect(said(timeline, position)).toEqual(memberships)
      const facts = timeline.tags.flatMap(({ name, facts }) =>
        facts
          .filter(({ from, until }) => from <= position && position < until)
          .map((said) => factsText(name, said)),
      )
      const published = [...snapshot.tags.values()].map((tag) => factsText(tag.name, tag))
      expect(facts).toEqual(published)
    }
  })

  it('is the same from rows in any order', () => {
    const [a, b] = [2025010600, 2025011300]
    const facts = (from: number, until: number) => ({
      from: from as Position,
      until: until as Position,
      region: '',
      regionId: 0,
      systemService: '',
      networkFeatures: [],
    })
    const rows: TimelineRows = {
      cloud: 'Public',
      positions: [b, a],
      prefixes: ['::/0', '10.0.0.0/8', '10.0.0.0/24', '2.0.0.0/8'],
      tags: [
        { name: 'B', facts: [facts(b, OPEN), facts(a, b)] },
        { name: 'A', facts: [facts(a, OPEN)] },
      ],
      spans: {
        tags: Int32Array.of(0, 1, 0, 0, 1),
        prefixes: Int32Array.of(0, 2, 3, 0, 1),
        from: Int32Array.of(b, a, a, a, b),
        until: Int32Array.of(OPEN, b, OPEN, b, OPEN),
      },
    }
    const timeline = buildTimeline(rows)
    expect(timeline.positions).toEqual(Int32Array.of(a, b))
    expect([0, 1, 2, 3].map((ordinal) => tablePrefix(timeline.prefixes, ordinal).text)).toEqual([
      '2.0.0.0/8',
      '10.0.0.0/8',
      '10.0.0.0/24',
      '::/0',
    ])
    expect(timeline.tags.map(({ name }) => name)).toEqual(['A', 'B'])
    expect(timeline.tags[1]?.facts.map(({ from }) => from)).toEqual([a, b])
    expect(timeline.tagOffsets).toEqual(Int32Array.of(0, 2, 5))
    expect(timeline.spanPrefixes).toEqual(Int32Array.of(1, 2, 0, 3, 3))
    expect(timeline.spanFrom).toEqual(Int32Array.of(b, a, a, a, b))
    expect(timeline.spanUntil).toEqual(Int32Array.of(OPEN, b, OPEN, b, OPEN))
  })

  it('refuses a stored prefix that does not parse, and a span from no snapshot', () => {
    const rows: TimelineRows = {
      cloud: 'Public',
      positions: [2025010600],
      prefixes: ['10.0.0.0/8'],
      tags: [{ name: 'A', facts: [] }],
      spans: {
        tags: Int32Array.of(0),
        prefixes: Int32Array.of(0),
        from: Int32Array.of(2025010601),
        until: Int32Array.of(OPEN),
      },
    }
    expect(() => buildTimeline({ ...rows, prefixes: ['10.0.0.1/8'] })).toThrow(/host bits are set/)
    expect(() => buildTimeline(rows)).toThrow(/2025010601, where no snapshot is/)
  })
})
