/** The data from the database, opened by this process. */
import { exporters } from '../../exporters/index.ts'
import { settingTexts } from '../config.ts'
import { CLOUDS } from '../core/cloud.ts'
import { notFound } from '../core/errors.ts'
import { changesBetween } from '../history/changes.ts'
import { lookUp } from '../history/lookup.ts'
import { cloudOrOnly, resolveSnapshot } from '../history/resolve.ts'
import { onlyCloud, unstoredDefinition, type AllowlistDefinition } from '../lists/definition.ts'
import { readDefinitions } from '../lists/definitions.ts'
import { findFormat, renderCurrent } from '../lists/render.ts'
import { changesView } from '../views/changes.ts'
import { lookupView } from '../views/lookup.ts'
import { runView } from '../views/run.ts'
import { snapshotView } from '../views/snapshot.ts'
import type { Service } from './context.ts'
import type { Gateway, ListWish, LookupResult } from './gateway.ts'

export function createDirectGateway(service: Service, stop: AbortSignal): Gateway {
  const { store, config } = service

  async function definitionFor(wish: ListWish): Promise<AllowlistDefinition> {
    const { clouds } = config
    if (wish.allowlist !== undefined)
      return (await readDefinitions(store, clouds)).find(wish.allowlist)
    const selection = { ...wish, cloud: cloudOrOnly(wish.cloud, clouds) }
    return unstoredDefinition(selection, { clouds, past: wish.at !== undefined })
  }

  async function listBytes(wish: ListWish): Promise<Buffer> {
    const { format, at } = wish
    const definition = await definitionFor(wish)
    if (at === undefined) {
      const surroundings = { clouds: config.clouds, settings: settingTexts(config) }
      return renderCurrent(store, findFormat(exporters, format), definition, surroundings)
    }
    const record = await resolveSnapshot(store.history, definition.cloud, at)
    const past = await service.lists.asOf(definition, format, record)
    return past.representations.identity.body
  }

  return {
    async snapshots({ cloud, limit }) {
      const query = { cloud: cloudOrOnly(cloud, config.clouds), limit: limit + 1 }
      const found = await store.history.list(query)
      const page = found.slice(0, limit)
      const next = found.length > limit ? (page.at(-1)?.id ?? null) : null
      return { snapshots: page.map(snapshotView), next }
    },

    async changes({ cloud, ...wish }) {
      const query = { ...wish, cloud: cloudOrOnly(cloud, config.clouds) }
      return changesView(await changesBetween(store.history, query))
    },

    async lookup({ addresses, cloud, at }) {
      const clouds = cloud === undefined ? CLOUDS : [cloudOrOnly(cloud, [])]
      const results: LookupResult[] = []
      for (const query of addresses) {
        const answers = await lookUp(store, query, { clouds, at })
        results.push({ query, answers: answers.map(lookupView) })
      }
      return { results }
    },

    list: listBytes,

    async requestRun({ cloud, dryRun }) {
      const named = onlyCloud(cloud, config.clouds)
      return runView(await service.runNow({ cloud: named, trigger: 'cli', dryRun }, stop))
    },

    async run(id) {
      const run = await store.runs.byId(id)
      if (run) return runView(run)
      throw notFound(`there is no run ${id}`, { run: id })
    },
  }
}
