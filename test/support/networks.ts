/** Networks for tests: from text that must be right, and arbitrary ones for laws. */
import * as fc from 'fast-check'
import { BITS, parseAddress, type Address, type Family } from '../../src/core/address.ts'
import { parsePrefix, prefixOf, type Prefix } from '../../src/core/prefix.ts'

export function addressOf(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.value
}

export function prefixFrom(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.value
}

export function prefixesFrom(texts: readonly string[]): Prefix[] {
  return texts.map(prefixFrom)
}

/** Words that often are 0 or all ones, where carries and zero runs go wrong. */
const word = fc.oneof(
  {
    arbitrary: fc.constantFrom(0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff),
    weight: 1,
  },
  { arbitrary: fc.nat(0xffffffff), weight: 2 },
)

const anyIPv4: fc.Arbitrary<Address> = word.map((only) => ({ family: 4, words: [only] }))

/** Not in ::ffff:0:0/96, which is not accepted as text. */
export const anyIPv6: fc.Arbitrary<Address> = fc
  .tuple(word, word, word, word)
  .filter(([a, b, c]) => a !== 0 || b !== 0 || c !== 0xffff)
  .map((words) => ({ family: 6, words }))

export const anyAddress: fc.Arbitrary<Address> = fc.oneof(anyIPv4, anyIPv6)

export const anyPrefix: fc.Arbitrary<Prefix> = fc
  .tuple(anyAddress, fc.nat(128))
  .map(([address, length]) => networkOf(address, Math.min(length, BITS[address.family])))
  .filter(({ first: [a, b, c] }) => a !== 0 || b !== 0 || c !== 0xffff)

/** The network of a length that an address is in. */
function networkOf({ family, words }: Address, length: number): Prefix {
  const first = words.map((value, i) => {
    const size = 2 ** (32 - Math.min(32, Math.max(0, length - 32 * i)))
    return Math.floor(value / size) * size
  })
  return prefixOf(family, first, length)
}

/** An address as one integer. */
export function bigintOf(words: readonly number[]): bigint {
  return words.reduce((value, next) => value * 2n ** 32n + BigInt(next), 0n)
}

/** The address that an integer is. */
export function addressAt(family: Family, value: bigint): Address {
  const count = BITS[family] / 32
  const words = Array.from({ length: count }, (_, i) =>
    Number((value >> BigInt(32 * (count - 1 - i))) & 0xffffffffn),
  )
  return { family, words }
}
