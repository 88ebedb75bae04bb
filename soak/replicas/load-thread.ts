/**
 * The clients, in a thread of their own: a request falls due by the clock, whether or not those
 * before it are answered. Everything is written down; nothing is judged by when it came but here.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { seededRandom } from '../../test/support/random.ts'
import { createAsker, type Ask } from './asks.ts'
import { createBalancer, type Replica } from './balancer.ts'
import type { Answer, LoadReport, LoadWish, Move } from './load.ts'

/** A browser would have given up long before so many wait. */
const MOST_AT_ONCE = 2_000

const TICK_MS = 2

function moment(): number {
  return performance.timeOrigin + performance.now()
}

function run({ origins, rate, seed }: LoadWish): () => Promise<LoadReport> {
  const asker = createAsker(seededRandom(seed))
  const answers: Answer[] = []
  const moves: Move[] = []
  const balancer = createBalancer({
    origins,
    changed: (replica, isIn, why) => void moves.push({ at: moment(), replica, isIn, why }),
  })
  const lag = monitorEventLoopDelay({ resolution: 5 })
  lag.enable()
  const underWay = new Set<Promise<void>>()
  let started = moment()
  let due = 0
  let isOpen = false

  async function one(ask: Ask, replica: Replica, dueAt: number): Promise<void> {
    const sentAt = moment()
    const { method, path } = ask
    const common = { method, path, replica: replica.number, dueAt, sentAt }
    try {
      const reply = await replica.send(ask)
      const doneAt = moment()
      answers.push({ ...common, doneAt, status: reply.status, ...asker.judge(ask, reply) })
    } catch (error) {
      answers.push(fault(common, error instanceof Error ? describe(error) : String(error)))
    }
  }

  function tick(): void {
    // Nobody asks a service that has never been there.
    if (!isOpen) {
      isOpen = origins.every((_, number) => moves.some((move) => move.replica === number))
      started = moment()
      return
    }
    while (started + (due * 1_000) / rate <= moment()) {
      const dueAt = started + (due++ * 1_000) / rate
      const ask = asker.next()
      const replica = underWay.size < MOST_AT_ONCE ? balancer.next() : undefined
      if (replica) {
        const answering = one(ask, replica, dueAt).finally(() => underWay.delete(answering))
        underWay.add(answering)
      } else {
        const why = underWay.size < MOST_AT_ONCE ? 'no replica is ready' : 'too many wait'
        const { method, path } = ask
        answers.push(fault({ method, path, replica: -1, dueAt, sentAt: moment() }, why))
      }
    }
  }

  const timer = setInterval(tick, TICK_MS)
  return async () => {
    clearInterval(timer)
    const seconds = (moment() - started) / 1_000
    await Promise.all(underWay)
    await balancer.close()
    lag.disable()
    return { answers, moves, seconds, lagMs: lag.max / 1e6 }
  }
}

type Common = Pick<Answer, 'method' | 'path' | 'replica' | 'dueAt' | 'sentAt'>

function fault(common: Common, why: string): Answer {
  const nothing = { status: 0, snapshot: undefined, digest: undefined }
  return { ...common, ...nothing, doneAt: moment(), fault: why }
}

function describe(error: Error): string {
  const code = 'code' in error ? ` (${String(error.code)})` : ''
  return `${error.name}: ${error.message}${code}`
}

const stop = run(workerData as LoadWish)
parentPort?.once('message', () => {
  void stop().then((report) => parentPort?.postMessage(report))
})
