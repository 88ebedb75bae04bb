/** Strict reading of files that are a head of comments and one entry a line. */
import { parsePrefix, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import type { ExportFile } from './format-laws.ts'

export interface PlainList {
  /** Without their mark. */
  readonly comments: readonly string[]
  readonly entries: readonly string[]
}

/** The file's text; fails for bytes. */
export function textOf(file: ExportFile): string {
  if (typeof file === 'string') return file
  throw new Error('a text format gave bytes')
}

/** Comments at the head only; no blank line; the last line ends. */
export function splitHead(file: ExportFile, mark: string): PlainList {
  const lines = textOf(file).split('\n')
  if (lines.pop() !== '') throw new Error('the last line does not end')
  const first = lines.findIndex((line) => !line.startsWith(mark))
  const end = first < 0 ? lines.length : first
  return {
    comments: lines.slice(0, end).map((line) => line.slice(mark.length)),
    entries: lines.slice(end),
  }
}

/** Canonical prefixes, each once, none inside another, in any order; fails for anything else. */
export function networksOf(texts: readonly string[]): RangeSet {
  const parsed = texts.map((text): Prefix => {
    const prefix = parsePrefix(text)
    if (!prefix.ok) throw new Error(`"${text}": ${prefix.reason}`)
    if (prefix.value.text !== text) throw new Error(`"${text}" is not canonical`)
    return prefix.value
  })
  const set = RangeSet.of(parsed)
  if (set.prefixes().length !== texts.length) throw new Error('the networks are not collapsed')
  return set
}
