/** Every so-many-th case of a run, in a thread of its own: so a case that never ends is seen from outside. */
import { parentPort, workerData } from 'node:worker_threads'
import { LawBroken, LONGEST_MS, runCase } from './laws.ts'
import { count, emptyTally, type Tally } from './tally.ts'

export interface Share {
  readonly seed: number
  readonly cases: number
  readonly first: number
  readonly step: number
  /** The number of the case at work, in the place `first`. */
  readonly progress: Int32Array
}

export interface WorkDone {
  readonly tally: Tally
  /** Which case broke which law. */
  readonly broken: readonly string[]
}

/** More of them say nothing new. */
const MAX_BROKEN = 5

function work({ seed, cases, first, step, progress }: Share): WorkDone {
  const tally = emptyTally()
  const broken: string[] = []
  for (let number = first; number < cases && broken.length < MAX_BROKEN; number += step) {
    Atomics.store(progress, first, number)
    try {
      const result = runCase(seed, number)
      count(tally, result)
      if (result.took > LONGEST_MS) {
        broken.push(`case ${number}: took ${Math.round(result.took)} ms`)
      }
    } catch (error) {
      if (!(error instanceof LawBroken)) throw error
      const { cause } = error
      broken.push(`case ${number}: ${error.message} ${cause instanceof Error ? cause.message : ''}`)
    }
  }
  return { tally, broken }
}

parentPort?.postMessage(work(workerData as Share))
