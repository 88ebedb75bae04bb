/**
 * What is told, and in which words: the type of every event and the shape of its data. Bodies stay
 * below 20 kB: counts, coverage, the first names, and links to the rest. Once an event is written its
 * body never changes, however often it has to be sent.
 */
import { z } from 'zod'
import { CLOUDS } from '../core/cloud.ts'
import { CLOUD_STATES } from '../history/overview.ts'
import { PUBLICATION_KINDS } from '../store/contract.ts'
import { addressCountsShape } from '../views/address-counts.ts'

/** Names that are shown of a long list; `more` says how many there are beyond. */
export const MOST_NAMES = 100
export const MOST_REASONS = 20
export const MOST_REFUSALS = 20
export const MOST_LINES = 60

const cloud = z.enum(CLOUDS)
/** Absolute where RANGEWARDEN_PUBLIC_URL is set, else a path. */
const link = z.string()
const snapshotName = z.object({ snapshot: z.string(), fileDate: z.iso.date() })
const names = z.object({
  names: z.array(z.string()).max(MOST_NAMES).describe('The first of them'),
  more: z.int().nonnegative().describe('How many more there are'),
})
const coverage = z.object({ gained: addressCountsShape, lost: addressCountsShape })

/** The data of each type; the key is the type. */
export const EVENT_DATA = {
  'ranges.changed': z.object({
    cloud,
    serial: z.int().positive().describe('Of the publication that is told of'),
    kind: z.enum(PUBLICATION_KINDS),
    publishedBy: z.string(),
    reason: z.string(),
    from: snapshotName.nullable().describe('Null for the first publication of a cloud'),
    to: snapshotName,
    counts: z.object({
      tagsAdded: z.int().nonnegative(),
      tagsRemoved: z.int().nonnegative(),
      tagsChanged: z.int().nonnegative(),
      prefixesAdded: z.int().nonnegative(),
      prefixesRemoved: z.int().nonnegative(),
    }),
    coverage: coverage.describe('Of all tags together'),
    tags: names.describe('Tags that differ; those that move the most addresses first'),
    earliestUse: z.iso
      .date()
      .nullable()
      .describe(
        'First day on which Azure may use what was added; null if no tag gained an address',
      ),
    links: z.object({ changes: link, snapshot: link }),
  }),
  'allowlist.changed': z.object({
    allowlist: z.string(),
    cloud,
    serial: z.int().positive().describe('Of the list'),
    snapshot: z.string(),
    coverage: coverage.describe('Of what the list admits, in grace included'),
    names: z.object({ added: names, removed: names }),
    links: z.object({ allowlist: link }),
  }),
  'sync.held': z.object({
    cloud,
    hold: z.int().positive(),
    fileDate: z.iso.date(),
    reasons: z.array(z.string()).max(MOST_REASONS),
    coverage: coverage.describe('What it would change'),
    links: z.object({ hold: link }),
  }),
  'sync.refused': z.object({
    cloud,
    run: z.string(),
    url: z.string().nullable(),
    refusals: z
      .array(z.object({ path: z.string(), value: z.string(), reason: z.string() }))
      .max(MOST_REFUSALS),
    more: z.int().nonnegative().describe('How many more there are'),
    links: z.object({ run: link }),
  }),
  'source.quiet': sourceShape(),
  'source.failing': sourceShape(),
  'source.recovered': sourceShape(),
  'drift.detected': z.object({
    allowlist: z.string(),
    cloud,
    device: z.string().describe('As whoever submitted the list called it'),
    serial: z.int().positive().describe('Of the list it was compared with'),
    missing: driftShape().describe('The list has it, the device has not'),
    extra: driftShape().describe('The device has it, and no version of the list had'),
    stale: driftShape().describe('The device has it, an earlier version of the list had'),
    links: z.object({ allowlist: link }),
  }),
  'webhook.disabled': z.object({
    webhook: z.string(),
    origin: z.string().describe('Of its URL, whose rest may be a secret'),
    reason: z.string(),
    waiting: z.int().nonnegative().describe('Deliveries that go on once it is enabled again'),
    links: z.object({ webhook: link }),
  }),
  'report.weekly': z.object({
    week: z.string().regex(/^\d{4}-W\d{2}$/),
    from: z.iso.date(),
    to: z.iso.date(),
    lines: z.array(z.string()).max(MOST_LINES).describe('The report in short, plain text'),
    links: z.object({ report: link }),
  }),
  'webhook.test': z.object({ webhook: z.string(), text: z.string() }),
} as const

export type EventType = keyof typeof EVENT_DATA
export type EventData<Type extends EventType> = z.infer<(typeof EVENT_DATA)[Type]>

/** In the order of the documentation. */
export const EVENT_TYPES = Object.keys(EVENT_DATA) as readonly EventType[]

/** What is sent: Standard Webhooks' body. `data` belongs to `type`. */
export type EventBody = {
  readonly [Type in EventType]: {
    readonly type: Type
    /** When it happened, ISO 8601. */
    readonly timestamp: string
    readonly data: EventData<Type>
  }
}[EventType]

/** The shape of a whole body of one type. */
export function bodyShapeOf<Type extends EventType>(type: Type) {
  return z.object({
    type: z.literal(type),
    timestamp: z.iso.datetime().describe('When it happened, UTC'),
    data: EVENT_DATA[type],
  })
}

/** The shape of any body: reads one that was kept as text. */
export const eventBodyShape = z.discriminatedUnion('type', [
  bodyShapeOf('ranges.changed'),
  bodyShapeOf('allowlist.changed'),
  bodyShapeOf('sync.held'),
  bodyShapeOf('sync.refused'),
  bodyShapeOf('source.quiet'),
  bodyShapeOf('source.failing'),
  bodyShapeOf('source.recovered'),
  bodyShapeOf('drift.detected'),
  bodyShapeOf('webhook.disabled'),
  bodyShapeOf('report.weekly'),
  bodyShapeOf('webhook.test'),
])

function sourceShape() {
  return z.object({
    cloud,
    state: z.enum(CLOUD_STATES),
    newestFileDate: z.iso.date().nullable(),
    ageInDays: z.int().nullable(),
    lastSuccessAt: z.iso.datetime().nullable(),
    links: z.object({ runs: link }),
  })
}

function driftShape() {
  return z.object({
    addresses: addressCountsShape,
    networks: names,
    names: names,
  })
}
