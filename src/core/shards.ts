/**
 * Stable sharding: a list over K objects so that a small change touches few of them. Which object a
 * network is in depends on the network and on K alone; nothing is remembered.
 */
import type { Family } from './address.ts'
import type { Prefix } from './prefix.ts'
import { accept, refuse, type Result } from './result.ts'

/** One of the objects that a list is split over. */
export interface Shard {
  /** From 1. */
  readonly index: number
  readonly of: number
}

export const MIN_SHARDS = 2
export const MAX_SHARDS = 64

const SHARD = /^([1-9]\d?)of([1-9]\d?)$/

/** Reads `2of8`. */
export function parseShard(text: string): Result<Shard> {
  const [, index, of] = SHARD.exec(text) ?? []
  const shard = { index: Number(index), of: Number(of) }
  if (shard.index <= shard.of && shard.of >= MIN_SHARDS && shard.of <= MAX_SHARDS) {
    return accept(shard)
  }
  return refuse(`a shard is "2of8": its number, and of how many, ${MIN_SHARDS} to ${MAX_SHARDS}`)
}

/** `2of8` */
export function formatShard({ index, of }: Shard): string {
  return `${index}of${of}`
}

/**
 * Networks of one block stay together, so that a network that is split, joined or grows changes one
 * shard; a wider one goes by the block it begins with. On the 17 weeks of the public cloud in 2025,
 * shards touched in a week that changed the list, and the largest shard against the mean:
 *
 *     8 shards of (prefixes)        by prefix    by /24 and /64   by /16 and /48   by /8 and /32
 *     AzureCloud (3,206)            8.0   1.08   8.0   1.18       7.5   1.35       4.5   2.68
 *     AzureCloud in 500             6.4   1.20   5.8   1.30       6.1   1.38       3.1   3.81
 *     Sql (1,513)                   4.9   1.09   4.1   1.14       3.1   1.33       2.4   2.53
 *     Storage (574)                 2.9   1.12   2.4   1.26       1.1   1.42       1.1   3.66
 *     AzureCloud.westeurope (462)   4.6   1.13   2.5   1.19       2.3   1.70       1.6   4.07
 */
const BLOCK: Readonly<Record<Family, number>> = { 4: 16, 6: 48 }

/**
 * The index, from 1, of the shard a network is in. From K to K + 1 shards every network stays or
 * moves to the new one, one in K + 1 of them: jump consistent hashing (Lamping and Veach, 2014),
 * with 32 bits of chance for each jump. O(log K).
 */
export function shardOf({ family, first }: Prefix, of: number): number {
  let state = hashOf(first, BLOCK[family])
  let [shard, next] = [0, 0]
  while (next < of) {
    shard = next
    state = mixed((state + STEP) | 0)
    next = Math.floor((shard + 1) * (2 ** 32 / (state + 1)))
  }
  return shard + 1
}

/** The networks of a shard, in the order they have: those of all shards are the list. */
export function inShard<T extends Prefix>(prefixes: readonly T[], { index, of }: Shard): T[] {
  return prefixes.filter((prefix) => shardOf(prefix, of) === index)
}

/** 2^32 divided by the golden ratio, odd: steps through all 32-bit numbers. */
const STEP = 0x9e3779b9

/** Of the leading bits of an address; never to be changed, or every device loads every shard anew. */
function hashOf(words: readonly number[], bits: number): number {
  let hash = bits
  for (let at = 0; at < bits; at += 32) {
    const word = words[at / 32] ?? 0
    const kept = bits - at < 32 ? word & -(2 ** (32 - (bits - at))) : word
    hash = (mixed(hash ^ kept) + STEP) | 0
  }
  return hash
}

/** The last step of MurmurHash3: every bit of the input moves half of the output's. */
function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
