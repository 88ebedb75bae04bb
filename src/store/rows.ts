/** Rows <-> domain values, and the limits of a transaction: shared by the aggregates of this room. */
import { isCloud, type Cloud } from '../core/cloud.ts'
import { parseFileDate, type FileDate, type Position } from '../core/file-date.ts'
import {
  PUBLICATION_KINDS,
  type Publication,
  type PublicationKind,
  type SnapshotRecord,
} from './contract.ts'
import { Prisma, type PrismaClient } from './generated/client.ts'

/** A client inside or outside a transaction. */
export type Queries = Prisma.TransactionClient

/** Prisma's own limit of 5 s is short for a first snapshot on a slow disk. */
const TRANSACTION = { maxWait: 60_000, timeout: 120_000 }

export function inTransaction<T>(
  prisma: PrismaClient,
  work: (tx: Queries) => Promise<T>,
  isolationLevel: Prisma.TransactionIsolationLevel = 'ReadCommitted',
): Promise<T> {
  return prisma.$transaction(work, { ...TRANSACTION, isolationLevel })
}

/** Waits for its turn to change the cloud's history; returns the newest serial. */
export async function lockCloud(tx: Queries, cloud: Cloud): Promise<number> {
  await tx.$executeRaw`INSERT INTO cloud (name) VALUES (${cloud}) ON CONFLICT DO NOTHING`
  const rows = await tx.$queryRaw<{ serial: number }[]>`
    SELECT serial FROM cloud WHERE name = ${cloud} FOR UPDATE`
  return rows[0]?.serial ?? 0
}

/** The database's clock, to the millisecond as its columns keep it: processes have clocks of their own. */
export async function databaseTime(queries: Queries): Promise<Date> {
  const rows = await queries.$queryRaw<{ now: Date }[]>`
    SELECT date_trunc('milliseconds', now()) AS now`
  const [row] = rows
  if (!row) throw new Error('the database tells no time')
  return row.now
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}

export function cloudOf(name: string): Cloud {
  if (!isCloud(name)) throw new Error(`the database holds an unknown cloud ${name}`)
  return name
}

/** Prisma gives a DATE as midnight UTC. */
export function fileDateOf(date: Date): FileDate {
  const parsed = parseFileDate(date.toISOString().slice(0, 10))
  if (!parsed.ok) throw new Error(`the database holds a bad file date: ${parsed.reason}`)
  return parsed.value
}

export function dateOf(fileDate: FileDate): Date {
  return new Date(`${fileDate}T00:00:00Z`)
}

/** What a `SnapshotRecord` is read from. */
export const withDocument = {
  include: { document: { select: { sha256: true, size: true } } },
} satisfies Prisma.SnapshotDefaultArgs

export function snapshotRecord(
  row: Prisma.SnapshotGetPayload<typeof withDocument>,
): SnapshotRecord {
  const { document, documentId: _, position, cloud, fileDate, ...same } = row
  return {
    ...same,
    cloud: cloudOf(cloud),
    fileDate: fileDateOf(fileDate),
    position: position as Position,
    documentSha256: document.sha256,
    documentSize: document.size,
  }
}

export function publicationOf(row: Prisma.PublicationGetPayload<object>): Publication {
  return {
    ...row,
    cloud: cloudOf(row.cloud),
    kind: kindOf(row.kind),
    until: row.until ?? undefined,
    additionsOf: row.additionsOf ?? undefined,
  }
}

export function kindOf(text: string): PublicationKind {
  const kind = PUBLICATION_KINDS.find((known) => known === text)
  if (!kind) throw new Error(`the database holds an unknown kind of publication ${text}`)
  return kind
}
