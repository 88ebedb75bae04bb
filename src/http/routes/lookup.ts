/** GET /v1/lookup/{address} and POST /v1/lookup: which tags hold an address, now or on a past day. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CLOUDS, type Cloud } from '../../core/cloud.ts'
import { RangewardenError } from '../../core/errors.ts'
import { lookUp, type LookupAnswer } from '../../history/lookup.ts'
import type { Store } from '../../store/contract.ts'
import { lookupShape, lookupView } from '../../views/lookup.ts'
import { rememberHistory } from '../remembered-history.ts'
import { problems } from '../problem.ts'
import { placeParameter } from '../schemas/parameters.ts'

export interface LookupRoutesOptions {
  readonly store: Pick<Store, 'history' | 'lookup'>
}

const MAX_ADDRESSES = 1_000

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
  { store },
  done,
) => {
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
    handler: async ({ params, query }) => answer(store, params.address, query),
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
    handler: async ({ params, query }) =>
      answer(store, `${params.address}/${params.length}`, query),
  })

  app.route({
    method: 'POST',
    url: '/v1/lookup',
    schema: {
      operationId: 'lookUpMany',
      tags: ['lookup'],
      summary: `The same for up to ${MAX_ADDRESSES} addresses at once, in their order`,
      querystring: z.strictObject({}),
      body: z.strictObject({ addresses: z.array(address).min(1).max(MAX_ADDRESSES), ...when }),
      response: {
        200: z.object({ results: z.array(answerShape) }),
        ...problems(400, 404, 413, 415, 500, 503),
      },
    },
    handler: async ({ body: { addresses, ...query } }) => {
      const remembered = { lookup: store.lookup, history: rememberHistory(store.history) }
      const results: z.infer<typeof answerShape>[] = []
      for (const [i, text] of addresses.entries()) {
        results.push(await answer(remembered, text, query).catch(namePlace(`addresses/${i}`)))
      }
      return { results }
    },
  })
  done()
}

async function answer(
  store: LookupRoutesOptions['store'],
  text: string,
  { cloud, at }: { cloud?: Cloud | undefined; at?: string | undefined },
): Promise<z.infer<typeof answerShape>> {
  const clouds = cloud === undefined ? CLOUDS : [cloud]
  const answers: LookupAnswer[] = await lookUp(store, text, { clouds, at })
  return { query: text, answers: answers.map(lookupView) }
}

/** One bad address refuses the request, and the answer says which. */
function namePlace(place: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof RangewardenError) || error.code !== 'invalid-input') throw error
    const facts = { ...error.facts, parameter: place }
    throw new RangewardenError(error.code, `${place}: ${error.message}`, facts, { cause: error })
  }
}
