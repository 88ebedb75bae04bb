/** History: what Microsoft said, each accepted content at its position, whatever arrived first. */
import {
  MAX_REVISION,
  OPEN,
  positionOf,
  snapshotId,
  type FileDate,
  type Position,
} from '../core/file-date.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Origin } from '../sources/contract.ts'
import type { Accepted, Entry, HistoryStore, SnapshotRecord } from './contract.ts'
import { beginDocument, readDocumentBytes } from './documents.ts'
import type { PrismaClient } from './generated/client.ts'
import { writeIntervals } from './intervals.ts'
import {
  databaseTime,
  dateOf,
  fileDateOf,
  inTransaction,
  lockCloud,
  snapshotRecord,
  withDocument,
  type Queries,
} from './rows.ts'
import type { SnapshotLoader } from './snapshot-loader.ts'

export function createHistoryStore(prisma: PrismaClient, loader: SnapshotLoader): HistoryStore {
  return {
    accept: (entry) =>
      inTransaction(prisma, async (tx) => {
        await lockCloud(tx, entry.snapshot.cloud)
        return acceptEntry(tx, loader, entry)
      }),

    async byId(id) {
      const row = await prisma.snapshot.findUnique({ where: { id }, ...withDocument })
      return row ? snapshotRecord(row) : undefined
    },

    at: (cloud, position) => newestAt(prisma, cloud, position),
    before: (cloud, position) => newestAt(prisma, cloud, (position - 1) as Position),

    after: (cloud, position) => oldestAfter(prisma, cloud, position),

    async list({ cloud, limit, after }) {
      const rows = await prisma.snapshot.findMany({
        ...(cloud ? { where: { cloud } } : {}),
        ...(after ? { cursor: { id: after }, skip: 1 } : {}),
        orderBy: [{ position: 'desc' }, { cloud: 'asc' }],
        take: limit,
        ...withDocument,
      })
      return rows.map(snapshotRecord)
    },

    load: (record) => loader.load(prisma, record),
    document: (sha256) => readDocumentBytes(prisma, sha256),
    loadHeld: (hold) => loader.load(prisma, { ...hold, id: `held ${hold.documentSha256}` }),

    async lastGood(cloud) {
      const rows = await prisma.$queryRaw<{ url: string; file_date: Date }[]>`
        SELECT seen.url, seen.file_date
        FROM sighting seen
        JOIN snapshot said USING (cloud, file_date, document_id)
        WHERE seen.cloud = ${cloud} AND seen.url LIKE 'http%'
        ORDER BY said.position DESC, seen.last_seen_at DESC LIMIT 1`
      const [row] = rows
      return row && { url: row.url, fileDate: fileDateOf(row.file_date) }
    },

    async validatorsOf(cloud, url, contentHash) {
      if (contentHash === undefined) return undefined
      const rows = await prisma.$queryRaw<{ etag: string | null; last_modified: string | null }[]>`
        SELECT seen.etag, seen.last_modified
        FROM sighting seen
        JOIN snapshot said USING (cloud, file_date, document_id)
        WHERE seen.cloud = ${cloud} AND seen.url = ${url} AND said.content_hash = ${contentHash}
          AND seen.file_date = (SELECT max(file_date) FROM snapshot WHERE cloud = ${cloud})
        ORDER BY seen.last_seen_at DESC LIMIT 1`
      const [row] = rows
      return row && { etag: row.etag ?? undefined, lastModified: row.last_modified ?? undefined }
    },

    async seenAgain(cloud, { url, fileDate }) {
      await prisma.$executeRaw`
        UPDATE sighting SET last_seen_at = now()
        WHERE cloud = ${cloud} AND url = ${url} AND file_date = ${fileDate}::date`
    },

    async newestFileDate(cloud) {
      const newest = await prisma.sighting.findFirst({
        where: { cloud },
        orderBy: { fileDate: 'desc' },
        select: { fileDate: true },
      })
      return newest ? fileDateOf(newest.fileDate) : undefined
    },
  }
}

