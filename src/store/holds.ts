/** Candidates that wait for a person: the document is kept, history is not touched. */
import { type Hold, type HoldStore } from './contract.ts'
import { keepDocument } from './documents.ts'
import { type Prisma, type PrismaClient } from './generated/client.ts'
import { keepSighting } from './history.ts'
import { cloudOf, dateOf, fileDateOf, inTransaction, lockCloud } from './rows.ts'

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
        const row = await tx.hold.upsert({
          where: { cloud_fileDate_contentHash: key },
          create: { ...key, documentId: document.id, reasons: [...reasons] },
          update: { reasons: [...reasons] },
          ...withDocument,
        })
        return holdOf(row)
      }),

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
