/**
 * A second, slow implementation of "the fewest prefixes that hold exactly these addresses": own
 * reading of the text, BigInt arithmetic, no code shared with src/core. It is what the fast one is
 * compared with.
 */

/** A block of addresses: bits of the family, first address, prefix length. */
export interface Block {
  readonly bits: 32 | 128
  readonly first: bigint
  readonly length: number
}

export function coverByBigInt(texts: readonly string[]): Block[] {
  const blocks = texts.map(readBlock)
  return ([32, 128] as const).flatMap((bits) =>
    merged(blocks.filter((block) => block.bits === bits)).flatMap(([start, end]) =>
      cut(bits, start, end),
    ),
  )
}

function merged(blocks: readonly Block[]): [bigint, bigint][] {
  const ranges: [bigint, bigint][] = []
  const sorted = blocks.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  for (const { bits, first, length } of sorted) {
    const end = first + (1n << BigInt(bits - length))
    const last = ranges.at(-1)
    if (last && first <= last[1]) last[1] = end > last[1] ? end : last[1]
    else ranges.push([first, end])
  }
  return ranges
}

/** Greedy from the start: the largest block that is aligned there and still fits. */
function cut(bits: 32 | 128, start: bigint, end: bigint): Block[] {
  const blocks: Block[] = []
  for (let first = start; first < end;) {
    let size = 1n
    while (first % (size * 2n) === 0n && first + size * 2n <= end) size *= 2n
    blocks.push({ bits, first, length: bits - size.toString(2).length + 1 })
    first += size
  }
  return blocks
}

function readBlock(text: string): Block {
  const [address = '', length = ''] = text.split('/')
  return address.includes(':')
    ? { bits: 128, first: readIPv6(address), length: Number(length) }
    : { bits: 32, first: readNumber(address.split('.'), 8n, 10), length: Number(length) }
}

function readIPv6(address: string): bigint {
  const [head, tail] = address.split('::').map((half) => half.split(':').filter((g) => g !== ''))
  const gap = tail ? Array.from({ length: 8 - (head?.length ?? 0) - tail.length }, () => '0') : []
  return readNumber([...(head ?? []), ...gap, ...(tail ?? [])], 16n, 16)
}

function readNumber(digits: readonly string[], bitsEach: bigint, radix: number): bigint {
  return digits.reduce(
    (value, digit) => (value << bitsEach) | BigInt(Number.parseInt(digit, radix)),
    0n,
  )
}
