/** Long answers beside each other: so many may be open, and only one of them is worked on at a time. */
import { HttpError } from './problem.ts'

export interface Places {
  /**
   * A place, to be left once; leaving again does nothing.
   * @throws HttpError `busy` if all are taken
   */
  take(): () => void
  /** Runs `work` after all that asked before, never beside it. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

export function createPlaces(count: number, what: string): Places {
  let taken = 0
  let last: Promise<unknown> = Promise.resolve()

  return {
    take() {
      if (taken === count) {
        throw new HttpError('busy', `${count} ${what} are being answered, the most at a time`)
      }
      taken++
      let isLeft = false
      return () => {
        if (isLeft) return
        isLeft = true
        taken--
      }
    },

    inTurn(work) {
      const done = last.then(work)
      last = done.catch(() => undefined)
      return done
    },
  }
}

/** The same pieces, each of them made in turn; whoever takes them slowly keeps nobody waiting. */
export async function* eachInTurn<T>(places: Places, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = pieces[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await places.inTurn(() => iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}
