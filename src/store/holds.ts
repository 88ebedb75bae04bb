/** Candidates that wait for a person: the document is kept, history is not touched. */
import type { Cloud } from '../core/cloud.ts'
import type { DiffSummary } from '../core/diff-summary.ts'
import type { GuardReason } from '../core/guard.ts'
import {
  HOLD_STATES,
  type Decision,
  type Entry,
  type HeldVerdict,
  type Hold,
  type HoldStore,
} from './contract.ts'
import { addPublication, currentPublication } from './add-publication.ts'
import { keepDocument } from './documents.ts'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { keepSighting } from './history.ts'
import { addEvent, type Outbox } from './outbox.ts'
import { cloudOf, dateOf, fileDateOf, inTransaction, lockCloud, type Queries } from './rows.ts'

const withDocument = {
  include: { document: { select: { sha256: true } } },
} satisfies Prisma.HoldDefaultArgs

export function createHoldStore(prisma: PrismaClient, outbox: Outbox): HoldStore {
  return {
    hold: (entry, verdict, expectedSerial) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, entry.snapshot.cloud)
        return serial === expectedSerial ? keepHold(tx, outbox, entry, verdict) : undefined
      }),

    async byId(id) {
      const row = await prisma.hold.findUnique({ where: { id }, ...withDocument })
      return row ? holdOf(row) : undefined
    },

    async lastDecided(cloud, contentHash) {
      const row = await prisma.hold.findFirst({
        where: { cloud, contentHash, decidedAt: { not: null } },
        orderBy: { decidedAt: 'desc' },
        ...withDocument,
      })
      return row ? holdOf(row) : undefined
    },

    async list({ cloud, state, limit }) {
      const rows = await prisma.hold.findMany({
        where: { ...(cloud ? { cloud } : {}), ...(state ? { state } : {}) },
        orderBy: { id: 'desc' },
        take: limit,
        ...withDocument,
      })
      return rows.map(holdOf)
    },

    reject: ({ id, cloud }, decision) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, cloud)
        const decided = await decide(tx, id, 'rejected', decision)
        if (!decided.now) return { kind: 'decided', state: decided.state }
        const row = await tx.hold.findUniqueOrThrow({ where: { id }, ...withDocument })
        const rejected = { kind: 'rejected' as const, hold: holdOf(row) }
        const current = await currentPublication(tx, cloud)
        if (current?.additionsOf === undefined) return rejected
        // Of an earlier candidate that this one has replaced: nobody else can decide about them.
        if (current.additionsOf !== id) {
          await decide(tx, current.additionsOf, 'rejected', decision, 'replaced')
        }
        const publication = await addPublication(tx, outbox, cloud, current.snapshotId, {
          // What is pinned stays pinned, without them.
          kind: current.kind === 'rollback' ? 'rollback' : 'rejection',
          until: current.until,
          publishedBy: decision.by,
          reason: `the additions of hold ${id} are taken back: ${decision.reason}`,
          expectedSerial: serial,
        })
        return { ...rejected, publication }
      }),

    settle: (cloud) => settleHolds(prisma, cloud),
  }
}

/** The caller holds the cloud's lock. A candidate that did not wait before is told as `sync.held`. */
export async function keepHold(
  tx: Queries,
  outbox: Outbox,
  { snapshot, bytes, origin }: Entry,
  { reasons, diff }: HeldVerdict,
): Promise<Hold> {
  const { cloud, contentHash } = snapshot
  const document = await keepDocument(tx, bytes)
  // Without validators, so that the next run fetches it again and finds it still held.
  await keepSighting(tx, cloud, { ...origin, validators: {} }, document.id)
  const key = { cloud, fileDate: dateOf(origin.fileDate), contentHash }
  const where = { cloud_fileDate_contentHash: key }
  const before = await tx.hold.findUnique({ where, select: { state: true } })
  await tx.hold.updateMany({
    where: { cloud, state: 'waiting', NOT: key },
    data: { state: 'replaced' },
  })
  // Offered anew, also what was approved once: a week can be withdrawn and come back, and each
  // time is a decision of its own. Publications keep the earlier ones.
  await tx.hold.updateMany({
    where: { ...key, state: { in: ['replaced', 'approved'] } },
    data: { state: 'waiting', decidedBy: null, decidedAt: null, decisionReason: null },
  })
  const seen = {
    strategy: origin.strategy,
    url: origin.url,
    reasons: reasons as unknown as Prisma.InputJsonValue,
    diff: diff as unknown as Prisma.InputJsonValue,
  }
  const row = await tx.hold.upsert({
    where,
    create: { ...key, ...seen, documentId: document.id },
    update: seen,
    ...withDocument,
  })
  if (before?.state !== 'waiting') {
    await addEvent(tx, outbox, { type: 'sync.held', cloud, facts: { hold: row.id } })
  }
  return holdOf(row)
}

/** What was published or offered again is newer than whatever waits. */
export async function settleHolds(queries: Queries, cloud: Cloud): Promise<void> {
  await queries.hold.updateMany({
    where: { cloud, state: 'waiting' },
    data: { state: 'replaced' },
  })
}

/** Decides about a hold if it still waits (or is `from`); `now` is false if it does not, with its state. */
export async function decide(
  tx: Queries,
  id: number,
  state: 'approved' | 'rejected',
  { by, reason }: Decision,
  from: 'waiting' | 'replaced' = 'waiting',
): Promise<{ now: boolean; state: Hold['state'] }> {
  const decided = await tx.$executeRaw`
    UPDATE hold
    SET state = ${state}, decided_by = ${by}, decision_reason = ${reason}, decided_at = now()
    WHERE id = ${id} AND state = ${from}`
  if (decided === 1) return { now: true, state }
  const row = await tx.hold.findUniqueOrThrow({ where: { id }, select: { state: true } })
  return { now: false, state: stateOf(row.state) }
}

function holdOf(row: Prisma.HoldGetPayload<typeof withDocument>): Hold {
  return {
    id: row.id,
    cloud: cloudOf(row.cloud),
    fileDate: fileDateOf(row.fileDate),
    contentHash: row.contentHash,
    documentSha256: row.document.sha256,
    strategy: row.strategy,
    url: row.url,
    reasons: reasonsOf(row.reasons),
    diff: (row.diff ?? undefined) as unknown as DiffSummary | undefined,
    state: stateOf(row.state),
    createdAt: row.createdAt,
    decision:
      row.decidedBy === null || row.decidedAt === null
        ? undefined
        : { by: row.decidedBy, at: row.decidedAt, reason: row.decisionReason ?? '' },
  }
}

/** Reasons were plain sentences before they had rules; the only such rule then was this one. */
function reasonsOf(reasons: Prisma.JsonValue): GuardReason[] {
  if (!Array.isArray(reasons)) return []
  return reasons.map((reason) =>
    typeof reason === 'string'
      ? { rule: 'withdrawal', text: reason }
      : (reason as unknown as GuardReason),
  )
}

function stateOf(text: string): Hold['state'] {
  const state = HOLD_STATES.find((known) => known === text)
  if (!state) throw new Error(`the database holds an unknown state of a hold ${text}`)
  return state
}
