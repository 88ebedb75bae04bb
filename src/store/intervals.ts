/**
 * Memberships and tag facts as intervals over positions, so that the database grows with churn and
 * not with weeks. Writing a snapshot at a position changes what is said from there to the next
 * known position, whether it is the newest or a back-filled one:
 *
 *     positions      1───────3───────7        1───────3───5───7
 *     before         ├ has ──────────→   +5:  ├ has ──────┤   ├ has ─→   (5 lacks the prefix)
 *
 * Rows stay maximal runs, so the same files give the same rows in whatever order they arrive.
 */
import type { Cloud } from '../core/cloud.ts'
import { diffSnapshots, type TagChange } from '../core/diff.ts'
import { OPEN, type Position } from '../core/file-date.ts'
import type { ServiceTag, Snapshot } from '../core/snapshot.ts'
import type { Queries } from './rows.ts'

export interface Place {
  readonly position: Position
  /** The next known position after it, or `OPEN`. */
  readonly next: Position
}

/** Writes what differs from the predecessor: O(changes), not O(memberships). */
export async function writeIntervals(
  tx: Queries,
  snapshot: Snapshot,
  predecessor: Snapshot | undefined,
  place: Place,
): Promise<void> {
  const { tags } = diffSnapshots(predecessor, snapshot)
  if (tags.length === 0) return
  const ids = await tagIds(
    tx,
    snapshot.cloud,
    tags.map(({ name }) => name),
  )
  await endMemberships(tx, pairs(tags, ids, 'prefixesRemoved'), place)
  await beginMemberships(tx, pairs(tags, ids, 'prefixesAdded'), place)
  await writeFacts(tx, snapshot, tags, ids, place)
}

/** Two columns of equal length, each as one text parameter: the quickest way in on both engines. */
interface Pairs {
  readonly size: number
  readonly tags: string
  readonly prefixes: string
}

function pairs(
  changes: readonly TagChange[],
  ids: ReadonlyMap<string, number>,
  side: 'prefixesAdded' | 'prefixesRemoved',
): Pairs {
  const tags: number[] = []
  const prefixes: string[] = []
  for (const change of changes) {
    for (const { text } of change[side]) {
      tags.push(ids.get(change.name) ?? 0)
      prefixes.push(text)
    }
  }
  return { size: tags.length, tags: tags.join(' '), prefixes: prefixes.join(' ') }
}

async function endMemberships(tx: Queries, gone: Pairs, { position, next }: Place): Promise<void> {
  if (gone.size === 0) return
  if (next !== OPEN) {
    await tx.$executeRaw`
      INSERT INTO membership_interval (tag_id, prefix_id, from_position, until_position)
      SELECT m.tag_id, m.prefix_id, ${next}::int4, m.until_position
      FROM unnest(string_to_array(${gone.tags}, ' ')::int4[], string_to_array(${gone.prefixes}, ' '))
        AS gone(tag_id, text)
      JOIN prefix p ON p.text = gone.text
      JOIN membership_interval m ON m.tag_id = gone.tag_id AND m.prefix_id = p.id
      WHERE m.from_position < ${position}::int4 AND m.until_position > ${next}::int4`
  }
  await tx.$executeRaw`
    UPDATE membership_interval m SET until_position = ${position}::int4
    FROM unnest(string_to_array(${gone.tags}, ' ')::int4[], string_to_array(${gone.prefixes}, ' '))
      AS gone(tag_id, text)
    JOIN prefix p ON p.text = gone.text
    WHERE m.tag_id = gone.tag_id AND m.prefix_id = p.id
      AND m.from_position < ${position}::int4 AND m.until_position > ${position}::int4`
}

async function beginMemberships(
  tx: Queries,
  come: Pairs,
  { position, next }: Place,
): Promise<void> {
  if (come.size === 0) return
  await knowPrefixes(tx, come)
  if (next !== OPEN) {
    await tx.$executeRaw`
      UPDATE membership_interval m SET from_position = ${position}::int4
      FROM unnest(string_to_array(${come.tags}, ' ')::int4[], string_to_array(${come.prefixes}, ' '))
        AS come(tag_id, text)
      JOIN prefix p ON p.text = come.text
      WHERE m.tag_id = come.tag_id AND m.prefix_id = p.id AND m.from_position = ${next}::int4`
  }
  // In the order of the primary key, which then grows at its end.
  await tx.$executeRaw`
    INSERT INTO membership_interval (tag_id, prefix_id, from_position, until_position)
    SELECT come.tag_id, p.id, ${position}::int4, ${next}::int4
    FROM unnest(string_to_array(${come.tags}, ' ')::int4[], string_to_array(${come.prefixes}, ' '))
      AS come(tag_id, text)
    JOIN prefix p ON p.text = come.text
    WHERE ${next}::int4 = ${OPEN}::int4 OR NOT EXISTS (SELECT FROM membership_interval m
      WHERE m.prefix_id = p.id AND m.tag_id = come.tag_id AND m.from_position = ${position}::int4)
    ORDER BY p.id, come.tag_id`
  if (come.size >= ANALYZE_FROM) await tx.$executeRaw`ANALYZE membership_interval, prefix, tag`
}

