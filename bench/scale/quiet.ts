/** When processes have nothing left to do. */
import { setTimeout as wait } from 'node:timers/promises'
import { processorMs } from './processor.ts'

/** Polling takes some percent of a core, work all it gets. */
const WINDOW_MS = 250
const QUIET_SHARE = 0.2

/** A machine on which it never gets quiet must not stop the measurement. */
const TRIES = 40

/** When none of them has worked for a moment, beyond its polling. */
export async function untilQuiet(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = pids.map(processorMs)
    await wait(WINDOW_MS)
    const isBusy = pids.some(
      (pid, i) => processorMs(pid) - (before[i] ?? 0) > QUIET_SHARE * WINDOW_MS,
    )
    if (!isBusy) return
  }
}
