/** /v1/runs: the passes of the sync; POST asks for one. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CLOUDS, type Cloud } from '../../core/cloud.ts'
import { notFound } from '../../core/errors.ts'
import { onlyCloud } from '../../lists/definition.ts'
import type { Run, RunStore } from '../../store/contract.ts'
import type { RunWish } from '../../sync/runner.ts'
import { runShape, runView } from '../../views/run.ts'
import { requireAdmin } from '../admin.ts'
import { problems } from '../problem.ts'
import { limitParameter, noQuery } from '../schemas/parameters.ts'

export interface RunRoutesOptions {
  readonly runs: RunStore
  readonly clouds: readonly Cloud[]
  readonly adminToken: string | undefined
  readonly requestRun: (wish: RunWish) => Promise<{ run: Run; joined: boolean }>
}

export const runRoutes: FastifyPluginCallbackZod<RunRoutesOptions> = (
  app,
  { runs, clouds, adminToken, requestRun },
  done,
) => {
  app.route({
    method: 'POST',
    url: '/v1/runs',
    onRequest: requireAdmin(adminToken),
    schema: {
      operationId: 'requestRun',
      tags: ['runs'],
      summary: 'Asks for a pass of the sync, or joins the one under way',
      security: [{ adminToken: [] }],
      querystring: noQuery,
      body: z
        .strictObject({
          cloud: z.enum(CLOUDS).optional().describe('Without it, the only followed cloud'),
          dryRun: z.boolean().optional().describe('Only tells what it would publish'),
        })
        .nullish(),
      response: {
        202: z.object({
          run: runShape,
          joined: z.boolean().describe('True if it was under way already'),
        }),
        ...problems(400, 401, 403, 413, 415, 500, 503),
      },
    },
    handler: async ({ body }, reply) => {
      const cloud = onlyCloud(body?.cloud, clouds)
      const dryRun = body?.dryRun ?? false
      const { run, joined } = await requestRun({ cloud, dryRun, trigger: 'api' })
      const answer = { run: runView(run), joined }
      return reply.code(202).header('location', `/v1/runs/${run.id}`).send(answer)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/runs',
    schema: {
      operationId: 'listRuns',
      tags: ['runs'],
      summary: 'The last runs, newest first',
      querystring: z.strictObject({
        cloud: z.enum(CLOUDS).optional().describe('Without it, the runs of all clouds'),
        limit: limitParameter,
      }),
      response: { 200: z.object({ runs: z.array(runShape) }), ...problems(400, 500, 503) },
    },
    handler: async ({ query }) => ({ runs: (await runs.list(query)).map(runView) }),
  })

  app.route({
    method: 'GET',
    url: '/v1/runs/:id',
    schema: {
      operationId: 'getRun',
      tags: ['runs'],
      summary: 'One run with its outcome',
      params: z.strictObject({ id: z.guid() }),
      querystring: noQuery,
      response: { 200: runShape, ...problems(400, 404, 500, 503) },
    },
    handler: async ({ params: { id } }) => {
      const run = await runs.byId(id)
      if (!run) throw notFound(`there is no run ${id}: /v1/runs lists them`, { run: id })
      return runView(run)
    },
  })
  done()
}
