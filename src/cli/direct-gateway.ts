/** The data from the database, opened by this process. */
import { exporters } from '../../exporters/index.ts'
import { settingTexts } from '../config.ts'
import { CLOUDS, type Cloud } from '../core/cloud.ts'
import { notFound } from '../core/errors.ts'
import type { GuardReason } from '../core/guard-reasons.ts'
import { changesBetween } from '../history/changes.ts'
import { readAddresses } from '../history/asked-addresses.ts'
import { openLookup } from '../history/lookup.ts'
import { createPublishedChanges } from '../history/published-changes.ts'
import { cloudOrOnly, resolveSnapshot } from '../history/resolve.ts'
import { checkDeployed } from '../lists/check-deployed.ts'
import { readCheckedList } from '../lists/checked-list.ts'
import { onlyCloud, unstoredDefinition, type AllowlistDefinition } from '../lists/definition.ts'
import { readDefinitions } from '../lists/definitions.ts'
import { readDeployedList } from '../lists/deployed-list.ts'
import { findFormat, renderCurrent } from '../lists/render.ts'
import { readReportLists } from '../report/read-lists.ts'
import { writeReport } from '../report/write.ts'
import type { WeeklyFile } from '../sources/weekly-files.ts'
import { approveHold, rejectHold } from '../sync/decisions.ts'
import { importFiles, publishNewest } from '../sync/import-files.ts'
import { publishAsWished } from '../sync/publication-wish.ts'
import { changesView } from '../views/changes.ts'
import { driftView, type DriftView } from '../views/drift.ts'
import { guardReasonView } from '../views/guard-reason.ts'
import { holdView, type HoldDecisionView, type HoldView } from '../views/hold.ts'
import { lookupView } from '../views/lookup.ts'
import { publicationView } from '../views/publication.ts'
import { runView } from '../views/run.ts'
import { snapshotView } from '../views/snapshot.ts'
import { reportDrift } from '../webhooks/report-drift.ts'
import type { Service } from './context.ts'
import type {
  CheckWish,
  CurrentOfCloud,
  Gateway,
  HoldDecisionWish,
  ImportedFile,
  ListWish,
} from './gateway.ts'
import { readWeeklyFile } from './read-weekly-file.ts'

export function createDirectGateway(service: Service, stop: AbortSignal): Gateway {
  const { store, config, guard } = service
  /** Of the files imported here, by snapshot. */
  const reasonsOf = new Map<string, readonly GuardReason[]>()

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

  async function check({ allowlist, file, device, parts }: CheckWish): Promise<DriftView> {
    const { clouds } = config
    const definition = (await readDefinitions(store, clouds)).find(allowlist)
    const surroundings = { clouds, settings: settingTexts(config) }
    const format = findFormat(exporters, 'json')
    const list = readCheckedList(await renderCurrent(store, format, definition, surroundings))
    const deployed = readDeployedList({ bytes: file, form: 'text', list: allowlist })
    const wish = { definition, list, deployed, parts }
    const { timelines } = service
    const { versions } = store.lists
    const drift = driftView(await checkDeployed({ timelines, versions }, wish), device)
    await reportDrift(store.devices, drift)
    return drift
  }

  async function holdOf(id: number): Promise<HoldView> {
    const hold = await store.holds.byId(id)
    if (hold) return holdView(hold)
    throw notFound(`there is no hold ${id}`, { hold: id })
  }

  async function decide({ decision, ...wish }: HoldDecisionWish): Promise<HoldDecisionView> {
    if (decision === 'approve') {
      const publication = publicationView(await approveHold(store, wish))
      return { hold: await holdOf(wish.id), publication }
    }
    const { hold, publication } = await rejectHold(store, wish)
    return { hold: holdView(hold), publication: publication ? publicationView(publication) : null }
  }

  async function* takeFiles(files: readonly WeeklyFile[]): AsyncIterable<ImportedFile> {
    const deps = { ...guard, store, read: readWeeklyFile, now: () => new Date() }
    for await (const imported of importFiles(deps, files)) {
      if (imported.kind === 'refused') {
        yield imported
        continue
      }
      const { snapshotId: snapshot, reasons } = imported
      reasonsOf.set(snapshot, reasons)
      yield { ...imported, snapshot, reasons: reasons.map(guardReasonView) }
    }
  }

  async function publishImported(cloud: Cloud): Promise<CurrentOfCloud | undefined> {
    const published = await publishNewest(store, cloud, 'cli', reasonsOf)
    const current = published ?? (await store.publications.current(cloud))
    const record = current && (await store.history.byId(current.snapshotId))
    if (!current || !record) return undefined
    const { serial, snapshotId: snapshot } = current
    const { fileDate } = record
    return { cloud, snapshot, fileDate, serial, published: published !== undefined }
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
      return changesView(
        await changesBetween({ history: store.history, timelines: service.timelines }, query),
      )
    },

    async lookup({ addresses, cloud, at }) {
      const clouds = cloud === undefined ? CLOUDS : [cloudOrOnly(cloud, [])]
      const asked = addresses.map(readAddresses)
      const { answer } = await openLookup(service.timelines, { clouds, at })
      const results = asked.map((one) => {
        return { query: one.query, answers: answer(one).map(lookupView) }
      })
      return { results }
    },

    list: listBytes,
    check,

    async report({ format, ...wish }) {
      const { history, holds, devices } = store
      const { clouds } = config
      const changes = createPublishedChanges({ timelines: service.timelines, history, holds })
      const lists = await readReportLists(store, clouds)
      const deps = { store, lists, changes, clouds, devices: devices.list }
      return writeReport(deps, format, wish, new Date())
    },

    async requestRun({ cloud, dryRun }) {
      const named = onlyCloud(cloud, config.clouds)
      return runView(await service.runNow({ cloud: named, trigger: 'cli', dryRun }, stop))
    },

    async run(id) {
      const run = await store.runs.byId(id)
      if (run) return runView(run)
      throw notFound(`there is no run ${id}`, { run: id })
    },

    async holds({ cloud, ...wish }) {
      const named = cloud === undefined ? undefined : cloudOrOnly(cloud, [])
      return { holds: (await store.holds.list({ ...wish, cloud: named })).map(holdView) }
    },

    decide,

    async publish({ cloud, ...wish }) {
      const meant = { ...wish, cloud: cloudOrOnly(cloud, []) }
      return publicationView(await publishAsWished(store, meant, new Date()))
    },

    importFiles: takeFiles,
    publishImported,
  }
}
