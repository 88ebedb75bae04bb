/** A progress bar on the terminal of a person who waits; silent where nobody looks. */
import type { Io } from './io.ts'

export interface Progress {
  /** `label` says what is being done. */
  show(done: number, label: string): void
  /** Takes the bar away, for a line in its place or for good. */
  clear(): void
}

const BAR = 24

export function createProgress(io: Io, total: number): Progress {
  const width = io.terminalWidth
  if (width === undefined || total === 0) return { show: () => undefined, clear: () => undefined }
  return {
    show(done, label) {
      const filled = Math.round((BAR * done) / total)
      const bar = '#'.repeat(filled).padEnd(BAR, '.')
      // A full last column would wrap, and the next redraw would leave the line behind.
      io.redraw(`[${bar}] ${done}/${total} ${label}`.slice(0, width - 1))
    },
    clear: () => io.redraw(''),
  }
}
