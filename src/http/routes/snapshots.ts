/** GET /v1/snapshots, …/{id} and …/{id}/document: what Microsoft published, newest first. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Cloud } from '../../core/cloud.ts'
import { invalidInput, notFound } from '../../core/errors.ts'
import { cloudOrOnly } from '../../history/resolve.ts'
import { isMarkup } from '../../documents/read-document.ts'
import type { HistoryStore, SnapshotRecord } from '../../store/contract.ts'
import { snapshotShape, snapshotView } from '../../views/snapshot.ts'
import { isNotModified } from '../conditional.ts'
import { problems } from '../problem.ts'
import { cloudParameter, limitParameter, noQuery } from '../schemas/parameters.ts'

export interface SnapshotRoutesOptions {
  readonly history: HistoryStore
  readonly clouds: readonly Cloud[]
}

const idParams = z.strictObject({ id: z.string().describe('`public-20251028-3f9a2c1e`') })

export const snapshotRoutes: FastifyPluginCallbackZod<SnapshotRoutesOptions> = (
  app,
  { history, clouds },
  done,
) => {
  app.route({
    method: 'GET',
    url: '/v1/snapshots',
    schema: {
      operationId: 'listSnapshots',
      tags: ['snapshots'],
      summary: 'The history of a cloud, newest first, page by page',
      querystring: z.strictObject({
        cloud: cloudParameter,
        limit: limitParameter,
        cursor: z.string().optional().describe('`next` of the page before'),
      }),
      response: {
        200: z.object({
          snapshots: z.array(snapshotShape),
          next: z.string().nullable().describe('Cursor of the next page; null on the last'),
        }),
        ...problems(400, 500, 503),
      },
    },
    handler: async ({ query }, reply) => {
      const cloud = cloudOrOnly(query.cloud, clouds)
      const { limit } = query
      const after = query.cursor && (await checkCursor(history, cloud, query.cursor))
      const found = await history.list({ cloud, limit: limit + 1, after })
      const page = found.slice(0, limit)
      const next = found.length > limit ? (page.at(-1)?.id ?? null) : null
      if (next !== null) {
        const search = new URLSearchParams({ cloud, limit: String(limit), cursor: next })
        void reply.header('link', `</v1/snapshots?${search.toString()}>; rel="next"`)
      }
      return { snapshots: page.map(snapshotView), next }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/snapshots/:id',
    schema: {
      operationId: 'getSnapshot',
      tags: ['snapshots'],
      summary: 'One snapshot',
      params: idParams,
      querystring: noQuery,
      response: { 200: snapshotShape, ...problems(400, 404, 500, 503) },
    },
    handler: async ({ params }) => snapshotView(await snapshotOf(history, params.id)),
  })

  app.route({
    method: 'GET',
    url: '/v1/snapshots/:id/document',
    schema: {
      operationId: 'getSnapshotDocument',
      tags: ['snapshots'],
      summary: 'The original bytes, as published',
      params: idParams,
      querystring: noQuery,
      response: {
        200: {
          description: 'The weekly file; its bytes never change',
          content: {
            'application/json': { schema: z.unknown() },
            'application/xml': { schema: z.unknown().describe('The retired format') },
          },
        },
        304: z.undefined().describe('The client has these bytes'),
        ...problems(400, 404, 500, 503),
      },
    },
    handler: async ({ params, raw }, reply) => {
      const { id, documentSha256 } = await snapshotOf(history, params.id)
      const etag = `"${documentSha256}"`
      void reply.headers({ etag, 'cache-control': 'public, max-age=31536000, immutable' })
      if (isNotModified(raw.headers, { etag })) return reply.code(304).send()
      const bytes = await history.document(documentSha256)
      if (!bytes) throw new Error(`the document of ${id} is missing`)
      const isXml = isMarkup(bytes.subarray(0, 64).toString('utf8'))
      return reply.type(isXml ? 'application/xml' : 'application/json').send(bytes)
    },
  })
  done()
}

async function snapshotOf(history: HistoryStore, id: string): Promise<SnapshotRecord> {
  const record = await history.byId(id)
  if (record) return record
  throw notFound(`there is no snapshot ${id}: /v1/snapshots lists them`, { snapshot: id })
}

async function checkCursor(history: HistoryStore, cloud: Cloud, cursor: string): Promise<string> {
  const record = await history.byId(cursor)
  if (record?.cloud === cloud) return cursor
  throw invalidInput(
    `cursor "${cursor}" is not from a page of ${cloud}: take "next" of the last page`,
  )
}
