/**
 * The HTTP server. The list of plugins is the table of contents of the API, in the order of its
 * documentation; what a room needs is handed to it here.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Exporter } from '../../exporters/contract.ts'
import type { Cloud } from '../core/cloud.ts'
import { createChangesFeed } from '../feed/changes-feed.ts'
import type { Freshness } from '../history/freshness.ts'
import { createPublishedChanges } from '../history/published-changes.ts'
import type { Timelines } from '../history/timelines.ts'
import type { Lists } from '../lists/lists.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Run, Store } from '../store/contract.ts'
import type { GuardDeps } from '../sync/judge-candidate.ts'
import type { RunWish } from '../sync/runner.ts'
import type { AccessLog } from '../observe/access-log.ts'
import type { AddressGuard } from '../webhooks/address-guard.ts'
import { reportDrift } from '../webhooks/report-drift.ts'
import { accountOnFinish, accountRequests } from './account-requests.ts'
import { admitRequests, limitRefusal, tellStanding, type Admission } from './admit-requests.ts'
import { answerClientErrors } from './client-error.ts'
import { createDatabaseDown, refuseChangesWhileDown } from './database-down.ts'
import { createErrorHandler } from './error-handler.ts'
import { createFront, type Front } from './front.ts'
import { explainMissingRoutes } from './not-found.ts'
import { swaggerOptions } from './openapi-options.ts'
import { createRateLimiter } from './rate-limit.ts'
import { createReadAccess } from './read-access.ts'
import type { TlsIdentity } from './tls-identity.ts'
import { tlsServerOptions } from './tls-listener.ts'
import { createTokenRing } from './tokens.ts'
import { allowlistRoutes } from './routes/allowlists.ts'
import { changeRoutes } from './routes/changes.ts'
import { changesFeedRoutes } from './routes/changes-feed.ts'
import { checkRoutes } from './routes/check.ts'
import { cloudRoutes } from './routes/clouds.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
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
import { reportRoutes } from './routes/report.ts'
import { runRoutes } from './routes/runs.ts'
import { snapshotRoutes } from './routes/snapshots.ts'
import { tagRoutes } from './routes/tags.ts'
import { webhookRoutes } from './routes/webhooks.ts'

export interface ServerDeps {
  readonly store: Store
  readonly lists: Lists
  /** Answers about any day. */
  readonly timelines: Timelines
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
  /** If there are any, reading asks for one of them. */
  readonly readTokens?: readonly string[]
  /** What one client may ask for in a minute; undefined or 0 for no limit. */
  readonly rateLimit?: number
  /** Networks of proxies that are believed who the client is. */
  readonly trustedProxies?: readonly string[]
  readonly accessLog?: AccessLog | undefined
  /** False leaves every request to Fastify, to compare the two. */
  readonly withFront?: boolean
  /** Origin under which people reach the service, for links; undefined: links are relative. */
  readonly publicUrl?: string | undefined
  /** Where webhooks may lead. */
  readonly addressGuard: AddressGuard
  /** True once the process was told to stop. */
  readonly isStopping?: () => boolean
  /** Of a worker: states and metrics, and no lists. */
  readonly healthOnly?: boolean
  /** With it https is spoken, and nothing else. */
  readonly tls?: TlsIdentity | undefined
}

/** Longest body: a lookup of 10,000 of the longest ranges takes 850 kB. */
const BODY_LIMIT = 1_048_576

/** Requests without a body end at once: no stream is set up for what never comes. */
const NODE_OPTIONS = { optimizeEmptyRequests: true }

/** A request has to arrive whole in this time. */
const REQUEST_TIMEOUT_MS = 30_000

/** A connection on which nothing moves is closed: longer than a device may be slow. */
const CONNECTION_TIMEOUT_MS = 120_000

