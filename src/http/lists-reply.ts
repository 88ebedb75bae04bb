/** Sends a list by Fastify: picks the encoding, answers 304 where the client has it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type {
  Encoding,
  ListBytes,
  ListHead,
  PreparedList,
  StoredList,
} from '../lists/prepared-list.ts'
import { chooseEncoding } from './accept-encoding.ts'
import {
  hasAlready,
  headerFacts,
  notModifiedHeaders,
  wholeHeaders,
  type KnownStates,
} from './list-headers.ts'
import { HttpError } from './problem.ts'

/**
 * A list that is stored: its bytes are not needed to say that the client has them. Gives nothing
 * back when all is done: Fastify would take a returned reply for a promise.
 * `states` for a list of today; one of a past day has none.
 * @throws HttpError `not-acceptable` for a client that takes none of our encodings
 */
export function sendStored(
  request: FastifyRequest,
  reply: FastifyReply,
  list: StoredList,
  states?: KnownStates,
): Promise<FastifyReply> | undefined {
  const encoding = encodingFor(request)
  if (answerNotModified(request, reply, list, encoding, states)) return undefined
  const bytes = list.bytes()
  if (bytes) {
    sendBytes(request, reply, list, bytes, encoding, states)
    return undefined
  }
  return list.load().then((made) => {
    sendBytes(request, reply, list, made, encoding, states)
    return reply
  })
}

/** @throws as `sendStored` */
export function sendList(
  request: FastifyRequest,
  reply: FastifyReply,
  list: PreparedList,
  states?: KnownStates,
): void {
  const encoding = encodingFor(request)
  if (answerNotModified(request, reply, list, encoding, states)) return
  sendBytes(request, reply, list, list, encoding, states)
}

/** Always the whole list, for everybody alike: clients of PAC files know no status but 200. */
export async function sendWhole(
  request: FastifyRequest,
  reply: FastifyReply,
  list: StoredList,
  states?: KnownStates,
): Promise<FastifyReply> {
  const { representations } = list.bytes() ?? (await list.load())
  const representation = representations[encodingFor(request)]
  const facts = headerFacts({}, list, states)
  return reply.headers(wholeHeaders(list, representation, facts)).send(representation.body)
}

function answerNotModified(
  { raw: { headers } }: FastifyRequest,
  reply: FastifyReply,
  list: ListHead,
  encoding: Encoding,
  states?: KnownStates,
): boolean {
  if (!hasAlready(headers, list, encoding)) return false
  const facts = headerFacts(headers, list, states)
  void reply
    .code(304)
    .headers(notModifiedHeaders(list, encoding, facts))
    .send()
  return true
}

function sendBytes(
  { raw: { headers } }: FastifyRequest,
  reply: FastifyReply,
  list: ListHead,
  { representations }: ListBytes,
  encoding: Encoding,
  states?: KnownStates,
): void {
  const representation = representations[encoding]
  const facts = headerFacts(headers, list, states)
  void reply.headers(wholeHeaders(list, representation, facts)).send(representation.body)
}

function encodingFor({ headers }: FastifyRequest): Encoding {
  const accepted = headers['accept-encoding']
  const encoding = chooseEncoding(accepted)
  if (encoding !== undefined) return encoding
  throw new HttpError(
    'not-acceptable',
    `Accept-Encoding "${accepted ?? ''}" takes none of ours: identity, gzip, br`,
    { encodings: ['identity', 'gzip', 'br'] },
  )
}
