/**
 * Every list's bytes, in one bounded place: those of stored lists, of exports nobody stored, of past
 * days and of earlier versions. What was not asked for the longest goes first, and is made again
 * when somebody asks.
 */
import { LRUCache } from 'lru-cache'
import type { Encoding, ListBytes } from './prepared-list.ts'

export interface ListCache {
  /** Counts as use. */
  get(key: string): ListBytes | undefined
  has(key: string): boolean
  keep(key: string, bytes: ListBytes): void
  /** From the cache, or made and kept; who asks for the same meanwhile waits for the same. */
  obtain(key: string, make: () => Promise<ListBytes>): Promise<ListBytes>
  /** Bytes that it holds at most. */
  readonly bound: number
  /** Bytes that it holds. */
  held(): number
}

/**
 * Some 25 times the built-in lists of the Public cloud in every format and encoding (2.6 MB in
 * 2025-10, of which a site asks for a few), and less than what parsing one weekly file takes.
 */
const LIST_CACHE_BYTES = 64 * 1024 * 1024

/** Keys, headers and buffers' own objects, roughly: many tiny lists are not free. */
const OVERHEAD = 2_048

export function createListCache(bound: number = LIST_CACHE_BYTES): ListCache {
  const kept = new LRUCache<string, ListBytes>({ maxSize: bound, sizeCalculation: sizeOf })
  const once = createOnce<ListBytes>()
  return {
    bound,
    held: () => kept.calculatedSize,
    get: (key) => kept.get(key),
    has: (key) => kept.has(key),
    keep: (key, bytes) => void kept.set(key, bytes),
    async obtain(key, make) {
      const known = kept.get(key)
      if (known) return known
      return once(key, async () => {
        const bytes = await make()
        kept.set(key, bytes)
        return bytes
      })
    },
  }
}

const ENCODINGS: readonly Encoding[] = ['identity', 'gzip', 'br']

/** What a list takes in the cache. */
export function sizeOf({ representations }: ListBytes): number {
  return ENCODINGS.reduce((sum, one) => sum + representations[one].body.length, OVERHEAD)
}

/** Work under way for a key is joined, not begun again; a failure is not remembered. */
export function createOnce<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>()
  return (key, work) => {
    const known = underWay.get(key)
    if (known) return known
    const result = work().finally(() => underWay.delete(key))
    underWay.set(key, result)
    return result
  }
}
