/**
 * Rows in any order -> a `Timeline`, sorted and checked. Spans go through three counting sorts, so
 * that a history of some 100,000 of them is put in order without comparing any two.
 */
import type { Cloud } from './cloud.ts'
import { networkTableOf } from './network-table.ts'
import { comparePrefixes, parsePrefix, type Prefix } from './prefix.ts'
import { compareText } from './snapshot.ts'
import type { Timeline, TimelineTag } from './timeline.ts'

/** Spans as columns of equal length: the `i`th of each says one span. */
export interface SpanColumns {
  /** Index of the tag in `TimelineRows.tags`. */
  readonly tags: Int32Array
  /** Index of the prefix in `TimelineRows.prefixes`. */
  readonly prefixes: Int32Array
  /** Positions, `until` half-open; `OPEN` while it lasts. */
  readonly from: Int32Array
  readonly until: Int32Array
}

/** What a timeline is built from: everything once, in any order. */
export interface TimelineRows {
  readonly cloud: Cloud
  readonly positions: readonly number[]
  /** Canonical texts, each once, each in one span at least. */
  readonly prefixes: readonly string[]
  readonly tags: readonly TimelineTag[]
  readonly spans: SpanColumns
}

/**
 * O(n) in spans, O(n log n) in prefixes and tags.
 * @throws Error for a prefix text that does not parse: what is stored was accepted once
 */
export function buildTimeline({ cloud, positions, prefixes, tags, spans }: TimelineRows): Timeline {
  const sortedPositions = Int32Array.from(positions).sort()
  const parsed = prefixes.map(stored)
  const prefixOrder = orderOf(parsed, comparePrefixes)
  const tagOrder = orderOf(tags, (a, b) => compareText(a.name, b.name))
  const tagOf = renumbered(spans.tags, tagOrder)
  const prefixOf = renumbered(spans.prefixes, prefixOrder)

  let order = new Uint32Array(spans.from.length).map((_, i) => i)
  order = countingSort(order, indexesOf(spans.from, sortedPositions), positions.length)
  order = countingSort(order, prefixOf, prefixes.length)
  order = countingSort(order, tagOf, tags.length)

  return {
    cloud,
    positions: sortedPositions,
    prefixes: networkTableOf(inOrder(parsed, prefixOrder)),
    tags: inOrder(tags, tagOrder).map(withFactsInOrder),
    tagOffsets: offsetsOf(tagOf, tags.length),
    spanPrefixes: picked(prefixOf, order),
    spanFrom: picked(spans.from, order),
    spanUntil: picked(spans.until, order),
  }
}

function stored(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`a stored prefix "${text}" does not parse: ${parsed.reason}`)
  return parsed.value
}

function withFactsInOrder({ name, facts }: TimelineTag): TimelineTag {
  return { name, facts: [...facts].sort((a, b) => a.from - b.from) }
}

/** The old indexes in their new order. */
function orderOf<T>(items: readonly T[], compare: (a: T, b: T) => number): Uint32Array {
  const at = (i: number): T => items[i] as T // `i` is an index of `items`
  return new Uint32Array(items.length).map((_, i) => i).sort((i, j) => compare(at(i), at(j)))
}

function inOrder<T>(items: readonly T[], order: Uint32Array): T[] {
  return Array.from(order, (i) => items[i] as T) // `order` is made of the indexes of `items`
}

/** Each old index as the new one it has in `order`. */
function renumbered(indexes: Int32Array, order: Uint32Array): Int32Array {
  const next = new Int32Array(order.length)
  order.forEach((old, i) => (next[old] = i))
  return indexes.map((old) => next[old] ?? 0)
}

function indexesOf(values: Int32Array, sorted: Int32Array): Int32Array {
  const indexes = new Map(Array.from(sorted, (value, i) => [value, i]))
  return values.map((value) => {
    const index = indexes.get(value)
    if (index === undefined) throw new Error(`a span begins at ${value}, where no snapshot is`)
    return index
  })
}

/** Stable: sorts `order` by `keys`, which are below `size`. O(n + size). */
function countingSort(
  order: Uint32Array,
  keys: Int32Array,
  size: number,
): Uint32Array<ArrayBuffer> {
  const next = offsetsOf(keys, size)
  const sorted = new Uint32Array(order.length)
  for (const i of order) {
    const key = keys[i] ?? 0
    const place = next[key] ?? 0
    sorted[place] = i
    next[key] = place + 1
  }
  return sorted
}

/** Where each key's items begin once they are sorted by key; one more entry for the end. */
function offsetsOf(keys: Int32Array, size: number): Int32Array {
  const offsets = new Int32Array(size + 1)
  for (const key of keys) offsets[key + 1] = (offsets[key + 1] ?? 0) + 1
  for (let key = 1; key <= size; key++) {
    offsets[key] = (offsets[key] ?? 0) + (offsets[key - 1] ?? 0)
  }
  return offsets
}

function picked(values: Int32Array, order: Uint32Array): Int32Array {
  return new Int32Array(order.length).map((_, i) => values[order[i] ?? 0] ?? 0)
}
