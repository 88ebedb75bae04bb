/**
 * Unit costs: everything that docs/scale.md is computed from, measured by `npm run scale` and kept in
 * bench/scale.json. Each has a name, a unit and a sentence that says what it is the cost of.
 */
import { z } from 'zod'
import { CLOUDS } from '../../src/core/cloud.ts'

export type Unit =
  | 'ms'
  | 'µs'
  | 'bytes'
  | 'a second'
  | 'days'
  | 'weeks'
  | 'connections'
  | 'share'
  | 'prefixes'
  | 'spans'

interface Cost {
  /** `ms` and `µs` are time of a processor core unless the sentence says otherwise. */
  readonly unit: Unit
  readonly what: string
}

export const COSTS = {
  notModifiedKeptUs: { unit: 'µs', what: 'a 304, over a connection that stays open' },
  notModifiedNewUs: { unit: 'µs', what: 'a 304, over a connection of its own' },
  notModifiedForwardedUs: {
    unit: 'µs',
    what: 'a 304, through a trusted proxy that sends X-Forwarded-For',
  },
  wholeKeptUs: { unit: 'µs', what: 'a 200 of a small list, over a connection that stays open' },
  wholeNewUs: { unit: 'µs', what: 'a 200 of a small list, over a connection of its own' },
  wholeForwardedUs: {
    unit: 'µs',
    what: 'a 200 of a small list, through a trusted proxy that sends X-Forwarded-For',
  },
  wholePerKiBUs: { unit: 'µs', what: 'each KiB by which a list is larger than that' },
  answerHeadBytes: { unit: 'bytes', what: 'the head of an answer' },
  smallListBytes: { unit: 'bytes', what: 'that small list: one of the sample, as `text`' },
  largeListBytes: { unit: 'bytes', what: 'a large list: `app-proxy-ip` as `text`' },

  idleStatements: {
    unit: 'a second',
    what: 'statements of an idle replica that follows one cloud',
  },
  idleStatementsPerCloud: { unit: 'a second', what: 'for each further cloud' },
  idleApiStatements: { unit: 'a second', what: 'of one that only serves (`RANGEWARDEN_ROLE=api`)' },
  idleMs: { unit: 'ms', what: 'an idle second of a replica that follows one cloud' },
  idleMsPerCloud: { unit: 'ms', what: 'for each further cloud' },
  idleMsPerList: { unit: 'ms', what: 'for each stored list' },
  idleMsPerWebhook: { unit: 'ms', what: 'for each webhook' },
  idleServerMs: { unit: 'ms', what: 'PostgreSQL, for an idle second of such a replica' },
  idleServerMsPerCloud: { unit: 'ms', what: 'for each further cloud' },
  idleServerMsPerWebhook: { unit: 'ms', what: 'for each webhook' },

  connections: { unit: 'connections', what: 'of a replica, the most that were open at once' },
  apiConnections: { unit: 'connections', what: 'of one that only serves' },
  serverConnections: {
    unit: 'connections',
    what: '`max_connections` of PostgreSQL as installed, without those it reserves',
  },

  listPrefixes: { unit: 'prefixes', what: 'of a list of the sample, on average' },
  listMs: { unit: 'ms', what: 'a replica writes a list anew, in every format' },
  listWorkerMs: { unit: 'ms', what: 'the same where the week is taken in and told of' },
  listServerMs: { unit: 'ms', what: 'PostgreSQL, for a list on one replica' },
  listChangedShare: { unit: 'share', what: 'lists that a week gives another content' },
  listBytes: { unit: 'bytes', what: 'a list: its definition and when each format changed' },
  listVersionBytes: { unit: 'bytes', what: 'each content a list has had' },
  listCachedBytes: { unit: 'bytes', what: 'a list in memory in one format, plain and compressed' },

  tellEventMs: { unit: 'ms', what: 'telling an event that nobody wants, on the clock' },
  tellWebhookMs: { unit: 'ms', what: 'for each webhook there is' },
  tellDeliveryMs: { unit: 'ms', what: 'for each webhook that wants it' },
  deliveryMs: { unit: 'ms', what: 'a delivery, job and attempt, of the replica that makes it' },
  deliveryServerMs: { unit: 'ms', what: 'PostgreSQL, for a delivery' },
  webhooksPerSecond: { unit: 'a second', what: 'webhooks that one replica gets to' },

  databaseBytes: { unit: 'bytes', what: 'a database with nothing in it' },
  eventBytes: { unit: 'bytes', what: 'an event' },
  deliveryBytes: { unit: 'bytes', what: 'a delivery with one attempt' },
  jobBytes: { unit: 'bytes', what: 'a job that is done' },
  jobDays: { unit: 'days', what: 'that such a job is kept' },
  webhookBytes: { unit: 'bytes', what: 'a webhook' },
  runBytes: { unit: 'bytes', what: 'a run that found nothing new' },

  replicaBytes: { unit: 'bytes', what: 'resident memory of a replica that has nothing yet' },
  listMemoryBytes: { unit: 'bytes', what: 'memory of a stored list, asked for in one format' },
  spanBytes: { unit: 'bytes', what: 'memory of a span: a prefix in a tag, from when until when' },
  workPeakBytes: {
    unit: 'bytes',
    what: 'resident memory at most while weeks are taken in, beyond what stays',
  },
  spansMs: { unit: 'ms', what: 'a replica reads 100,000 spans of history' },
  spansServerMs: { unit: 'ms', what: 'PostgreSQL, for that' },

  embeddedIdleMs: { unit: 'ms', what: 'an idle second with the embedded database' },
  embeddedRunMs: { unit: 'ms', what: 'a week of Public with the embedded database' },
  embeddedBytes: { unit: 'bytes', what: 'resident memory with it and Public' },
  embeddedFolderBytes: { unit: 'bytes', what: 'its folder, with the first Public week' },
} as const satisfies Readonly<Record<string, Cost>>

