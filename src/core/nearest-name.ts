/** "Did you mean …?" for names that people type. */

/** The name that takes the fewest typing mistakes to become, if they are few. O(names * length²). */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(typed.length / 4))
  let best: { name: string; mistakes: number } | undefined
  for (const name of names) {
    // Case is the commonest mistake, and not as bad as it looks to the count.
    const mistakes = distance(typed.toLowerCase(), name.toLowerCase())
    if (mistakes <= limit && mistakes < (best?.mistakes ?? Infinity)) best = { name, mistakes }
  }
  return best?.name
}

/** ` (did you mean NAME?)`, or nothing. */
export function suggestion(typed: string, names: readonly string[]): string {
  const name = nearestName(typed, names)
  return name === undefined ? '' : ` (did you mean ${name}?)`
}

/** Levenshtein: characters to insert, delete or replace; one row of the table at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
