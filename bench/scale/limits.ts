/** What bounds a site, how near it is to each bound, and with how much of what it would be there. */
import type { ScaleResults } from './costs.ts'
import { loadOf, type SiteLoad } from './model.ts'
import { ASSUMED, type Site } from './sites.ts'

/** What a site has more of as it grows. */
export type Driver = 'devices' | 'replicas' | 'lists' | 'webhooks'

export interface Limit {
  readonly name: string
  /** As a table says it: of what so much is used. */
  readonly what: string
  readonly unit: 'of a core' | 'connections' | 'seconds' | 'bytes' | 'requests a minute'
  readonly driver: Driver
  readonly remedy: string
  used(load: SiteLoad): number
  bound(results: ScaleResults): number
}

export const LIMITS: readonly Limit[] = [
  {
    name: 'replica',
    what: 'processor of a replica',
    unit: 'of a core',
    driver: 'devices',
    remedy: 'more replicas, or a cache in front',
    used: ({ replicaShare }) => replicaShare,
    bound: () => ASSUMED.coreShare.value,
  },
  {
    name: 'client',
    what: 'requests of one client address',
    unit: 'requests a minute',
    driver: 'devices',
    remedy: 'raise `RANGEWARDEN_RATE_LIMIT`, or name the proxy in `RANGEWARDEN_TRUSTED_PROXIES`',
    used: ({ requestsPerClientMinute }) => requestsPerClientMinute,
    bound: () => ASSUMED.rateLimit.value,
  },
  {
    name: 'connections',
    what: 'connections to PostgreSQL',
    unit: 'connections',
    driver: 'replicas',
    remedy: 'raise `max_connections`',
    used: ({ connections }) => connections,
    bound: ({ costs }) => costs.serverConnections,
  },
  {
    name: 'server',
    what: "PostgreSQL's processor, for polling",
    unit: 'of a core',
    driver: 'replicas',
    remedy: '`RANGEWARDEN_ROLE=api` for replicas that need not work; more cores',
    used: ({ serverShare }) => serverShare,
    bound: () => ASSUMED.coreShare.value,
  },
  {
    name: 'refresh',
    what: 'time a replica needs for its lists after a week',
    unit: 'seconds',
    driver: 'lists',
    remedy: 'several installations, each with its own lists',
    used: ({ week }) => week.replicaSeconds,
    bound: () => ASSUMED.pollSeconds.value,
  },
  {
    name: 'cache',
    what: 'bytes of lists in memory',
    unit: 'bytes',
    driver: 'lists',
    remedy: 'nothing breaks: what has no room is made again when it is asked for',
    used: ({ cachedBytes }) => cachedBytes,
    bound: () => ASSUMED.listCacheBytes.value,
  },
  {
    name: 'memory',
    what: 'memory of a replica',
    unit: 'bytes',
    driver: 'lists',
    remedy: 'more memory, or several installations, each with its own lists',
    used: ({ memoryBytes }) => memoryBytes,
    bound: () => ASSUMED.memoryBytes.value,
  },
  {
    name: 'tell',
    what: 'the transaction that tells an event',
    unit: 'seconds',
    driver: 'webhooks',
    remedy: 'several installations, each with its own webhooks',
    used: ({ week }) => week.tellSeconds,
    bound: () => ASSUMED.transactionSeconds.value,
  },
  {
    name: 'told',
    what: 'until every webhook has heard of a week',
    unit: 'seconds',
    driver: 'webhooks',
    remedy: 'more replicas that work; beyond it, polling is the quicker way',
    used: ({ week }) => week.toldSeconds,
    bound: () => ASSUMED.pollSeconds.value,
  },
]

export interface Standing {
  readonly limit: Limit
  readonly used: number
  readonly bound: number
  /** Used of the bound: above 1 it is broken. */
  readonly share: number
  /** The most of the driver that keeps the bound, all else unchanged; Infinity where none breaks it. */
  readonly most: number
}

/** Of every limit that the site can meet, the nearest first. */
export function standingsOf(site: Site, results: ScaleResults): Standing[] {
  return LIMITS.filter((limit) => canMeet(site, limit))
    .map((limit) => {
      const used = limit.used(loadOf(site, results))
      const bound = limit.bound(results)
      return { limit, used, bound, share: used / bound, most: mostOf(site, limit, results) }
    })
    .sort((a, b) => b.share - a.share)
}

/** The embedded database has one process and no connections. */
function canMeet({ database }: Site, { driver }: Limit): boolean {
  return database === 'postgresql' || driver !== 'replicas'
}

/** More of anything than there is of addresses. */
const MANY = 2 ** 32

/** By halving: what is used grows with the driver. */
function mostOf(site: Site, limit: Limit, results: ScaleResults): number {
  const bound = limit.bound(results)
  const keeps = (count: number): boolean =>
    limit.used(loadOf(withDriver(site, limit.driver, count), results)) <= bound
  if (keeps(MANY)) return Infinity
  let [low, high] = [0, MANY]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (keeps(middle)) low = middle
    else high = middle
  }
  return low
}

function withDriver(site: Site, driver: Driver, count: number): Site {
  return { ...site, [driver]: count }
}
