/** What one published document says, once it was checked: the facts and their identity. */
import type { Cloud } from './cloud.ts'
import type { Prefix } from './prefix.ts'

/** SHA-256 of UTF-8 text as lower-case hexadecimal; given by the edge, core has no crypto. */
export type Sha256 = (text: string) => string

export interface ServiceTag {
  readonly name: string
  /** Microsoft's internal spelling (`germanywc`), empty for global tags. Not the name's suffix. */
  readonly region: string
  /** Joins with `region` one to one; 0 for global tags and in files before mid 2020. */
  readonly regionId: number
  /** The service behind the tag; empty for AzureCloud and AzureFrontDoor tags. */
  readonly systemService: string
  /** Sorted set of where Azure itself accepts the tag; null, absent and [] in a file are one. */
  readonly networkFeatures: readonly string[]
  /** In list order, without duplicates; as published, so not collapsed. */
  readonly prefixes: readonly Prefix[]
  /** Identity of everything above. */
  readonly digest: string
}

export interface Snapshot {
  readonly cloud: Cloud
  /** As published, for people; it repeats and goes backwards, so it identifies nothing. */
  readonly changeNumber: number
  /** In name order. */
  readonly tags: ReadonlyMap<string, ServiceTag>
  /** How many (tag, prefix) pairs the document holds. */
  readonly memberships: number
  /** Equal for two documents exactly if they say the same, whatever order or white space. */
  readonly contentHash: string
}

/** Changes when the meaning of the hash does, so that old and new hashes never meet. */
const CONTENT_HASH_VERSION = 'rangewarden-content-1'

export function tagDigest(tag: Omit<ServiceTag, 'digest'>, sha256: Sha256): string {
  const { name, region, regionId, systemService, networkFeatures, prefixes } = tag
  const facts = JSON.stringify([name, region, regionId, systemService, networkFeatures])
  let text = facts
  for (const prefix of prefixes) text += '\n' + prefix.text
  return sha256(text)
}

/** `tags` in name order. */
export function contentHash(cloud: Cloud, tags: Iterable<ServiceTag>, sha256: Sha256): string {
  let text = `${CONTENT_HASH_VERSION}\n${cloud}`
  for (const { digest } of tags) text += '\n' + digest
  return sha256(text)
}

/** Text order by code unit: the same on every machine, unlike a locale's. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
