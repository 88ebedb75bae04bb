/** Diffs as texts, so that two of them can be compared whatever their prefixes are made of. */
import type { Regrouping, SnapshotDiff, TagChange } from '../../src/core/diff.ts'
import { comparePrefixes, type Prefix } from '../../src/core/prefix.ts'

function textsOf(prefixes: readonly Prefix[]): string[] {
  return prefixes.map(({ text }) => text)
}

/** Everything that a diff says. */
export function said(diff: SnapshotDiff) {
  return {
    tags: diff.tags.map(tagSaid),
    added: diff.membershipsAdded,
    removed: diff.membershipsRemoved,
    coverage: diff.coverage,
    regions: diff.regions,
    moved: diff.moved.map((moved) => ({ ...moved, prefix: moved.prefix.text })),
    isEmpty: diff.isEmpty,
  }
}

function tagSaid({ prefixesAdded, prefixesRemoved, split, merged, ...more }: TagChange) {
  return {
    ...more,
    added: textsOf(prefixesAdded),
    removed: textsOf(prefixesRemoved),
    split: split.map(regroupingSaid),
    merged: merged.map(regroupingSaid),
  }
}

function regroupingSaid({ prefix, pieces, exact }: Regrouping) {
  return { prefix: prefix.text, pieces: textsOf(pieces), exact }
}

/**
 * Where two diffs say something different, if they do. For diffs of many thousand prefixes: no text
 * is made of those that are the same.
 */
export function firstDifference(a: SnapshotDiff, b: SnapshotDiff): string | undefined {
  if (a.tags.length !== b.tags.length) return `${a.tags.length} and ${b.tags.length} tags`
  for (const [i, tag] of a.tags.entries()) {
    const other = b.tags[i]
    if (!other || !isSameTag(tag, other)) return `${tag.name} and ${other?.name ?? 'no tag'}`
  }
  const [restOfA, restOfB] = [a, b].map((diff) => jsonOf(said({ ...diff, tags: [] })))
  return restOfA === restOfB ? undefined : `${restOfA ?? ''} and ${restOfB ?? ''}`
}

function isSameTag(a: TagChange, b: TagChange): boolean {
  const [restOfA, restOfB] = [a, b].map((tag) =>
    jsonOf(tagSaid({ ...tag, prefixesAdded: [], prefixesRemoved: [] })),
  )
  return (
    restOfA === restOfB &&
    isSameList(a.prefixesAdded, b.prefixesAdded) &&
    isSameList(a.prefixesRemoved, b.prefixesRemoved)
  )
}

function isSameList(a: readonly Prefix[], b: readonly Prefix[]): boolean {
  return a.length === b.length && a.every((prefix, i) => comparesEqual(prefix, b[i]))
}

function comparesEqual(a: Prefix, b: Prefix | undefined): boolean {
  return b !== undefined && comparePrefixes(a, b) === 0
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? String(part) : part,
  )
}
