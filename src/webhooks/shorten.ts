/** Text from elsewhere, made fit to be shown: one line, not longer than there is room for. */
import { counted } from '../core/guard-reasons.ts'

/**
 * One line, whatever the text holds: control characters and line breaks are spaces, and nothing in it
 * turns the text around it the other way.
 */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\p{Bidi_Control}/gu, '\uFFFD')
    .trim()
}

/**
 * The text if its size is at most `most`, else as much of its beginning as leaves room to say how
 * many characters are missing. `most` has room for that alone: about 40 characters.
 */
export function shortened(text: string, most: number, sizeOf = lengthOf): string {
  if (sizeOf(text) <= most) return text
  const characters = Array.from(text)
  const beginning = (kept: number) => {
    const missing = counted(characters.length - kept, 'more character')
    return `${characters.slice(0, kept).join('')}… (${missing})`
  }
  let kept = 0
  let tooMany = characters.length
  while (tooMany - kept > 1) {
    const middle = (kept + tooMany) >> 1
    if (sizeOf(beginning(middle)) <= most) kept = middle
    else tooMany = middle
  }
  return beginning(kept)
}

function lengthOf(text: string): number {
  return text.length
}
