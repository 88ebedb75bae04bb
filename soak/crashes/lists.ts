/** What devices see of the lists: the same from both replicas, and what is published. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parsePrefix, type Prefix } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import type { Rows } from '../kills/database-rules.ts'
import type { OfferedWeek } from '../kills/weeks.ts'
import { mustAsk } from './client.ts'

/** A stored list without grace: it admits what the published week has, and nothing besides. */
export const EXACT_LIST = 'exact'

const EXACT_TAG = 'AzureCloud'

const LISTS = ['app-proxy', 'app-proxy-any', 'app-proxy-ip', EXACT_LIST]
const FORMATS = ['text', 'squid', 'json', 'nftables', 'csv']

const PATHS = LISTS.flatMap((list) => FORMATS.map((format) => `/v1/allowlists/${list}/${format}`))

const PROBE = `/v1/allowlists/${EXACT_LIST}/text`

const TIMEOUT_MS = 10_000

export async function putExactList(url: string): Promise<void> {
  const definition = { tags: [EXACT_TAG], removalGraceDays: 0 }
  await mustAsk(url, 'PUT', `/v1/allowlists/${EXACT_LIST}`, definition, z.unknown())
}

/** One list in one format, as one replica answers. */
interface Sight {
  readonly status: number
  readonly etag: string | null
  readonly lastModified: string | null
  readonly snapshot: string | null
  readonly body: string
}

async function look(url: string, path: string, method = 'GET'): Promise<Sight> {
  const response = await fetch(url + path, {
    method,
    headers: { 'accept-encoding': 'identity' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const { status, headers } = response
  const body = await response.text()
  return {
    status,
    etag: headers.get('etag'),
    lastModified: headers.get('last-modified'),
    snapshot: headers.get('rangewarden-snapshot'),
    // A format that cannot carry a list says so, with an id of the request.
    body: status === 200 ? body : '',
  }
}

/** True if the replica serves lists of this snapshot; false also if it does not answer. */
export async function servesSnapshot(url: string, snapshotId: string | null): Promise<boolean> {
  const sight = await look(url, PROBE, 'HEAD').catch(() => undefined)
  return sight?.snapshot === snapshotId
}

/** What keeps two replicas from serving the same lists of the snapshot; none if they do. */
export async function disagreements(
  [a, b]: readonly [string, string],
  snapshotId: string,
): Promise<string[]> {
  const found: string[] = []
  for (const path of PATHS) {
    const [one, other] = await Promise.all([look(a, path), look(b, path)])
    for (const key of ['status', 'etag', 'lastModified', 'snapshot', 'body'] as const) {
      if (one[key] === other[key]) continue
      found.push(`${path}: ${key} ${shown(one[key])}, ${shown(other[key])}`)
    }
    if (one.status === 200 && one.snapshot !== snapshotId) {
      found.push(`${path} is of ${String(one.snapshot)}, not of ${snapshotId}`)
    }
  }
  return found
}

/** Bytes and dates that devices have seen, by path. */
export type Remembered = Map<
  string,
  { readonly body: string; readonly lastModified: string | null }
>

/**
 * Of a replica, while nothing changes: every list is what the database says of it, a date went on
 * wherever bytes changed, and the list without grace admits what the published week has.
 */
export async function brokenLists(
  rows: Rows,
  url: string,
  week: OfferedWeek,
  remembered: Remembered,
): Promise<string[]> {
  const found: string[] = []
  const known = new Map(
    (await rows('SELECT list, format, digest, changed_at FROM list_bytes')).map(
      ({ list, format, digest, changed_at: at }) => [
        `/v1/allowlists/${String(list)}/${String(format)}`,
        { digest, lastModified: new Date(String(at)).toUTCString() },
      ],
    ),
  )
  for (const path of PATHS) {
    const { status, etag, lastModified, body } = await look(url, path)
    if (status !== 200) continue
    const digest = createHash('sha256').update(body).digest('hex')
    const record = known.get(path)
    if (record?.digest !== digest) found.push(`${path}: the database has other bytes on record`)
    if (record?.lastModified !== lastModified) {
      found.push(`${path}: ${shown(lastModified)}, on record ${shown(record?.lastModified)}`)
    }
    if (etag !== `"${digest.slice(0, 32)}"`) found.push(`${path}: ${shown(etag)} of ${digest}`)
    const before = remembered.get(path)
    if (before && !isLater(before, { body, lastModified })) {
      found.push(`${path}: other bytes than before, and ${shown(lastModified)} is no later date`)
    }
    remembered.set(path, { body, lastModified })
  }
  const admitted = addressesIn((await look(url, PROBE)).body)
  const wanted = RangeSet.of(prefixes(week.tags.get(EXACT_TAG)?.properties.addressPrefixes ?? []))
  if (!admitted.subtract(wanted).isEmpty || !wanted.subtract(admitted).isEmpty) {
    found.push(`${PROBE} admits other addresses than the week of ${week.fileDate} has`)
  }
  return found
}

interface Dated {
  readonly body: string
  readonly lastModified: string | null
}

function isLater(before: Dated, after: Dated): boolean {
  const [then, now] = [before, after].map(({ lastModified }) => Date.parse(lastModified ?? ''))
  if (then === undefined || now === undefined) return false
  return before.body === after.body ? now >= then : now > then
}

/** Of a list in format `text`. */
function addressesIn(text: string): RangeSet {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return RangeSet.of(prefixes(lines))
}

function prefixes(texts: readonly string[]): Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text)
    if (!parsed.ok) throw new Error(`"${text}" is no network: ${parsed.reason}`)
    return parsed.value
  })
}

function shown(value: string | number | null | undefined): string {
  return String(value).slice(0, 80)
}
