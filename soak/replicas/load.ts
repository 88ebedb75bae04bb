/** The clients of the proof as their owner sees them: started, stopped, and what they wrote down. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface LoadWish {
  readonly origins: readonly string[]
  /** Requests per second of all clients together. */
  readonly rate: number
  readonly seed: number
}

/** One request; times in milliseconds of one clock, that of `moment()`. */
export interface Answer {
  readonly method: string
  readonly path: string
  /** Its number; -1 where none was ready. */
  readonly replica: number
  /** When the clock asked for it, when it was sent, and when its last byte was there. */
  readonly dueAt: number
  readonly sentAt: number
  readonly doneAt: number
  /** 0 where there was none. */
  readonly status: number
  /** What is wrong with it. */
  readonly fault: string | undefined
  readonly snapshot: string | undefined
  readonly digest: string | undefined
}

/** A replica was taken out, or came back. */
export interface Move {
  readonly at: number
  readonly replica: number
  readonly isIn: boolean
  readonly why: string
}

export interface LoadReport {
  readonly answers: readonly Answer[]
  readonly moves: readonly Move[]
  readonly seconds: number
  /** The longest that the clients' own thread was late. */
  readonly lagMs: number
}

export interface Load {
  /** No more requests; gives what came of all of them. */
  stop(): Promise<LoadReport>
  /** For a proof that has failed otherwise. */
  abandon(): Promise<void>
}

/** Begins as soon as each replica has been found ready once. */
export function startLoad(wish: LoadWish): Load {
  const worker = new Worker(new URL('load-thread.ts', import.meta.url), { workerData: wish })
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', reject)
  })
  failed.catch(() => undefined) // told to whoever stops it
  return {
    async stop() {
      const told = once(worker, 'message') as Promise<[LoadReport]>
      worker.postMessage('stop')
      const [report] = await Promise.race([told, failed])
      await worker.terminate()
      return report
    },
    async abandon() {
      await worker.terminate()
    },
  }
}

/** The same clock in every thread. */
export function moment(): number {
  return performance.timeOrigin + performance.now()
}
