/** Networks as the lines of a file. */
import type { Family } from '../../src/core/address.ts'
import type { Prefix } from '../../src/core/prefix.ts'

/** `before` + network + `after` for each: one piece of text, as fast as joining them. */
export function lines(texts: readonly string[], before: string, after: string): string {
  return texts.length === 0 ? '' : before + texts.join(after + before) + after
}

export function textsOf(prefixes: readonly Prefix[]): string[] {
  return prefixes.map(({ text }) => text)
}

/** The networks of one family: lists have IPv4 before IPv6. O(log n) and a copy. */
export function ofFamily(prefixes: readonly Prefix[], family: Family): readonly Prefix[] {
  let [low, high] = [0, prefixes.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (prefixes[middle]?.family === 4) low = middle + 1
    else high = middle
  }
  return family === 4 ? prefixes.slice(0, low) : prefixes.slice(low)
}
