/** Which rows a command line asks for. */
import type { ListedRow } from './contract.ts'

/**
 * The rows whose group or name is one of `wanted`, or whose name begins with one and a dash, in
 * their own order; all of them where nothing is wanted. A word that finds nothing is an error, or
 * the others would look like a whole run.
 */
export function chooseRows(
  rows: readonly ListedRow[],
  wanted: readonly string[],
): readonly ListedRow[] {
  if (wanted.length === 0) return rows
  for (const word of wanted) {
    if (!rows.some((row) => isCalled(row, word))) {
      throw new Error(`"${word}" is no row and no group: npm run bench -- --list names them`)
    }
  }
  return rows.filter((row) => wanted.some((word) => isCalled(row, word)))
}

function isCalled({ group, name }: ListedRow, word: string): boolean {
  return group === word || name === word || name.startsWith(`${word}-`)
}
