/** What is killed at which moment: every pair comes once before any comes again. */
import type { Random } from '../../test/support/random.ts'
import { VICTIMS, type Victim } from './installation.ts'
import { MOMENTS, type Moment } from './moments.ts'

export interface Crash {
  readonly victim: Victim
  readonly moment: Moment
}

export interface Deck {
  /** So many, each at a moment that there is. */
  deal(count: number, byPerson: boolean): Crash[]
}

export function createDeck(random: Random): Deck {
  const cards: Crash[] = []

  function draw(byPerson: boolean): Crash {
    const at = cards.findIndex(({ moment }) => !(byPerson && moment.ofRunsOnly))
    const [card] = at < 0 ? [] : cards.splice(at, 1)
    if (card) return card
    cards.push(...newCards(random))
    return draw(byPerson)
  }

  return { deal: (count, byPerson) => Array.from({ length: count }, () => draw(byPerson)) }
}

/** Every victim has its turn before any has its next. */
function newCards(random: Random): Crash[] {
  const moments = new Map(VICTIMS.map((victim) => [victim, shuffled(random, MOMENTS)]))
  return MOMENTS.flatMap((_, turn) =>
    shuffled(random, VICTIMS).flatMap((victim) => {
      const moment = moments.get(victim)?.[turn]
      return moment ? [{ victim, moment }] : []
    }),
  )
}

function shuffled<T>(random: Random, all: readonly T[]): T[] {
  const left = [...all]
  return all.flatMap(() => left.splice(random.below(left.length), 1))
}