/**
 * Prefixes are of all clouds: two clouds' writers take turns from here to their end. The lock is
 * far cheaper than a unique insert that expects conflicts, of 60,000 rows in a first snapshot.
 */
async function knowPrefixes(tx: Queries, come: Pairs): Promise<void> {
  await tx.$executeRaw`LOCK TABLE prefix IN SHARE ROW EXCLUSIVE MODE`
  await tx.$executeRaw`
    INSERT INTO prefix (text)
    SELECT DISTINCT come.text FROM unnest(string_to_array(${come.prefixes}, ' ')) AS come(text)
    WHERE NOT EXISTS (SELECT FROM prefix p WHERE p.text = come.text)
    ORDER BY come.text`
}

/**
 * So many new rows change what a query should do first, and the embedded engine has no autovacuum
 * that would notice: without statistics a lookup reads the whole table.
 */
const ANALYZE_FROM = 5_000

/** Facts of tags that came, went or changed; the same three steps as for memberships. */
async function writeFacts(
  tx: Queries,
  snapshot: Snapshot,
  changes: readonly TagChange[],
  ids: ReadonlyMap<string, number>,
  { position, next }: Place,
): Promise<void> {
  const changed = changes.filter(({ kind, metadata }) => kind !== 'changed' || metadata.length > 0)
  const ended = changed.filter(({ kind }) => kind !== 'added').map(({ name }) => ids.get(name) ?? 0)
  if (ended.length > 0) {
    await tx.$executeRaw`
      INSERT INTO tag_interval
        (tag_id, from_position, until_position, region, region_id, system_service, network_features)
      SELECT tag_id, ${next}::int4, until_position, region, region_id, system_service, network_features
      FROM tag_interval
      WHERE tag_id = ANY (string_to_array(${ended.join(' ')}, ' ')::int4[])
        AND from_position < ${position}::int4 AND until_position > ${next}::int4`
    await tx.$executeRaw`
      UPDATE tag_interval SET until_position = ${position}::int4
      WHERE tag_id = ANY (string_to_array(${ended.join(' ')}, ' ')::int4[])
        AND from_position < ${position}::int4 AND until_position > ${position}::int4`
  }
  const begun = changed.flatMap(({ name }) => snapshot.tags.get(name) ?? [])
  if (begun.length > 0)
    await beginFacts(tx, JSON.stringify(begun.map(factsOf(ids))), { position, next })
}

async function beginFacts(tx: Queries, facts: string, { position, next }: Place): Promise<void> {
  await tx.$executeRaw`
    UPDATE tag_interval t SET from_position = ${position}::int4
    FROM jsonb_to_recordset(${facts}::jsonb)
      AS f(tag_id int4, region text, region_id int4, system_service text, network_features text[])
    WHERE t.tag_id = f.tag_id AND t.from_position = ${next}::int4
      AND (t.region, t.region_id, t.system_service, t.network_features)
        = (f.region, f.region_id, f.system_service, f.network_features)`
  await tx.$executeRaw`
    INSERT INTO tag_interval
      (tag_id, from_position, until_position, region, region_id, system_service, network_features)
    SELECT tag_id, ${position}::int4, ${next}::int4, region, region_id, system_service, network_features
    FROM jsonb_to_recordset(${facts}::jsonb)
      AS f(tag_id int4, region text, region_id int4, system_service text, network_features text[])
    ON CONFLICT DO NOTHING`
}

function factsOf(ids: ReadonlyMap<string, number>) {
  return ({ name, region, regionId, systemService, networkFeatures }: ServiceTag) => ({
    tag_id: ids.get(name) ?? 0,
    region,
    region_id: regionId,
    system_service: systemService,
    network_features: networkFeatures,
  })
}

async function tagIds(
  tx: Queries,
  cloud: Cloud,
  names: readonly string[],
): Promise<Map<string, number>> {
  const list = names.join(' ')
  await tx.$executeRaw`
    INSERT INTO tag (cloud, name)
    SELECT ${cloud}, wanted.name FROM unnest(string_to_array(${list}, ' ')) AS wanted(name)
    WHERE NOT EXISTS (SELECT FROM tag t WHERE t.cloud = ${cloud} AND t.name = wanted.name)`
  const rows = await tx.$queryRaw<{ id: number; name: string }[]>`
    SELECT id, name FROM tag
    WHERE cloud = ${cloud} AND name = ANY (string_to_array(${list}, ' '))`
  return new Map(rows.map(({ id, name }) => [name, id]))
}
