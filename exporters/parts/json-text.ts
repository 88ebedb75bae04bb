/** JSON with one entry a line, in ASCII. */
import { ascii } from './ascii.ts'

/** Any value, with what it takes to stand `indent` spaces deep. */
export function jsonOf(value: unknown, indent: number): string {
  return ascii(JSON.stringify(value, undefined, 2)).replaceAll('\n', `\n${' '.repeat(indent)}`)
}

/** Members whose values are JSON already. */
export function jsonObject(members: Readonly<Record<string, string>>, indent: number): string {
  const margin = ' '.repeat(indent)
  const rows = Object.entries(members).map(([key, json]) => `${jsonOf(key, 0)}: ${json}`)
  return `{\n${margin}  ${rows.join(`,\n${margin}  `)}\n${margin}}`
}

/** Texts without a character that JSON escapes, such as networks: as fast as joining them. */
export function jsonOfPlain(texts: readonly string[], indent: number): string {
  const margin = ' '.repeat(indent)
  if (texts.length === 0) return '[]'
  return `[\n${margin}  "${texts.join(`",\n${margin}  "`)}"\n${margin}]`
}
