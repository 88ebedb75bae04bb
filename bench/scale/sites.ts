/**
 * Three sites to compute, and everything that is assumed of them instead of measured: each figure
 * with where it is from. What is a choice says so.
 */
import type { Cloud } from '../../src/core/cloud.ts'

export interface Site {
  readonly name: string
  /** For the head of a table. */
  readonly title: string
  readonly database: 'embedded' | 'postgresql'
  /** Each asks for one list in one format. */
  readonly devices: number
  readonly pollSeconds: number
  /** Of all requests: those whose client has the list already and says so. */
  readonly notModifiedShare: number
  /** Of the devices' requests: those that a cache in front answers by itself. */
  readonly cdnHitRatio: number
  /** How requests reach a replica: `kept` is a cache or proxy that keeps its connections. */
  readonly connections: 'kept' | 'new' | 'forwarded'
  /** Addresses that they come from, as a replica sees them. */
  readonly clients: number
  readonly list: 'small' | 'large'
  readonly replicas: number
  readonly clouds: readonly Cloud[]
  /** Stored ones, beside the built-in. */
  readonly lists: number
  readonly webhooks: number
  /** How many of the stored lists one webhook is told of; all of them without a filter. */
  readonly listsPerWebhook: number
  readonly years: number
}

interface Assumption {
  readonly value: number
  readonly what: string
  readonly source: string
}

export const ASSUMED = {
  pollSeconds: {
    value: 300,
    what: 'seconds between two requests of a device',
    source: '[ADR 16](adr/0016-prepared-bytes-before-fastify.md): devices ask every five minutes',
  },
  maxAgeSeconds: {
    value: 300,
    what: 'seconds for which a cache answers by itself',
    source: '`Cache-Control: max-age` of lists, `src/http/list-headers.ts`',
  },
  edges: {
    value: 50,
    what: 'places of a CDN that ask the replicas themselves',
    source: 'a choice: some have a few, some have hundreds',
  },
  coreShare: {
    value: 0.6,
    what: 'of a processor core, at most',
    source: 'a choice: bursts and a lost replica need the rest',
  },
  filesPerYear: {
    value: 52,
    what: 'files a year of a followed cloud, none of AzureGermany, which is retired',
    source: 'the publisher: one a week, some weeks left out',
  },
  runsPerDay: {
    value: 4,
    what: 'runs a day of a followed cloud',
    source: 'default of `RANGEWARDEN_SCHEDULE`, [configuration](configuration.md)',
  },
  eventDays: {
    value: 90,
    what: 'days for which events and deliveries are kept',
    source: 'default of `RANGEWARDEN_EVENT_DAYS`, [configuration](configuration.md)',
  },
  rateLimit: {
    value: 6_000,
    what: 'requests a minute of one client',
    source: 'default of `RANGEWARDEN_RATE_LIMIT`, [configuration](configuration.md)',
  },
  versionsPerChange: {
    value: 2,
    what: 'contents of a list for each week that changes it, at most',
    source: '[ADR 12](adr/0012-grace-for-removals.md): once at once, once when grace ends',
  },
  listCacheBytes: {
    value: 64 * 1024 * 1024,
    what: 'bytes of lists that a replica keeps in memory',
    source: '`src/lists/list-cache.ts`',
  },
  memoryBytes: {
    value: 2 * 1024 * 1024 * 1024,
    what: 'bytes of memory of a replica, at most',
    source: 'a choice: what a small container has',
  },
  tellPollSeconds: {
    value: 0.5,
    what: 'seconds until a waiting event is seen, at most',
    source: '`src/webhooks/work.ts`',
  },
  deliverPollSeconds: {
    value: 0.5,
    what: 'seconds until a waiting delivery is seen, at most',
    source: '`src/webhooks/work.ts`',
  },
  transactionSeconds: {
    value: 120,
    what: 'seconds after which a transaction is given up',
    source: '`src/store/rows.ts`',
  },
} as const satisfies Readonly<Record<string, Assumption>>

const EVERY_CLOUD = ['Public', 'AzureGovernment', 'China', 'AzureGermany'] as const

const branch: Site = {
  name: 'branch',
  title: 'a branch',
  database: 'embedded',
  devices: 50,
  pollSeconds: ASSUMED.pollSeconds.value,
  // Devices that can do no more than GET.
  notModifiedShare: 0,
  cdnHitRatio: 0,
  connections: 'new',
  clients: 50,
  list: 'large',
  replicas: 1,
  clouds: ['Public'],
  lists: 2,
  webhooks: 1,
  listsPerWebhook: 2,
  years: 10,
}

const company: Site = {
  ...branch,
  name: 'company',
  title: 'a company',
  database: 'postgresql',
  devices: 5_000,
  notModifiedShare: 0.5,
  clients: 5_000,
  replicas: 3,
  lists: 20,
  webhooks: 20,
  listsPerWebhook: 20,
}

const LISTS_OF_A_PROVIDER = 500
const DEVICES_OF_A_PROVIDER = 500_000

const provider: Site = {
  ...company,
  name: 'provider',
  title: 'a provider',
  devices: DEVICES_OF_A_PROVIDER,
  cdnHitRatio: cdnHitRatio({
    objects: LISTS_OF_A_PROVIDER,
    edges: ASSUMED.edges.value,
    requestsPerSecond: DEVICES_OF_A_PROVIDER / ASSUMED.pollSeconds.value,
  }),
  connections: 'kept',
  clients: ASSUMED.edges.value,
  list: 'small',
  replicas: 10,
  clouds: EVERY_CLOUD,
  lists: LISTS_OF_A_PROVIDER,
  webhooks: 1_000,
  // Each of its customers' own.
  listsPerWebhook: 5,
}

export const SITES: readonly Site[] = [branch, company, provider]

export interface CdnUse {
  /** Different lists in different formats that are asked for. */
  readonly objects: number
  readonly edges: number
  /** Of the devices. */
  readonly requestsPerSecond: number
}

/** The least that a CDN answers by itself: each of its places asks for each object once in its age. */
export function cdnHitRatio({ objects, edges, requestsPerSecond }: CdnUse): number {
  if (requestsPerSecond === 0) return 0
  const asked = (objects * edges) / ASSUMED.maxAgeSeconds.value
  return Math.max(0, 1 - asked / requestsPerSecond)
}
