/**
 * What a week costs, cloud by cloud: bytes of the database, spans of the timeline, and processor time
 * of the replica that takes it in, of one that follows, and of PostgreSQL.
 */
import type { Cloud } from '../../src/core/cloud.ts'
import { median } from '../measure.ts'
import type { CloudCosts } from './costs.ts'
import type { Database } from './database.ts'
import type { Fleet, Worked } from './fleet.ts'
import type { IdleSecond } from './idle.ts'
import type { OfferedWeek } from './weeks.ts'

/** Everything that a week writes for ever, but for lists and events. */
const HISTORY = [
  ...['document', 'sighting', 'snapshot', 'publication', 'cloud'],
  ...['membership_interval', 'tag_interval', 'prefix', 'tag'],
] as const

/** What is measured of a cloud while it is published, week after week. */
export type HistoryCosts = Omit<CloudCosts, 'memoryBytes'>

/** What a cloud's history takes, with that of clouds before it. */
interface Kept {
  readonly bytes: number
  readonly spans: number
}

export interface Published {
  readonly costs: HistoryCosts
  /** What all further weeks keep, once some more have been published. */
  further(count: number): Promise<Pick<HistoryCosts, 'weekBytes' | 'weekSpans' | 'weeks'>>
}

/** Offers the weeks in their order. The first one is another matter than those that follow. */
export async function publishAll(
  fleet: Fleet,
  weeks: readonly OfferedWeek[],
  idle: IdleSecond,
): Promise<Published> {
  const cloud = weeks[0]?.cloud
  if (!cloud) throw new Error('a history needs a week')
  const before = await kept(fleet.database, cloud)
  const worked: Worked[] = []
  let first = before
  for (const week of weeks) {
    const used = await publishOne(fleet, week, idle)
    if (week === weeks[0]) first = await kept(fleet.database, cloud)
    else if (used) worked.push(used)
  }
  const further = async (count: number) => {
    const last = await kept(fleet.database, cloud)
    const later = Math.max(1, weeks.length + count - 1)
    return {
      weekBytes: (last.bytes - first.bytes) / later,
      weekSpans: (last.spans - first.spans) / later,
      weeks: weeks.length + count,
    }
  }
  const each = (figure: (of: Worked) => number): number =>
    worked.length > 0 ? Math.max(0, median(worked.map(figure))) : 0
  return {
    costs: {
      firstBytes: first.bytes - before.bytes,
      firstSpans: first.spans,
      runMs: each(({ worker }) => worker),
      refreshMs: each(({ api }) => api),
      serverMs: each(({ server }) => server),
      ...(await further(0)),
    },
    further,
  }
}

/** Without what the idle service would have worked anyway; undefined where nothing was published. */
export async function publishOne(
  fleet: Fleet,
  week: OfferedWeek,
  idle: IdleSecond,
): Promise<Worked | undefined> {
  let outcome: string | undefined
  const worked = await fleet.watch(async () => (outcome = await fleet.publish(week)))
  return outcome === 'published' ? beyond(worked, idle) : undefined
}

export function beyond(worked: Worked, idle: IdleSecond): Worked {
  const { seconds } = worked
  return {
    seconds,
    worker: worked.worker - seconds * idle.worker,
    api: worked.api - seconds * idle.api,
    server: worked.server - seconds * idle.server,
    workerStatements: worked.workerStatements - seconds * idle.workerStatements,
    apiStatements: worked.apiStatements - seconds * idle.apiStatements,
  }
}

async function kept(database: Database, cloud: Cloud): Promise<Kept> {
  await database.vacuum()
  const spans = await database.number(`
    SELECT count(*) FROM membership_interval m JOIN tag t ON t.id = m.tag_id
    WHERE t.cloud = '${cloud}'`)
  return { bytes: await database.sizeOf(HISTORY), spans }
}
