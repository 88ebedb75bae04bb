/** What is measured on one installation that follows all clouds, one thing after the other. */
import type { Cloud } from '../../src/core/cloud.ts'
import type { Costs } from './costs.ts'
import { measureDelivering, type DeliveringCosts } from './delivering.ts'
import type { Fleet } from './fleet.ts'
import { publishAll, type HistoryCosts } from './history.ts'
import { idleSecond, type IdleSecond } from './idle.ts'
import {
  cachedBytes,
  publishWithLists,
  storeSample,
  type PublishedCosts,
  type StoredCosts,
} from './listing.ts'
import type { SampleList } from './lists.ts'
import { peakMemory } from './processor.ts'
import { measureServing, type ServingCosts } from './serving.ts'
import { weeksOf, type OfferedWeek } from './weeks.ts'

export interface Installation {
  readonly costs: DeliveringCosts &
    PublishedCosts &
    ServingCosts &
    StoredCosts &
    Pick<
      Costs,
      | 'idleMsPerList'
      | 'listCachedBytes'
      | 'eventBytes'
      | 'runBytes'
      | 'connections'
      | 'apiConnections'
      | 'workPeakBytes'
    >
  readonly clouds: Readonly<Record<Cloud, HistoryCosts>>
  /** With all clouds, both replicas, and nothing that people stored. */
  readonly idle: IdleSecond
  readonly lists: readonly SampleList[]
}

/** Of Public: the first and some without lists, then some with them. */
const WITHOUT_LISTS = 5
const WITH_LISTS = 5

/** Of each other cloud. */
const OTHER_WEEKS = 4

export async function measureInstallation(
  fleet: Fleet,
  say: (what: string) => void,
): Promise<Installation> {
  const { worker } = fleet
  await fleet.startApi()
  const before = await idleSecond(fleet)
  say('weeks')
  const weeks = weeksOf('Public', WITHOUT_LISTS + WITH_LISTS)
  const [plain, listed] = [weeks.slice(0, WITHOUT_LISTS), weeks.slice(WITHOUT_LISTS)]
  // The small ones first: they let the code be compiled.
  const others = async (cloud: Cloud): Promise<HistoryCosts> =>
    (await publishAll(fleet, weeksOf(cloud, OTHER_WEEKS), before)).costs
  const smaller = {
    AzureGermany: await others('AzureGermany'),
    China: await others('China'),
    AzureGovernment: await others('AzureGovernment'),
  }
  const { costs: Public, further } = await publishAll(fleet, plain, before)
  const peak = peakMemory(worker.pid)
  const { resident } = await worker.memory()
  const idle = await idleSecond(fleet)
  say('lists')
  await endGrace(fleet)
  const stored = await storeSample(fleet, firstOf(plain))
  const withLists = await idleSecond(fleet)
  const published = await publishWithLists(fleet, listed, withLists, Public)
  const more = await further(listed.length)
  const eventBytes = await bytesOfEvent(fleet)
  say('requests')
  const { url } = fleet.api()
  const [small] = stored.lists
  const serving = await measureServing(fleet.api(), `/l/${small?.name ?? ''}/text.txt`)
  await crowd(fleet)
  say('deliveries')
  const delivering = await measureDelivering(fleet, withLists)
  return {
    costs: {
      ...delivering,
      ...published,
      ...serving,
      ...stored.costs,
      // Both replicas look at them.
      idleMsPerList: Math.max(0, (withLists.api - idle.api) / stored.lists.length),
      listCachedBytes: await cachedBytes(url, stored.lists),
      eventBytes,
      runBytes: await bytesOfRun(fleet),
      connections: worker.wire.most(),
      apiConnections: fleet.api().wire.most(),
      workPeakBytes: Math.max(0, peak - resident),
    },
    clouds: { Public: { ...Public, ...more }, ...smaller },
    idle,
    lists: stored.lists,
  }
}

/**
 * Weeks that were published within minutes would all be in grace, and be read again for each that
 * follows: as long ago as they are in earnest, one or two are.
 */
async function endGrace(fleet: Fleet): Promise<void> {
  await fleet.database.run(
    `UPDATE publication SET published_at = published_at - interval '90 days'`,
  )
  await fleet.quiet()
}

const CROWD = 100

/** So many questions at once that every connection a process may open is open. */
async function crowd(fleet: Fleet): Promise<void> {
  for (const member of [fleet.worker, fleet.api()]) {
    await Promise.all(Array.from({ length: CROWD }, () => member.ask('/v1/runs?limit=1')))
  }
}

function firstOf(weeks: readonly OfferedWeek[]): OfferedWeek {
  const [first] = weeks
  if (!first) throw new Error('a history needs a week')
  return first
}

/** Those of the weeks and lists that were published. */
async function bytesOfEvent({ database }: Fleet): Promise<number> {
  await database.vacuum()
  return (await database.sizeOf(['event'])) / (await database.number('SELECT count(*) FROM event'))
}

const RUNS = 500

/** Copies of one that has been: what a schedule adds for ever. */
async function bytesOfRun({ database }: Fleet): Promise<number> {
  await database.vacuum()
  const before = await database.sizeOf(['run'])
  await database.run(`
    INSERT INTO run (id, cloud, trigger, dry_run, state, outcome, detail, requested_at, started_at,
      finished_at)
    SELECT gen_random_uuid(), cloud, trigger, dry_run, state, outcome, detail, requested_at,
      started_at, finished_at
    FROM (SELECT * FROM run WHERE outcome = 'unchanged' ORDER BY requested_at LIMIT 1) AS one,
      generate_series(1, ${RUNS})`)
  await database.vacuum()
  return ((await database.sizeOf(['run'])) - before) / RUNS
}
