/**
 * Texts near the edges of what a prefix is: right ones of every length, and right ones with one
 * thing wrong, since a parser's faults are where right and wrong are one character apart.
 */
import type { Random } from '../../test/support/random.ts'

const WELL_KNOWN = [
  '0.0.0.0/0',
  '::/0',
  '255.255.255.255/32',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128',
  '::ffff:0:0/96',
  '::ffff:10.0.0.1/128',
  '::fffe:ffff:ffff/128',
  '0:0:0:0:0:ffff:0:1/128',
  '::1/128',
  '::/128',
  '64:ff9b::/96',
  '1:0:0:1::/64',
  '1:0:0:2:0:0:0:3/128',
  '0:1:2:3:4:5:6:7/128',
  '1:2:3:4:5:6:7::/128',
  '::2:3:4:5:6:7:8/128',
]

const OCTETS = ['0', '1', '9', '10', '99', '100', '127', '199', '200', '249', '250', '254', '255']

const ODD_OCTETS = ['256', '260', '300', '999', '00', '01', '007', '-1', '+1', '0x1', '1e1', ' 1']

const GROUPS = ['0', '1', 'f', '10', 'ff', 'abc', '0db8', '2001', 'ffff', 'FFFF', '0000', '00ff']

const ODD_GROUPS = ['10000', 'fffff', 'g', '0x1', '-1', ' 1', '1.2.3.4', '00000', '', 'ｆ']

const ODD_LENGTHS = [
  ...['', '00', '01', '032', '33', '129', '999', '-1', '+8', '8.0', '1e1', ' 8', '8 ', '0x8'],
  ...['255.255.0.0', '٣', '8/8', '9007199254740993', 'a', 'NaN', '\u00008'],
]

const SLASHES = ['', '//', '\\', '\u2215', '%2f', ' / ', '-', '|']

const ZONES = ['%eth0', '%1', '%', '%25eth0']

/** Written into the middle of texts that were right. */
const ODD_CHARACTERS = [
  ...Array.from(' \t\n\r\0.:/%-+*[]"\\,;#0123456789abcdefxgF'),
  ...['\u00a0', '\u200b', '\u202e', '\u2066', '\ufeff', '\u0130', '\uff11', '\u{1f600}', '\ud800'],
]

/** About half of them are right; most of the others nearly are. */
export function prefixText(random: Random): string {
  const kind = random.below(10)
  if (kind < 5) return rightPrefix(random)
  if (kind === 5) return random.pick(WELL_KNOWN)
  if (kind < 8) return oneCharacterOff(random, rightPrefix(random))
  return assembled(random)
}

/** Canonical in IPv4; in IPv6 in any of the spellings that mean the same network. */
export function rightPrefix(random: Random): string {
  return random.chance(0.6) ? rightIPv4(random) : rightIPv6(random)
}

function rightIPv4(random: Random): string {
  const length = random.below(33)
  const bits = (BigInt(random.below(2 ** 16)) << 16n) | BigInt(random.below(2 ** 16))
  const value = aligned(bits, 32, length)
  const octets = [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn)
  return `${octets.join('.')}/${length}`
}

function rightIPv6(random: Random): string {
  const length = random.below(129)
  // Sparse, so that runs of zero groups of all lengths come up.
  const words = Array.from({ length: 8 }, () => (random.chance(0.5) ? 0 : random.below(2 ** 16)))
  const bits = words.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n)
  const value = aligned(bits, 128, length)
  const groups = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - 16 * i)) & 0xffffn)
  const texts = groups.map((group) => spelled(random, group.toString(16)))
  return `${shortened(random, texts)}/${length}`
}

function aligned(bits: bigint, size: number, length: number): bigint {
  const host = BigInt(size - length)
  return (bits >> host) << host
}

function spelled(random: Random, group: string): string {
  const padded = random.chance(0.2) ? group.padStart(1 + random.below(4), '0') : group
  return random.chance(0.2) ? padded.toUpperCase() : padded
}

/** Any run of zero groups may be written `::`, not only the longest. */
function shortened(random: Random, groups: readonly string[]): string {
  const zeros = groups.flatMap((group, i) => (Number.parseInt(group, 16) === 0 ? [i] : []))
  if (zeros.length === 0 || random.chance(0.2)) return groups.join(':')
  const start = random.pick(zeros)
  let end = start + 1
  while (end < 8 && zeros.includes(end) && random.chance(0.9)) end++
  return `${groups.slice(0, start).join(':')}::${groups.slice(end).join(':')}`
}

/** Character by character: dropped, doubled, replaced, put in, moved. */
function oneCharacterOff(random: Random, text: string): string {
  const at = random.below(text.length)
  const [before, char, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)]
  switch (random.below(5)) {
    case 0:
      return before + after
    case 1:
      return before + char + char + after
    case 2:
      return before + random.pick(ODD_CHARACTERS) + after
    case 3:
      return before + random.pick(ODD_CHARACTERS) + char + after
    default:
      return after + before + char
  }
}

/** From parts that are each right or odd. */
function assembled(random: Random): string {
  const parts = (count: number, right: readonly string[], odd: readonly string[]): string[] =>
    Array.from({ length: count }, () => random.pick(random.chance(0.9) ? right : odd))
  const isV4 = random.chance(0.5)
  const address = isV4
    ? parts(around(random, 4), OCTETS, ODD_OCTETS).join('.')
    : parts(around(random, 8), GROUPS, ODD_GROUPS).join(random.chance(0.2) ? '::' : ':')
  const zone = random.chance(0.1) ? random.pick(ZONES) : ''
  const slash = random.chance(0.9) ? '/' : random.pick(SLASHES)
  const length = random.chance(0.8)
    ? String(random.below(isV4 ? 34 : 130))
    : random.pick(ODD_LENGTHS)
  return address + zone + slash + length
}

function around(random: Random, count: number): number {
  return random.chance(0.8) ? count : Math.max(0, count - 2 + random.below(5))
}
