/** What must outlive a restart about a list: its contents, and when its bytes last changed. */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { RangeSet } from '../core/range-set.ts'
import type { Admitted, ListStore, ListVersionRecord } from './list-contract.ts'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { addEvent, type Outbox } from './outbox.ts'
import { inTransaction, type Queries } from './rows.ts'

export function createListStore(prisma: PrismaClient, outbox: Outbox): ListStore {
  return {
    async version(draft, tell) {
      const { list, contentHash, snapshotId, readAt } = draft
      const known = await newestVersion(prisma, list)
      if (known?.contentHash === contentHash) return versionOf(known)
      const after = draft.admitted()
      const bytes = packed(after)
      return inTransaction(prisma, async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${list}))`
        const newest = await newestVersion(tx, list)
        if (newest?.contentHash === contentHash) return versionOf(newest)
        if (newest && newest.createdAt >= readAt) return 'overtaken'
        const serial = (newest?.serial ?? 0) + 1
        await tx.$executeRaw`
          INSERT INTO list_version (list, serial, content_hash, snapshot_id, created_at, admitted)
          VALUES (${list}, ${serial}, ${contentHash}, ${snapshotId}, clock_timestamp(),
            decode(${bytes.toString('base64')}, 'base64'))`
        const before = newest && (await admittedBy(tx, list, newest.serial))
        const event = before && tell({ before, after, serial })
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

/** Without what it admits, which most questions are not about. */
const WITHOUT_BYTES = { omit: { admitted: true } } as const satisfies Prisma.ListVersionDefaultArgs

type Version = Prisma.ListVersionGetPayload<typeof WITHOUT_BYTES>

function newestVersion(queries: Queries, list: string): Promise<Version | null> {
  return queries.listVersion.findFirst({
    where: { list },
    orderBy: { serial: 'desc' },
    ...WITHOUT_BYTES,
  })
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

/** Between the names and the networks. */
const EMPTY_LINE = '\n\n'

/** Quality 5 takes a millisecond or two for 5,000 networks. */
function packed({ names, coverage }: Admitted): Buffer {
  const text = names.join('\n') + EMPTY_LINE + coverage.texts().join('\n')
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
}

function unpacked(bytes: Uint8Array): Admitted {
  const text = brotliDecompressSync(bytes).toString()
  const end = text.indexOf(EMPTY_LINE)
  const coverage = RangeSet.parse(linesOf(text.slice(end + EMPTY_LINE.length)))
  if (!coverage.ok) throw new Error(`the database holds a bad list: ${coverage.reason}`)
  return { names: linesOf(text.slice(0, end)), coverage: coverage.value }
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}
