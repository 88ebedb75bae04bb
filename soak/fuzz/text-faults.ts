/** What can happen to a document's text on its way: cut, damaged, encoded otherwise, written oddly. */
import type { Random } from '../../test/support/random.ts'

type Fault = (random: Random, bytes: Buffer) => Buffer

const BOM = Buffer.from('\ufeff')

/** Bytes that end, begin or break a UTF-8 sequence, and characters that mean something in JSON. */
const ODD_BYTES = [...Buffer.from('{}[]",:\\/0-.eE\n\0 '), 0x7f, 0x80, 0xbf, 0xc0, 0xe2, 0xf8, 0xff]

const FAULTS: readonly Fault[] = [
  (_, bytes) => Buffer.concat([BOM, bytes]),
  (_, bytes) => Buffer.concat([BOM, BOM, bytes]),
  (_, bytes) => Buffer.from(bytes.toString('utf8').replaceAll('\n', '\r\n')),
  (_, bytes) => Buffer.from(bytes.toString('utf8'), 'utf16le'),
  (_, bytes) => Buffer.from(bytes.toString('utf8'), 'latin1'),
  (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  (random, bytes) => bytes.subarray(random.below(bytes.length + 1)),
  flip,
  flip,
  flip,
  (random, bytes) => {
    const at = random.below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), oddBytes(random), bytes.subarray(at)])
  },
  (random, bytes) => Buffer.concat([bytes, oddBytes(random)]),
  (random, bytes) => Buffer.concat([bytes, bytes.subarray(random.below(bytes.length + 1))]),
  keyTwice,
  escaped,
  (random, bytes) => {
    const brackets = random
      .pick(['[', '{"a":', '[[', '[{"a":'])
      .repeat(random.pick([10, 1_000, 5_000]))
    return Buffer.concat([Buffer.from(brackets), bytes])
  },
]

export function withTextFaults(random: Random, text: string, faults: number): Buffer {
  let bytes: Buffer = Buffer.from(text)
  for (let i = 0; i < faults; i++) bytes = random.pick(FAULTS)(random, bytes)
  return bytes
}

function flip(random: Random, bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes)
  if (flipped.length === 0) return flipped
  const times = 1 + random.below(3)
  for (let i = 0; i < times; i++) {
    const at = random.below(flipped.length)
    flipped[at] = random.chance(0.5)
      ? random.pick(ODD_BYTES)
      : (flipped[at] ?? 0) ^ (1 << random.below(8))
  }
  return flipped
}

function oddBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(3) }, () => random.pick(ODD_BYTES)))
}

/** JSON takes the last of two; so does everybody who reads after us. */
function keyTwice(random: Random, bytes: Buffer): Buffer {
  const text = bytes.toString('utf8')
  const objects = [...text.matchAll(/\{/g)].map(({ index }) => index + 1)
  if (objects.length === 0) return bytes
  const at = random.pick(objects)
  const keys = ['name', 'cloud', 'values', 'properties', 'addressPrefixes', '__proto__', 'region']
  const values = ['null', '[]', '{}', '"Public"', '"20.0.0.0/8"', '["20.0.0.0/8"]', '1']
  const added = `"${random.pick(keys)}":${random.pick(values)},`
  return Buffer.from(text.slice(0, at) + added + text.slice(at))
}

/** The same character as an escape: nothing changes. */
function escaped(random: Random, bytes: Buffer): Buffer {
  const text = bytes.toString('utf8')
  const letters = [...text.matchAll(/[A-Za-z0-9.:](?=[^"\\{}]*"[,\]}:\s])/g)].map(
    ({ index }) => index,
  )
  if (letters.length === 0) return bytes
  const at = random.pick(letters)
  const code = text.charCodeAt(at).toString(16).padStart(4, '0')
  return Buffer.from(`${text.slice(0, at)}\\u${code}${text.slice(at + 1)}`)
}
