/** A snapshot with what another one adds: what is handed out of a held week that also removes. */
import { comparePrefixes, type Prefix } from './prefix.ts'
import {
  compareText,
  contentHash,
  tagDigest,
  type ServiceTag,
  type Sha256,
  type Snapshot,
} from './snapshot.ts'

/**
 * Every tag and prefix of either; facts of a tag that both have are those of `base`. A tag to which
 * nothing is added stays the same object. O(n + m).
 */
export function withAdditions(base: Snapshot, candidate: Snapshot, sha256: Sha256): Snapshot {
  const tags = new Map(base.tags)
  for (const tag of candidate.tags.values()) {
    const before = base.tags.get(tag.name)
    tags.set(tag.name, before ? withPrefixes(before, tag.prefixes, sha256) : tag)
  }
  const ordered = [...tags.values()].sort((a, b) => compareText(a.name, b.name))
  return {
    cloud: base.cloud,
    changeNumber: base.changeNumber,
    tags: new Map(ordered.map((tag) => [tag.name, tag])),
    memberships: ordered.reduce((sum, { prefixes }) => sum + prefixes.length, 0),
    contentHash: contentHash(base.cloud, ordered, sha256),
  }
}

function withPrefixes(tag: ServiceTag, more: readonly Prefix[], sha256: Sha256): ServiceTag {
  const known = new Set(tag.prefixes.map(({ text }) => text))
  const added = more.filter(({ text }) => !known.has(text))
  if (added.length === 0) return tag
  const { digest: _, ...facts } = tag
  const merged = { ...facts, prefixes: [...tag.prefixes, ...added].sort(comparePrefixes) }
  return { ...merged, digest: tagDigest(merged, sha256) }
}
