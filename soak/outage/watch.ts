/**
 * Devices and an orchestrator during all of it: lists are fetched and readiness is asked without a
 * pause, and everything that was answered is written down.
 */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Asked, OutageSite } from './site.ts'

export interface Watch {
  readonly lists: readonly ListSeen[]
  readonly readiness: readonly ReadinessSeen[]
  /** When an answer since the moment is as hoped; rejects when that takes too long. */
  until(what: string, isGood: (seen: Seen) => boolean): Promise<void>
  stop(): Promise<void>
}

/** Times are those of `Date.now()`, which headers speak of too. */
interface Seen {
  readonly askedAt: number
  readonly tookMs: number
  readonly fault: string | undefined
  /** Of Rangewarden-Unverified-Since. */
  readonly unverifiedSince: number | undefined
  readonly isReachable: boolean | undefined
}

export type ListSeen = Seen
export type ReadinessSeen = Seen

const LIST = '/l/app-proxy-ip/text.txt'

const LIST_MS = 20

const READINESS_MS = 200

const PATIENCE_MS = 180_000

const POLL_MS = 20

export function startWatch({ ask }: OutageSite): Watch {
  const lists: Seen[] = []
  const readiness: Seen[] = []
  let isOver = false

  async function repeat(ms: number, look: () => Promise<void>): Promise<void> {
    while (!isOver) await Promise.all([look(), wait(ms)])
  }

  const watching = [
    repeat(LIST_MS, async () => {
      const askedAt = Date.now()
      const asked = await ask('GET', LIST)
      lists.push({ ...seen(askedAt, asked), fault: listFault(asked) })
    }),
    repeat(READINESS_MS, async () => {
      const askedAt = Date.now()
      const asked = await ask('GET', '/health/ready')
      const database = /"database":"(\w+)"/.exec(asked.text)?.[1]
      const fault = asked.status === 200 ? undefined : `${asked.status}: ${asked.text}`
      const isReachable = database === undefined ? undefined : database === 'reachable'
      readiness.push({ ...seen(askedAt, asked), fault, isReachable })
    }),
  ]
  return {
    lists,
    readiness,
    async until(what, isGood) {
      const from = Date.now()
      while (Date.now() - from < PATIENCE_MS) {
        const since = [...fromThen(lists, from), ...fromThen(readiness, from)]
        if (since.some(isGood)) return
        await wait(POLL_MS)
      }
      throw new Error(`${what}: not in ${PATIENCE_MS} ms`)
    },
    async stop() {
      isOver = true
      await Promise.all(watching)
    },
  }
}

function fromThen(all: readonly Seen[], from: number): readonly Seen[] {
  const first = all.findLastIndex(({ askedAt }) => askedAt < from) + 1
  return all.slice(first)
}

function seen(askedAt: number, { headers, tookMs }: Asked): Seen {
  const since = headers.get('rangewarden-unverified-since')
  return {
    askedAt,
    tookMs,
    fault: undefined,
    unverifiedSince: since === null ? undefined : Date.parse(since),
    isReachable: undefined,
  }
}

/** Decoded, its digest is the one its ETag names; an answer of nothing is none. */
function listFault({ status, headers, text }: Asked): string | undefined {
  if (status !== 200) return `${status}: ${text.slice(0, 300)}`
  const [digest = 'none'] = /[0-9a-f]{32}/.exec(headers.get('etag') ?? '') ?? []
  const sha256 = createHash('sha256').update(text).digest('hex')
  return sha256.startsWith(digest) && text !== '' ? undefined : `a body that is not of ${digest}`
}
