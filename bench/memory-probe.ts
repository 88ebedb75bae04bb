/**
 * Loaded into the service by `--import` for `rows/memory.ts`: at SIGUSR2 it collects garbage and
 * writes what is left to stdout as a line of JSON. Needs --expose-gc.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** In bytes, after a collection. */
export interface MemoryFigures {
  /** What the kernel counts as resident. */
  readonly resident: number
  readonly heap: number
  /** Outside the heap, known to the engine: buffers and typed arrays. */
  readonly external: number
}

/** One collection frees what the next can collect, and pages go back to the kernel a little later. */
const COLLECTIONS = 4
const PAUSE_MS = 100

process.on('SIGUSR2', () => void answer())

async function answer(): Promise<void> {
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await wait(PAUSE_MS)
  }
  const { heapUsed, external } = process.memoryUsage()
  const figures: MemoryFigures = { resident: resident(), heap: heapUsed, external }
  console.log(JSON.stringify(figures))
}

function resident(): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  return 1_024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN)
}
