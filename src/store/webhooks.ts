/** Webhooks: who is told, of what, and with which secret. */
import { randomBytes } from 'node:crypto'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { addEvent, transactionDb, type Outbox } from './outbox.ts'
import { cloudOf, inTransaction } from './rows.ts'
import type { Webhook, WebhookSettings, WebhookStore } from './telling-contract.ts'

const withWaiting = {
  include: { _count: { select: { deliveries: { where: { state: 'waiting' } } } } },
} satisfies Prisma.WebhookDefaultArgs

export function createWebhookStore(prisma: PrismaClient, outbox: Outbox): WebhookStore {
  async function byId(id: string): Promise<Webhook | undefined> {
    const row = await prisma.webhook.findUnique({ where: { id }, ...withWaiting })
    return row ? webhookOf(row) : undefined
  }

  return {
    byId,

    async create(settings, secret) {
      const id = `wh_${randomBytes(12).toString('hex')}`
      const data = { id, secret, ...columnsOf(settings) }
      return webhookOf(await prisma.webhook.create({ data, ...withWaiting }))
    },

    async list() {
      const rows = await prisma.webhook.findMany({
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        ...withWaiting,
      })
      return rows.map(webhookOf)
    },

    async subscribers() {
      const rows = await prisma.webhook.findMany({
        where: { enabled: true },
        select: {
          id: true,
          createdAt: true,
          events: true,
          clouds: true,
          allowlists: true,
          tags: true,
          minAddresses: true,
        },
      })
      return rows.map(({ clouds, ...same }) => ({ ...same, clouds: clouds.map(cloudOf) }))
    },

    async update(id, { enabled, reason, ...settings }) {
      const found = await inTransaction(prisma, async (tx) => {
        const found = await tx.$executeRaw`
          UPDATE webhook SET updated_at = clock_timestamp() WHERE id = ${id}`
        if (found === 0) return false
        await tx.webhook.updateMany({ where: { id }, data: columnsOf(settings) })
        if (enabled === false) {
          await tx.$executeRaw`
            UPDATE webhook SET enabled = false, disabled_at = now(),
              disabled_reason = ${reason ?? 'by a person'}
            WHERE id = ${id} AND enabled`
        }
        if (enabled === true) {
          await tx.$executeRaw`
            UPDATE webhook SET enabled = true, disabled_reason = NULL, disabled_at = NULL
            WHERE id = ${id}`
          await tx.$executeRaw`
            UPDATE delivery SET failures = 0, next_attempt_at = now()
            WHERE webhook_id = ${id} AND state = 'waiting'`
          await outbox.enqueue?.deliver(transactionDb(tx), [id])
        }
        return true
      })
      return found ? byId(id) : undefined
    },

    disable: (id, reason) =>
      inTransaction(prisma, async (tx) => {
        const rows = await tx.$queryRaw<{ url: string; waiting: number }[]>`
          UPDATE webhook SET enabled = false, disabled_at = now(), disabled_reason = ${reason}
          WHERE id = ${id} AND enabled
          RETURNING url, (SELECT count(*)::int FROM delivery
            WHERE webhook_id = webhook.id AND state = 'waiting') AS waiting`
        const [row] = rows
        if (!row) return false
        const facts = { webhook: id, url: row.url, reason, waiting: row.waiting }
        await addEvent(tx, outbox, { type: 'webhook.disabled', facts })
        return true
      }),

    async rotate(id, secret, formerSeconds) {
      const rotated = await prisma.$executeRaw`
        UPDATE webhook SET former_secret = secret, secret = ${secret}, updated_at = now(),
          former_until = now() + ${formerSeconds} * interval '1 second'
        WHERE id = ${id}`
      return rotated === 1 ? byId(id) : undefined
    },

    async delete(id) {
      const { count } = await prisma.webhook.deleteMany({ where: { id } })
      return count > 0
    },
  }
}

function columnsOf<T extends Partial<WebhookSettings>>({
  events,
  clouds,
  allowlists,
  tags,
  ...others
}: T) {
  return {
    ...others,
    ...(events ? { events: [...events] } : {}),
    ...(clouds ? { clouds: [...clouds] } : {}),
    ...(allowlists ? { allowlists: [...allowlists] } : {}),
    ...(tags ? { tags: [...tags] } : {}),
  }
}

function webhookOf(row: Prisma.WebhookGetPayload<typeof withWaiting>): Webhook {
  const { formerSecret, formerUntil, secret, disabledReason, disabledAt, _count, ...same } = row
  const former = formerSecret !== null && formerUntil !== null && formerUntil > new Date()
  return {
    ...same,
    clouds: row.clouds.map(cloudOf),
    secrets: former ? [secret, formerSecret] : [secret],
    disabledReason: disabledReason ?? undefined,
    disabledAt: disabledAt ?? undefined,
    waiting: _count.deliveries,
  }
}
