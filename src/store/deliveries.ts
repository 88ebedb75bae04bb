/** Deliveries: one event for one webhook, attempt by attempt. What is due is the database's clock's to say. */
import type { Prisma, PrismaClient } from './generated/client.ts'
import { transactionDb, type Outbox } from './outbox.ts'
import { inTransaction } from './rows.ts'
import {
  DELIVERY_STATES,
  type Attempt,
  type AttemptResult,
  type Delivery,
  type DeliveryStore,
} from './telling-contract.ts'

/** A whole ladder of attempts and some by hand. */
const KEPT_ATTEMPTS = 16

const withEvent = {
  include: { event: { select: { id: true, type: true, body: true } } },
} satisfies Prisma.DeliveryDefaultArgs

interface NextRow {
  readonly id: number
  readonly failures: number
  readonly event_id: string
  readonly type: string
  readonly body: string
  readonly url: string
  readonly format: string
  readonly secrets: string[]
  readonly due_in_ms: number
}

export function createDeliveryStore(prisma: PrismaClient, outbox: Outbox): DeliveryStore {
  async function byId(id: number): Promise<Delivery | undefined> {
    const row = await prisma.delivery.findUnique({ where: { id }, ...withEvent })
    return row ? deliveryOf(row) : undefined
  }

  return {
    byId,

    async next(webhookId) {
      const rows = await prisma.$queryRaw<NextRow[]>`
        SELECT d.id, d.failures, d.event_id, e.type, e.body, w.url, w.format,
          CASE WHEN w.former_until > now() THEN ARRAY[w.secret, w.former_secret]
            ELSE ARRAY[w.secret] END AS secrets,
          (extract(epoch FROM d.next_attempt_at - clock_timestamp()) * 1000)::float8 AS due_in_ms
        FROM delivery d
        JOIN event e ON e.id = d.event_id
        JOIN webhook w ON w.id = d.webhook_id AND w.enabled
        WHERE d.webhook_id = ${webhookId} AND d.state = 'waiting'
        ORDER BY d.id
        LIMIT 1`
      const [row] = rows
      if (!row) return undefined
      const event = { id: row.event_id, type: row.type, body: row.body }
      const { id, url, format, secrets, failures, due_in_ms: dueInMs } = row
      return { id, event, target: { url, format, secrets }, failures, dueInMs }
    },

    async attempted({ id, failures, target }, attempt, result) {
      const { state, failed, afterMs } = columnsOf(result)
      const recorded = await prisma.$executeRaw`
        UPDATE delivery SET
          state = ${state},
          failures = failures + ${failed},
          next_attempt_at = clock_timestamp() + ${afterMs} * interval '1 millisecond',
          ended_at = CASE WHEN ${state} = 'waiting' THEN NULL ELSE clock_timestamp() END,
          attempts = CASE WHEN jsonb_array_length(attempts) >= ${KEPT_ATTEMPTS}::int
            THEN attempts - 0 ELSE attempts END || ${JSON.stringify([attempt])}::jsonb
        WHERE id = ${id} AND state = 'waiting' AND (${state} = 'delivered' OR (
          failures = ${failures}
          AND EXISTS (SELECT FROM webhook WHERE id = webhook_id AND url = ${target.url})))`
      return recorded === 1
    },

    async list({ webhookId, state, limit, before }) {
      const rows = await prisma.delivery.findMany({
        where: {
          webhookId,
          ...(state ? { state } : {}),
          ...(before === undefined ? {} : { id: { lt: before } }),
        },
        orderBy: { id: 'desc' },
        take: limit,
        ...withEvent,
      })
      return rows.map(deliveryOf)
    },

    async redeliver(id) {
      const found = await inTransaction(prisma, async (tx) => {
        const rows = await tx.$queryRaw<{ webhook_id: string }[]>`
          UPDATE delivery
          SET state = 'waiting', failures = 0, next_attempt_at = clock_timestamp(), ended_at = NULL
          WHERE id = ${id}
          RETURNING webhook_id`
        const [row] = rows
        if (row) await outbox.enqueue?.deliver(transactionDb(tx), [row.webhook_id])
        return row !== undefined
      })
      return found ? byId(id) : undefined
    },

    async due(limit) {
      const rows = await prisma.$queryRaw<{ id: string }[]>`
        SELECT w.id FROM webhook w
        CROSS JOIN LATERAL (
          SELECT next_attempt_at FROM delivery
          WHERE webhook_id = w.id AND state = 'waiting' ORDER BY id LIMIT 1) first
        WHERE w.enabled AND first.next_attempt_at <= clock_timestamp()
        ORDER BY first.next_attempt_at, w.id LIMIT ${limit}`
      return rows.map(({ id }) => id)
    },

    async backlog() {
      const rows = await prisma.$queryRaw<{ waiting: number; oldest: number }[]>`
        SELECT count(*)::int AS waiting,
          coalesce(extract(epoch FROM now() - min(d.created_at)), 0)::float8 AS oldest
        FROM delivery d JOIN webhook w ON w.id = d.webhook_id AND w.enabled
        WHERE d.state = 'waiting'`
      const [row] = rows
      return { waiting: row?.waiting ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0) }
    },
  }
}

function columnsOf(result: AttemptResult) {
  switch (result.kind) {
    case 'delivered':
      return { state: 'delivered', failed: 0, afterMs: 0 }
    case 'again':
      return { state: 'waiting', failed: 1, afterMs: result.afterMs }
    case 'failed':
      return { state: 'failed', failed: 1, afterMs: 0 }
  }
}

function deliveryOf(row: Prisma.DeliveryGetPayload<typeof withEvent>): Delivery {
  const { id, webhookId, failures, nextAttemptAt, attempts, createdAt, endedAt, event } = row
  return {
    id,
    webhookId,
    // The body is there before there is a delivery of it: the column's CHECK says so.
    event: { id: event.id, type: event.type, body: event.body ?? '' },
    state: stateOf(row.state),
    failures,
    nextAttemptAt,
    attempts: attempts as unknown as readonly Attempt[],
    createdAt,
    endedAt: endedAt ?? undefined,
  }
}

function stateOf(text: string): Delivery['state'] {
  const state = DELIVERY_STATES.find((known) => known === text)
  if (!state) throw new Error(`the database holds an unknown state of a delivery ${text}`)
  return state
}
