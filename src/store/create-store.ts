/** The aggregates of the store on one Prisma client. */
import { createAllowlistStore } from './allowlists.ts'
import type { Store } from './contract.ts'
import { createDeliveryStore } from './deliveries.ts'
import { createDeviceStore } from './devices.ts'
import { createEventStore } from './events.ts'
import type { PrismaClient } from './generated/client.ts'
import { createHistoryStore } from './history.ts'
import { createHoldStore } from './holds.ts'
import { createListStore } from './lists.ts'
import type { Outbox } from './outbox.ts'
import { createPublicationStore } from './publications.ts'
import { createRunStore } from './runs.ts'
import { createSnapshotLoader } from './snapshot-loader.ts'
import { createSourceStore } from './source-conditions.ts'
import { createTimelineStore } from './timelines.ts'
import { createWebhookStore } from './webhooks.ts'

/** @param outbox puts jobs in this process's queue, once it has one */
export function createStore(prisma: PrismaClient, outbox: Outbox = { enqueue: undefined }): Store {
  const loader = createSnapshotLoader()
  return {
    history: createHistoryStore(prisma, loader),
    timelines: createTimelineStore(prisma),
    publications: createPublicationStore(prisma, loader, outbox),
    runs: createRunStore(prisma, outbox),
    holds: createHoldStore(prisma, outbox),
    allowlists: createAllowlistStore(prisma),
    lists: createListStore(prisma, outbox),
    events: createEventStore(prisma, outbox),
    webhooks: createWebhookStore(prisma, outbox),
    deliveries: createDeliveryStore(prisma, outbox),
    devices: createDeviceStore(prisma, outbox),
    sources: createSourceStore(prisma, outbox),
  }
}
