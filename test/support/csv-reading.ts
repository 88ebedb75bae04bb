/** CSV by RFC 4180 alone, with LF as the end of a line. */

const CELL = /"(?:[^"]|"")*"|[^",\n]*/y

/** Rows of cells, all with as many as the first; fails for a quote out of place or an open line. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (let at = 0; at < text.length; at++) {
    CELL.lastIndex = at
    const [cell = ''] = CELL.exec(text) ?? []
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    at += cell.length
    const end = text[at]
    if (end === ',') continue
    if (end !== '\n') throw new Error(`a cell goes on after its end: ${text.slice(at, at + 40)}`)
    rows.push(row)
    row = []
  }
  if (row.length > 0) throw new Error('the last line does not end')
  const wrong = rows.find((one) => one.length !== rows[0]?.length)
  if (wrong) throw new Error(`a row of ${wrong.length} cells`)
  return rows
}
