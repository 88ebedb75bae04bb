/**
 * What has to hold of telling while nothing is under way: asked in SQL and compared with what
 * arrived, with none of the service's own queries.
 */
import { brotliDecompressSync } from 'node:zlib'
import { z } from 'zod'
import type { Rows } from '../kills/database-rules.ts'
import type { Arrival, Subscribed } from './receivers.ts'
import type { Finding, Law } from './report.ts'

const eventShape = z.object({
  id: z.string(),
  type: z.string(),
  allowlist: z.string().nullable(),
  serial: z.number().nullable(),
  state: z.string(),
  body: z.string().nullable(),
})
type Event = z.infer<typeof eventShape>

const publicationShape = z.object({
  serial: z.number(),
  snapshot: z.string(),
  content: z.string(),
  by: z.string(),
})

const versionShape = z.object({
  list: z.string(),
  serial: z.number(),
  snapshot: z.string(),
  admitted: z.string(),
})

const deliveryShape = z.object({ webhook: z.string(), event: z.string(), state: z.string() })

const webhookShape = z.object({ id: z.string(), enabled: z.boolean() })

/** One state of the database. */
interface Told {
  readonly events: readonly Event[]
  readonly publications: readonly z.infer<typeof publicationShape>[]
  readonly versions: readonly z.infer<typeof versionShape>[]
  /** In the order in which they are sent. */
  readonly deliveries: readonly z.infer<typeof deliveryShape>[]
  readonly webhooks: readonly z.infer<typeof webhookShape>[]
}

async function read(rows: Rows): Promise<Told> {
  const list = async <T>(shape: z.ZodType<T>, sql: string): Promise<T[]> =>
    z.array(shape).parse(await rows(sql))
  return {
    events: await list(
      eventShape,
      `SELECT id, type, allowlist, (facts->>'serial')::int4 AS serial, state, body
       FROM event ORDER BY seq`,
    ),
    publications: await list(
      publicationShape,
      `SELECT p.serial, p.snapshot_id AS snapshot, s.content_hash AS content, p.published_by AS by
       FROM publication p JOIN snapshot s ON s.id = p.snapshot_id ORDER BY p.serial`,
    ),
    versions: await list(
      versionShape,
      `SELECT list, serial, snapshot_id AS snapshot, encode(admitted, 'base64') AS admitted
       FROM list_version ORDER BY list, serial`,
    ),
    deliveries: await list(
      deliveryShape,
      'SELECT webhook_id AS webhook, event_id AS event, state FROM delivery ORDER BY id',
    ),
    webhooks: await list(webhookShape, 'SELECT id, enabled FROM webhook'),
  }
}

export interface TellingFacts {
  readonly findings: readonly Finding[]
  /** False while something waits to be told or sent: then nothing is found. */
  readonly isQuiet: boolean
  readonly publications: number
  readonly deliveries: number
}

/** `arrivedBefore` arrivals are older than what `rows` reads, all others may be newer. */
export async function inspectTelling(
  rows: Rows,
  subscribed: readonly Subscribed[],
  arrivals: () => readonly Arrival[],
): Promise<TellingFacts> {
  const before = [...arrivals()]
  const told = await read(rows)
  const { events, deliveries, publications } = told
  const isQuiet =
    events.every(({ state }) => state !== 'pending') &&
    deliveries.every(({ state }) => state !== 'waiting')
  const facts = { isQuiet, publications: publications.length, deliveries: deliveries.length }
  if (!isQuiet) return { ...facts, findings: [] }
  const texts: readonly (readonly [Law, string[]])[] = [
    ['lost', untoldPublications(told)],
    ['lost', untoldVersions(told)],
    ['lost', subscribed.flatMap((one) => undelivered(told, one, arrivals()))],
    ['not committed', before.flatMap((arrival) => uncommitted(told, arrival))],
    ['out of order', subscribed.flatMap((one) => outOfOrder(told, one, before))],
    ['altered', altered(told, before)],
  ]
  const findings = texts.flatMap(([law, all]) => all.map((text) => ({ law, text })))
  return { ...facts, findings }
}

/** Every publication has one event, and it is told if the content is another than before. */
function untoldPublications({ publications, events }: Told): string[] {
  return publications.flatMap(({ serial, content }, i) => {
    const isChange = publications[i - 1]?.content !== content
    const of = events.filter((event) => event.type === 'ranges.changed' && event.serial === serial)
    const wanted = isChange ? 'told' : 'nothing'
    if (of.length === 1 && of[0]?.state === wanted) return []
    return [`serial ${serial} has ${statesOf(of)}, one that is "${wanted}" was expected`]
  })
}

