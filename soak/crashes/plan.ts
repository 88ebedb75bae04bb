/**
 * What is published in a round and what is killed meanwhile, at which moment. The same seed makes
 * the same plan; every pair of victim and moment comes once before any comes again.
 */
import { seededRandom, type Random } from '../../test/support/random.ts'
import { VICTIMS, type Victim } from './installation.ts'
import { MOMENTS, type Moment } from './moments.ts'

export interface Crash {
  readonly victim: Victim
  readonly moment: Moment
}

export interface PlannedAct {
  readonly what: 'week' | 'rollback' | 'release'
  /** One after the other. */
  readonly crashes: readonly Crash[]
}

/** Of rounds, those in which a person goes back and forth around the week. */
const PERSON = 0.35

/** Of acts, those in which a second crash follows the first. */
const SECOND = 0.25

/** Plans one round after the other, each with so many crashes at most. */
export function createPlan(seed: number): (most: number) => PlannedAct[] {
  const random = seededRandom(seed)
  const deck = createDeck(random)
  return (most) => {
    const isByPerson = most > 0 && random.chance(PERSON)
    const acts = isByPerson ? (['rollback', 'week', 'release'] as const) : (['week'] as const)
    let left = most
    return acts.map((what) => {
      const count = Math.min(left, random.chance(SECOND) ? 2 : 1)
      left -= count
      return { what, crashes: Array.from({ length: count }, () => deck.draw(what !== 'week')) }
    })
  }
}

interface Deck {
  /** The next one, at a moment that there is. */
  draw(byPerson: boolean): Crash
}

function createDeck(random: Random): Deck {
  const cards: Crash[] = []

  function draw(byPerson: boolean): Crash {
    const at = cards.findIndex(({ moment }) => !(byPerson && moment.ofRunsOnly))
    const [card] = at < 0 ? [] : cards.splice(at, 1)
    if (card) return card
    cards.push(...newCards(random))
    return draw(byPerson)
  }

  return { draw }
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
