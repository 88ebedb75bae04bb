/** Checks of devices: the last one of each, and what drift was told of. */
import type { Prisma, PrismaClient } from './generated/client.ts'
import { addEvent, jsonOf, type Outbox } from './outbox.ts'
import { inTransaction } from './rows.ts'
import type { DeviceCheck, DeviceStore, DriftCounts } from './telling-contract.ts'

type Drift = Pick<DeviceCheck, 'missing' | 'extra' | 'stale'>

export function createDeviceStore(prisma: PrismaClient, outbox: Outbox): DeviceStore {
  return {
    checked: ({ allowlist, device, inStep, missing, extra, stale }, digest, event) =>
      inTransaction(prisma, async (tx) => {
        const key = `${allowlist} ${device}`
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${key}))`
        const where = { allowlist_device: { allowlist, device } }
        const before = await tx.deviceCheck.findUnique({ where })
        const drift = jsonOf({ missing, extra, stale } satisfies Drift)
        await tx.deviceCheck.upsert({
          where,
          create: { allowlist, device, inStep, digest, drift },
          update: { inStep, digest, drift },
        })
        await tx.$executeRaw`
          UPDATE device_check SET checked_at = clock_timestamp()
          WHERE allowlist = ${allowlist} AND device = ${device}`
        const isKnown = before?.digest === digest && !before.inStep
        if (!inStep && !isKnown) await addEvent(tx, outbox, event)
      }),

    async list() {
      const rows = await prisma.deviceCheck.findMany({
        orderBy: [{ allowlist: 'asc' }, { device: 'asc' }],
      })
      return rows.map(checkOf)
    },
  }
}

function checkOf(row: Prisma.DeviceCheckGetPayload<object>): DeviceCheck {
  const { allowlist, device, checkedAt, inStep } = row
  return { allowlist, device, checkedAt, inStep, ...driftOf(row.drift) }
}

function driftOf(drift: Prisma.JsonValue): Drift {
  const kept = drift as unknown as Partial<Drift> | null
  const none: DriftCounts = { ipv4: '0', ipv6: '0', names: 0 }
  return {
    missing: kept?.missing ?? none,
    extra: kept?.extra ?? none,
    stale: kept?.stale ?? none,
  }
}