/** Every version that admits something else than the one before has one event, which is told. */
function untoldVersions({ versions, events }: Told): string[] {
  return versions.flatMap(({ list, serial, admitted }, i) => {
    const former = versions[i - 1]
    const isChange = former?.list === list && normalized(former.admitted) !== normalized(admitted)
    const of = events.filter(
      ({ type, allowlist, serial: its }) =>
        type === 'allowlist.changed' && allowlist === list && its === serial,
    )
    if (of.length === (isChange ? 1 : 0) && of.every(({ state }) => state === 'told')) return []
    const wanted = isChange ? 'one that is told' : 'none'
    return [`${list} ${serial} has ${statesOf(of)}, ${wanted} was expected`]
  })
}

/** Names first and networks last, empty lines between; the tags they are of are not admitted. */
function normalized(packed: string): string {
  const parts = brotliDecompressSync(Buffer.from(packed, 'base64')).toString().split('\n\n')
  const [names = '', networks = ''] = [parts.at(0), parts.at(-1)]
  return `${names.split('\n').toSorted().join('\n')}\n\n${networks}`
}

function statesOf(events: readonly Event[]): string {
  return events.length === 0 ? 'no event' : `events ${events.map(({ state }) => state).join()}`
}

function wants({ events, allowlists }: Subscribed, { type, allowlist }: Event): boolean {
  if (events.length > 0 && !events.includes(type)) return false
  return allowlist === null || allowlists.length === 0 || allowlists.includes(allowlist)
}

function undelivered(told: Told, one: Subscribed, arrivals: readonly Arrival[]): string[] {
  const { id, path } = one
  const accepted = idsOf(arrivals.filter((arrival) => arrival.path === path && arrival.accepted))
  const wanted = told.events.filter((event) => event.state === 'told' && wants(one, event))
  const ids = idsOf(wanted)
  const isEnabled = told.webhooks.some((webhook) => webhook.id === id && webhook.enabled)
  return [
    ...(isEnabled ? [] : [`${path} is not enabled any more`]),
    ...wanted.flatMap(({ id: event, type }) =>
      accepted.has(event) ? [] : [`${event} (${type}) never arrived at ${path}`],
    ),
    ...[...accepted].flatMap((event) =>
      ids.has(event) ? [] : [`${event} arrived at ${path}, which had not asked for it`],
    ),
    ...told.deliveries.flatMap(({ webhook, event, state }) =>
      webhook !== id || state === 'delivered' ? [] : [`${event} is ${state} at ${path}`],
    ),
  ]
}

function idsOf(all: readonly { readonly id: string }[]): Set<string> {
  return new Set(all.map(({ id }) => id))
}

const bodyShape = z.object({
  type: z.string(),
  data: z.looseObject({
    serial: z.number().optional(),
    allowlist: z.string().optional(),
    snapshot: z.string().optional(),
    to: z.object({ snapshot: z.string() }).optional(),
  }),
})

/** What it says is in the database: its event, and the publication or version it is of. */
function uncommitted({ events, publications, versions }: Told, { id, body }: Arrival): string[] {
  if (!events.some((event) => event.id === id)) return [`${id} is no event: ${body.slice(0, 200)}`]
  const { type, data } = bodyShape.parse(JSON.parse(body))
  const isThere =
    type === 'ranges.changed'
      ? publications.some(
          ({ serial, snapshot }) => serial === data.serial && snapshot === data.to?.snapshot,
        )
      : type === 'allowlist.changed'
        ? versions.some(
            ({ list, serial, snapshot }) =>
              list === data.allowlist && serial === data.serial && snapshot === data.snapshot,
          )
        : true
  return isThere ? [] : [`${id} tells of what is not there: ${body.slice(0, 200)}`]
}

/** When something arrives for the first time, all that was to be sent before it has arrived. */
function outOfOrder({ deliveries }: Told, one: Subscribed, arrivals: readonly Arrival[]): string[] {
  const order = deliveries.flatMap(({ webhook, event }) => (webhook === one.id ? [event] : []))
  const seen = new Set<string>()
  const accepted = new Set<string>()
  const found: string[] = []
  let next = 0
  for (const { id, path, accepted: isAccepted } of arrivals) {
    if (path !== one.path) continue
    if (!seen.has(id) && order[next] !== id) {
      found.push(`${id} arrived at ${path} before ${String(order[next])}`)
    }
    seen.add(id)
    if (isAccepted) accepted.add(id)
    while (next < order.length && accepted.has(order[next] ?? '')) next++
  }
  return found
}

/** However often and wherever: what was stored, to the byte. */
function altered({ events }: Told, arrivals: readonly Arrival[]): string[] {
  const bodies = new Map(events.map(({ id, body }) => [id, body]))
  return arrivals.flatMap(({ id, path, body }) => {
    const stored = bodies.get(id)
    return stored === undefined || stored === body ? [] : [`${id} came to ${path} in other words`]
  })
}
