/**
 * How much a JSON text would become as objects, counted before they exist: 16 MB of `{}` take 600
 * MB. Characters are counted wherever they stand, so a text with many in its strings is refused
 * too; names, regions and prefixes have none of them.
 */
import type { Refusal } from '../core/service-tags.ts'

/**
 * The most that one of 42 real files has (Public, 2025-10-28): 4.1 million characters, 10,626 lists
 * and objects, 120,920 commas, 5 levels; with the 107,000 prefixes of 2026-06 it is about a seventh
 * more. The worst documents found within these limits take 140 MB while they are read.
 */
export const JSON_LIMITS = {
  /** `[` and `{`. */
  containers: 50_000,
  levels: 16,
  commas: 300_000,
} as const

/** The first limit the text breaks. O(length), at the speed of `indexOf`; stops at a limit. */
export function oversize(text: string): Refusal | undefined {
  const { containers, levels, commas } = JSON_LIMITS
  if (has(text, ',', commas + 1)) return refusal(commas, 'commas')
  const opened = positionsOf(text, ['[', '{'], containers + 1)
  if (opened.length > containers) return refusal(containers, 'lists and objects')
  const closed = positionsOf(text, [']', '}'], containers + 1)
  if (deepest(opened, closed) > levels) return refusal(levels, 'levels')
  return undefined
}

/** Whether the character occurs so often. `indexOf` is several times faster than a loop over text. */
function has(text: string, char: string, times: number): boolean {
  let left = times
  for (let at = text.indexOf(char); at >= 0; at = text.indexOf(char, at + 1)) {
    if (--left === 0) return true
  }
  return false
}

/** How many are open at once, at the most. */
function deepest(opened: readonly number[], closed: readonly number[]): number {
  let [most, done] = [0, 0]
  opened.forEach((position, i) => {
    while ((closed[done] ?? Infinity) < position) done++
    most = Math.max(most, i + 1 - done)
  })
  return most
}

/** Of the first so many of each of these characters, in order. */
function positionsOf(text: string, chars: readonly string[], most: number): number[] {
  const found: number[] = []
  for (const char of chars) {
    const enough = found.length + most
    let at = text.indexOf(char)
    for (; at >= 0 && found.length < enough; at = text.indexOf(char, at + 1)) found.push(at)
  }
  return found.sort((a, b) => a - b)
}

function refusal(limit: number, what: string): Refusal {
  const value = `more than ${limit} ${what}`
  return { path: '', value, reason: `a document has at most ${limit} ${what}` }
}