/** An idle connection is kept this long, longer than common proxies keep theirs. */
const KEEP_ALIVE_MS = 72_000

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
  const { trustedProxies = [], rateLimit = 0, accessLog } = deps
  const isDown = createDatabaseDown(deps.ping)
  const errorHandler = createErrorHandler({ log, isDown })
  const admission: Admission = {
    limiter: rateLimit > 0 ? createRateLimiter({ limit: rateLimit }) : undefined,
    readAccess: createReadAccess(deps.readTokens ?? [], adminToken),
  }
  const metrics = deps.metrics.http
  const front = createFront({
    lists,
    states: freshness,
    metrics,
    accessLog,
    ...admission,
    behindProxies: trustedProxies.length > 0,
    keepAliveMs: KEEP_ALIVE_MS,
  })

  /**
   * Paths that Fastify cannot read come here past all hooks. Nor does it look who the client of a
   * proxy is then: the proxy stands for all of them.
   */
  function answerUnreadable(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    accountOnFinish(request, reply, { metrics, accessLog })
    const { limiter } = admission
    const refusal = limiter && limitRefusal(request, reply, limiter, 1)
    void errorHandler(refusal ?? error, request, reply)
  }

  const app = fastify({
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    ...(deps.tls ? { https: tlsServerOptions(deps.tls, NODE_OPTIONS) } : { http: NODE_OPTIONS }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    // While it closes, requests on open connections are still answered, with Connection: close.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: answerUnreadable,
    clientErrorHandler: answerClientErrors,
  })
  if (deps.withFront !== false && !deps.healthOnly) putFirst(front, app.server)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(errorHandler)
  acceptEmptyJson(app)
  forgetEmptyBodies(app)
  explainMissingRoutes(app)
  accountRequests(app, { metrics, accessLog })
  admitRequests(app, admission)
  app.addHook('preClose', (done) => {
    front.close()
    // Of answers under way: their connections are idle next, and nobody looks for them again.
    app.server.keepAliveTimeout = 1
    done()
  })

  await app.register(swagger, swaggerOptions(version))
  if (deps.healthOnly) {
    app.addHook('onRequest', giveCommonHeaders)
    await registerHealth(app, deps)
    return app
  }
  // Lists carry every header themselves: no hook runs between a device and its bytes.
  await app.register(deviceRoutes, { lists, freshness, exporters })
  await app.register(allowlistFileRoutes, { lists, freshness, history, exporters })
  await app.register(exportRoutes, { lists, freshness, history, exporters, clouds })
  await app.register(pacRoutes, { lists, freshness, exporters, pacConfigured: deps.pacConfigured })

  app.addHook('onRequest', giveCommonHeaders)
  refuseChangesWhileDown(app, () => freshness.unverifiedSince(), isDown)
  const { limiter } = admission
  if (limiter) {
    app.addHook('onRequest', (request, reply, done) => {
      tellStanding(request, reply, limiter)
      done()
    })
  }
  await app.register(cloudRoutes, { store, lists, clouds, log })
  await app.register(snapshotRoutes, { history, clouds })
  await app.register(changeRoutes, { history, timelines: deps.timelines, clouds })
  const { timelines, publicUrl } = deps
  const changes = createPublishedChanges({ timelines, history, holds: store.holds })
  const { publications, devices } = store
  const feed = createChangesFeed({ publications, changes, timelines, clouds, publicUrl })
  await app.register(changesFeedRoutes, { feed })
  await app.register(tagRoutes, { history, lists, clouds })
  await app.register(lookupRoutes, { timelines: deps.timelines })
  await app.register(endpointRoutes, { clouds })
  await app.register(formatRoutes, { exporters })
  await app.register(allowlistRoutes, { lists, exporters, adminToken })
  await app.register(checkRoutes, {
    lists,
    timelines,
    versions: store.lists.versions,
    adminToken,
    reported: (drift) => reportDrift(devices, drift),
  })
  await app.register(runRoutes, { runs, clouds, adminToken, requestRun })
  await app.register(documentRoutes, { store, guard: deps.guard, adminToken, refresh, log })
  await app.register(holdRoutes, { store, adminToken, refresh, log })
  await app.register(publicationRoutes, { store, clouds, adminToken, refresh, log })
  const report = { store, lists, changes, clouds, devices: devices.list }
  const { readTokens = [] } = deps
  await app.register(reportRoutes, { report, seesDevices: deviceSight(readTokens, adminToken) })
  const { addressGuard } = deps
  await app.register(webhookRoutes, { store, lists, clouds, adminToken, guard: addressGuard })
  await app.register(deliveryRoutes, { store, adminToken })
  await registerHealth(app, deps)
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY })
  await app.register(documentationRoutes)
  return app
}

/** Names of devices and what is wrong with them are for those who have a token, as all readers may. */
function deviceSight(readTokens: readonly string[], adminToken: string | undefined) {
  if (readTokens.length > 0) return () => true
  const admin = adminToken === undefined ? undefined : createTokenRing([adminToken], ['bearer'])
  return (authorization: string | undefined) => admin?.presented(authorization) === 'known'
}

async function registerHealth(app: FastifyInstance, deps: ServerDeps): Promise<void> {
  const { store, lists, clouds, version, log, metrics, isStopping = () => false } = deps
  await app.register(healthRoutes, { store, lists, clouds, version, log, isStopping })
  await app.register(metricsRoutes, { metrics })
}

/**
 * Fastify's own server with the front before it. A server made by us (`serverFactory`) would be
 * bound to one of localhost's two addresses only; on the second one all is Fastify's.
 */
function putFirst(front: Front, server: Server): void {
  const handlers = server.listeners('request') as ((...given: unknown[]) => void)[]
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (front.answer(request, response)) return
    for (const handler of handlers) handler.call(server, request, response)
  })
}

/** No body of a type is no body: of an empty request no stream would ever tell its end. */
function forgetEmptyBodies(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw: { headers } }, _, done) => {
    const isEmpty =
      headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
    if (isEmpty) delete headers['content-type']
    done()
  })
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
