/** Text from outside, made fit for a log line or a run record: one line, short, printable ASCII. */

const MAX_SAMPLE = 120

export function sample(text: string, limit = MAX_SAMPLE): string {
  // The slice comes first: a page has megabytes, and only its beginning is looked at.
  const line = text
    .slice(0, 4 * limit)
    .replaceAll(/\s+/g, ' ')
    .trim()
  const short = line.length > limit ? `${line.slice(0, limit)}...` : line
  return short.replaceAll(/[^\x20-\x7e]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
