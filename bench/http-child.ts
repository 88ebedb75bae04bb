/**
 * A server for the rows of `rows/http.ts` and `rows/nginx.ts`, in a process of its own: `ours FOLDER`
 * serves one published week the way the service does, with access log (to FOLDER/access.log),
 * metrics, read token (READ_TOKEN) and rate limit, `bare FOLDER` the same answer (FOLDER/list with the
 * headers in FOLDER/headers.json) by one Fastify route and nothing else. Prints its address; ends with its input.
 */
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fastify, type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { exporters } from '../exporters/index.ts'
import { readDocument } from '../src/documents/read-document.ts'
import { policies } from '../src/core/guard-policy.ts'
import { createFreshness } from '../src/history/freshness.ts'
import { createTimelines } from '../src/history/timelines.ts'
import { buildServer } from '../src/http/server.ts'
import { createLists } from '../src/lists/lists.ts'
import { createAccessLog } from '../src/observe/access-log.ts'
import { gatherLines } from '../src/observe/gathered-lines.ts'
import { createMetrics } from '../src/observe/metrics.ts'
import { openStore } from '../src/store/open.ts'
import { createAddressGuard } from '../src/webhooks/address-guard.ts'
import { newestWeeks } from './weeks.ts'

/** A stored list of some 28 kB: the connector's, without IPv6. */
const IPV4_LIST = 'app-proxy-ipv4'

export const IPV4_LIST_PATH = `/l/${IPV4_LIST}/text.txt`

/** What `ours` asks for. */
export const READ_TOKEN = 'a-token-for-benchmarks'

export const LIST_PATH = '/v1/allowlists/app-proxy-ip/text'

/** Counted like any other limit. */
const UNREACHED_LIMIT = 1_000_000_000

const [kind, folder = ''] = process.argv.slice(2)
if (kind === 'ours' || kind === 'bare') {
  const server = kind === 'ours' ? await ours(folder) : bare(folder)
  console.log(await server.listen({ host: '127.0.0.1', port: 0 }))
  process.stdin.resume().on('end', () => void server.close())
}

async function ours(dataDir: string): Promise<FastifyInstance> {
  const database = await openStore({ dataDir: join(dataDir, 'data') })
  const { store } = database
  const [week] = newestWeeks(1)
  const parsed = week && readDocument(week.bytes)
  if (!week || !parsed?.ok) throw new Error('no week to serve')
  const { bytes, fileDate, fileName } = week
  const origin = { strategy: 'bench', url: 'bench:', fileName, fileDate, validators: {} }
  await store.publications.publish(
    { snapshot: parsed.snapshot, bytes, origin },
    { kind: 'import', publishedBy: 'bench', reason: 'bench', expectedSerial: 0 },
  )
  const clouds = ['Public'] as const
  const log = pino({ level: 'info' })
  const lists = createLists({ store, clouds, exporters, settings: {}, log })
  await lists.refresh()
  await lists.put(IPV4_LIST, { tags: lists.definition('app-proxy-ip').tags, families: ['ipv4'] })
  const freshness = createFreshness({ store, lists, clouds, now: () => new Date(), log })
  await freshness.refresh()
  const accessLog = createAccessLog(
    neverLost,
    gatherLines(openSync(join(dataDir, 'access.log'), 'a'), neverLost),
  )
  const app = await buildServer({
    store,
    lists,
    timelines: createTimelines(store.timelines),
    freshness,
    metrics: createMetrics({ freshness, clouds, version: 'bench' }),
    exporters,
    clouds,
    adminToken: undefined,
    guard: { policyOf: () => policies.cautious, namedTags: () => Promise.resolve([]) },
    refresh: lists.refresh,
    addressGuard: createAddressGuard([]),
    pacConfigured: false,
    requestRun: () => Promise.reject(new Error('nothing runs here')),
    ping: () => database.ping(),
    version: 'bench',
    log,
    readTokens: [READ_TOKEN],
    rateLimit: UNREACHED_LIMIT,
    accessLog,
  })
  return app.addHook('onClose', async () => {
    await accessLog.flush()
    await database.close()
  })
}

function bare(from: string): FastifyInstance {
  const body = readFileSync(join(from, 'list'))
  const headers = JSON.parse(readFileSync(join(from, 'headers.json'), 'utf8')) as Record<
    string,
    string
  >
  const notModified = { ...headers }
  delete notModified['content-type']
  const app = fastify()
  app.get(LIST_PATH, (request, reply) => {
    if (request.headers['if-none-match'] === headers['etag']) {
      return void reply.code(304).headers(notModified).send()
    }
    void reply.headers(headers).send(body)
  })
  return app
}

function neverLost(error: unknown): never {
  throw new Error('the access log was not written', { cause: error })
}
