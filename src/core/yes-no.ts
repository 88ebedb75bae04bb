/** A switch as people write it in a setting. */
import { accept, refuse, type Result } from './result.ts'

export function parseYesNo(text: string): Result<'yes' | 'no'> {
  return text === 'yes' || text === 'no' ? accept(text) : refuse('must be yes or no')
}
