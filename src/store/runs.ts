/** Runs: every pass of the sync with its outcome. At most one real one per cloud is under way. */
import { randomUUID } from 'node:crypto'
import type { Run, RunOutcomeKind, RunState, RunStore, RunTrigger } from './contract.ts'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { addEvent, type Outbox } from './outbox.ts'
import { cloudOf, inTransaction, isUniqueViolation } from './rows.ts'

const UNDER_WAY: RunState[] = ['queued', 'running']

export function createRunStore(prisma: PrismaClient, outbox: Outbox): RunStore {
  return {
    async request({ cloud, trigger, dryRun, dueAt }) {
      const data = { id: randomUUID(), cloud, trigger, dryRun, ...(dueAt ? { dueAt } : {}) }
      if (dryRun) return { run: runOf(await prisma.run.create({ data })), joined: false }
      for (;;) {
        try {
          return { run: runOf(await prisma.run.create({ data })), joined: false }
        } catch (error) {
          if (!isUniqueViolation(error)) throw error
        }
        const underWay = { dryRun: false, state: { in: UNDER_WAY } }
        const row = await prisma.run.findFirst({
          where: { cloud, OR: [underWay, ...(dueAt ? [{ dueAt }] : [])] },
          orderBy: { requestedAt: 'desc' },
        })
        if (row) return { run: runOf(row), joined: true }
      }
    },

    async start(id) {
      const started = await prisma.$executeRaw`
        UPDATE run SET state = 'running', started_at = now() WHERE id = ${id}::uuid AND state <> 'finished'`
      return started === 1
    },

    async finish(id, outcome, detail, event) {
      await inTransaction(prisma, async (tx) => {
        const finished = await tx.$executeRaw`
          UPDATE run
          SET state = 'finished', outcome = ${outcome}, detail = ${JSON.stringify(detail)}::jsonb,
              finished_at = now()
          WHERE id = ${id}::uuid AND state <> 'finished'`
        if (event && finished === 1) await addEvent(tx, outbox, event)
      })
    },

    async byId(id) {
      const row = await prisma.run.findUnique({ where: { id } })
      return row ? runOf(row) : undefined
    },

    async list({ cloud, limit }) {
      const rows = await prisma.run.findMany({
        ...(cloud ? { where: { cloud } } : {}),
        orderBy: { requestedAt: 'desc' },
        take: limit,
      })
      return rows.map(runOf)
    },

    async requeue() {
      await prisma.$executeRaw`
        UPDATE run
        SET state = 'finished', outcome = 'failed', finished_at = now(),
            detail = '{"reason": "the process that had this dry run ended"}'
        WHERE state <> 'finished' AND dry_run`
      await prisma.$executeRaw`
        UPDATE run SET state = 'queued', started_at = now() WHERE state <> 'finished'`
      const rows = await prisma.run.findMany({ where: { state: 'queued' } })
      return rows.map(runOf)
    },

    abandon: (olderThanSeconds) => prisma.$executeRaw`
      UPDATE run
      SET state = 'finished', outcome = 'failed', finished_at = now(),
          detail = '{"reason": "its end was not recorded in time: the process that had it ended, or lost the database"}'
      WHERE state <> 'finished'
        AND coalesce(started_at, requested_at) <= now() - ${olderThanSeconds} * interval '1 second'`,
  }
}

/** The columns' CHECK constraints hold the three closed sets. */
function runOf(row: Prisma.RunGetPayload<object>): Run {
  return {
    id: row.id,
    cloud: cloudOf(row.cloud),
    trigger: row.trigger as RunTrigger,
    dryRun: row.dryRun,
    state: row.state as RunState,
    outcome: (row.outcome ?? undefined) as RunOutcomeKind | undefined,
    detail: (row.detail ?? undefined) as Run['detail'],
    requestedAt: row.requestedAt,
    startedAt: row.startedAt ?? undefined,
    finishedAt: row.finishedAt ?? undefined,
  }
}
