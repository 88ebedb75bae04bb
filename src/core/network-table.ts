/**
 * Networks as columns of typed arrays: 5 bytes for one of IPv4, 17 for one of IPv6, where a `Prefix`
 * with its text takes some 200. For what holds many thousands of them for as long as it runs.
 */
import { WORDS } from './address.ts'
import type { Prefix } from './prefix.ts'

/** The `i`th IPv4 network begins at `v4Starts[i]`; the `i`th of IPv6 at the words from `4 * i` on. */
export interface NetworkTable {
  readonly v4Starts: Uint32Array
  /** Prefix lengths, 0 to 32. */
  readonly v4Lengths: Uint8Array
  /** Four 32-bit words a network, most significant first. */
  readonly v6Words: Uint32Array
  /** Prefix lengths, 0 to 128. */
  readonly v6Lengths: Uint8Array
}

/** The networks of prefixes in list order: a prefix's index is its ordinal in the table. O(n). */
export function networkTableOf(prefixes: readonly Prefix[]): NetworkTable {
  const v4 = prefixes.filter(({ family }) => family === 4)
  const v6 = prefixes.filter(({ family }) => family === 6)
  const v6Words = new Uint32Array(WORDS[6] * v6.length)
  v6.forEach(({ first }, i) => first.forEach((word, w) => (v6Words[WORDS[6] * i + w] = word)))
  return {
    v4Starts: Uint32Array.from(v4, ({ first: [word = 0] }) => word),
    v4Lengths: Uint8Array.from(v4, ({ length }) => length),
    v6Words,
    v6Lengths: Uint8Array.from(v6, ({ length }) => length),
  }
}

/** How many networks of both families the table has. */
export function networkCount({ v4Lengths, v6Lengths }: NetworkTable): number {
  return v4Lengths.length + v6Lengths.length
}
