/** Text tables for people: columns as wide as their widest cell, two spaces apart. */

export interface Column {
  readonly title: string
  /** Numbers stand to the right. */
  readonly align?: 'left' | 'right'
}

/** One line per row under the titles; nothing at all without rows. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const lines = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  return lines.map((line) => `${tableLine(columns, widths, line)}\n`).join('')
}

/** `1,234,567`, also of the decimal strings that IPv6 needs. */
export function grouped(count: number | string): string {
  return BigInt(count).toLocaleString('en-US')
}

/** `1 file`, `2 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** A time of the API without its milliseconds. */
export function toSeconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}

function tableLine(
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly string[],
): string {
  const padded = columns.map(({ align }, i) => {
    const [cell, width] = [cells[i] ?? '', widths[i] ?? 0]
    return align === 'right' ? cell.padStart(width) : cell.padEnd(width)
  })
  return padded.join('  ').trimEnd()
}
