/** When to crash: what is waited for before a kill, and what was under way when it came. */
import type { Installation } from './installation.ts'
import { servesSnapshot } from './lists.ts'
import type { Seen } from './watch.ts'

/** How things stood before somebody asked for something to be published. */
export interface Before {
  readonly seen: Seen
  /** Of anything at any receiver. */
  readonly arrivals: number
}

export interface Moment {
  readonly name: string
  /** True when it has come, or will not come any more. */
  isNow(seen: Seen, before: Before, arrivals: number): boolean
  /** How long it lasts, about: the kill comes at any time of it. */
  readonly spreadMs: number
  /** Of a publication by a person there is no such moment. */
  readonly ofRunsOnly?: boolean
}

export const MOMENTS: readonly Moment[] = [
  { name: 'asked', isNow: () => true, spreadMs: 40 },
  {
    name: 'fetching and judging',
    isNow: (seen, before) => seen.run === 'running' || isDecided(seen, before),
    spreadMs: 250,
    ofRunsOnly: true,
  },
  {
    name: 'writing',
    isNow: (seen, before) => seen.publishing || isDecided(seen, before),
    spreadMs: 100,
  },
  { name: 'preparing lists', isNow: isDecided, spreadMs: 400 },
  {
    name: 'telling',
    isNow: (seen, before) => seen.untold > 0 || isDecided(seen, before),
    spreadMs: 500,
  },
  {
    name: 'delivering',
    isNow: (seen, before, arrivals) =>
      arrivals > before.arrivals || (isDecided(seen, before) && seen.untold + seen.waiting === 0),
    spreadMs: 300,
  },
]

/** Published, or known to be nothing to publish. */
function isDecided({ serial, finished }: Seen, { seen }: Before): boolean {
  return serial > seen.serial || finished > seen.finished
}

/** What is under way, for the table: one crash may hit several things. */
export async function underWay(
  { watch, replicas }: Pick<Installation, 'watch' | 'replicas'>,
  before: Before,
): Promise<string[]> {
  const seen = watch.now()
  if (!seen) return ['while PostgreSQL was away']
  const { serial, snapshotId, run, publishing, untold, waiting } = seen
  const found: string[] = []
  if (publishing) found.push('while a publication was being written')
  else if (run === 'queued') found.push('while a run waited')
  else if (run === 'running' && serial === before.seen.serial) {
    found.push('while a file was being fetched and judged')
  }
  const urls = replicas() ?? []
  const areReady = await Promise.all(urls.map((url) => servesSnapshot(url, snapshotId)))
  if (areReady.includes(false)) found.push('while a replica still prepared lists')
  if (untold > 0) found.push('while events waited to be told')
  if (waiting > 0) found.push('while deliveries were under way')
  return found.length > 0 ? found : ['while nothing was under way']
}
