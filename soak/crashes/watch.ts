/** Looks at the database from outside, many times a second: what is under way, and since when. */
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

export interface Seen {
  /** Of the newest publication; 0 for none. */
  readonly serial: number
  readonly snapshotId: string | null
  readonly kind: string | null
  readonly reason: string | null
  /** State of the newest run. */
  readonly run: string | null
  /** Runs that are finished. */
  readonly finished: number
  /** A transaction that may publish is open. */
  readonly publishing: boolean
  /** Events that nobody has been told of. */
  readonly untold: number
  /** Deliveries that have not arrived. */
  readonly waiting: number
}

export interface Watch {
  /** As seen last; undefined while the database does not answer. */
  now(): Seen | undefined
  /** When the newest publication was first seen, on the clock of `performance.now()`. */
  committedAt(): number
  /** The first sight that fits, or undefined after so long. */
  until(isGood: (seen: Seen) => boolean, ms: number): Promise<Seen | undefined>
  close(): Promise<void>
}

const PAUSE_MS = 15

const SIGHT = `
  SELECT coalesce(p.serial, 0) AS serial, p.snapshot_id AS "snapshotId", p.kind, p.reason,
    (SELECT state FROM run ORDER BY requested_at DESC LIMIT 1) AS run,
    (SELECT count(*) FROM run WHERE state = 'finished')::int4 AS finished,
    EXISTS (SELECT FROM pg_locks
      WHERE relation = 'cloud'::regclass AND mode = 'RowExclusiveLock') AS publishing,
    (SELECT count(*) FROM event WHERE state = 'pending')::int4 AS untold,
    (SELECT count(*) FROM delivery WHERE state = 'waiting')::int4 AS waiting
  FROM (SELECT) one LEFT JOIN LATERAL (
    SELECT * FROM publication WHERE cloud = 'Public' ORDER BY serial DESC LIMIT 1) p ON true`

export function startWatch(connectionString: string): Watch {
  let seen: Seen | undefined
  let [serial, committedAt] = [-1, 0]
  let isClosed = false

  async function look(): Promise<void> {
    const client = new pg.Client({ connectionString, query_timeout: 5_000 })
    client.on('error', () => undefined) // the query that runs on it fails
    try {
      await client.connect()
      while (!isClosed) {
        const { rows } = await client.query<Seen>(SIGHT)
        seen = rows[0]
        if (seen && seen.serial !== serial) {
          committedAt = performance.now()
          serial = seen.serial
        }
        await wait(PAUSE_MS)
      }
    } finally {
      seen = undefined
      await client.end().catch(() => undefined)
    }
  }

  async function goOn(): Promise<void> {
    while (!isClosed) {
      await look().catch(() => undefined)
      await wait(PAUSE_MS)
    }
  }

  const underWay = goOn()
  return {
    now: () => seen,
    committedAt: () => committedAt,

    async until(isGood, ms) {
      const deadline = performance.now() + ms
      while (performance.now() < deadline) {
        if (seen && isGood(seen)) return seen
        await wait(PAUSE_MS)
      }
      return undefined
    },

    async close() {
      isClosed = true
      await underWay
    },
  }
}
