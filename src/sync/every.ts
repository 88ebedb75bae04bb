/** Something done again and again in the background, never twice at once, until it is ended. */
import type { Logger } from 'pino'

export interface Repeated {
  /** Does it now, or once more if it is being done: what was so before this call is seen. */
  wake(): void
  /** Waits for what is being done. */
  stop(): Promise<void>
}

/** Waits `intervalMs` after each end. A fault is logged once, not at every turn it lasts. */
export function every(
  intervalMs: number,
  work: () => Promise<void>,
  { log, what }: { readonly log: Logger; readonly what: string },
): Repeated {
  let failing = false
  let stopped = false
  /** How often it was asked for since its last turn began. */
  let asked = 0
  let underWay: Promise<void> | undefined
  let timer = setTimeout(wake, intervalMs)

  async function turn(): Promise<void> {
    try {
      await work()
      if (failing) log.info({ what }, 'Background work goes on again')
      failing = false
    } catch (err) {
      if (!failing) log.error({ err, what }, 'Background work failed, it is tried again')
      failing = true
    }
  }

  async function turns(): Promise<void> {
    do {
      asked = 0
      await turn()
      // Whoever wakes it while it fails waits for the next turn.
    } while (asked > 0 && !stopped && !failing)
  }

  function wake(): void {
    asked++
    if (stopped || underWay) return
    clearTimeout(timer)
    underWay = turns().finally(() => {
      underWay = undefined
      if (!stopped) timer = setTimeout(wake, intervalMs)
    })
  }

  return {
    wake,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await underWay
    },
  }
}
