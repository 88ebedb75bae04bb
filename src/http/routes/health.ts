/** /health/live says that the process runs, /health/ready what it can serve. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { z } from 'zod'
import { CLOUDS, type Cloud } from '../../core/cloud.ts'
import {
  CLOUD_STATES,
  cloudOverview,
  type CloudOverview,
  type OverviewDeps,
} from '../../history/overview.ts'
import { HttpError, problems } from '../problem.ts'
import { noQuery } from '../schemas/parameters.ts'

export interface HealthRoutesOptions extends OverviewDeps {
  readonly clouds: readonly Cloud[]
  readonly version: string
  readonly log: Logger
  /** True once the process was told to stop: it answers for a while, and wants no new clients. */
  readonly isStopping: () => boolean
}

/** Kubernetes waits a second for a probe: one that is late takes out a replica that serves well. */
const DEADLINE_MS = 700

const readinessShape = z.object({
  status: z.literal('ready'),
  version: z.string(),
  database: z.enum(['reachable', 'unreachable']),
  clouds: z.array(
    z.object({
      cloud: z.enum(CLOUDS),
      state: z.enum(CLOUD_STATES),
      snapshot: z.string().nullable(),
      newestFileDate: z.iso.date().nullable(),
      ageInDays: z.int().nullable(),
      advice: z.string().nullable().describe('What to do, where something is to be done'),
    }),
  ),
})

export const healthRoutes: FastifyPluginCallbackZod<HealthRoutesOptions> = (app, options, done) => {
  const { clouds, version, log, isStopping } = options

  app.route({
    method: 'GET',
    url: '/health/live',
    schema: {
      operationId: 'getLiveness',
      tags: ['health'],
      summary: 'The process runs',
      querystring: noQuery,
      response: {
        200: z.object({ status: z.literal('live'), version: z.string() }),
        ...problems(400),
      },
    },
    handler: () => ({ status: 'live' as const, version }),
  })

  app.route({
    method: 'GET',
    url: '/health/ready',
    schema: {
      operationId: 'getReadiness',
      tags: ['health'],
      summary:
        'Everything the database holds is loaded; an empty, held or old cloud or a database that ' +
        'is away is reported and does not make it unready, but a process that is stopping is',
      querystring: noQuery,
      response: { 200: readinessShape, ...problems(400, 500, 503) },
    },
    handler: async () => {
      if (isStopping()) {
        throw new HttpError('stopping', 'this process is stopping: send requests to another')
      }
      const overviews = await cloudOverview(options, clouds, new Date(), DEADLINE_MS)
      const fault = overviews.find(({ complete }) => !complete)?.fault
      if (fault !== undefined) log.warn({ err: fault }, 'The database does not answer')
      return {
        status: 'ready' as const,
        version,
        database: fault === undefined ? ('reachable' as const) : ('unreachable' as const),
        clouds: overviews.map(readinessOf),
      }
    },
  })
  done()
}

function readinessOf(overview: CloudOverview) {
  const { cloud, state, published, newestFileDate, ageInDays } = overview
  return {
    cloud,
    state,
    snapshot: published?.record.id ?? null,
    newestFileDate: newestFileDate ?? null,
    ageInDays: ageInDays ?? null,
    advice: overview.complete ? adviceFor(overview) : ADVICE_WITHOUT_DATABASE,
  }
}

const ADVICE_WITHOUT_DATABASE =
  'the database does not answer: what is in memory is served, and nothing else is known'

/** What is to be done about the state, and then what else a person should not forget. */
function adviceFor(overview: CloudOverview): string | null {
  const advice = [
    stateAdvice(overview),
    rollbackAdvice(overview),
    discoveryAdvice(overview),
  ].filter((one) => one !== undefined)
  return advice.length > 0 ? advice.join('; ') : null
}

function stateAdvice({ cloud, state, ageInDays = 0, waiting }: CloudOverview): string | undefined {
  switch (state) {
    case 'empty':
      return (
        `nothing is published for ${cloud} yet, its lists answer 503: /v1/runs tells what the sync ` +
        'met; without a route to Microsoft, take files in with `rangewarden import`'
      )
    case 'held':
      return (
        `a newer file of ${cloud} waits for a person (hold ${waiting.join(', ')}): ` +
        '`rangewarden holds` and /v1/holds tell the reasons, approve or reject it there'
      )
    case 'cannot-fetch':
      return (
        `no usable file of ${cloud} has arrived for more than 36 hours: /v1/runs tells every ` +
        'request that was made'
      )
    case 'source-quiet':
      return `the newest file of ${cloud} is ${ageInDays} days old: look whether Microsoft has a newer one`
    case 'retired':
    case 'current':
      return undefined
  }
}

function rollbackAdvice({ cloud, rollback }: CloudOverview): string | undefined {
  if (!rollback) return undefined
  const { fileDate, until } = rollback
  const end = until ? `until ${until.toISOString()}` : 'until it is released'
  return (
    `a person went back to the file of ${fileDate}, ${end}: ` +
    `\`rangewarden rollback ${cloud} --release\` ends it`
  )
}

function discoveryAdvice({ discovery }: CloudOverview): string | undefined {
  if (discovery?.degraded === undefined) return undefined
  return `files are found by ${discovery.strategy} only, because ${discovery.degraded}`
}
