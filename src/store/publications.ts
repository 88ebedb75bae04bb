/** Publications: what we handed out. The newest serial of a cloud is what devices get. */
import type {
  PublicationRequest,
  PublicationStore,
  PublishResult,
  SnapshotRecord,
} from './contract.ts'
import type { PrismaClient } from './generated/client.ts'
import { acceptEntry } from './history.ts'
import { settleHolds } from './holds.ts'
import { inTransaction, lockCloud, publicationOf, type Queries } from './rows.ts'
import type { SnapshotLoader } from './snapshot-loader.ts'

export function createPublicationStore(
  prisma: PrismaClient,
  loader: SnapshotLoader,
): PublicationStore {
  return {
    async current(cloud) {
      const row = await prisma.publication.findFirst({
        where: { cloud },
        orderBy: { serial: 'desc' },
      })
      return row ? publicationOf(row) : undefined
    },

    async list(cloud, limit) {
      const rows = await prisma.publication.findMany({
        where: { cloud },
        orderBy: { serial: 'desc' },
        take: limit,
      })
      return rows.map(publicationOf)
    },

    publish: (entry, request) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, entry.snapshot.cloud)
        if (serial !== request.expectedSerial) return { kind: 'conflict', currentSerial: serial }
        const { record } = await acceptEntry(tx, loader, entry)
        await settleHolds(tx, record.cloud)
        return addPublication(tx, record, request)
      }),

    republish: (record, request) =>
      inTransaction(prisma, async (tx) => {
        const serial = await lockCloud(tx, record.cloud)
        if (serial !== request.expectedSerial) return { kind: 'conflict', currentSerial: serial }
        return addPublication(tx, record, request)
      }),
  }
}

/** The caller holds the cloud's lock and has compared the serial. */
async function addPublication(
  tx: Queries,
  record: SnapshotRecord,
  { kind, publishedBy, reason, expectedSerial }: PublicationRequest,
): Promise<PublishResult> {
  const serial = expectedSerial + 1
  const row = await tx.publication.create({
    data: { cloud: record.cloud, serial, snapshotId: record.id, kind, publishedBy, reason },
  })
  await tx.cloud.update({ where: { name: record.cloud }, data: { serial } })
  return { kind: 'published', publication: publicationOf(row), record }
}
