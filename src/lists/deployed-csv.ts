/** A deployed list as the CSV that the format `csv` writes, also saved anew by a spreadsheet. */
import { invalidInput } from '../core/errors.ts'
import { createEntries, type DeployedList } from './deployed-entries.ts'

const HEADER = 'kind,value,family,ports'

export function isCsv(text: string): boolean {
  return text.startsWith(HEADER)
}

const CELL = /"((?:[^"]|"")*)"|[^",]*/y

/**
 * Rows of the kinds that there are, and no others: what a row is must be known to compare it.
 * @throws RangewardenError `invalid-input` with the lines that cannot be read
 */
export function readCsv(text: string): DeployedList {
  const [header = '', ...rows] = text.split('\n')
  if (header.trimEnd() !== HEADER) {
    throw invalidInput(
      `line 1, ${JSON.stringify(header.slice(0, 80))}: a list's CSV begins with ${HEADER}`,
    )
  }
  const entries = createEntries((at) => `line ${at}`)
  rows.forEach((row, i) => {
    const line = row.trimEnd()
    if (line === '') return
    const at = i + 2
    const [kind = '', value = '', family = ''] = cellsOf(line) ?? []
    if (kind === 'note') return
    if (kind === 'name' && family === '') return entries.add(value, at)
    if (kind === 'network' && family === (value.includes(':') ? '6' : '4')) {
      return entries.add(value, at)
    }
    entries.refuse(line, at, 'no row of kind note, name or network with four cells')
  })
  return entries.finish()
}

/** Undefined unless there are four. */
function cellsOf(line: string): string[] | undefined {
  const cells: string[] = []
  for (let at = 0; at <= line.length; at++) {
    CELL.lastIndex = at
    const [cell = '', quoted] = CELL.exec(line) ?? []
    cells.push(quoted?.replaceAll('""', '"') ?? cell)
    at += cell.length
    if (at < line.length && line[at] !== ',') return undefined
  }
  return cells.length === 4 ? cells : undefined
}
