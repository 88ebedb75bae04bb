/** What a stored list costs: in the database, whenever a week is published, and as bytes in memory. */
import { readDocument } from '../../src/documents/read-document.ts'
import { sizeOf } from '../../src/lists/list-cache.ts'
import type { Encoding, Representation } from '../../src/lists/prepared-list.ts'
import { median } from '../measure.ts'
import type { Costs } from './costs.ts'
import type { Fleet, Worked } from './fleet.ts'
import { publishOne, type HistoryCosts } from './history.ts'
import type { IdleSecond } from './idle.ts'
import { sampleLists, storeLists, type SampleList } from './lists.ts'
import { untilServed } from './service.ts'
import type { OfferedWeek } from './weeks.ts'

/** Enough to be seen beside what a week costs anyway. */
const LISTS = 60

export type StoredCosts = Pick<Costs, 'listPrefixes' | 'listBytes' | 'listVersionBytes'>

export interface Stored {
  readonly lists: readonly SampleList[]
  readonly costs: StoredCosts
}

/** Stores the lists and asks every replica for each of them, once. */
export async function storeSample(
  fleet: Fleet,
  { bytes }: OfferedWeek,
  count = LISTS,
): Promise<Stored> {
  const { database } = fleet
  const parsed = readDocument(bytes)
  if (!parsed.ok) throw new Error('a week that cannot be read')
  const lists = sampleLists(parsed.snapshot, count)
  const size = async () => {
    await database.vacuum()
    return {
      list: await database.sizeOf(['allowlist', 'list_bytes']),
      version: await database.sizeOf(['list_version']),
    }
  }
  const before = await size()
  await storeLists(database, lists)
  for (const { url } of [fleet.worker, fleet.api()]) {
    for (const { name } of lists) await untilServed(url, name)
  }
  await fleet.quiet()
  const after = await size()
  return {
    lists,
    costs: {
      listPrefixes: lists.reduce((sum, { entries }) => sum + entries, 0) / count,
      listBytes: (after.list - before.list) / count,
      listVersionBytes: (after.version - before.version) / count,
    },
  }
}

export type PublishedCosts = Pick<
  Costs,
  'listMs' | 'listWorkerMs' | 'listServerMs' | 'listChangedShare'
>

/** Publishes weeks while the lists are there: what they cost more than without. */
export async function publishWithLists(
  fleet: Fleet,
  weeks: readonly OfferedWeek[],
  idle: IdleSecond,
  without: HistoryCosts,
): Promise<PublishedCosts> {
  const versions = () =>
    fleet.database.number(`SELECT count(*) FROM list_version WHERE list LIKE 'site-%'`)
  const before = await versions()
  const worked: Worked[] = []
  for (const week of weeks) {
    const used = await publishOne(fleet, week, idle)
    if (used) worked.push(used)
  }
  const each = (figure: (of: Worked) => number, plain: number): number =>
    Math.max(0, (median(worked.map(figure)) - plain) / LISTS)
  return {
    listMs: each(({ api }) => api, without.refreshMs),
    listWorkerMs: each(({ worker }) => worker, without.runMs),
    // Both replicas asked it the same.
    listServerMs: each(({ server }) => server, without.serverMs) / 2,
    listChangedShare: ((await versions()) - before) / LISTS / weeks.length,
  }
}

const ENCODINGS: readonly Encoding[] = ['identity', 'gzip', 'br']

/** As the cache counts it, of one format. */
export async function cachedBytes(url: string, lists: readonly SampleList[]): Promise<number> {
  let sum = 0
  for (const { name } of lists) {
    const representations = new Map<Encoding, Representation>()
    for (const encoding of ENCODINGS) {
      const answer = await fetch(`${url}/l/${name}/text.txt`, {
        method: 'HEAD',
        headers: { 'accept-encoding': encoding },
      })
      const body = Buffer.alloc(Number(answer.headers.get('content-length')))
      representations.set(encoding, { encoding, body, etag: '' })
    }
    const [identity, gzip, br] = ENCODINGS.map((encoding) => representations.get(encoding))
    if (!identity || !gzip || !br) throw new Error(`${name} lacks an encoding`)
    sum += sizeOf({ digest: '', representations: { identity, gzip, br } })
  }
  return sum / lists.length
}
