/** Items of a list that people type with commas: trimmed, and a comma too many says nothing. */
export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
