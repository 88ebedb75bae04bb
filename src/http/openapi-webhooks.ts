/** What is sent to webhooks, as the OpenAPI document says it: one entry for each type of event. */
import { z } from 'zod'
import { bodyShapeOf, EVENT_TYPES, type EventType } from '../webhooks/event.ts'

/** The top-level `webhooks`; what its schemas refer to is among the components of the routes. */
export function openApiWebhooks(): Record<string, object> {
  return Object.fromEntries(EVENT_TYPES.map((type) => [type, { post: operationOf(type) }]))
}

const SUMMARIES: Readonly<Record<EventType, string>> = {
  'ranges.changed': 'What is handed out of a cloud changed: a new file, or a decision of a person',
  'allowlist.changed': 'What a stored allowlist admits changed',
  'sync.held': 'A new file changes more than files do, and waits for a person',
  'sync.refused': 'A file cannot be right, and was refused',
  'source.quiet': 'The newest file is older than files get',
  'source.failing': 'Newer files cannot be fetched',
  'source.recovered': 'A source that was quiet or failing is well again',
  'drift.detected': 'A device has another list than the allowlist it was compared with',
  'webhook.disabled': 'A webhook is not sent anything any more',
  'report.weekly': 'What a week brought, in short',
  'webhook.test': 'Somebody asked for a test',
}

const HEADERS = {
  'webhook-id': {
    description: 'Of the event: the same however often it is sent, so that it can be acted on once',
    schema: { type: 'string' },
  },
  'webhook-timestamp': {
    description: 'Of this attempt, in seconds since 1970; refuse what is minutes away from now',
    schema: { type: 'integer' },
  },
  'webhook-signature': {
    description:
      'Signatures of `{webhook-id}.{webhook-timestamp}.{body}`, separated by spaces: `v1,` and the ' +
      'base64 of HMAC-SHA256. After a rotation there are two; one that verifies is enough',
    schema: { type: 'string' },
  },
}

const RESPONSES = {
  '2XX': { description: 'Taken. The body of the answer is not read further than a log needs it' },
  '3XX': { description: 'A failure: redirects are not followed' },
  '410': { description: 'Not wanted any more: the webhook is disabled' },
  '429': { description: 'Later: Retry-After is kept to' },
  default: { description: 'A failure: it is sent again, for about three days' },
}

function operationOf(type: EventType): object {
  return {
    operationId: operationIdOf(type),
    summary: SUMMARIES[type],
    tags: ['webhooks'],
    parameters: Object.entries(HEADERS).map(([name, header]) => {
      return { name, in: 'header', required: true, ...header }
    }),
    requestBody: { required: true, content: { 'application/json': { schema: schemaOf(type) } } },
    responses: RESPONSES,
  }
}

/** `onRangesChanged` */
function operationIdOf(type: EventType): string {
  const words = type.split('.').map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
  return `on${words.join('')}`
}

/**
 * As a receiver should read it: members that are not described may come, so no object is closed
 * (`io: 'input'`). Shapes with an id are among the components, under the same name.
 */
function schemaOf(type: EventType): unknown {
  const schema = z.toJSONSchema(bodyShapeOf(type), { target: 'draft-2020-12', io: 'input' })
  const { type: kind, properties, required } = schema
  return referring({ type: kind, properties, required })
}

/** What refers to definitions within the schema refers to components. */
function referring(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^#\/\$defs\//, '#/components/schemas/')
  if (Array.isArray(value)) return value.map(referring)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, referring(part)]))
}
