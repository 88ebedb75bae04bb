/** People and pipelines that change something all the time, and what they were answered. */
import { setTimeout as wait } from 'node:timers/promises'
import type { OutageSite } from './site.ts'

export const WRITES = ['allowlist', 'run', 'webhook', 'check'] as const

export type WriteName = (typeof WRITES)[number]

export interface Written {
  readonly what: WriteName
  /** No two of a kind have the same. */
  readonly number: number
  readonly askedAt: number
  readonly answeredAt: number
  readonly tookMs: number
  readonly status: number
  readonly retryAfter: string | null
  readonly text: string
}

export interface Writers {
  readonly written: readonly Written[]
  /** Waits for answers that are still to come. */
  stop(): Promise<void>
}

/** Stored again and again by several at once, of whom each has to wait for those before it. */
export const STORED = 'outage'

const PAUSE_MS = 250

const LANES: Readonly<Record<WriteName, number>> = { allowlist: 4, run: 1, webhook: 1, check: 1 }

export function startWriters({ ask, receiver }: OutageSite): Writers {
  const written: Written[] = []
  const counts = new Map<WriteName, number>()
  let isOver = false

  const requests: Readonly<
    Record<WriteName, (number: number) => readonly [string, string, (object | string)?]>
  > = {
    allowlist: (number) => [
      'PUT',
      `/v1/allowlists/${STORED}`,
      { title: titleOf(number), tags: ['ServiceBus'] },
    ],
    run: () => ['POST', '/v1/runs'],
    webhook: (number) => [
      'POST',
      '/v1/webhooks',
      { url: receiver.origin, description: titleOf(number), events: ['webhook.test'] },
    ],
    check: (number) => [
      'POST',
      `/v1/allowlists/app-proxy-ip/check?device=${deviceOf(number)}`,
      '192.0.2.0/24\n',
    ],
  }

  async function repeat(what: WriteName): Promise<void> {
    while (!isOver) {
      const number = counts.get(what) ?? 0
      counts.set(what, number + 1)
      const askedAt = Date.now()
      const { status, headers, text, tookMs } = await ask(...requests[what](number))
      const retryAfter = headers.get('retry-after')
      const answer = { status, retryAfter, text: text.slice(0, 500), tookMs }
      written.push({ what, number, askedAt, answeredAt: Date.now(), ...answer })
      await wait(PAUSE_MS)
    }
  }

  const lanes = WRITES.flatMap((what) => Array.from({ length: LANES[what] }, () => repeat(what)))
  return {
    written,
    async stop() {
      isOver = true
      await Promise.all(lanes)
    },
  }
}

export function titleOf(number: number): string {
  return `try ${number}`
}

export function deviceOf(number: number): string {
  return `edge-${number}`
}

/** A status that says it was done. */
export function isDone({ status }: Written): boolean {
  return status >= 200 && status < 300
}

/** As a database that is away has to be answered for. */
export function isRefusedWell({ status, retryAfter }: Written): boolean {
  return status === 503 && retryAfter !== null && /^[1-9]\d*$/.test(retryAfter)
}
