/**
 * What has to hold of a database at any moment, whatever was killed when: asked in SQL and compared
 * with the documents that were offered, with none of the service's own queries.
 */
import { createHash } from 'node:crypto'
import { brotliDecompressSync } from 'node:zlib'
import { digestsOf, type OfferedWeek } from './weeks.ts'

/** One query, its rows as objects. All of one inspection see the same state. */
export type Rows = (sql: string) => Promise<Record<string, unknown>[]>

export interface Inspection {
  /** What is broken, in words. */
  readonly broken: readonly string[]
  /** Newest file date in history, if there is one. */
  readonly newest: string | undefined
  /** Of the newest run. */
  readonly runState: string | undefined
}

/** Before anything was made. */
export const NOTHING_THERE: Inspection = { broken: [], newest: undefined, runState: undefined }

/** `offered` by file date; looks into the newest `depth` snapshots and at everything that is one row. */
export async function inspect(
  rows: Rows,
  offered: ReadonlyMap<string, OfferedWeek>,
  depth: number,
): Promise<Inspection> {
  const broken: string[] = []
  const [tables] = await rows(`SELECT to_regclass('list_bytes') IS NOT NULL AS "all"`)
  if (tables?.['all'] !== true) return NOTHING_THERE
  const snapshots = await rows(`
    SELECT s.id, s.position, s.file_date::text AS day, s.tags, s.memberships, d.sha256, d.size
    FROM snapshot s JOIN document d ON d.id = s.document_id ORDER BY s.position DESC`)
  for (const snapshot of snapshots.slice(0, depth)) {
    const week = offered.get(String(snapshot['day']))
    if (!week) broken.push(`${String(snapshot['id'])} was never offered`)
    else broken.push(...(await brokenSnapshot(rows, snapshot, week)))
  }
  for (const [rule, sql] of RULES) {
    for (const row of await rows(sql)) broken.push(`${rule}: ${JSON.stringify(row)}`)
  }
  const [run] = await rows('SELECT state FROM run ORDER BY requested_at DESC LIMIT 1')
  return {
    broken,
    newest: snapshots[0] && String(snapshots[0]['day']),
    runState: run && String(run['state']),
  }
}

/** Each selects what is wrong. */
const RULES: readonly (readonly [string, string])[] = [
  [
    'a serial is the count of publications, and a publication is of a snapshot',
    `SELECT c.name, c.serial, count(p.serial)::int4 AS publications, max(p.serial) AS newest
     FROM cloud c LEFT JOIN publication p ON p.cloud = c.name
       AND EXISTS (SELECT FROM snapshot s WHERE s.id = p.snapshot_id AND s.cloud = p.cloud)
     GROUP BY c.name, c.serial
     HAVING count(p.serial) <> c.serial OR coalesce(max(p.serial), 0) <> c.serial`,
  ],
  [
    'a snapshot of a sync is published',
    `SELECT s.id FROM snapshot s
     WHERE NOT EXISTS (SELECT FROM publication p WHERE p.snapshot_id = s.id)`,
  ],
  [
    'a document is one of a snapshot, a sighting or a hold',
    `SELECT d.id FROM document d
     WHERE NOT EXISTS (SELECT FROM snapshot s WHERE s.document_id = d.id)
       AND NOT EXISTS (SELECT FROM sighting s WHERE s.document_id = d.id)
       AND NOT EXISTS (SELECT FROM hold h WHERE h.document_id = d.id)`,
  ],
  [
    'a membership begins and ends at snapshots',
    `SELECT DISTINCT m.from_position, m.until_position FROM membership_interval m
     WHERE m.from_position >= m.until_position
       OR m.from_position NOT IN (SELECT position FROM snapshot)
       OR m.until_position NOT IN (SELECT position FROM snapshot UNION SELECT 2147483647)`,
  ],
  [
    'a tag begins and ends at snapshots',
    `SELECT DISTINCT t.from_position, t.until_position FROM tag_interval t
     WHERE t.from_position >= t.until_position
       OR t.from_position NOT IN (SELECT position FROM snapshot)
       OR t.until_position NOT IN (SELECT position FROM snapshot UNION SELECT 2147483647)`,
  ],
  [
    'a membership is of a tag and a prefix',
    `SELECT m.tag_id, m.prefix_id FROM membership_interval m
     WHERE NOT EXISTS (SELECT FROM tag t WHERE t.id = m.tag_id)
       OR NOT EXISTS (SELECT FROM prefix p WHERE p.id = m.prefix_id)`,
  ],
  [
    'one run of a cloud is under way at most',
    `SELECT cloud, count(*)::int4 AS runs FROM run WHERE state <> 'finished' AND NOT dry_run
     GROUP BY cloud HAVING count(*) > 1`,
  ],
]

async function brokenSnapshot(
  rows: Rows,
  { id, position, sha256, size, tags, memberships }: Record<string, unknown>,
  week: OfferedWeek,
): Promise<string[]> {
  const expected = digestsOf(week)
  const count = [...week.tags.values()].reduce(
    (n, tag) => n + tag.properties.addressPrefixes.length,
    0,
  )
  const [document] = await rows(
    `SELECT encode(body, 'base64') AS body FROM document WHERE sha256 = '${String(sha256)}'`,
  )
  const text = brotliDecompressSync(Buffer.from(String(document?.['body']), 'base64'))
  const at = `from_position <= ${Number(position)} AND until_position > ${Number(position)}`
  const [facts] = await rows(`
    SELECT count(*)::int4 AS n, md5(string_agg(concat_ws('|', t.name, i.region, i.region_id, i.system_service,
      array_to_string(ARRAY(SELECT f FROM unnest(i.network_features) f ORDER BY f COLLATE "C"), ',')),
      E'\\n' ORDER BY t.name COLLATE "C")) AS digest
    FROM tag_interval i JOIN tag t ON t.id = i.tag_id WHERE t.cloud = 'Public' AND ${at}`)
  const [members] = await rows(`
    SELECT count(*)::int4 AS n,
      md5(string_agg(t.name || ' ' || p.text, E'\\n' ORDER BY t.name COLLATE "C", p.text COLLATE "C")) AS digest
    FROM membership_interval m JOIN tag t ON t.id = m.tag_id JOIN prefix p ON p.id = m.prefix_id
    WHERE t.cloud = 'Public' AND ${at}`)
  const differences: readonly (readonly [string, unknown, unknown])[] = [
    ['bytes', sha256Of(text), sha256],
    ['bytes offered', sha256Of(Buffer.from(week.text)), sha256],
    ['size', text.length, size],
    ['tags', week.tags.size, tags],
    ['tags in force', week.tags.size, facts?.['n']],
    ['facts of tags', expected.tags, facts?.['digest']],
    ['memberships', count, memberships],
    ['memberships in force', count, members?.['n']],
    ['what the memberships are', expected.memberships, members?.['digest']],
  ]
  return differences.flatMap(([what, right, found]) =>
    right === found ? [] : `${String(id)}: ${what}: ${String(found)}, not ${String(right)}`,
  )
}

function sha256Of(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
