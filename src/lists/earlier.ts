/** What earlier versions of a list had: tells what a device still has from what it never should. */
import { RangeSet } from '../core/range-set.ts'
import { regionsCalled } from '../core/selection.ts'
import type { TagFacts, Timeline, TimelineTag } from '../core/timeline.ts'
import { endpointServices } from '../endpoints/index.ts'
import type { Timelines } from '../history/timelines.ts'
import type { ListStore } from '../store/list-contract.ts'
import type { AllowlistDefinition } from './definition.ts'

export interface Earlier {
  /** What the list has now is among it. */
  readonly coverage: RangeSet
  readonly names: readonly string[]
}

export interface EarlierDeps {
  readonly timelines: Timelines
  readonly versions: ListStore['versions']
}

/** The services that were required before another one. */
const BEFORE: Readonly<Record<string, readonly string[]>> = { 'app-proxy': ['app-proxy-legacy'] }

/**
 * What the list was handed out with, as far as that was kept; and whatever it would have had on any
 * day of history if its definition had always been the one it is. Of names also those that Microsoft
 * asked for before.
 */
export async function earlierCoverage(
  { timelines, versions }: EarlierDeps,
  definition: AllowlistDefinition,
): Promise<Earlier> {
  const { name, tags, regions, families, services, cloud } = definition
  const kept = (await versions({ list: name })).flatMap(({ admitted }) => admitted ?? [])
  const handedOut = kept.reduce((set, { coverage }) => set.union(coverage), RangeSet.empty)
  const required = endpointServices(cloud)
    .filter(({ name }) => services.some((service) => BEFORE[service]?.includes(name)))
    .flatMap(({ endpoints }) => endpoints.map(({ name }) => name))
  const names = [...new Set([...required, ...kept.flatMap(({ names }) => names)])]
  if (tags.length + regions.length === 0) return { coverage: handedOut, names }
  const { timeline } = await timelines.of(cloud)
  const ever = everSelected(timeline, definition)
  const coverage = families.reduce((set, family) => set.union(ever.only(family)), handedOut)
  return { coverage, names }
}

/**
 * Every network that `selectTags` finds in any snapshot of history, regions being called whatever
 * they ever were. O(spans).
 */
export function everSelected(timeline: Timeline, selection: Selection): RangeSet {
  const { tagOffsets, spanPrefixes, spanFrom, spanUntil } = timeline
  const selected = selectedTimes(timeline.tags, selection)
  const ordinals: number[] = []
  for (const [tag, times] of selected.entries()) {
    const end = tagOffsets[tag + 1] ?? 0
    for (let span = tagOffsets[tag] ?? 0; span < end; span++) {
      const [from, until] = [spanFrom[span] ?? 0, spanUntil[span] ?? 0]
      if (times.some((time) => from < time.until && time.from < until)) {
        ordinals.push(spanPrefixes[span] ?? 0)
      }
    }
  }
  return RangeSet.ofTable(timeline.prefixes, ordinals)
}

type Selection = Pick<AllowlistDefinition, 'tags' | 'regions'>

/** For each tag, when the selection had it. */
function selectedTimes(
  all: readonly TimelineTag[],
  { tags, regions }: Selection,
): (readonly TagFacts[])[] {
  const named = new Set(tags)
  if (regions.length === 0) return all.map(({ name, facts }) => (named.has(name) ? facts : []))
  const known = all.flatMap(({ name, facts }) => facts.map(({ region }) => ({ name, region })))
  const wanted = new Set(regions.flatMap((region) => [...regionsCalled(region, known)]))
  return all.map(({ name, facts }) => {
    const isNamed = tags.length === 0 || tags.some((tag) => `${name}.`.startsWith(`${tag}.`))
    return isNamed ? facts.filter(({ region }) => wanted.has(region)) : []
  })
}
