/**
 * What a site comes to, from unit costs. Pure arithmetic: nothing is measured here, and no figure is
 * but what bench/scale.json or `ASSUMED` has a name for.
 */
import type { Cloud } from '../../src/core/cloud.ts'
import type { CloudCostName, ScaleResults } from './costs.ts'
import { ASSUMED, type Site } from './sites.ts'

/** A second, unless the name says otherwise. */
export interface SiteLoad {
  /** Of all devices, and those that reach a replica. */
  readonly requests: number
  readonly originRequests: number
  readonly requestsPerClientMinute: number
  /** Processor cores that answer them, all replicas together. */
  readonly cores: number
  /** Of one core: what each replica uses, for requests and for its own polling. */
  readonly replicaShare: number
  /** With which none uses more than `coreShare`; Infinity where polling alone is more. */
  readonly replicasNeeded: number
  /** Bits from the replicas, and to the devices. */
  readonly originBits: number
  readonly deviceBits: number
  readonly databaseBytes: number
  /** What a year adds for good. */
  readonly growthBytesPerYear: number
  readonly statements: number
  readonly serverShare: number
  readonly connections: number
  /** Of one week of the cloud that costs the most. */
  readonly week: WeekLoad
  readonly memoryBytes: number
  /** Of lists in memory, as the cache counts them. */
  readonly cachedBytes: number
}

export interface WeekLoad {
  /** Processor seconds: of the replica that takes it in, of each that follows, of PostgreSQL. */
  readonly workerSeconds: number
  readonly replicaSeconds: number
  readonly serverSeconds: number
  readonly events: number
  readonly deliveries: number
  /** Until an event is told: one transaction. */
  readonly tellSeconds: number
  /** Until every webhook has heard of the week. */
  readonly toldSeconds: number
}

const MS = 1_000
const US = 1_000_000
const KIB = 1_024
const BITS = 8
const MINUTE = 60
const DAYS_OF_WEEK = 7
const DAYS_OF_YEAR = 365
const SPANS = 100_000

export function loadOf(site: Site, results: ScaleResults): SiteLoad {
  const { costs } = results
  const isEmbedded = site.database === 'embedded'
  const requests = site.devices / site.pollSeconds
  const originRequests = requests * (1 - site.cdnHitRatio)
  const cores = originRequests * coreSecondsOfRequest(site, results)
  const idle = idleShare(site, results)
  const room = ASSUMED.coreShare.value - idle
  const history = historyOf(site, results)
  return {
    requests,
    originRequests,
    requestsPerClientMinute: (originRequests * MINUTE) / site.clients,
    cores,
    replicaShare: cores / site.replicas + idle,
    replicasNeeded: room > 0 ? Math.max(1, Math.ceil(cores / room)) : Infinity,
    originBits: originRequests * bitsOfAnswer(site, results),
    deviceBits: requests * bitsOfAnswer(site, results),
    databaseBytes:
      standingBytes(site, results) + site.years * growthBytes(site, results) + history.firstBytes,
    growthBytesPerYear: growthBytes(site, results),
    statements: isEmbedded ? 0 : site.replicas * statementsOfReplica(site, results),
    serverShare: isEmbedded ? 0 : (site.replicas * serverMsOfReplica(site, results)) / MS,
    connections: isEmbedded ? 0 : site.replicas * costs.connections,
    week: weekOf(site, results),
    memoryBytes: memoryOf(site, results),
    cachedBytes: site.lists * costs.listCachedBytes,
  }
}

function coreSecondsOfRequest(site: Site, { costs }: ScaleResults): number {
  const { notModified, whole } = {
    kept: { notModified: costs.notModifiedKeptUs, whole: costs.wholeKeptUs },
    new: { notModified: costs.notModifiedNewUs, whole: costs.wholeNewUs },
    forwarded: { notModified: costs.notModifiedForwardedUs, whole: costs.wholeForwardedUs },
  }[site.connections]
  const larger = (listBytes(site, { costs }) - costs.smallListBytes) / KIB
  const us =
    site.notModifiedShare * notModified +
    (1 - site.notModifiedShare) * (whole + larger * costs.wholePerKiBUs)
  return us / US
}

