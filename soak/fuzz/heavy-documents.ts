/**
 * Documents of up to the size that is read, made to cost as much as they can: in memory, in levels,
 * or in work that grows faster than the document. Each with a document that may have been read
 * before it, since what is known is compared.
 */
import { smallDocument, tagValue } from '../../test/support/feed.ts'
import { MAX_FILE_BYTES } from '../../src/sources/weekly-files.ts'

export interface HeavyDocument {
  readonly name: string
  readonly bytes: Buffer
  /** Says something that may be said, if at length. */
  readonly isRight?: boolean
  /** Read and accepted before. */
  readonly before?: Buffer
}

/** A little less than is read, so that the parser and not the size has to answer. */
const SIZE = MAX_FILE_BYTES - 100_000

/** Still half more than a real file: what is so small may be looked at less closely. */
const FEW = 6_000_000

/** One after the other: all at once they are half a gigabyte. */
export function* heavyDocuments(): Iterable<HeavyDocument> {
  for (const [name, piece] of PIECES) {
    yield { name, bytes: withValues(filled(piece, SIZE)) }
    yield { name: `${name} in fewer bytes`, bytes: withValues(filled(piece, FEW)) }
  }
  for (const level of ['[', '{"a":']) {
    yield {
      name: `nothing but levels of ${level}`,
      bytes: Buffer.from(level.repeat(SIZE / level.length)),
    }
  }
  yield { name: 'white space', bytes: Buffer.alloc(SIZE, ' ') }
  yield { name: 'zeros', bytes: Buffer.alloc(SIZE) }
  for (const [name, char] of CHARACTERS) {
    const text = char.repeat(SIZE / Buffer.byteLength(char))
    for (const at of ['name', 'prefix', 'region'] as const) {
      yield { name: `one ${at} of ${name}`, bytes: withText(at, text) }
    }
    yield { name: `one key of ${name}`, bytes: withText('key', text), isRight: true }
  }
  const prefixes = manyPrefixes()
  const [forwards, backwards] = [ofOneTag(prefixes), ofOneTag(prefixes.toReversed())]
  yield { name: 'very many prefixes', bytes: forwards, before: forwards, isRight: true }
  yield { name: 'very many prefixes backwards', bytes: backwards, before: forwards, isRight: true }
  yield { name: 'very often the same prefix', bytes: ofOneTag(prefixes.map(() => '20.0.0.0/32')) }
  yield { name: 'very many with host bits', bytes: ofOneTag(prefixes.map(() => '20.0.0.1/24')) }
  const compact = JSON.stringify(JSON.parse(ofOneTag(shortPrefixes()).toString()))
  yield { name: 'very many prefixes in fewer bytes', bytes: Buffer.from(compact) }
  const features = prefixes.map((_, i) => `F${i}`)
  const withFeatures = ofOneTag(['20.0.0.0/16'], features)
  yield { name: 'very many network features', bytes: withFeatures, before: withFeatures }
  const tags = Array.from({ length: 15_000 }, (_, i) => tagValue(`Tag${i}`, []))
  const ofTags = Buffer.from(smallDocument({ values: tags }))
  yield { name: 'very many tags', bytes: ofTags, before: ofTags, isRight: true }
}

/** Twice as many as a real file has, and as many as are let through. */
const MANY = 200_000

/** Short texts, each another prefix. */
function shortPrefixes(): string[] {
  return Array.from({ length: 400_000 }, (_, i) => {
    return `${(0x10000 + i).toString(16).replace(/(?=.{4}$)/, ':')}::/32`
  })
}

/** What a list is filled with. */
const PIECES: readonly (readonly [string, string])[] = [
  ['objects', '{}'],
  ['lists', '[]'],
  ['numbers', '0'],
  ['fractions', '1.5'],
  ['nulls', 'null'],
  ['texts', '"ab"'],
  ['objects of one key', '{"a":1}'],
  ['nested lists', '[[[[]]]]'],
]

const CHARACTERS: readonly (readonly [string, string])[] = [
  ['zeros', '0'],
  ['groups', '0:'],
  ['octets', '1.'],
  ['escapes', '\\u0041'],
  ['letters beyond Latin', 'Ж'],
]

function filled(piece: string, size: number): string {
  return `[${`${piece},`.repeat(size / (piece.length + 1) - 1)}${piece}]`
}

function withValues(values: string): Buffer {
  return Buffer.from(`{"changeNumber":1,"cloud":"Public","values":${values}}`)
}

function withText(at: 'name' | 'prefix' | 'region' | 'key', text: string): Buffer {
  const placed = '@'
  const prefix = at === 'prefix' ? `${placed}/8` : '20.0.0.0/16'
  const properties = {
    region: at === 'region' ? placed : '',
    ...(at === 'key' ? { [placed]: 1 } : {}),
  }
  const right = tagValue('AzureCloud', [prefix], properties)
  const tag = at === 'name' ? { ...right, name: placed } : right
  // Put in as it is: printing it would escape what is escaped already.
  return Buffer.from(smallDocument({ values: [tag] }).replace(placed, () => text))
}

function ofOneTag(
  prefixes: readonly string[],
  networkFeatures: readonly string[] | null = null,
): Buffer {
  return Buffer.from(
    smallDocument({ values: [tagValue('AzureCloud', prefixes, { networkFeatures })] }),
  )
}

/** In list order, each as large as a prefix can be. */
function manyPrefixes(): string[] {
  return Array.from({ length: MANY }, (_, i) => {
    return `2603:1000:aaaa:bbbb:cccc:dddd:${(0x10000 + i).toString(16).replace(/(?=.{4}$)/, ':')}/128`
  })
}
