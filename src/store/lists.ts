/** What must outlive a restart about a list: its contents, and when its bytes last changed. */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { RangeSet } from '../core/range-set.ts'
import type { Admitted, ListStore, ListVersionRecord } from './list-contract.ts'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { addEvent, type Outbox } from './outbox.ts'
import { inTransaction, type Queries } from './rows.ts'

export function createListStore(prisma: PrismaClient, outbox: Outbox): ListStore {
  return {
    async mark() {
      const newest = await prisma.listVersion.findFirst({
        orderBy: { seq: 'desc' },
        select: { seq: true },
      })
      return newest?.seq ?? 0
    },

    async version(draft, tell) {
      const { list, contentHash, snapshotId, mark } = draft
      const known = await newestVersion(prisma, list)
      if (known?.contentHash === contentHash) {
        if (!known.isKept) await keepAdmitted(prisma, known, packed(draft.admitted()))
        return versionOf(known)
      }
      const after = draft.admitted()
      const bytes = packed(after)
      return inTransaction(prisma, async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${list}))`
        const newest = await newestVersion(tx, list)
        if (newest?.contentHash === contentHash) return versionOf(newest)
        if (newest && newest.seq > mark) return 'overtaken'
        const serial = (newest?.serial ?? 0) + 1
        await tx.$executeRaw`
          INSERT INTO list_version (list, serial, content_hash, snapshot_id, created_at, admitted)
          VALUES (${list}, ${serial}, ${contentHash}, ${snapshotId}, clock_timestamp(),
            decode(${bytes.toString('base64')}, 'base64'))`
        const before = newest && (await admittedBy(tx, list, newest.serial))
        const event = before && tell({ before, after, serial, snapshotBefore: newest.snapshotId })
        if (event) await addEvent(tx, outbox, event)
        return { serial, snapshotId }
      })
    },

    async versions({ list, from, to }) {
      const first =
        from &&
        (await prisma.listVersion.findFirst({
          where: { list, createdAt: { lt: from } },
          orderBy: { serial: 'desc' },
          select: { serial: true },
        }))
      const rows = await prisma.listVersion.findMany({
        where: {
          list,
          ...(first ? { serial: { gte: first.serial } } : {}),
          ...(to ? { createdAt: { lt: to } } : {}),
        },
        orderBy: { serial: 'asc' },
      })
      return rows.map(recordOf)
    },

    async changedAt(list, serial, digests) {
      if (digests.size === 0) return new Map()
      // Two processes that do the same take the rows in one order, and none waits for ever.
      const rows = await prisma.$queryRaw<{ format: string; changed_at: Date }[]>`
        INSERT INTO list_bytes AS known (list, format, digest, changed_at, serial)
        SELECT ${list}, format, digest, date_trunc('second', now()), ${serial}
        FROM unnest(${[...digests.keys()]}::text[], ${[...digests.values()]}::text[])
          AS made (format, digest)
        ORDER BY format
        ON CONFLICT (list, format) DO UPDATE
        SET digest = EXCLUDED.digest,
            serial = EXCLUDED.serial,
            changed_at = CASE WHEN known.digest = EXCLUDED.digest THEN known.changed_at
              ELSE greatest(EXCLUDED.changed_at, known.changed_at + interval '1 second') END
        WHERE known.serial <= EXCLUDED.serial
        RETURNING format, changed_at`
      if (rows.length < digests.size) return 'overtaken'
      return new Map(rows.map(({ format, changed_at: changedAt }) => [format, changedAt]))
    },
  }
}

interface Version {
  readonly list: string
  readonly serial: number
  readonly seq: number
  readonly contentHash: string
  readonly snapshotId: string
  /** What it admits is kept: of versions from before that was done it is not. */
  readonly isKept: boolean
}

/** Without what it admits, which most questions are not about. */
async function newestVersion(queries: Queries, list: string): Promise<Version | undefined> {
  const rows = await queries.$queryRaw<Version[]>`
    SELECT list, serial, seq, content_hash AS "contentHash", snapshot_id AS "snapshotId",
      admitted IS NOT NULL AS "isKept"
    FROM list_version WHERE list = ${list} ORDER BY serial DESC LIMIT 1`
  return rows[0]
}

/** So that the next change of it can be told. */
async function keepAdmitted(
  queries: Queries,
  { list, serial }: Version,
  bytes: Buffer,
): Promise<void> {
  await queries.$executeRaw`
    UPDATE list_version SET admitted = decode(${bytes.toString('base64')}, 'base64')
    WHERE list = ${list} AND serial = ${serial} AND admitted IS NULL`
}

function versionOf({ serial, snapshotId }: Version) {
  return { serial, snapshotId }
}

async function admittedBy(
  queries: Queries,
  list: string,
  serial: number,
): Promise<Admitted | undefined> {
  const where = { list_serial: { list, serial } }
  const { admitted } = await queries.listVersion.findUniqueOrThrow({ where })
  return admitted ? unpacked(admitted) : undefined
}

function recordOf(row: Prisma.ListVersionGetPayload<object>): ListVersionRecord {
  const { list, serial, snapshotId, createdAt, admitted } = row
  return {
    list,
    serial,
    snapshotId,
    createdAt,
    admitted: admitted ? unpacked(admitted) : undefined,
  }
}

/** Between names, tags and networks, none of which is empty. */
const EMPTY_LINE = '\n\n'

/** Quality 5 takes a millisecond or two for 5,000 networks. */
function packed({ names, tags, coverage }: Admitted): Buffer {
  const text = [names, tags, coverage.texts()].map((lines) => lines.join('\n')).join(EMPTY_LINE)
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
}

function unpacked(bytes: Uint8Array): Admitted {
  const parts = brotliDecompressSync(bytes).toString().split(EMPTY_LINE)
  const [names = [], tags = [], networks = []] = parts.map(linesOf)
  const coverage = RangeSet.parse(networks)
  if (!coverage.ok) throw new Error(`the database holds a bad list: ${coverage.reason}`)
  return { names, tags, coverage: coverage.value }
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}
