/** Events: what happened, with the body that is sent of it. See outbox.ts for how they come to be. */
import type { Prisma, PrismaClient } from './generated/client.ts'
import { addEvent, transactionDb, type Outbox } from './outbox.ts'
import { cloudOf, inTransaction } from './rows.ts'
import type { EventStore, PendingEvent } from './telling-contract.ts'

/** Any number nobody else uses: one event is told at a time, so that every webhook has one order. */
const TELLING = 7_264_392

export function createEventStore(prisma: PrismaClient, outbox: Outbox): EventStore {
  return {
    record: (draft) => inTransaction(prisma, (tx) => addEvent(tx, outbox, draft)),

    async pending(limit) {
      const rows = await prisma.event.findMany({
        where: { state: 'pending' },
        orderBy: { seq: 'asc' },
        take: limit,
      })
      return rows.map(eventOf)
    },

    tell: (id, { body, tags, size, webhooks }) =>
      inTransaction(prisma, async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(${TELLING})`
        const told = await tx.$executeRaw`
          UPDATE event SET state = 'told', body = ${body}, tags = ${[...tags]}::text[],
            size = ${size ?? null}::bigint
          WHERE id = ${id} AND state = 'pending'`
        if (told === 0) return false
        if (webhooks.length === 0) return true
        // One that was deleted or disabled meanwhile is left out.
        const rows = await tx.$queryRaw<{ webhook_id: string }[]>`
          INSERT INTO delivery (webhook_id, event_id)
          SELECT id, ${id} FROM webhook WHERE id = ANY(${[...webhooks]}::text[]) AND enabled
          ORDER BY id
          ON CONFLICT DO NOTHING
          RETURNING webhook_id`
        const busy = rows.map(({ webhook_id: webhook }) => webhook)
        await outbox.enqueue?.deliver(transactionDb(tx), busy)
        return true
      }),

    async dismiss(id) {
      await prisma.$executeRaw`
        UPDATE event SET state = 'nothing' WHERE id = ${id} AND state = 'pending'`
    },

    async fault(id, limit) {
      const rows = await prisma.$queryRaw<{ state: string }[]>`
        UPDATE event SET faults = faults + 1,
          state = CASE WHEN faults + 1 >= ${limit} THEN 'failed' ELSE state END
        WHERE id = ${id} AND state = 'pending'
        RETURNING state`
      return rows[0]?.state === 'failed'
    },

    async last({ type, cloud, allowlist }) {
      const row = await prisma.event.findFirst({
        where: {
          type,
          ...(cloud === undefined ? {} : { cloud }),
          ...(allowlist === undefined ? {} : { allowlist }),
        },
        orderBy: { seq: 'desc' },
      })
      return row ? eventOf(row) : undefined
    },

    // Not while a delivery of it waits, nor while it could still be told itself.
    forget: (days) => prisma.$executeRaw`
      DELETE FROM event
      WHERE state <> 'pending' AND occurred_at <= now() - ${days} * interval '24 hours'
        AND NOT EXISTS (
          SELECT FROM delivery WHERE event_id = event.id AND (state = 'waiting'
            OR ended_at > now() - ${days} * interval '24 hours'))`,
  }
}

function eventOf(row: Prisma.EventGetPayload<object>): PendingEvent {
  return {
    id: row.id,
    seq: row.seq,
    type: row.type,
    cloud: row.cloud === null ? undefined : cloudOf(row.cloud),
    allowlist: row.allowlist ?? undefined,
    facts: factsOf(row.facts),
    occurredAt: row.occurredAt,
    faults: row.faults,
  }
}

function factsOf(facts: Prisma.JsonValue): Record<string, unknown> {
  return typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? facts : {}
}
