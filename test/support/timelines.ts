/** A timeline from snapshots, by the obvious way: membership by membership, snapshot by snapshot. */
import { OPEN, type Position } from '../../src/core/file-date.ts'
import type { ServiceTag, Snapshot } from '../../src/core/snapshot.ts'
import { buildTimeline } from '../../src/core/timeline-builder.ts'
import type { TagFacts, Timeline } from '../../src/core/timeline.ts'

export interface PlacedSnapshot {
  readonly position: Position
  readonly snapshot: Snapshot
}

/** Of one cloud, at least one, in order of position. */
export function timelineOf(snapshots: readonly PlacedSnapshot[]): Timeline {
  const [first] = snapshots
  if (!first) throw new Error('a timeline needs a snapshot')
  const prefixes = new Map<string, number>()
  const tags = new Map<string, TagFacts[]>()
  const tagIds = new Map<string, number>()
  const spans: { tag: number; prefix: number; from: number; until: number }[] = []
  const open = new Map<string, (typeof spans)[number]>()
  for (const { position, snapshot } of snapshots) {
    const seen = new Set<string>()
    for (const tag of snapshot.tags.values()) {
      const id = numberOf(tagIds, tag.name)
      sayFacts(tags, tag, position)
      for (const { text } of tag.prefixes) {
        const key = `${tag.name} ${text}`
        seen.add(key)
        if (open.has(key)) continue
        const span = { tag: id, prefix: numberOf(prefixes, text), from: position, until: OPEN }
        open.set(key, span)
        spans.push(span)
      }
    }
    for (const [key, span] of open) {
      if (seen.has(key)) continue
      span.until = position
      open.delete(key)
    }
    for (const [name, facts] of tags) if (!snapshot.tags.has(name)) endFacts(facts, position)
  }
  return buildTimeline({
    cloud: first.snapshot.cloud,
    positions: snapshots.map(({ position }) => position),
    prefixes: [...prefixes.keys()],
    tags: [...tagIds.keys()].map((name) => ({ name, facts: tags.get(name) ?? [] })),
    spans: {
      tags: Int32Array.from(spans, ({ tag }) => tag),
      prefixes: Int32Array.from(spans, ({ prefix }) => prefix),
      from: Int32Array.from(spans, ({ from }) => from),
      until: Int32Array.from(spans, ({ until }) => until),
    },
  })
}

function numberOf(numbers: Map<string, number>, text: string): number {
  const number = numbers.get(text) ?? numbers.size
  numbers.set(text, number)
  return number
}

function sayFacts(tags: Map<string, TagFacts[]>, tag: ServiceTag, from: Position): void {
  const facts = tags.get(tag.name) ?? []
  tags.set(tag.name, facts)
  const { region, regionId, systemService, networkFeatures } = tag
  const said = { region, regionId, systemService, networkFeatures }
  const { from: _, until, ...last } = facts.at(-1) ?? { from, until: from }
  if (until === OPEN && JSON.stringify(last) === JSON.stringify(said)) return
  endFacts(facts, from)
  facts.push({ from, until: OPEN, ...said })
}

function endFacts(facts: TagFacts[], until: Position): void {
  const last = facts.at(-1)
  if (last?.until === OPEN) facts[facts.length - 1] = { ...last, until }
}
