/** Text of a document as a person can read it in a log line: short, one line, ASCII only. */

const MAX_SHOWN = 120

export function shown(text: string): string {
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return short.replaceAll(/[^\x20-\x7e…]/g, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}
