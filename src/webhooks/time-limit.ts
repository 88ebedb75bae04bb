/** The time one attempt has, and the caller's wish to end it sooner. */

/** An attempt was ended from this side. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

export interface TimeLimit {
  /** For undici, which looks at it once it has a connection. */
  readonly signal: AbortSignal
  /** Rejects with `Stopped` at the same time, connection or not. */
  readonly stopped: Promise<never>
  /** Gives back the timer and the caller's signal; to be called in any case. */
  clear(): void
}

/** Milliseconds from now, or less if the caller says so. Someone has to wait for `stopped`. */
export function timeLimit(ms: number, caller: AbortSignal): TimeLimit {
  const controller = new AbortController()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const stop = (why: string): void => {
    const reason = new Stopped(why)
    controller.abort(reason)
    reject(reason)
  }
  const timer = setTimeout(() => stop(`no answer within ${ms} ms`), ms)
  const onAbort = (): void => stop('stopped before it was answered')
  caller.addEventListener('abort', onAbort, { once: true })
  if (caller.aborted) onAbort()
  return {
    signal: controller.signal,
    stopped,
    clear() {
      clearTimeout(timer)
      caller.removeEventListener('abort', onAbort)
    },
  }
}
