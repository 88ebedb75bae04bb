/** What is told of a cloud's source: compared and kept in one transaction, so that one replica tells. */
import type { SourceCondition, SourceStore } from './contract.ts'
import type { PrismaClient } from './generated/client.ts'
import { addEvent, type Outbox } from './outbox.ts'
import { inTransaction, lockCloud } from './rows.ts'

export function createSourceStore(prisma: PrismaClient, outbox: Outbox): SourceStore {
  return {
    async tell(cloud, condition, event) {
      // Asked every few seconds, and hardly ever news: without a lock first.
      const known = await prisma.cloud.findUnique({ where: { name: cloud } })
      if ((known?.toldSource ?? 'fine') === condition) return false
      return inTransaction(prisma, async (tx) => {
        await lockCloud(tx, cloud)
        const { toldSource } = await tx.cloud.findUniqueOrThrow({ where: { name: cloud } })
        if (toldSource === condition) return false
        await tx.cloud.update({ where: { name: cloud }, data: { toldSource: condition } })
        // The column's CHECK holds the closed set.
        return addEvent(tx, outbox, event(toldSource as SourceCondition))
      })
    },
  }
}
