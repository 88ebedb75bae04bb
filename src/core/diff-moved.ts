/**
 * What became of prefixes, by name: moved to another tag, split into narrower ones, merged into a
 * wider one. These are words about what was published; what it means in addresses, coverage says.
 */
import { BOTH, FROM, ordinalOf, sidesOf, SIZE_CLASSES } from './diff-sides.ts'
import type { Networks, Sides } from './diff-sides.ts'
import type { Prefix } from './prefix.ts'

/**
 * A published prefix that left at least one tag and entered at least one other. Tags that hold it on
 * both sides are not named. All others are, whichever tags were asked for: who asks for one of them
 * is told where a prefix went and where it came from.
 *
 *                from    to
 *     Storage    20/24   -        left
 *     Sql        -       20/24    entered
 *     AzureCloud 20/24   20/24
 */
export interface MovedPrefix {
  readonly prefix: Prefix
  /** Tags it left, in name order; never empty. */
  readonly from: readonly string[]
  /** Tags it entered, in name order; never empty. */
  readonly to: readonly string[]
}

/**
 * A prefix that left a tag while two or more narrower ones inside it entered the tag, or the other
 * way round for a merged one. A piece belongs to the narrowest prefix around it that came or went in
 * this tag, and only if that one is on the other side: pieces do not overlap, and no prefix is a
 * piece twice.
 *
 *     from  ├──────────── /23 ────────────┤
 *     to    ├──── /24 ────┤ ├ /25 ┤           split into /24 and /25: not exact, a /25 is missing
 *               ├ /26 ┤                       inside the /24, which came too: no piece
 */
export interface Regrouping {
  /** The wider one. */
  readonly prefix: Prefix
  /** The narrower ones, at least two, in list order. */
  readonly pieces: readonly Prefix[]
  /** True if the pieces hold every address of the wider one. */
  readonly exact: boolean
}

interface Regroupings {
  /** Wider prefixes that left, in list order. */
  readonly split: readonly Regrouping[]
  /** Wider prefixes that came, in list order. */
  readonly merged: readonly Regrouping[]
}

/** In list order. Two passes over the members. */
export function movedPrefixes({ networks, tags, offsets, members }: Sides): MovedPrefix[] {
  const moves = new Uint8Array(networks.size)
  for (const member of members) {
    const sides = sidesOf(member)
    if (sides === BOTH) continue
    const ordinal = ordinalOf(member)
    moves[ordinal] = (moves[ordinal] ?? 0) | sides
  }
  const found = new Map<number, { from: string[]; to: string[] }>()
  tags.forEach(({ name }, t) => {
    for (let i = offsets[t] ?? 0; i < (offsets[t + 1] ?? 0); i++) {
      const member = members[i] ?? 0
      const [ordinal, sides] = [ordinalOf(member), sidesOf(member)]
      if (sides === BOTH || moves[ordinal] !== BOTH) continue
      const move = found.get(ordinal) ?? { from: [], to: [] }
      found.set(ordinal, move)
      if (sides === FROM) move.from.push(name)
      else move.to.push(name)
    }
  })
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([ordinal, { from, to }]) => ({ prefix: networks.prefix(ordinal), from, to }))
}

/** Of one tag: `index` is its place in `sides.tags`. O(members of the tag). */
export function regroupingsOf(sides: Sides, index: number): Regroupings {
  const { networks } = sides
  const split: Regrouping[] = []
  const merged: Regrouping[] = []
  for (const [wide, pieces] of piecesOf(sides, index)) {
    if (pieces.length < 2) continue
    const regrouping = {
      prefix: networks.prefix(ordinalOf(wide)),
      pieces: pieces.map(networks.prefix),
      exact: isExact(ordinalOf(wide), pieces, networks),
    }
    if (sidesOf(wide) === FROM) split.push(regrouping)
    else merged.push(regrouping)
  }
  return { split, merged }
}

/** Ordinals of the pieces of each member that has any, in order of the members. */
function piecesOf(
  { networks: { ends }, offsets, members }: Sides,
  index: number,
): readonly (readonly [number, number[]])[] {
  const [start, stop] = [offsets[index] ?? 0, offsets[index + 1] ?? 0]
  if (!hasBothWays(members, start, stop)) return []
  const pieces = new Map<number, number[]>()
  const open: number[] = []
  for (let i = start; i < stop; i++) {
    const member = members[i] ?? 0
    if (sidesOf(member) === BOTH) continue
    const ordinal = ordinalOf(member)
    let around = open.at(-1)
    while (around !== undefined && (ends[ordinalOf(around)] ?? 0) <= ordinal) {
      open.pop()
      around = open.at(-1)
    }
    open.push(member)
    if (around === undefined || sidesOf(around) === sidesOf(member)) continue
    const known = pieces.get(around)
    if (known) known.push(ordinal)
    else pieces.set(around, [ordinal])
  }
  return [...pieces].sort(([a], [b]) => a - b)
}

/** Whether something came and something went: most tags only gain. */
function hasBothWays(members: Int32Array, start: number, stop: number): boolean {
  let ways = 0
  for (let i = start; i < stop && ways !== BOTH; i++) {
    const sides = sidesOf(members[i] ?? 0)
    if (sides !== BOTH) ways |= sides
  }
  return ways === BOTH
}

/** In whole numbers: the share of a narrow IPv6 piece is too small to be added to others exactly. */
function isExact(wide: number, pieces: readonly number[], { classes }: Networks): boolean {
  const size = (ordinal: number): bigint => 1n << BigInt(SIZE_CLASSES - (classes[ordinal] ?? 0))
  return pieces.reduce((sum, piece) => sum + size(piece), 0n) === size(wide)
}
