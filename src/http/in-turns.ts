/** Long work on the event loop, with turns for other requests in between. */
import { setImmediate } from 'node:timers/promises'

/** After so long others get a turn: a list is still answered in a few milliseconds. */
const TURN_MS = 5

/** The same items in the same order; whoever takes them never keeps the event loop for long. */
export async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T> {
  let began = performance.now()
  for (const item of items) {
    if (performance.now() - began > TURN_MS) {
      await setImmediate()
      began = performance.now()
    }
    yield item
  }
}
