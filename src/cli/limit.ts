/** How many rows a listing gives at most. */
import { InvalidArgumentError } from 'commander'

/** As the API has it. */
const MOST_ROWS = 200

export function parseLimit(text: string): number {
  const limit = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Infinity
  if (limit <= MOST_ROWS) return limit
  throw new InvalidArgumentError(`A whole number from 1 to ${MOST_ROWS}.`)
}
