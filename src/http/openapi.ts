/** The OpenAPI document: what `openapi.json` at the root of the repository holds. */
import { pino } from 'pino'
import { exporters } from '../../exporters/index.ts'
import type { Cloud } from '../core/cloud.ts'
import { policies } from '../core/guard-policy.ts'
import { createFreshness } from '../history/freshness.ts'
import { createTimelines } from '../history/timelines.ts'
import { createLists } from '../lists/lists.ts'
import { createMetrics } from '../observe/metrics.ts'
import type { Store } from '../store/contract.ts'
import { VERSION } from '../version.ts'
import { createAddressGuard } from '../webhooks/address-guard.ts'
import { buildServer } from './server.ts'

const CLOUDS_OF_A_DEFAULT_SITE: readonly Cloud[] = ['Public']

/** The document as text, indented, with a line break at its end. The store is not asked anything. */
export async function openApiDocument(store: Store): Promise<string> {
  const clouds = CLOUDS_OF_A_DEFAULT_SITE
  const log = pino({ level: 'silent' })
  const lists = createLists({ store, clouds, exporters, settings: {}, log })
  const freshness = createFreshness({ store, lists, clouds, now: () => new Date(), log })
  const app = await buildServer({
    store,
    lists,
    timelines: createTimelines(store.timelines),
    freshness,
    metrics: createMetrics({ freshness, clouds, version: VERSION }),
    exporters,
    clouds,
    adminToken: undefined,
    guard: { policyOf: () => policies.cautious, namedTags: () => Promise.resolve([]) },
    refresh: () => Promise.resolve(),
    addressGuard: createAddressGuard([]),
    pacConfigured: false,
    requestRun: nothing,
    ping: nothing,
    version: VERSION,
    log,
  })
  await app.ready()
  const document = app.swagger()
  await app.close()
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function nothing(): Promise<never> {
  return Promise.reject(new Error('this server only describes itself'))
}
