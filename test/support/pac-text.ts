/**
 * A text for PAC clients taken apart: its words, its tables and its code. All code must be known;
 * so nothing of a list can become any.
 */
import { LISTED, LITERALS, NAMED, RESOLVED } from '../../exporters/parts/pac-script.ts'
import type { Family } from '../../src/core/address.ts'
import { RangeSet, type AddressRange } from '../../src/core/range-set.ts'
import { textOf } from './plain-list.ts'
import type { ExportFile } from './format-laws.ts'

export interface PacText {
  readonly comments: readonly string[]
  readonly addresses: RangeSet
  /** In the notation of rules. */
  readonly names: readonly string[]
}

/** Fails unless the file begins with `entry`, a pattern whose comments are taken out. */
export function readPac(file: ExportFile, entry: RegExp, suffix = ''): PacText {
  const [comments, uncommented] = splitComments(textOf(file))
  const tables = new Map<string, unknown>()
  const code = uncommented.replaceAll(TABLE, (_, name: string, body: string) => {
    tables.set(name, JSON.parse(body))
    return `<${name}>`
  })
  const [first = ''] = entry.exec(code) ?? []
  if (first === '' || !code.startsWith(first))
    throw new Error(`not the entry: ${code.slice(0, 300)}`)
  const names = namesOf(tables, suffix)
  const addresses = rangesOf(tables, suffix)
  if (!isKnown(code.slice(first.length), suffix)) throw new Error(`unknown code: ${code}`)
  return { comments, addresses, names }
}

const TABLE = /(?<=^var )(rangewarden(?:Exact|Below|V4|V6)[\w$]*) = ([[{][^;]*[\]}]);$/gm

/** Those at the beginning of the first function, and nowhere else a word of a list. */
function splitComments(text: string): [string[], string] {
  const lines = text.split('\n')
  const end = lines.findIndex((line, i) => i > 0 && !line.startsWith('  // '))
  const comments = lines.slice(1, end).map((line) => line.slice('  // '.length))
  return [comments, [lines[0], ...lines.slice(end)].join('\n')]
}

function isKnown(code: string, suffix: string): boolean {
  const named = `${NAMED}var <rangewardenExact>\nvar <rangewardenBelow>\n`
  const edges = `${LISTED}var <rangewardenV4>\nvar <rangewardenV6>\n`
  const known = [named, named + LITERALS + edges, RESOLVED + edges]
  const suffixed = known.map((one) => one.replaceAll(/\brangewarden\w+/g, (name) => name + suffix))
  return suffixed.includes(code)
}

function namesOf(tables: ReadonlyMap<string, unknown>, suffix: string): string[] {
  const exact = Object.keys(tables.get(`rangewardenExact${suffix}`) ?? {})
  const below = Object.keys(tables.get(`rangewardenBelow${suffix}`) ?? {})
  if (below.some((name) => !name.startsWith('.'))) throw new Error('a wild name without its dot')
  return [...exact, ...below.map((name) => `*${name}`)]
}

function rangesOf(tables: ReadonlyMap<string, unknown>, suffix: string): RangeSet {
  const v4 = (tables.get(`rangewardenV4${suffix}`) ?? []) as number[]
  const v6 = (tables.get(`rangewardenV6${suffix}`) ?? []) as string[]
  return RangeSet.ofRanges([
    ...pairs(4, v4.map(BigInt)),
    ...pairs(
      6,
      v6.map((text) => (text === 'g' ? 1n << 128n : BigInt(`0x${text.padEnd(32, '0')}`))),
    ),
  ])
}

/** Strictly ascending: a range never touches the next, and is never empty. */
function pairs(family: Family, edges: readonly bigint[]): AddressRange[] {
  if (edges.length % 2 !== 0) throw new Error('a range without an end')
  if (edges.some((edge, i) => i > 0 && edge <= (edges[i - 1] ?? 0n)))
    throw new Error('not ascending')
  return edges.flatMap((first, i) =>
    i % 2 === 0
      ? [{ family, first: words(family, first), last: words(family, (edges[i + 1] ?? 0n) - 1n) }]
      : [],
  )
}

function words(family: Family, value: bigint): number[] {
  const shifts = family === 4 ? [0n] : [96n, 64n, 32n, 0n]
  return shifts.map((shift) => Number((value >> shift) & 0xffff_ffffn))
}
