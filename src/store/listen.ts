/**
 * One connection of its own that hears what other processes commit (LISTEN). It is a hint that saves
 * a second of polling, no more: whoever listens looks again whenever the connection is back.
 */
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

/** As the triggers of the migration call it. */
export const CHANNEL = 'rangewarden'

export interface Listening {
  stop(): Promise<void>
}

/** Between two tries to connect. */
const AGAIN_MS = 1_000

const CONNECT_TIMEOUT_MS = 10_000

/** A connection over which nothing comes may be dead for hours: it is asked so often. */
const PROBE_MS = 10_000

const PROBE_TIMEOUT_MS = 5_000

/** A server that is gone does not answer a good-bye. */
const END_MS = 1_000

/** Begins at once and never fails: while the server is away it goes on trying. */
export function listenToServer(
  connectionString: string,
  changed: (table: string) => void,
  missed: () => void,
): Listening {
  const stopping = new AbortController()
  const { signal } = stopping

  async function hear(): Promise<void> {
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: PROBE_TIMEOUT_MS,
      keepAlive: true,
    })
    const lost = new Promise<true>((resolve) => {
      client.on('error', () => resolve(true)).on('end', () => resolve(true))
    })
    client.on('notification', ({ payload = '' }) => changed(payload))
    try {
      await client.connect()
      await client.query(`LISTEN ${CHANNEL}`)
      missed()
      while (!(await Promise.race([lost, wait(PROBE_MS, false, { signal })]))) {
        await client.query('SELECT 1')
      }
    } finally {
      await Promise.race([client.end(), wait(END_MS)])
    }
  }

  async function goOn(): Promise<void> {
    while (!signal.aborted) {
      await hear().catch(() => undefined) // polling goes on; what was missed is asked for then
      await wait(AGAIN_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  const underWay = goOn()
  return {
    async stop() {
      stopping.abort()
      await underWay
    },
  }
}
