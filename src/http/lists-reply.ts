/**
 * Sends a prepared list: picks the encoding, answers 304 where the client has it, and otherwise
 * hands out bytes and headers that were made ready once. Nothing is rendered or allocated here.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cloud } from '../core/cloud.ts'
import type { CloudState } from '../history/overview.ts'
import type { PreparedList, Representation } from '../lists/prepared-list.ts'
import { chooseEncoding } from './accept-encoding.ts'
import { isNotModified } from './conditional.ts'
import { HttpError } from './problem.ts'

/** Five minutes fresh, then served stale for a week rather than not at all. */
const LIFETIME = 'max-age=300, stale-while-revalidate=3600, stale-if-error=604800'

/** How a cloud is doing, from memory: told beside every list of today. */
export interface KnownStates {
  stateOf(cloud: Cloud): CloudState | undefined
}

/** `public` unless the request carried credentials: a shared cache keys by URL alone. */
interface ReadyHeaders {
  /** Of the cloud, as these headers tell it. */
  readonly state: CloudState | undefined
  readonly whole: OutgoingHttpHeaders
  readonly notModified: OutgoingHttpHeaders
  readonly wholePrivate: OutgoingHttpHeaders
  readonly notModifiedPrivate: OutgoingHttpHeaders
}

const ready = new WeakMap<Representation, ReadyHeaders>()

/**
 * `states` for a list of today; one of a past day has none.
 * @throws HttpError `not-acceptable` for a client that takes none of our encodings
 */
export function sendList(
  request: FastifyRequest,
  reply: FastifyReply,
  list: PreparedList,
  states?: KnownStates,
): void {
  const { headers } = request.raw
  const representation = representationFor(list, headers['accept-encoding'])
  const { etag } = representation
  const state = states?.stateOf(list.cloud)
  const prepared = headersOf(list, representation, state)
  const { whole, notModified, wholePrivate, notModifiedPrivate } = prepared
  const isShared = headers.authorization === undefined
  if (isNotModified(headers, { etag, lastModified: list.lastModified })) {
    void reply
      .code(304)
      .headers(isShared ? notModified : notModifiedPrivate)
      .send()
    return
  }
  void reply.headers(isShared ? whole : wholePrivate).send(representation.body)
}

/** Always the whole list: clients of PAC files know no status but 200. */
export function sendWhole(
  request: FastifyRequest,
  reply: FastifyReply,
  list: PreparedList,
  states?: KnownStates,
): void {
  const representation = representationFor(list, request.headers['accept-encoding'])
  const { whole } = headersOf(list, representation, states?.stateOf(list.cloud))
  void reply.headers(whole).send(representation.body)
}

function representationFor(list: PreparedList, accepted: string | undefined): Representation {
  const encoding = chooseEncoding(accepted)
  if (encoding !== undefined) return list.representations[encoding]
  throw new HttpError(
    'not-acceptable',
    `Accept-Encoding "${accepted ?? ''}" takes none of ours: identity, gzip, br`,
    { encodings: ['identity', 'gzip', 'br'] },
  )
}

/** Made once for a representation and a state; states change a few times a year. */
function headersOf(
  list: PreparedList,
  representation: Representation,
  state: CloudState | undefined,
): ReadyHeaders {
  let headers = ready.get(representation)
  if (!headers || headers.state !== state) {
    ready.set(representation, (headers = prepareHeaders(list, representation, state)))
  }
  return headers
}

function prepareHeaders(
  list: PreparedList,
  { encoding, body, etag }: Representation,
  state: CloudState | undefined,
): ReadyHeaders {
  const validators = {
    etag,
    ...(list.lastModified === undefined ? {} : { 'last-modified': list.lastModified }),
    vary: 'accept-encoding',
    'rangewarden-snapshot': list.snapshotId,
    ...(state === undefined ? {} : { 'rangewarden-state': state }),
    'x-content-type-options': 'nosniff',
  }
  const content = {
    'content-type': list.mediaType,
    'content-length': String(body.length),
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  }
  const shared = { 'cache-control': `public, ${LIFETIME}` }
  const own = { 'cache-control': `private, ${LIFETIME}` }
  return {
    state,
    whole: { ...content, ...validators, ...shared },
    notModified: { ...validators, ...shared },
    wholePrivate: { ...content, ...validators, ...own },
    notModifiedPrivate: { ...validators, ...own },
  }
}
