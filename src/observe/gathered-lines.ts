/**
 * Lines for a file descriptor, gathered and written together, since a write for each would cost more
 * than what they tell of. Nothing here waits for whoever reads them: a full disk or a reader that
 * has gone or sleeps costs lines and never the service, which pino's own stream does not promise (it
 * tries again without end when the process ends, and blocks while it does).
 */
import { fstatSync, write } from 'node:fs'
import { Socket } from 'node:net'
import { promisify } from 'node:util'

export interface GatheredLines {
  write(text: string): void
  /** Resolves when all is written, or given up after a while. Never rejects. */
  flush(): Promise<void>
}

/** As many characters are gathered, or for as long. */
const GATHERED = 32_768
const FLUSH_MS = 1_000

/** What may wait while nobody reads; lines beyond are lost. */
const MAX_WAITING = 8_388_608

/** How long the end of a process waits for a reader that sleeps. */
const PATIENCE_MS = 2_000

/** @param failed told when lines were lost, once until lines are written again */
export function gatherLines(fd: number, failed: (error: unknown) => void): GatheredLines {
  const sink = openSink(fd)
  let waiting = ''
  let writing: Promise<void> | undefined
  let isFailing = false
  let timer: NodeJS.Timeout | undefined

  function lost(error: unknown): void {
    if (!isFailing) failed(error)
    isFailing = true
  }

  /** Until less waits than is worth a write: under load there is always a line more. */
  async function writeMuch(): Promise<void> {
    do {
      const bytes = Buffer.from(waiting)
      waiting = ''
      try {
        await sink.write(bytes)
        isFailing = false
      } catch (error) {
        lost(error)
      }
    } while (waiting.length >= GATHERED)
  }

  function begin(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    return (writing ??= writeMuch().finally(() => {
      writing = undefined
      if (waiting !== '') writeLater()
    }))
  }

  function writeLater(): void {
    timer ??= setTimeout(() => void begin(), FLUSH_MS).unref()
  }

  async function writeAll(): Promise<void> {
    await writing
    if (waiting !== '') await begin()
  }

  return {
    write(text) {
      if (waiting.length + text.length > MAX_WAITING) {
        return lost(new Error(`${MAX_WAITING} characters wait to be written`))
      }
      waiting += text
      if (waiting.length >= GATHERED) void begin()
      else writeLater()
    },

    async flush() {
      let late: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        late = setTimeout(() => {
          sink.giveUp()
          resolve()
        }, PATIENCE_MS)
      })
      await Promise.race([writeAll(), patience]).finally(() => clearTimeout(late))
    },
  }
}

interface Sink {
  /** Resolves when all of it is written. */
  write(bytes: Buffer): Promise<void>
  /** What is still being written must not keep the process from ending. */
  giveUp(): void
}

function openSink(fd: number): Sink {
  const kind = fstatSync(fd)
  return kind.isFIFO() || kind.isSocket() ? pipeSink(fd) : fileSink(fd)
}

/** A pipe that nobody reads blocks whoever writes to it as to a file, and a thread with it. */
function pipeSink(fd: number): Sink {
  const socket = new Socket({ fd, readable: false, writable: true })
  // Every write tells of it too.
  socket.on('error', () => undefined).unref()
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    giveUp: () => void socket.destroy(),
  }
}

const writeBytes = promisify(write)

function fileSink(fd: number): Sink {
  return {
    async write(bytes) {
      for (let rest = bytes; rest.length > 0;) {
        const { bytesWritten } = await writeBytes(fd, rest)
        rest = rest.subarray(bytesWritten)
      }
    },
    giveUp: () => undefined,
  }
}
