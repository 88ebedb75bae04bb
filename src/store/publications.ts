/** Publications: what we handed out. The newest serial of a cloud is what devices get. */
import type { Cloud } from '../core/cloud.ts'
import { addPublication, currentPublication } from './add-publication.ts'
import type {
  PublicationRequest,
  PublicationStore,
  PublishResult,
  ServedPublication,
  SnapshotRecord,
} from './contract.ts'
import type { PrismaClient } from './generated/client.ts'
import { acceptEntry } from './history.ts'
import { decide, keepHold, settleHolds } from './holds.ts'
import type { Outbox } from './outbox.ts'
import {
  databaseTime,
  inTransaction,
  kindOf,
  lockCloud,
  publicationOf,
  type Queries,
} from './rows.ts'
import type { SnapshotLoader } from './snapshot-loader.ts'

export function createPublicationStore(
  prisma: PrismaClient,
  loader: SnapshotLoader,
  outbox: Outbox,
): PublicationStore {
  return {
    current: (cloud) => currentPublication(prisma, cloud),

    async list(cloud, limit, before) {
      const rows = await prisma.publication.findMany({
        where: { cloud, ...(before === undefined ? {} : { serial: { lt: before } }) },
        orderBy: { serial: 'desc' },
        take: limit,
      })
      return rows.map(publicationOf)
    },

    servedWithin: (cloud, days) => servedWithin(prisma, cloud, days),

    publish: (entry, request) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, entry.snapshot.cloud)
        const seen = await newestPosition(tx, entry.snapshot.cloud)
        const { expectedSerial, expectedNewest = seen } = request
        if (serial !== expectedSerial || seen !== expectedNewest) {
          return { kind: 'conflict', currentSerial: serial }
        }
        const { record } = await acceptEntry(tx, loader, entry)
        await settleHolds(tx, record.cloud)
        return published(tx, outbox, record, request)
      }),

    republish: (record, request) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, record.cloud)
        if (serial !== request.expectedSerial) return { kind: 'conflict', currentSerial: serial }
        return published(tx, outbox, record, request)
      }),

    approve: ({ id, cloud }, entry, request, decision) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, cloud)
        if (serial !== request.expectedSerial) return { kind: 'conflict', currentSerial: serial }
        const decided = await decide(tx, id, 'approved', decision)
        if (!decided.now) return { kind: 'decided', state: decided.state }
        const { record } = await acceptEntry(tx, loader, entry)
        await settleHolds(tx, cloud)
        return published(tx, outbox, record, request)
      }),

    publishAdditions: (entry, verdict, record, request) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, record.cloud)
        if (serial !== request.expectedSerial) return { kind: 'conflict', currentSerial: serial }
        const { id } = await keepHold(tx, outbox, entry, verdict)
        return published(tx, outbox, record, { ...request, additionsOf: id })
      }),

    async endedRollback(cloud) {
      const rows = await prisma.$queryRaw<{ serial: number }[]>`
        SELECT serial FROM publication
        WHERE cloud = ${cloud} AND until <= now()
          AND serial = (SELECT serial FROM cloud WHERE name = ${cloud})`
      return rows.length > 0 ? currentPublication(prisma, cloud) : undefined
    },
  }
}

async function newestPosition(tx: Queries, cloud: Cloud): Promise<number> {
  const row = await tx.snapshot.findFirst({
    where: { cloud },
    orderBy: { position: 'desc' },
    select: { position: true },
  })
  return row?.position ?? 0
}

async function published(
  tx: Queries,
  outbox: Outbox,
  record: SnapshotRecord,
  request: PublicationRequest,
): Promise<PublishResult> {
  const publication = await addPublication(tx, outbox, record.cloud, record.id, request)
  return { kind: 'published', publication, record }
}

interface ServedRow {
  readonly serial: number
  readonly snapshot_id: string
  readonly kind: string
  readonly published_by: string
  readonly reason: string
  readonly published_at: Date
  readonly until: Date | null
  readonly additions_of: number | null
  readonly ended_at: Date | null
  readonly now: Date
}

/** A rollback and a purge are the last row: what was handed out before them is over at once. */
async function servedWithin(
  prisma: PrismaClient,
  cloud: Cloud,
  days: number,
): Promise<{ now: Date; served: ServedPublication[] }> {
  const rows = await prisma.$queryRaw<ServedRow[]>`
    SELECT p.*, now() AS now
    FROM (
      SELECT *, lead(published_at) OVER (ORDER BY serial) AS ended_at
      FROM publication WHERE cloud = ${cloud}
    ) p
    WHERE (ended_at IS NULL OR ended_at + ${days} * interval '24 hours' > now())
      AND serial >= coalesce((SELECT max(serial) FROM publication
        WHERE cloud = ${cloud} AND kind IN ('rollback', 'purge')), 0)
    ORDER BY serial DESC`
  const now = rows[0]?.now ?? (await databaseTime(prisma))
  return { now, served: rows.map((row) => servedOf(cloud, row)) }
}

function servedOf(cloud: Cloud, row: ServedRow): ServedPublication {
  return {
    cloud,
    serial: row.serial,
    snapshotId: row.snapshot_id,
    kind: kindOf(row.kind),
    publishedBy: row.published_by,
    reason: row.reason,
    publishedAt: row.published_at,
    until: row.until ?? undefined,
    additionsOf: row.additions_of ?? undefined,
    endedAt: row.ended_at ?? undefined,
  }
}