function listBytes(site: Site, { costs }: Pick<ScaleResults, 'costs'>): number {
  return site.list === 'small' ? costs.smallListBytes : costs.largeListBytes
}

function bitsOfAnswer(site: Site, { costs }: ScaleResults): number {
  const body = (1 - site.notModifiedShare) * listBytes(site, { costs })
  return BITS * (costs.answerHeadBytes + body)
}

/** Of a core: what a replica uses when nobody asks it anything. */
function idleShare(site: Site, { costs }: ScaleResults): number {
  const base = site.database === 'embedded' ? costs.embeddedIdleMs : costs.idleMs
  const ms =
    base +
    (site.clouds.length - 1) * costs.idleMsPerCloud +
    site.lists * costs.idleMsPerList +
    site.webhooks * costs.idleMsPerWebhook
  return ms / MS
}

function statementsOfReplica(site: Site, { costs }: ScaleResults): number {
  return costs.idleStatements + (site.clouds.length - 1) * costs.idleStatementsPerCloud
}

function serverMsOfReplica(site: Site, { costs }: ScaleResults): number {
  return (
    costs.idleServerMs +
    (site.clouds.length - 1) * costs.idleServerMsPerCloud +
    site.webhooks * costs.idleServerMsPerWebhook
  )
}

function filesPerYear(cloud: Cloud): number {
  return cloud === 'AzureGermany' ? 0 : ASSUMED.filesPerYear.value
}

/** Summed over the clouds, after all the years. */
function historyOf(site: Site, { clouds }: ScaleResults) {
  const sum = (of: (cloud: Cloud) => number): number =>
    site.clouds.reduce((total, cloud) => total + of(cloud), 0)
  const afterYears = (first: CloudCostName, week: CloudCostName) => (cloud: Cloud) =>
    clouds[cloud][first] + site.years * filesPerYear(cloud) * clouds[cloud][week]
  return {
    firstBytes: sum((cloud) => clouds[cloud].firstBytes),
    bytesPerYear: sum((cloud) => filesPerYear(cloud) * clouds[cloud].weekBytes),
    firstSpans: sum((cloud) => clouds[cloud].firstSpans),
    spans: sum(afterYears('firstSpans', 'weekSpans')),
    memoryBytes: sum((cloud) => clouds[cloud].memoryBytes),
  }
}

/** Lists of all sites are of Public, as the sample is. */
function listChangesPerWeek(site: Site, { costs }: ScaleResults): number {
  return site.lists * costs.listChangedShare
}

function deliveriesPerChange(site: Site, { costs }: ScaleResults): number {
  const told = Math.min(site.listsPerWebhook, site.lists) * costs.listChangedShare
  return site.webhooks * told
}

/** What a year adds and nothing takes away again: history, contents of lists, runs. */
function growthBytes(site: Site, results: ScaleResults): number {
  const { costs } = results
  const { value: files } = ASSUMED.filesPerYear
  const contents = files * ASSUMED.versionsPerChange.value * listChangesPerWeek(site, results)
  const runs = DAYS_OF_YEAR * ASSUMED.runsPerDay.value * site.clouds.length
  return (
    historyOf(site, results).bytesPerYear +
    contents * costs.listVersionBytes +
    runs * costs.runBytes
  )
}

