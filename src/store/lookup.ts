/** Who held an address, and when: from the intervals, without loading any snapshot. */
import { type Position } from '../core/file-date.ts'
import { type LookupStore } from './contract.ts'
import { type PrismaClient } from './generated/client.ts'
import { cloudOf } from './rows.ts'

interface SpanRow {
  cloud: string
  tag: string
  region: string
  system_service: string
  prefix: string
  from_position: number
  until_position: number
}

export function createLookupStore(prisma: PrismaClient): LookupStore {
  return {
    async spansOf(prefixes, clouds) {
      const texts = prefixes.map(({ text }) => text).join(' ')
      const rows = await prisma.$queryRaw<SpanRow[]>`
        SELECT t.cloud, t.name AS tag, f.region, f.system_service, p.text AS prefix,
               m.from_position, m.until_position
        FROM prefix p
        JOIN membership_interval m ON m.prefix_id = p.id
        JOIN tag t ON t.id = m.tag_id
        JOIN LATERAL (
          SELECT region, system_service FROM tag_interval
          WHERE tag_id = t.id AND from_position < m.until_position
          ORDER BY from_position DESC LIMIT 1
        ) f ON true
        WHERE p.text = ANY (string_to_array(${texts}, ' '))
          AND t.cloud = ANY (string_to_array(${clouds.join(' ')}, ' '))
        ORDER BY t.cloud, t.name, m.from_position, p.text`
      return rows.map((row) => ({
        cloud: cloudOf(row.cloud),
        tag: row.tag,
        region: row.region,
        systemService: row.system_service,
        prefix: row.prefix,
        from: row.from_position as Position,
        until: row.until_position as Position,
      }))
    },
  }
}
