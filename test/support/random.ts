/** Seeded chance: the same seed gives the same sequence on every machine, so a failure repeats. */

export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** One of the items; there must be one. */
  pick<T>(items: readonly T[]): T
}

/** mulberry32: 32 bits of state, good enough to vary test data. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
  }
}