/** What is there from the start, or comes and goes: lists, webhooks, and what is told of some weeks. */
function standingBytes(site: Site, results: ScaleResults): number {
  const { costs } = results
  const changes = ASSUMED.versionsPerChange.value
  const publications = site.clouds.filter((cloud) => filesPerYear(cloud) > 0).length
  const events = publications + changes * listChangesPerWeek(site, results)
  const deliveries = site.webhooks * publications + changes * deliveriesPerChange(site, results)
  const weeksOfEvents = ASSUMED.eventDays.value / DAYS_OF_WEEK
  const weeksOfJobs = costs.jobDays / DAYS_OF_WEEK
  return (
    emptyBytes(site, results) +
    site.lists * costs.listBytes +
    site.webhooks * costs.webhookBytes +
    weeksOfEvents * (events * costs.eventBytes + deliveries * costs.deliveryBytes) +
    weeksOfJobs * (events + deliveries) * costs.jobBytes
  )
}

/** The embedded database is a folder, which has a log and room to spare beside the rows. */
function emptyBytes({ database }: Site, { costs, clouds }: ScaleResults): number {
  if (database === 'postgresql') return costs.databaseBytes
  return Math.max(costs.databaseBytes, costs.embeddedFolderBytes - clouds.Public.firstBytes)
}

function weekOf(site: Site, results: ScaleResults): WeekLoad {
  const { costs, clouds } = results
  const isEmbedded = site.database === 'embedded'
  const most = (name: CloudCostName): number =>
    Math.max(0, ...site.clouds.map((cloud) => clouds[cloud][name]))
  const { spans, firstSpans } = historyOf(site, results)
  const further = (spans - firstSpans) / SPANS
  const events = 1 + listChangesPerWeek(site, results)
  const deliveries = site.webhooks + deliveriesPerChange(site, results)
  const told = { events, deliveries }
  return {
    workerSeconds:
      ((isEmbedded ? costs.embeddedRunMs : most('runMs')) +
        site.lists * costs.listWorkerMs +
        further * costs.spansMs) /
      MS,
    replicaSeconds: (most('refreshMs') + site.lists * costs.listMs) / MS,
    serverSeconds: isEmbedded
      ? 0
      : (most('serverMs') +
          site.lists * site.replicas * costs.listServerMs +
          further * costs.spansServerMs) /
        MS,
    ...told,
    tellSeconds: tellMs(site, results, { events: 1, deliveries: site.webhooks }) / MS,
    toldSeconds: toldSeconds(site, results, told),
  }
}

interface Told {
  readonly events: number
  readonly deliveries: number
}

/** One event after the other. */
function tellMs({ webhooks }: Site, { costs }: ScaleResults, { events, deliveries }: Told): number {
  return (
    events * (costs.tellEventMs + webhooks * costs.tellWebhookMs) +
    deliveries * costs.tellDeliveryMs
  )
}

/** As if nothing were sent before all is told: a little more than it takes. */
function toldSeconds(site: Site, results: ScaleResults, told: Told): number {
  const { costs } = results
  const { value: share } = ASSUMED.coreShare
  const { deliveries } = told
  const sending = Math.max(
    site.webhooks / (costs.webhooksPerSecond * site.replicas),
    (deliveries * costs.deliveryMs) / MS / (share * site.replicas),
    (deliveries * costs.deliveryServerMs) / MS / share,
  )
  return (
    ASSUMED.tellPollSeconds.value +
    tellMs(site, results, told) / MS +
    ASSUMED.deliverPollSeconds.value +
    sending
  )
}

function memoryOf(site: Site, results: ScaleResults): number {
  const { costs, clouds } = results
  const { spans, firstSpans, memoryBytes } = historyOf(site, results)
  // What was measured with the embedded database has Public in it.
  const withoutPublic = site.clouds.includes('Public')
    ? memoryBytes - clouds.Public.memoryBytes
    : memoryBytes
  const inMemory =
    site.database === 'embedded'
      ? costs.embeddedBytes + withoutPublic
      : costs.replicaBytes + memoryBytes + costs.workPeakBytes
  return inMemory + site.lists * costs.listMemoryBytes + (spans - firstSpans) * costs.spanBytes
}