/** What differs between clouds, which are of very different size. */
export const CLOUD_COSTS = {
  firstBytes: { unit: 'bytes', what: 'database, first week' },
  weekBytes: { unit: 'bytes', what: 'database, each further week' },
  firstSpans: { unit: 'spans', what: 'spans of history, first week' },
  weekSpans: { unit: 'spans', what: 'spans, each further week' },
  runMs: { unit: 'ms', what: 'the replica that takes a week in' },
  refreshMs: { unit: 'ms', what: 'each replica that follows' },
  serverMs: { unit: 'ms', what: 'PostgreSQL, for one of each' },
  memoryBytes: { unit: 'bytes', what: 'resident memory' },
  weeks: { unit: 'weeks', what: 'weeks that were measured' },
} as const satisfies Readonly<Record<string, Cost>>

export type CostName = keyof typeof COSTS
export type Costs = Readonly<Record<CostName, number>>

export type CloudCostName = keyof typeof CLOUD_COSTS
export type CloudCosts = Readonly<Record<CloudCostName, number>>

export const COST_NAMES = Object.keys(COSTS) as readonly CostName[]
export const CLOUD_COST_NAMES = Object.keys(CLOUD_COSTS) as readonly CloudCostName[]

const cost = z.number().nonnegative()

/** A larger installation as it was seen, for comparison with what is computed of it. */
const observedShape = z.strictObject({
  date: z.iso.datetime(),
  lists: cost,
  webhooks: cost,
  /** Of the working replica when nothing happens: a second, and of a core. */
  statements: cost,
  idleShare: cost,
  /** For a week: processor time of it, with its deliveries, and of a replica that only serves. */
  workerSeconds: cost,
  replicaSeconds: cost,
  toldSeconds: cost,
  /** Resident, of the replica that only serves. */
  replicaBytes: cost,
})

export type Observed = Readonly<z.infer<typeof observedShape>>

const resultsShape = z.strictObject({
  machine: z.string(),
  date: z.iso.datetime(),
  /** `PostgreSQL 15.18` */
  server: z.string(),
  files: z.enum(['real', 'generated']),
  /** How long measuring took. */
  seconds: cost,
  costs: z
    .record(z.enum(COST_NAMES), cost)
    .refine(({ webhooksPerSecond }) => webhooksPerSecond > 0, 'webhooksPerSecond: more than none'),
  clouds: z.record(z.enum(CLOUDS), z.record(z.enum(CLOUD_COST_NAMES), cost)),
  /** Seen in a run of its own. */
  observed: observedShape.optional(),
})

/** bench/scale.json: one whole run on one machine. */
export type ScaleResults = Readonly<z.infer<typeof resultsShape>>

/** @throws if a cost is missing, negative or none that is known: it is not a whole run then */
export function parseResults(text: string): ScaleResults {
  return resultsShape.parse(JSON.parse(text))
}
