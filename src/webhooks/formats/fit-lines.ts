/** Lines for a receiver with little room. */
import { counted } from '../../core/guard-reasons.ts'

/**
 * As many whole lines from the first as `fits` admits, and a line that says how many more there are.
 * Where not even that fits it is what comes out: the rest of the message has to leave room for it.
 */
export function fitLines(
  lines: readonly string[],
  fits: (lines: readonly string[]) => boolean,
): readonly string[] {
  if (fits(lines)) return lines
  const first = (shown: number) => {
    return [...lines.slice(0, shown), `… and ${counted(lines.length - shown, 'more line')}`]
  }
  let shown = 0
  let tooMany = lines.length
  while (tooMany - shown > 1) {
    const middle = (shown + tooMany) >> 1
    if (fits(first(middle))) shown = middle
    else tooMany = middle
  }
  return first(shown)
}
