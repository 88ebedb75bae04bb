/** Who held an address, and when: from the intervals, without loading any snapshot. */
import type { Position } from '../core/file-date.ts'
import type { LookupStore } from './contract.ts'
import type { PrismaClient } from './generated/client.ts'
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
    async spansOf(prefixes, at) {
      const texts = prefixes.map(({ text }) => text).join(' ')
      const clouds = [...at.keys()].join(' ')
      const positions = [...at.values()].join(' ')
      const rows = await prisma.$queryRaw<SpanRow[]>`
        WITH asked AS (
          SELECT * FROM unnest(
            string_to_array(${clouds}, ' '),
            string_to_array(${positions}, ' ')::int[]
          ) AS asked (cloud, position)
        )
        SELECT t.cloud, t.name AS tag, p.text AS prefix, m.from_position, m.until_position,
               coalesce(f.region, '') AS region, coalesce(f.system_service, '') AS system_service
        FROM prefix p
        JOIN membership_interval m ON m.prefix_id = p.id
        JOIN tag t ON t.id = m.tag_id
        JOIN asked ON asked.cloud = t.cloud
        LEFT JOIN tag_interval f ON f.tag_id = t.id
          AND f.from_position <= asked.position AND asked.position < f.until_position
          AND m.from_position <= asked.position AND asked.position < m.until_position
        WHERE p.text = ANY (string_to_array(${texts}, ' '))
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
