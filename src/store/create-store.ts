/** The aggregates of the store on one Prisma client. */
import { createAllowlistStore } from './allowlists.ts'
import type { Store } from './contract.ts'
import type { PrismaClient } from './generated/client.ts'
import { createHistoryStore } from './history.ts'
import { createHoldStore } from './holds.ts'
import { createListStore } from './lists.ts'
import { createPublicationStore } from './publications.ts'
import { createRunStore } from './runs.ts'
import { createSnapshotLoader } from './snapshot-loader.ts'
import { createTimelineStore } from './timelines.ts'

export function createStore(prisma: PrismaClient): Store {
  const loader = createSnapshotLoader()
  return {
    history: createHistoryStore(prisma, loader),
    timelines: createTimelineStore(prisma),
    publications: createPublicationStore(prisma, loader),
    runs: createRunStore(prisma),
    holds: createHoldStore(prisma),
    allowlists: createAllowlistStore(prisma),
    lists: createListStore(prisma),
  }
}
