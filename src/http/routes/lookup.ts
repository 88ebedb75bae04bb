/** GET /v1/lookup/{address} and POST /v1/lookup: which tags hold an address, now or on a past day. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CLOUDS, type Cloud } from '../../core/cloud.ts'
import { invalidInput, RangewardenError } from '../../core/errors.ts'
import { readAddresses, type AskedAddresses } from '../../history/asked-addresses.ts'
import {
  lookUp,
  openLookup,
  type LookupAnswer,
  type LookupWhen,
  type OpenLookup,
} from '../../history/lookup.ts'
import type { Timelines } from '../../history/timelines.ts'
import { lookupShape, lookupView } from '../../views/lookup.ts'
import { inTurns } from '../in-turns.ts'
import { createPlaces, eachInTurn } from '../places.ts'
import { problems } from '../problem.ts'
import { placeParameter } from '../schemas/parameters.ts'

export interface LookupRoutesOptions {
  readonly timelines: Timelines
}

const MAX_ADDRESSES = 10_000

/**
 * Of all networks and ranges of a request together: a /0 has some 56,000 in seven years of Public,
 * of which one answer is 400 kB and takes 20 to 60 ms.
 */
const MAX_PREFIXES_WITHIN = 2_000_000

/** One that is being answered and eight that wait. */
const MAX_OPEN = 9

const address = z
  .string()
  .min(1)
  .max(100)
  .describe('An address, a network (host bits are ignored) or `first-last`')

const when = {
  at: placeParameter
    .optional()
    .describe('A snapshot id, a file date, `latest` or `previous`; without it, `latest`'),
  cloud: z.enum(CLOUDS).optional().describe('Without it, every cloud that has history'),
}

const answerShape = z.object({ query: z.string(), answers: z.array(lookupShape) })

export const lookupRoutes: FastifyPluginCallbackZod<LookupRoutesOptions> = (
  app,
  { timelines },
  done,
) => {
  const places = createPlaces(MAX_OPEN, 'lookups of many addresses')
  const describeOne = {
    tags: ['lookup'],
    querystring: z.strictObject(when),
    response: { 200: answerShape, ...problems(400, 404, 500, 503) },
  }

  app.route({
    method: 'GET',
    url: '/v1/lookup/:address',
    schema: {
      operationId: 'lookUpAddress',
      summary: 'Every tag that holds an address, a network or a range; first and last seen',
      params: z.strictObject({ address }),
      ...describeOne,
    },
    handler: async ({ params, query }) => {
      return resultView(params.address, await lookUp(timelines, params.address, momentOf(query)))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/lookup/:address/:length',
    schema: {
      operationId: 'lookUpNetwork',
      summary: 'The same for a network written with its slash',
      params: z.strictObject({ address, length: z.string().max(15) }),
      ...describeOne,
    },
    handler: async ({ params, query }) => {
      const network = `${params.address}/${params.length}`
      return resultView(network, await lookUp(timelines, network, momentOf(query)))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/lookup',
    schema: {
      operationId: 'lookUpMany',
      tags: ['lookup'],
      summary: `The same for up to ${MAX_ADDRESSES} addresses at once, in their order`,
      description:
        'Single addresses cost little, however many they are. A network or range costs as many ' +
        'prefixes as history ever had inside of it, in every cloud asked: a request of more than ' +
        `${MAX_PREFIXES_WITHIN} in total is refused before anything is answered. Requests are ` +
        `answered one at a time; beyond ${MAX_OPEN} that are open, 503 with Retry-After.`,
      querystring: z.strictObject({}),
      body: z.strictObject({ addresses: z.array(address).min(1).max(MAX_ADDRESSES), ...when }),
      response: {
        200: z.object({ results: z.array(answerShape) }),
        ...problems(400, 404, 413, 415, 500, 503),
      },
    },
    handler: async ({ body: { addresses, ...query } }, reply) => {
      // Whatever can be wrong is found before the first byte: what follows is a 200 to its end.
      const leave = places.take()
      try {
        const asked = await places.inTurn(() => readAll(addresses))
        const lookup = await openLookup(timelines, momentOf(query))
        await places.inTurn(() => refuseTooWide(asked, lookup))
        const pieces = eachInTurn(places, resultsText(asked, lookup.answer))
        return await sendJson(reply, pieces, leave)
      } catch (error) {
        leave()
        throw error
      }
    },
  })
  done()
}

/** As fast as the client takes it, and no further: a stream is read when there is room. */
function sendJson(
  reply: FastifyReply,
  text: AsyncIterable<string>,
  closed: () => void,
): FastifyReply {
  const body = Readable.from(text, { objectMode: false }).once('close', closed)
  return reply.type('application/json; charset=utf-8').send(body)
}

function momentOf({
  cloud,
  at,
}: {
  cloud?: Cloud | undefined
  at?: string | undefined
}): LookupWhen {
  return { clouds: cloud === undefined ? CLOUDS : [cloud], at }
}

function resultView(query: string, answers: readonly LookupAnswer[]): z.infer<typeof answerShape> {
  return { query, answers: answers.map(lookupView) }
}

/** One bad address refuses the request, and the answer says which. */
async function readAll(addresses: readonly string[]): Promise<AskedAddresses[]> {
  const asked: AskedAddresses[] = []
  for await (const text of inTurns(addresses)) {
    try {
      asked.push(readAddresses(text))
    } catch (error) {
      throw placed(error, `addresses/${asked.length}`)
    }
  }
  return asked
}

async function refuseTooWide(
  asked: readonly AskedAddresses[],
  { prefixesWithin }: OpenLookup,
): Promise<void> {
  let prefixes = 0
  for await (const one of inTurns(asked)) prefixes += prefixesWithin(one)
  if (prefixes <= MAX_PREFIXES_WITHIN) return
  throw invalidInput(
    `the networks and ranges asked about have ${prefixes} prefixes inside of them, ` +
      `${MAX_PREFIXES_WITHIN} is the most of one request: ask about fewer or narrower ones at once`,
    { prefixes, most: MAX_PREFIXES_WITHIN },
  )
}

function placed(error: unknown, place: string): unknown {
  if (!(error instanceof RangewardenError) || error.code !== 'invalid-input') return error
  const facts = { ...error.facts, parameter: place }
  return new RangewardenError(error.code, `${place}: ${error.message}`, facts, { cause: error })
}

/** About so many characters are handed on at a time. */
const CHUNK = 65_536

/** The whole answer as JSON, piece by piece. */
async function* resultsText(
  asked: readonly AskedAddresses[],
  answer: (asked: AskedAddresses) => LookupAnswer[],
): AsyncGenerator<string> {
  let text = '{"results":['
  let isFirst = true
  for await (const one of inTurns(asked)) {
    text += (isFirst ? '' : ',') + JSON.stringify(resultView(one.query, answer(one)))
    isFirst = false
    if (text.length < CHUNK) continue
    yield text
    text = ''
  }
  yield `${text}]}`
}
