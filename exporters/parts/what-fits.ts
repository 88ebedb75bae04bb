/** For a list that a format cannot hold: how few entries, or how many shards, it would take. */
import { fit } from '../../src/core/fit.ts'
import type { Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { MAX_SHARDS, MIN_SHARDS, shardOf } from '../../src/core/shards.ts'
import type { Exporter, ExportInput } from '../contract.ts'

export interface Fits {
  /** Goes on after the refusal's own sentence; empty if nothing would fit. */
  readonly sentence: string
  readonly facts: Readonly<Record<string, unknown>>
}

const NOTHING: Fits = { sentence: '', facts: {} }

/** The share left after a try whose file was still too long. */
const LESS = 0.9

const TRIES = 12

/** What `networks` entries for networks would take: O(n * networks), once for a refusal. */
export function whatFits(exporter: Exporter, { prefixes }: ExportInput, networks: number): Fits {
  if (networks < 1 || prefixes.length <= networks) return NOTHING
  return fitsOf(
    networks,
    widenedTo(prefixes, networks)?.percent,
    shardsFor(exporter, prefixes, networks),
  )
}

/**
 * The same for a limit in bytes, which only writing tells.
 * @param size how many bytes the format writes for a list
 */
export function whatFitsInBytes(
  exporter: Exporter,
  input: ExportInput,
  limit: number,
  size: (input: ExportInput) => number,
): Fits {
  const { prefixes } = input
  const isShort = (some: readonly Prefix[]): boolean => size({ ...input, prefixes: some }) <= limit
  let entries = Math.floor((prefixes.length * limit) / Math.max(1, size(input)))
  for (let tried = 0; tried < TRIES && entries >= 1; tried++) {
    const widened = widenedTo(prefixes, entries)
    if (isShort(widened?.prefixes ?? prefixes.slice(0, entries))) {
      return fitsOf(entries, widened?.percent, shardsFor(exporter, prefixes, entries))
    }
    entries = Math.floor(entries * LESS)
  }
  return NOTHING
}

interface WidenedTo {
  readonly prefixes: readonly Prefix[]
  readonly percent: { readonly ipv4: number; readonly ipv6: number }
}

/** Undefined if so few cannot be had without doubling what is admitted. */
function widenedTo(prefixes: readonly Prefix[], entries: number): WidenedTo | undefined {
  const wish = { entries, mostExtraPercent: 100, never: RangeSet.empty }
  const fitted = fit(RangeSet.of(prefixes), wish)
  if (!fitted.ok) return undefined
  const { extraPercent, prefixes: fewer } = fitted.value
  return { prefixes: fewer, percent: { ipv4: extraPercent[4], ipv6: extraPercent[6] } }
}

/** The fewest shards of which none has more entries. */
function shardsFor(
  { addsUp = true }: Exporter,
  prefixes: readonly Prefix[],
  entries: number,
): number | undefined {
  if (!addsUp) return undefined
  for (let of = MIN_SHARDS; of <= MAX_SHARDS; of++) {
    const sizes = new Array<number>(of + 1).fill(0)
    for (const prefix of prefixes) {
      const shard = shardOf(prefix, of)
      sizes[shard] = (sizes[shard] ?? 0) + 1
    }
    if (sizes.every((size) => size <= entries)) return of
  }
  return undefined
}

function fitsOf(
  entries: number,
  percent: WidenedTo['percent'] | undefined,
  shards: number | undefined,
): Fits {
  const ways = [
    ...(percent
      ? [
          `a budget of ${entries} networks, which admits ${percent.ipv4} % more IPv4 and ` +
            `${percent.ipv6} % more IPv6 addresses than are selected`,
        ]
      : []),
    ...(shards === undefined ? [] : [`${shards} shards, which admit nothing more`]),
  ]
  if (ways.length === 0) return NOTHING
  return {
    sentence: `. What would fit: ${ways.join('; ')}`,
    facts: {
      fits: {
        entries: percent ? entries : null,
        extraPercent: percent ?? null,
        shards: shards ?? null,
      },
    },
  }
}
