/** Fifty receivers: well-behaved ones, moody ones that come round, and those that never will. */
import {
  answer,
  askForTime,
  endlessBody,
  hang,
  hugeHead,
  redirectToItself,
  resetAfterHead,
  resetBeforeHead,
  slowBody,
  type Behaviour,
} from '../../test/support/receiver.ts'
import { seededRandom } from '../../test/support/random.ts'

export interface ReceiverKind {
  readonly name: string
  /** How many of fifty. */
  readonly count: number
  /** `steady`: always takes it; `moody`: sometimes not at first; `never`. */
  readonly mood: 'steady' | 'moody' | 'never'
  /** Behind a certificate that nobody trusts. */
  readonly badTls?: boolean
  readonly behave: (seed: number) => Behaviour
}

/** The share of deliveries whose first attempt a moody one spoils. */
const SPOILED = 0.004

export const RECEIVER_KINDS: readonly ReceiverKind[] = [
  { name: '200', count: 12, mood: 'steady', behave: () => answer(200, 'ok') },
  { name: '204', count: 8, mood: 'steady', behave: () => answer(204) },
  { name: '200 with a slow body', count: 2, mood: 'steady', behave: () => slowBody(200, 50) },
  { name: '200 with an endless body', count: 2, mood: 'steady', behave: () => endlessBody(200) },
  { name: 'sometimes 500', count: 4, mood: 'moody', behave: moody(answer(500)) },
  { name: 'sometimes 503', count: 2, mood: 'moody', behave: moody(answer(503)) },
  { name: 'sometimes 429 with Retry-After', count: 2, mood: 'moody', behave: moody(askForTime(1)) },
  { name: 'sometimes hangs', count: 2, mood: 'moody', behave: moody(hang()) },
  { name: 'sometimes resets', count: 3, mood: 'moody', behave: moody(resetBeforeHead()) },
  { name: 'always 500', count: 2, mood: 'never', behave: () => answer(500) },
  { name: 'always redirects', count: 2, mood: 'never', behave: () => redirectToItself(302) },
  { name: 'gone', count: 2, mood: 'never', behave: () => answer(410) },
  { name: 'always hangs', count: 3, mood: 'never', behave: () => hang() },
  {
    name: 'resets after the head of a 500',
    count: 1,
    mood: 'never',
    behave: () => resetAfterHead(500),
  },
  { name: 'a huge head', count: 1, mood: 'never', behave: () => hugeHead(100_000) },
  { name: 'a bad certificate', count: 2, mood: 'never', badTls: true, behave: () => answer(204) },
]

/** Never the same delivery twice: the ladder's second step is minutes long. */
function moody(spoil: Behaviour): (seed: number) => Behaviour {
  return (seed) => {
    const random = seededRandom(seed)
    const spoiled = new Set<string>()
    return (response, request) => {
      const id = String(request.headers['webhook-id'])
      if (spoiled.has(id) || random.below(1_000_000) >= SPOILED * 1_000_000) {
        return answer(204)(response, request)
      }
      spoiled.add(id)
      return spoil(response, request)
    }
  }
}
