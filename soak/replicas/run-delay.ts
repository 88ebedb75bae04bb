/**
 * How long a process waited for a processor, as the kernel counts it for its first thread, which is
 * the one that runs JavaScript: what a machine that does too much at once is to be excused for.
 */
import { readFileSync } from 'node:fs'
import { moment } from './load.ts'

export interface RunDelay {
  /** Milliseconds between two moments of which it was ready to run and did not; 0 where nobody counts. */
  between(from: number, until: number): number
  stop(): void
}

interface Sample {
  readonly at: number
  readonly waitedMs: number
}

const SAMPLE_MS = 100

/** `pid` may be another one after a restart. */
export function watchRunDelay(pid: () => number | undefined): RunDelay {
  const samples: Sample[] = []
  let last: { readonly pid: number; readonly waitedMs: number } | undefined
  let sum = 0

  function sample(): void {
    const current = pid()
    const waitedMs = current === undefined ? undefined : waitedOf(current)
    if (current === undefined || waitedMs === undefined) return
    sum += waitedMs - (last?.pid === current ? last.waitedMs : 0)
    last = { pid: current, waitedMs }
    samples.push({ at: moment(), waitedMs: sum })
  }

  const timer = setInterval(sample, SAMPLE_MS)
  return {
    between(from, until) {
      // Whole steps around the time in question.
      const before = samples.findLast(({ at }) => at <= from) ?? samples[0]
      const after = samples.find(({ at }) => at >= until) ?? samples.at(-1)
      return before && after ? Math.max(0, after.waitedMs - before.waitedMs) : 0
    },
    stop: () => clearInterval(timer),
  }
}

/** The second number of `schedstat`: nanoseconds on a run queue. */
function waitedOf(pid: number): number | undefined {
  try {
    const [, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(waited) / 1e6
  } catch {
    return undefined // it has just ended, or this system does not count
  }
}
