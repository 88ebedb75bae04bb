/**
 * Events are written in the transaction that makes them happen, and a job that tells them is put in
 * the queue by the same transaction: both are there once it commits, or neither is.
 */
import { randomBytes } from 'node:crypto'
import type { Prisma } from './generated/client.ts'
import type { Queries } from './rows.ts'
import type { EventDraft } from './telling-contract.ts'

/** Runs a statement inside the transaction that is under way: what pg-boss calls a database. */
export interface TransactionDb {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** Puts jobs in the queue, inside the transaction that is given. */
export interface Enqueue {
  /** Of an event that waits to be told. */
  tell(db: TransactionDb, eventId: string): Promise<void>
  /** Of webhooks that have something to send. */
  deliver(db: TransactionDb, webhookIds: readonly string[]): Promise<void>
}

/** Where this process puts jobs; a command has no queue, and a worker finds its events by itself. */
export interface Outbox {
  enqueue: Enqueue | undefined
}

/** True if the event is new: its key was not known. */
export async function addEvent(
  tx: Queries,
  { enqueue }: Outbox,
  { type, cloud, allowlist, key, facts, onlyFor }: EventDraft,
): Promise<boolean> {
  const id = newEventId()
  const kept = { ...facts, ...(onlyFor === undefined ? {} : { onlyFor }) }
  const added = await tx.$executeRaw`
    INSERT INTO event (id, type, cloud, allowlist, key, facts, occurred_at)
    VALUES (${id}, ${type}, ${cloud ?? null}, ${allowlist ?? null}, ${key ?? null},
      ${JSON.stringify(kept)}::jsonb, clock_timestamp())
    ON CONFLICT (key) DO NOTHING`
  if (added === 0) return false
  await enqueue?.tell(transactionDb(tx), id)
  return true
}

/** Of nobody's making: no dot (Standard Webhooks 1.0.0 signs it between dots), and told apart by eye. */
function newEventId(): string {
  return `evt_${randomBytes(16).toString('hex')}`
}

export function transactionDb(tx: Queries): TransactionDb {
  return {
    async executeSql(text, values = []) {
      const rows = await tx.$queryRawUnsafe(text, ...values)
      return { rows: Array.isArray(rows) ? rows : [] }
    },
  }
}

export function jsonOf(value: unknown): Prisma.InputJsonValue {
  return value as Prisma.InputJsonValue
}
