/**
 * Sends a prepared list: picks the encoding, answers 304 where the client has it, and otherwise
 * hands out bytes and headers that were made ready once. Nothing is rendered or allocated here.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PreparedList, Representation } from '../lists/prepared-list.ts'
import { chooseEncoding } from './accept-encoding.ts'
import { isNotModified } from './conditional.ts'
import { HttpError } from './problem.ts'

/** Five minutes fresh, then served stale for a week rather than not at all. */
const LIFETIME = 'max-age=300, stale-while-revalidate=3600, stale-if-error=604800'

/** `public` unless the request carried credentials: a shared cache keys by URL alone. */
interface ReadyHeaders {
  readonly whole: OutgoingHttpHeaders
  readonly notModified: OutgoingHttpHeaders
  readonly wholePrivate: OutgoingHttpHeaders
  readonly notModifiedPrivate: OutgoingHttpHeaders
}

const ready = new WeakMap<Representation, ReadyHeaders>()

/** @throws HttpError `not-acceptable` for a client that takes none of our encodings */
export function sendList(request: FastifyRequest, reply: FastifyReply, list: PreparedList): void {
  const { headers } = request.raw
  const representation = representationFor(list, headers['accept-encoding'])
  const { etag } = representation
  const { whole, notModified, wholePrivate, notModifiedPrivate } = headersOf(list, representation)
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
export function sendWhole(request: FastifyRequest, reply: FastifyReply, list: PreparedList): void {
  const representation = representationFor(list, request.headers['accept-encoding'])
  void reply.headers(headersOf(list, representation).whole).send(representation.body)
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

function headersOf(list: PreparedList, representation: Representation): ReadyHeaders {
  let headers = ready.get(representation)
  if (!headers) ready.set(representation, (headers = prepareHeaders(list, representation)))
  return headers
}

function prepareHeaders(list: PreparedList, { encoding, body, etag }: Representation) {
  const validators = {
    etag,
    ...(list.lastModified === undefined ? {} : { 'last-modified': list.lastModified }),
    vary: 'accept-encoding',
    'rangewarden-snapshot': list.snapshotId,
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
    whole: { ...content, ...validators, ...shared },
    notModified: { ...validators, ...shared },
    wholePrivate: { ...content, ...validators, ...own },
    notModifiedPrivate: { ...validators, ...own },
  }
}
