/** Candidates that wait for a person: the document is kept, history is not touched. */
import type { Cloud } from '../core/cloud.ts'
import type { Hold, HoldStore } from './contract.ts'
import { keepDocument } from './documents.ts'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { keepSighting } from './history.ts'
import { cloudOf, dateOf, fileDateOf, inTransaction, lockCloud, type Queries } from './rows.ts'

const withDocument = {
  include: { document: { select: { sha256: true } } },
} satisfies Prisma.HoldDefaultArgs

export function createHoldStore(prisma: PrismaClient): HoldStore {
  return {
    hold: ({ snapshot, bytes, origin }, reasons) =>
      inTransaction(prisma, async (tx) => {
        const { cloud, contentHash } = snapshot
        await lockCloud(tx, cloud)
        const document = await keepDocument(tx, bytes)
        // Without validators, so that the next run fetches it again and finds it still held.
        await keepSighting(tx, cloud, { ...origin, validators: {} }, document.id)
        const fileDate = dateOf(origin.fileDate)
        const key = { cloud, fileDate, contentHash }
        await tx.hold.updateMany({
          where: { cloud, state: 'waiting', NOT: key },
          data: { state: 'replaced' },
        })
        await tx.hold.updateMany({
          where: { ...key, state: 'replaced' },
          data: { state: 'waiting' },
        })
        const row = await tx.hold.upsert({
          where: { cloud_fileDate_contentHash: key },
          create: { ...key, documentId: document.id, reasons: [...reasons] },
          update: { reasons: [...reasons] },
          ...withDocument,
        })
        return holdOf(row)
      }),

    settle: (cloud) => settleHolds(prisma, cloud),

    async list(cloud) {
      const rows = await prisma.hold.findMany({
        ...(cloud ? { where: { cloud } } : {}),
        orderBy: { id: 'desc' },
        ...withDocument,
      })
      return rows.map(holdOf)
    },
  }
}

/** What was published or offered again is newer than whatever waits. */
export async function settleHolds(queries: Queries, cloud: Cloud): Promise<void> {
  await queries.hold.updateMany({
    where: { cloud, state: 'waiting' },
    data: { state: 'replaced' },
  })
}

function holdOf(row: Prisma.HoldGetPayload<typeof withDocument>): Hold {
  return {
    cloud: cloudOf(row.cloud),
    fileDate: fileDateOf(row.fileDate),
    contentHash: row.contentHash,
    documentSha256: row.document.sha256,
    reasons: Array.isArray(row.reasons) ? row.reasons.map(String) : [],
    state: row.state as Hold['state'],
    createdAt: row.createdAt,
  }
}
