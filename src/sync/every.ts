/** Something done again and again in the background, never twice at once, until it is ended. */
import type { Logger } from 'pino'

/** Waits `intervalMs` after each end. A fault is logged once, not at every turn it lasts. */
export function every(
  intervalMs: number,
  work: () => Promise<void>,
  { log, what }: { readonly log: Logger; readonly what: string },
): () => Promise<void> {
  let failing = false
  let ended = false
  let underWay: Promise<void> = Promise.resolve()
  let timer = setTimeout(turn, intervalMs)

  function turn(): void {
    underWay = work()
      .then(
        () => {
          if (failing) log.info({ what }, 'Background work goes on again')
          failing = false
        },
        (err: unknown) => {
          if (!failing) log.error({ err, what }, 'Background work failed, it is tried again')
          failing = true
        },
      )
      .then(() => {
        if (!ended) timer = setTimeout(turn, intervalMs)
      })
  }

  return async () => {
    ended = true
    clearTimeout(timer)
    await underWay
  }
}
