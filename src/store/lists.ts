/** What must outlive a restart about a list: its serial, and when its bytes last changed. */
import type { ListStore } from './contract.ts'
import type { PrismaClient } from './generated/client.ts'
import { inTransaction, type Queries } from './rows.ts'

export function createListStore(prisma: PrismaClient): ListStore {
  return {
    async version(list, contentHash, snapshotId) {
      const same = await sameVersion(prisma, list, contentHash)
      if (same) return same
      return inTransaction(prisma, async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${list}))`
        const meanwhile = await sameVersion(tx, list, contentHash)
        if (meanwhile) return meanwhile
        const { _max } = await tx.listVersion.aggregate({ where: { list }, _max: { serial: true } })
        const serial = (_max.serial ?? 0) + 1
        await tx.listVersion.create({ data: { list, serial, contentHash, snapshotId } })
        return { serial, snapshotId }
      })
    },

    async changedAt(list, digests) {
      const rows = await prisma.$queryRaw<{ format: string; changed_at: Date }[]>`
        INSERT INTO list_bytes AS known (list, format, digest, changed_at)
        SELECT ${list}, format, digest, date_trunc('second', now())
        FROM unnest(${[...digests.keys()]}::text[], ${[...digests.values()]}::text[])
          AS made (format, digest)
        -- Two processes that do the same take the rows in one order, and none waits for ever.
        ORDER BY format
        ON CONFLICT (list, format) DO UPDATE
        SET digest = EXCLUDED.digest,
            changed_at = CASE WHEN known.digest = EXCLUDED.digest THEN known.changed_at
              ELSE greatest(EXCLUDED.changed_at, known.changed_at + interval '1 second') END
        RETURNING format, changed_at`
      return new Map(rows.map(({ format, changed_at: changedAt }) => [format, changedAt]))
    },
  }
}

async function sameVersion(queries: Queries, list: string, contentHash: string) {
  const newest = await queries.listVersion.findFirst({
    where: { list },
    orderBy: { serial: 'desc' },
  })
  return newest?.contentHash === contentHash
    ? { serial: newest.serial, snapshotId: newest.snapshotId }
    : undefined
}
