/** Stored allowlist definitions; what they mean is decided in src/lists. */
import type { AllowlistStore } from './list-contract.ts'
import type { PrismaClient } from './generated/client.ts'

export function createAllowlistStore(prisma: PrismaClient): AllowlistStore {
  return {
    async list() {
      const rows = await prisma.allowlist.findMany({ orderBy: { name: 'asc' } })
      return rows.map(({ name, definition, updatedAt }) => ({ name, definition, updatedAt }))
    },

    async put(name, definition) {
      const rows = await prisma.$queryRaw<{ created: boolean }[]>`
        INSERT INTO allowlist (name, definition) VALUES (${name}, ${JSON.stringify(definition)}::jsonb)
        ON CONFLICT (name) DO UPDATE SET definition = EXCLUDED.definition, updated_at = now()
        RETURNING created_at = updated_at AS created`
      return rows[0]?.created ?? false
    },

    async delete(name) {
      const { count } = await prisma.allowlist.deleteMany({ where: { name } })
      return count > 0
    },
  }
}
