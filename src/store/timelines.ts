/**
 * A cloud's whole history at once. Prisma takes its time for each value of each row, so that the
 * hundred thousands of memberships come as a few wide values: four 32-bit words each, in base64.
 */
import type { Cloud } from '../core/cloud.ts'
import type { Position } from '../core/file-date.ts'
import { buildTimeline, type SpanColumns } from '../core/timeline-builder.ts'
import type { TimelineTag } from '../core/timeline.ts'
import type { SnapshotRecord, StoredTimeline, TimelineStore } from './contract.ts'
import type { PrismaClient } from './generated/client.ts'
import { inTransaction, snapshotRecord, withDocument, type Queries } from './rows.ts'

export function createTimelineStore(prisma: PrismaClient): TimelineStore {
  return {
    // One snapshot of the database for all statements; the embedded engine has no other session.
    read: (cloud) => inTransaction(prisma, (tx) => readHistory(tx, cloud), 'RepeatableRead'),

    async version(cloud) {
      const rows = await prisma.$queryRaw<{ count: number; newest: number }[]>`
        SELECT count(*)::int4 AS count, coalesce(max(position), 0)::int4 AS newest
        FROM snapshot WHERE cloud = ${cloud}`
      const [{ count, newest } = { count: 0, newest: 0 }] = rows
      return versionText(count, newest)
    },
  }
}

/** A snapshot is never changed or taken away: their number tells of back-fill too. */
function versionText(count: number, newest: number): string {
  return `${count} until ${newest}`
}

async function readHistory(tx: Queries, cloud: Cloud): Promise<StoredTimeline> {
  const records = await readRecords(tx, cloud)
  const tags = await readTags(tx, cloud)
  const memberships = await readMemberships(tx, cloud)
  const prefixes = await readPrefixes(tx, memberships.prefixes)
  const positions = records.map(({ position }) => position)
  return {
    version: versionText(records.length, positions.at(-1) ?? 0),
    records,
    timeline: buildTimeline({
      cloud,
      positions,
      prefixes: prefixes.texts,
      tags: tags.map(({ tag }) => tag),
      spans: {
        ...memberships,
        tags: indexed(
          memberships.tags,
          tags.map(({ id }) => id),
        ),
        prefixes: indexed(memberships.prefixes, prefixes.ids),
      },
    }),
  }
}

async function readRecords(tx: Queries, cloud: Cloud): Promise<SnapshotRecord[]> {
  const orderBy = { position: 'asc' } as const
  const rows = await tx.snapshot.findMany({ where: { cloud }, orderBy, ...withDocument })
  return rows.map(snapshotRecord)
}

interface TagRow {
  readonly id: number
  readonly tag: TimelineTag
}

type FactsText = [
  id: number,
  name: string,
  from: Position,
  until: Position,
  region: string,
  regionId: number,
  systemService: string,
  networkFeatures: string[],
]

async function readTags(tx: Queries, cloud: Cloud): Promise<TagRow[]> {
  const rows = await tx.$queryRaw<{ facts: string | null }[]>`
    SELECT json_agg(json_build_array(t.id, t.name, f.from_position, f.until_position,
      f.region, f.region_id, f.system_service, f.network_features))::text AS facts
    FROM tag t JOIN tag_interval f ON f.tag_id = t.id
    WHERE t.cloud = ${cloud}`
  const facts = JSON.parse(rows[0]?.facts ?? '[]') as FactsText[]
  const tags = new Map<number, { name: string; facts: TimelineTag['facts'][number][] }>()
  for (const [id, name, from, until, region, regionId, systemService, networkFeatures] of facts) {
    const tag = tags.get(id) ?? { name, facts: [] }
    tags.set(id, tag)
    tag.facts.push({ from, until, region, regionId, systemService, networkFeatures })
  }
  return Array.from(tags, ([id, tag]) => ({ id, tag }))
}

/** With the keys of the database for tags and prefixes. */
async function readMemberships(tx: Queries, cloud: Cloud): Promise<SpanColumns> {
  const rows = await tx.$queryRaw<{ words: string }[]>`
    SELECT encode(string_agg(int4send(m.tag_id) || int4send(m.prefix_id) ||
      int4send(m.from_position) || int4send(m.until_position), ''::bytea), 'base64') AS words
    FROM membership_interval m JOIN tag t ON t.id = m.tag_id
    WHERE t.cloud = ${cloud}
    GROUP BY m.prefix_id / 16384`
  const bytes = Buffer.concat(rows.map(({ words }) => Buffer.from(words, 'base64')))
  const column = (place: number): Int32Array => {
    const values = new Int32Array(bytes.length / 16)
    for (let i = 0; i < values.length; i++) values[i] = bytes.readInt32BE(16 * i + 4 * place)
    return values
  }
  return { tags: column(0), prefixes: column(1), from: column(2), until: column(3) }
}

interface PrefixRows {
  readonly ids: readonly number[]
  /** One for each of `ids`. */
  readonly texts: readonly string[]
}

/**
 * The prefixes of some keys. All are read and the others, which are of other clouds, left out: that
 * is ten times as quick as having the database look for each of 56,000 keys.
 */
async function readPrefixes(tx: Queries, keys: Int32Array): Promise<PrefixRows> {
  const rows = await tx.$queryRaw<{ ids: string; texts: string }[]>`
    SELECT string_agg(id::text, ' ') AS ids, string_agg(text, ' ') AS texts
    FROM prefix GROUP BY id / 16384`
  const wanted = new Uint8Array(keys.reduce((largest, key) => Math.max(largest, key), 0) + 1)
  for (const key of keys) wanted[key] = 1
  const [ids, texts]: [number[], string[]] = [[], []]
  for (const row of rows) {
    const names = row.texts.split(' ')
    row.ids.split(' ').forEach((digits, i) => {
      const id = Number(digits)
      if (wanted[id] !== 1) return
      ids.push(id)
      texts.push(names[i] ?? '')
    })
  }
  return { ids, texts }
}

/** Each key as its index among `ids`, which are of a sequence: small enough to be places of an array. */
function indexed(keys: Int32Array, ids: readonly number[]): Int32Array {
  const indexes = new Int32Array(ids.reduce((largest, id) => Math.max(largest, id), 0) + 1).fill(-1)
  ids.forEach((id, i) => (indexes[id] = i))
  return keys.map((key) => {
    const index = indexes[key] ?? -1
    if (index < 0) throw new Error(`a membership names ${key}, which is not there`)
    return index
  })
}
