/** stdout is data, stderr is talk: the two ways out of a command. */
import type { WriteStream } from 'node:tty'

export interface Io {
  /** Data, as it is. */
  print(data: string | Uint8Array): void
  /** Data as JSON, in the shape of the API. */
  printJson(value: unknown): void
  /** A line to the person. */
  say(line: string): void
  /** Width of the terminal that the person looks at; undefined when talk goes to a file or pipe. */
  readonly terminalWidth: number | undefined
  /** Replaces what stands on the terminal's current line. */
  redraw(line: string): void
}

/** Ours, or two buffers of a test. */
export interface Streams {
  readonly stdout: { write(data: string | Uint8Array): unknown }
  readonly stderr: { write(text: string): unknown } & Partial<
    Pick<WriteStream, 'isTTY' | 'columns'>
  >
}

export function createIo({ stdout, stderr }: Streams): Io {
  return {
    print: (data) => void stdout.write(data),
    printJson: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    say: (line) => void stderr.write(`${line}\n`),
    terminalWidth: stderr.isTTY ? (stderr.columns ?? 80) : undefined,
    // Back to the first column, text, and the rest of the line erased.
    redraw: (line) => void stderr.write(`\r${line}\u001b[K`),
  }
}
