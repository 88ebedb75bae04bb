/**
 * How each followed cloud is doing, in memory: for answers that must not wait for the database and
 * for the log, which tells each change once.
 */
import type { Logger } from 'pino'
import type { Cloud } from '../core/cloud.ts'
import {
  cloudOverview,
  type CloudOverview,
  type CloudState,
  type OverviewDeps,
} from './overview.ts'

export interface Freshness {
  /**
   * Brings memory up to date. Never throws: while the database does not answer, what was known of a
   * cloud stays.
   */
  refresh(): Promise<void>
  /** Undefined before the first refresh. */
  stateOf(cloud: Cloud): CloudState | undefined
  /** As of the last refresh, in the order of the followed clouds. */
  overviews(): readonly CloudOverview[]
  /** Since when lists could not be compared with the database; undefined while they are. */
  unverifiedSince(): Date | undefined
}

export interface FreshnessDeps extends OverviewDeps {
  readonly clouds: readonly Cloud[]
  readonly now: () => Date
  readonly log: Logger
  /** By default lists are taken for up to date. */
  readonly unverifiedSince?: () => Date | undefined
}

/** A person may have to act. */
const ALARMING: readonly CloudState[] = ['held', 'cannot-fetch', 'source-quiet']

export function createFreshness(deps: FreshnessDeps): Freshness {
  const { clouds, now, log } = deps
  let known: ReadonlyMap<Cloud, CloudOverview> = new Map()
  let underWay: Promise<void> | undefined

  async function update(): Promise<void> {
    const next = new Map<Cloud, CloudOverview>()
    for (const overview of await cloudOverview(deps, clouds, now())) {
      const before = known.get(overview.cloud)
      const told = overview.complete ? overview : (before ?? overview)
      next.set(overview.cloud, told)
      logState(log, before, told)
      logDiscovery(log, before, told)
    }
    known = next
  }

  return {
    refresh: () => (underWay ??= update().finally(() => (underWay = undefined))),
    stateOf: (cloud) => known.get(cloud)?.state,
    overviews: () => [...known.values()],
    unverifiedSince: deps.unverifiedSince ?? (() => undefined),
  }
}

function logState(log: Logger, before: CloudOverview | undefined, now: CloudOverview): void {
  const { cloud, state, ageInDays, waiting } = now
  if (state === (before?.state ?? 'current')) return
  const facts = { cloud, state, before: before?.state, ageInDays, waiting }
  if (ALARMING.includes(state)) log.warn(facts, 'The state of a cloud is another')
  else log.info(facts, 'The state of a cloud is another')
}

function logDiscovery(log: Logger, before: CloudOverview | undefined, now: CloudOverview): void {
  const { cloud, discovery } = now
  const [was, is] = [before?.discovery, discovery]
  if (is?.degraded === undefined) {
    if (was?.degraded !== undefined) log.info({ cloud }, 'Files are found as usual again')
  } else if (was?.degraded === undefined || was.strategy !== is.strategy) {
    log.warn({ cloud, ...is }, 'Files are found by another strategy than the first')
  }
}
