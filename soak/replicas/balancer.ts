/**
 * What stands before the replicas: takes those for ready that say so, and gives each request to the
 * next of them over connections that stay open. It never tries a request a second time.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Ask, Reply } from './asks.ts'

export interface Balancer {
  /** The replica whose turn it is; undefined while none is ready. */
  next(): Replica | undefined
  close(): Promise<void>
}

export interface Replica {
  readonly number: number
  /** Rejects for what went wrong below HTTP. */
  send(ask: Ask): Promise<Reply>
}

export interface BalancerOptions {
  readonly origins: readonly string[]
  /** Told whenever a replica is taken out or comes back. */
  readonly changed: (number: number, isIn: boolean, why: string) => void
}

/** As load balancers in front of containers do it. */
const PROBE_MS = 250

const PROBE_TIMEOUT_MS = 5_000

/** A client that waits longer has given up. */
const ANSWER_TIMEOUT_MS = 10_000

const CONNECTIONS = 64

/** Begins to probe at once; all are out until they have answered. */
export function createBalancer({ origins, changed }: BalancerOptions): Balancer {
  const pools = origins.map(
    (origin) =>
      new Pool(origin, {
        connections: CONNECTIONS,
        pipelining: 1,
        headersTimeout: ANSWER_TIMEOUT_MS,
        bodyTimeout: ANSWER_TIMEOUT_MS,
        connectTimeout: ANSWER_TIMEOUT_MS,
      }),
  )
  const probing = new AbortController()
  const isIn = origins.map(() => false)
  const replicas = pools.map((pool, number) => ({ number, send: (ask: Ask) => send(pool, ask) }))
  let turn = 0

  async function probe(origin: string, number: number): Promise<void> {
    while (!probing.signal.aborted) {
      const [answer] = await Promise.all([
        readiness(origin),
        wait(PROBE_MS, undefined, { signal: probing.signal }).catch(() => undefined),
      ])
      const ready = answer === 'ready'
      if (ready !== isIn[number]) changed(number, ready, answer)
      isIn[number] = ready
    }
  }

  const probes = origins.map(probe)
  return {
    next() {
      for (let tries = 0; tries < replicas.length; tries++) {
        const number = turn++ % replicas.length
        if (isIn[number] === true) return replicas[number]
      }
      return undefined
    },

    async close() {
      probing.abort()
      await Promise.all(probes)
      await Promise.all(pools.map((pool) => pool.close()))
    },
  }
}

async function send(pool: Pool, { method, path, headers }: Ask): Promise<Reply> {
  const reply = await pool.request({ method, path, headers })
  const body = Buffer.from(await reply.body.arrayBuffer())
  return { status: reply.statusCode, headers: reply.headers, body }
}

/** Over a connection of its own each time: it has to be taken, too. */
async function readiness(origin: string): Promise<string> {
  const pool = new Pool(origin, { connections: 1, connectTimeout: PROBE_TIMEOUT_MS })
  try {
    const reply = await pool.request({
      method: 'GET',
      path: '/health/ready',
      headersTimeout: PROBE_TIMEOUT_MS,
      bodyTimeout: PROBE_TIMEOUT_MS,
    })
    const text = await reply.body.text()
    return reply.statusCode === 200 ? 'ready' : `${reply.statusCode}: ${text.slice(0, 200)}`
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } finally {
    await pool.destroy()
  }
}