/**
 * Document, sighting, snapshot and intervals; the caller holds the cloud's lock. Known content of
 * a known date adds a sighting at most.
 */
export async function acceptEntry(
  tx: Queries,
  loader: SnapshotLoader,
  { snapshot, bytes, origin }: Entry,
): Promise<Accepted> {
  const { cloud, contentHash } = snapshot
  const keep = await beginDocument(tx, bytes)
  const fileDate = dateOf(origin.fileDate)
  const known = await tx.snapshot.findUnique({
    where: { cloud_fileDate_contentHash: { cloud, fileDate, contentHash } },
    ...withDocument,
  })
  if (known) {
    await keepSighting(tx, cloud, origin, (await keep()).id)
    return { record: snapshotRecord(known), isNew: false }
  }

  const revision = await nextRevision(tx, cloud, origin.fileDate)
  const position = positionOf(origin.fileDate, revision)
  const before = await newestAt(tx, cloud, position)
  const next = await oldestAfter(tx, cloud, position)
  const place = { position, next: next?.position ?? OPEN }
  await writeIntervals(tx, snapshot, before && (await loader.load(tx, before)), place)
  const document = await keep()
  await keepSighting(tx, cloud, origin, document.id)
  const row = await tx.snapshot.create({
    data: {
      id: snapshotId(cloud, origin.fileDate, contentHash),
      cloud,
      fileDate,
      revision,
      position,
      documentId: document.id,
      contentHash,
      changeNumber: snapshot.changeNumber,
      tags: snapshot.tags.size,
      memberships: snapshot.memberships,
      acceptedAt: await databaseTime(tx),
    },
    ...withDocument,
  })
  loader.remember(row.id, snapshot)
  return { record: snapshotRecord(row), isNew: true }
}

/** One row per document and place it was seen at, however often it is seen there. */
export async function keepSighting(
  tx: Queries,
  cloud: Cloud,
  { fileDate, strategy, url, validators }: Origin,
  documentId: number,
): Promise<void> {
  const etag = validators.etag ?? null
  const lastModified = validators.lastModified ?? null
  await tx.$executeRaw`
    INSERT INTO sighting (cloud, file_date, document_id, strategy, url, etag, last_modified)
    VALUES (${cloud}, ${fileDate}::date, ${documentId}, ${strategy}, ${url}, ${etag}, ${lastModified})
    ON CONFLICT (cloud, file_date, document_id, strategy, url)
    DO UPDATE SET last_seen_at = now(), etag = EXCLUDED.etag, last_modified = EXCLUDED.last_modified`
}

async function newestAt(
  queries: Queries,
  cloud: Cloud,
  position: Position,
): Promise<SnapshotRecord | undefined> {
  const row = await queries.snapshot.findFirst({
    where: { cloud, position: { lte: position } },
    orderBy: { position: 'desc' },
    ...withDocument,
  })
  return row ? snapshotRecord(row) : undefined
}

async function oldestAfter(
  queries: Queries,
  cloud: Cloud,
  position: Position,
): Promise<SnapshotRecord | undefined> {
  const row = await queries.snapshot.findFirst({
    where: { cloud, position: { gt: position } },
    orderBy: { position: 'asc' },
    ...withDocument,
  })
  return row ? snapshotRecord(row) : undefined
}

async function nextRevision(tx: Queries, cloud: Cloud, fileDate: FileDate): Promise<number> {
  const { _max } = await tx.snapshot.aggregate({
    where: { cloud, fileDate: dateOf(fileDate) },
    _max: { revision: true },
  })
  const revision = (_max.revision ?? -1) + 1
  if (revision > MAX_REVISION) {
    throw new Error(`${cloud} ${fileDate} has been published with ${revision} contents already`)
  }
  return revision
}
