/**
 * The HTTP server. The list of plugins is the table of contents of the API, in the order of its
 * documentation; what a room needs is handed to it here.
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Exporter } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import type { Freshness } from '../history/freshness.ts'
import type { Lists } from '../lists/lists.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Run, Store } from '../store/contract.ts'
import type { GuardDeps } from '../sync/judge-candidate.ts'
import type { RunWish } from '../sync/runner.ts'
import { answerClientErrors } from './client-error.ts'
import { createErrorHandler } from './error-handler.ts'
import { explainMissingRoutes } from './not-found.ts'
import { swaggerOptions } from './openapi-options.ts'
import { allowlistRoutes } from './routes/allowlists.ts'
import { changeRoutes } from './routes/changes.ts'
import { cloudRoutes } from './routes/clouds.ts'
import { documentRoutes } from './routes/documents.ts'
import { documentationRoutes } from './routes/documentation.ts'
import { endpointRoutes } from './routes/endpoints.ts'
import { formatRoutes } from './routes/formats.ts'
import { healthRoutes } from './routes/health.ts'
import { holdRoutes } from './routes/holds.ts'
import { allowlistFileRoutes, deviceRoutes, exportRoutes } from './routes/lists.ts'
import { lookupRoutes } from './routes/lookup.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { pacRoutes } from './routes/pac.ts'
import { publicationRoutes } from './routes/publications.ts'
import { runRoutes } from './routes/runs.ts'
import { snapshotRoutes } from './routes/snapshots.ts'
import { tagRoutes } from './routes/tags.ts'

export interface ServerDeps {
  readonly store: Store
  readonly lists: Lists
  readonly freshness: Freshness
  readonly metrics: Metrics
  readonly exporters: readonly Exporter[]
  /** Followed clouds; the built-in lists are the first one's. */
  readonly clouds: readonly Cloud[]
  /** Without it, nothing can be changed over HTTP. */
  readonly adminToken: string | undefined
  readonly pacConfigured: boolean
  /** How files by hand are judged. */
  readonly guard: GuardDeps
  /** Brings lists and states to what the database says, after a decision. */
  readonly refresh: () => Promise<void>
  readonly requestRun: (wish: RunWish) => Promise<{ run: Run; joined: boolean }>
  /** Answers if the database does. */
  readonly ping: () => Promise<void>
  readonly version: string
  readonly log: Logger
}

/** Longest body: a lookup of 1,000 addresses takes 50 kB. */
const BODY_LIMIT = 1_048_576

/** A request has to arrive whole in this time. */
const REQUEST_TIMEOUT_MS = 30_000

/** A connection on which nothing moves is closed: longer than a device may be slow. */
const CONNECTION_TIMEOUT_MS = 120_000

/** The page is our own, also over plain http; nothing is loaded from or sent to another host. */
const DOCS_POLICY = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'frame-ancestors': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
}

/** Ready to listen or to be injected into. */
export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { store, lists, freshness, exporters, clouds, adminToken, requestRun, version, log } = deps
  const { refresh } = deps
  const { history, runs } = store
  const errorHandler = createErrorHandler(deps)
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // While it closes, requests on open connections are still answered, with Connection: close.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => void errorHandler(error, request, reply),
    clientErrorHandler: answerClientErrors,
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(errorHandler)
  acceptEmptyJson(app)
  explainMissingRoutes(app)
  logRequests(app, log)

  await app.register(swagger, swaggerOptions(version))
  // Lists carry every header themselves: no hook runs between a device and its bytes.
  await app.register(deviceRoutes, { lists, freshness, exporters })
  await app.register(allowlistFileRoutes, { lists, freshness, history, exporters })
  await app.register(exportRoutes, { lists, freshness, history, exporters, clouds })
  await app.register(pacRoutes, { lists, freshness, exporters, pacConfigured: deps.pacConfigured })

  app.addHook('onRequest', giveCommonHeaders)
  await app.register(cloudRoutes, { store, lists, clouds, log })
  await app.register(snapshotRoutes, { history, clouds })
  await app.register(changeRoutes, { history, clouds })
  await app.register(tagRoutes, { history, lists, clouds })
  await app.register(lookupRoutes, { store })
  await app.register(endpointRoutes, { clouds })
  await app.register(formatRoutes, { exporters })
  await app.register(allowlistRoutes, { lists, exporters, adminToken })
  await app.register(runRoutes, { runs, clouds, adminToken, requestRun })
  await app.register(documentRoutes, { store, guard: deps.guard, adminToken, refresh, log })
  await app.register(holdRoutes, { store, adminToken, refresh, log })
  await app.register(publicationRoutes, { store, clouds, adminToken, refresh, log })
  await app.register(healthRoutes, { store, lists, clouds, version, log })
  await app.register(metricsRoutes, { metrics: deps.metrics })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY })
  await app.register(documentationRoutes)
  return app
}

function giveCommonHeaders(_: FastifyRequest, reply: FastifyReply, done: () => void): void {
  void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-cache')
  done()
}

/** `Content-Type: application/json` and no body means no body: bodies that are needed say so. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    return parse(request, String(body), done)
  })
}

/** Devices poll: a line per request is for whoever asks for it. */
function logRequests(app: FastifyInstance, log: Logger): void {
  if (!log.isLevelEnabled('debug')) return
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url, ip } = request
    const durationMs = Math.round(reply.elapsedTime * 10) / 10
    log.debug({ method, url, ip, status: reply.statusCode, durationMs }, 'Request answered')
    done()
  })
}
