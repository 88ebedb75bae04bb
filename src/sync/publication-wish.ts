/** What a person wants handed out, in the words of the API and of the command line. */
import { z } from 'zod'
import type { Cloud } from '../core/cloud.ts'
import { invalidInput } from '../core/errors.ts'
import type { Decision, Publication, Store } from '../store/contract.ts'
import { purge, release, rollBack } from './decisions.ts'

export const PUBLICATION_ACTIONS = ['rollback', 'release', 'purge'] as const

export type PublicationAction = (typeof PUBLICATION_ACTIONS)[number]

export interface PublicationWish extends Decision {
  readonly cloud: Cloud
  readonly action: PublicationAction
  /** Of a rollback, and only of one: see `resolveSnapshot`. */
  readonly snapshot: string | undefined
  /** Of a rollback, if at all: see `endOf`. */
  readonly until: string | undefined
}

/**
 * Does it. `now` is the moment that the end of a rollback has to lie after.
 * @throws RangewardenError `invalid-input` for a wish that does not make sense, else as `rollBack`,
 * `release` and `purge`
 */
export async function publishAsWished(
  store: Store,
  { action, snapshot, until, ...decision }: PublicationWish,
  now: Date,
): Promise<Publication> {
  if (action === 'rollback') {
    if (snapshot === undefined) {
      throw invalidInput(
        'a rollback needs a snapshot: an id, a file date, `latest` (which pins it) or `previous`',
      )
    }
    const end = until === undefined ? undefined : endOf(until)
    return rollBack(store, { ...decision, to: snapshot, until: end, now })
  }
  for (const [name, value] of Object.entries({ snapshot, until })) {
    if (value === undefined) continue
    throw invalidInput(`${name} "${value}": only a rollback has one, this is a ${action}`)
  }
  return action === 'release' ? release(store, decision) : purge(store, decision)
}

const dayShape = z.iso.date()
/** With or without seconds. */
const momentShape = z.union([
  z.iso.datetime({ offset: true }),
  z.iso.datetime({ offset: true, precision: -1 }),
])

const DAY_MS = 86_400_000

/**
 * `2025-11-01` lasts until that day has ended, in UTC; `2025-11-01T18:00:00+01:00` until then.
 * @throws RangewardenError `invalid-input` for any other text
 */
export function endOf(text: string): Date {
  if (dayShape.safeParse(text).success) return new Date(Date.parse(text) + DAY_MS)
  if (momentShape.safeParse(text).success) return new Date(text)
  throw invalidInput(
    `until "${text}": write a day, whose end in UTC is meant (2025-11-01), or a moment with its ` +
      'offset (2025-11-01T18:00:00Z)',
  )
}
