/** Which service tags of a snapshot a list is made of. */
import { compareText, type ServiceTag, type Snapshot } from './snapshot.ts'

export interface Selection {
  /** Exact names of service tags. */
  readonly tags: readonly string[]
  /** Region names in Microsoft's internal spelling or the one of tag suffixes, in any case. */
  readonly regions: readonly string[]
}

export interface SelectedTags {
  /** In name order. */
  readonly tags: readonly ServiceTag[]
  /** Names (tags or regions) the snapshot lacks. */
  readonly missing: readonly string[]
}

/**
 * Tags by name; with regions too, the regional tags of those names (`Storage` and `westeurope`
 * give `Storage.WestEurope`); by region alone, every tag of the region. A global tag is never
 * put together from regional ones: it holds more than they do.
 */
export function selectTags(snapshot: Snapshot, { tags, regions }: Selection): SelectedTags {
  if (regions.length === 0) {
    return {
      tags: [...new Set(tags)].sort(compareText).flatMap((name) => snapshot.tags.get(name) ?? []),
      missing: tags.filter((name) => !snapshot.tags.has(name)),
    }
  }
  const wanted = regions.map((region) => regionNames(snapshot, region))
  const selected = [...snapshot.tags.values()].filter(
    (tag) =>
      wanted.some((names) => names.has(tag.region)) &&
      (tags.length === 0 ||
        tags.some((name) => tag.name === name || tag.name.startsWith(`${name}.`))),
  )
  const missing = [
    ...regions.filter((_, i) => wanted[i]?.size === 0),
    ...tags.filter((name) => !selected.some((tag) => `${tag.name}.`.startsWith(`${name}.`))),
  ]
  return { tags: selected, missing }
}

/**
 * The values of `region` that a name stands for: `GermanyWestCentral` is `germanywc`. The file
 * itself tells, since a regional tag carries one spelling in its name and the other in `region`.
 */
export function regionNames({ tags }: Snapshot, name: string): ReadonlySet<string> {
  return regionsCalled(name, tags.values())
}

/** The same, as any tags tell. */
export function regionsCalled(
  name: string,
  tags: Iterable<Pick<ServiceTag, 'name' | 'region'>>,
): ReadonlySet<string> {
  const lower = name.toLowerCase()
  const found = new Set<string>()
  for (const tag of tags) {
    if (tag.region === '') continue
    const suffix = tag.name.slice(tag.name.indexOf('.') + 1).toLowerCase()
    if (tag.region.toLowerCase() === lower || suffix === lower) found.add(tag.region)
  }
  return found
}
