/** Reasons of the guard where there is room for one. */
export function firstReason(reasons: readonly { readonly text: string }[]): string {
  const [first] = reasons
  if (!first) return 'no reason given'
  return reasons.length > 1 ? `${first.text} (and ${reasons.length - 1} more)` : first.text
}
