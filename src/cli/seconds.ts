/** A time limit as an option of a command. */
import { InvalidArgumentError } from 'commander'

export function parseSeconds(text: string): number {
  const seconds = /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : 0
  if (seconds > 0) return seconds
  throw new InvalidArgumentError('A number of seconds, more than 0 and less than 1000.')
}
