/** The networks of a table as `Prefix`es: plain objects, text and all, for whoever shows them. */
import { WORDS } from './address.ts'
import { networkCount, type NetworkTable } from './network-table.ts'
import { prefixOf, type Prefix } from './prefix.ts'

/** The network of an ordinal: IPv4 ones are numbered first. */
export function tablePrefix(table: NetworkTable, ordinal: number): Prefix {
  const { v4Starts, v4Lengths, v6Lengths } = table
  const i = ordinal - v4Starts.length
  if (i < 0) return prefixOf(4, wordsAt(table, ordinal), v4Lengths[ordinal] ?? 0)
  return prefixOf(6, wordsAt(table, ordinal), v6Lengths[i] ?? 0)
}

/**
 * The same for whoever asks for most of a table again and again. All texts are made at the first
 * question, then kept with the table as one string, some 20 bytes a network: a part of it is cut
 * out many times faster than a text is made, and leaves one object where making it leaves several.
 */
export function tablePrefixes(table: NetworkTable): (ordinal: number) => Prefix {
  const { all, offsets } = textsOf(table)
  const v4Count = table.v4Starts.length
  return (ordinal) => {
    const isIPv4 = ordinal < v4Count
    return {
      family: isIPv4 ? 4 : 6,
      first: wordsAt(table, ordinal),
      length: (isIPv4 ? table.v4Lengths[ordinal] : table.v6Lengths[ordinal - v4Count]) ?? 0,
      text: all.slice(offsets[ordinal], offsets[ordinal + 1]),
    }
  }
}

function wordsAt({ v4Starts, v6Words }: NetworkTable, ordinal: number): number[] {
  const i = ordinal - v4Starts.length
  if (i < 0) return [v4Starts[ordinal] ?? 0]
  const word = (w: number): number => v6Words[WORDS[6] * i + w] ?? 0
  return [word(0), word(1), word(2), word(3)]
}

/** One text after the other; that of an ordinal ends where the next one begins. */
interface Texts {
  readonly all: string
  readonly offsets: Int32Array
}

const texts = new WeakMap<NetworkTable, Texts>()

function textsOf(table: NetworkTable): Texts {
  const kept = texts.get(table) ?? joined(table)
  texts.set(table, kept)
  return kept
}

function joined(table: NetworkTable): Texts {
  const each = Array.from({ length: networkCount(table) }, (_, i) => tablePrefix(table, i).text)
  const offsets = new Int32Array(each.length + 1)
  for (const [i, { length }] of each.entries()) offsets[i + 1] = (offsets[i] ?? 0) + length
  return { all: each.join(''), offsets }
}
