/** Ends what was opened, the last first, and all of it whatever fails on the way. */

/** A database that says nothing any more must not keep the process from ending. */
const STEP_MS = 25_000

export interface Closing {
  /** To be ended before everything that was added earlier. */
  add(step: () => Promise<unknown>): void
  /** @throws AggregateError of what failed, when all is done */
  run(): Promise<void>
}

export function createClosing(): Closing {
  const steps: (() => Promise<unknown>)[] = []
  return {
    add: (step) => void steps.unshift(step),
    async run() {
      const faults: unknown[] = []
      for (const step of steps.splice(0)) {
        // The next step still has a folder to unlock or a connection to end.
        await withDeadline(step).catch((fault: unknown) => faults.push(fault))
      }
      if (faults.length > 0) throw new AggregateError(faults, 'the service did not close cleanly')
    },
  }
}

async function withDeadline(step: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a step of closing took too long')), STEP_MS)
  })
  // Begun in a function of its own: one that throws at once fails as any other does.
  const done = (async () => step())()
  await Promise.race([done, late]).finally(() => clearTimeout(timer))
}
