/**
 * What an event says, made of the facts it was recorded with and of what the database holds: once,
 * when it is told. A publication that changed no range has nothing to say.
 */
import { z } from 'zod'
import { CLOUDS, type Cloud } from '../core/cloud.ts'
import { changeSize } from '../core/change-size.ts'
import { diffSnapshots, type SnapshotDiff } from '../core/diff.ts'
import { addressTexts, summaryOf, type AddressTexts } from '../core/diff-summary.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { changesBetween, type ChangesStores } from '../history/changes.ts'
import { snapshotHandedOut } from '../history/published-changes.ts'
import type { Hold, Publication, SnapshotRecord, Store } from '../store/contract.ts'
import type { PendingEvent } from '../store/telling-contract.ts'
import { addressCountsShape, type AddressCountsView } from '../views/address-counts.ts'
import type { EventBody, EventData, EventType } from './event.ts'
import { EVENT_DATA } from './event.ts'
import { fitBody } from './thin.ts'

export interface ComposeDeps {
  readonly store: Pick<Store, 'publications' | 'history' | 'holds'>
  readonly timelines: ChangesStores['timelines']
  /** Origin that links begin with; without one they are paths. */
  readonly publicUrl: string | undefined
  /** The data of a week's report. */
  readonly reportOf: (week: string) => Promise<Omit<EventData<'report.weekly'>, 'links'>>
}

/** An event as it is sent, and what filters look at. */
export interface Composed {
  readonly body: EventBody
  readonly tags: readonly string[] | undefined
  readonly size: bigint | undefined
}

/** @returns undefined if there is nothing to tell after all */
export async function composeEvent(
  deps: ComposeDeps,
  event: PendingEvent,
): Promise<Composed | undefined> {
  const composed = await contentOf(deps, event)
  if (!composed) return undefined
  const { data, tags, size } = composed
  const { type, occurredAt } = event
  // The data was made for this type, which the compiler cannot follow from here on.
  const body = { type, timestamp: occurredAt.toISOString(), data } as EventBody
  return { body: fitBody(body), tags, size }
}

interface Content {
  readonly data: EventData<EventType>
  readonly tags?: readonly string[]
  readonly size?: bigint
}

function contentOf(
  deps: ComposeDeps,
  event: PendingEvent,
): Content | undefined | Promise<Content | undefined> {
  const { facts } = event
  const to = linksFrom(deps.publicUrl)
  const type = event.type as EventType
  switch (type) {
    case 'ranges.changed':
      return rangesChanged(deps, cloudOf(event), z.int().parse(facts['serial']))
    case 'allowlist.changed':
      return allowlistChanged(deps, event)
    case 'sync.held':
      return held(deps, cloudOf(event), z.int().parse(facts['hold']))
    case 'sync.refused': {
      const links = { run: to(`/v1/runs/${String(facts['run'])}`) }
      return { data: EVENT_DATA[type].parse({ ...facts, cloud: event.cloud, links }) }
    }
    case 'source.quiet':
    case 'source.failing':
    case 'source.recovered': {
      const cloud = cloudOf(event)
      const links = { runs: to(`/v1/runs?cloud=${cloud}`) }
      return { data: EVENT_DATA[type].parse({ ...facts, cloud, links }) }
    }
    case 'drift.detected': {
      const links = { allowlist: to(allowlistPath(event.allowlist ?? '')) }
      return { data: EVENT_DATA[type].parse({ ...facts, links }) }
    }
    case 'webhook.disabled': {
      const { webhook, url } = z.object({ webhook: z.string(), url: z.string() }).parse(facts)
      const links = { webhook: to(`/v1/webhooks/${webhook}`) }
      const { origin } = new URL(url)
      return { data: EVENT_DATA[type].parse({ ...facts, origin, links }) }
    }
    case 'report.weekly':
      return report(deps, z.string().parse(facts['week']))
    case 'webhook.test':
      return { data: EVENT_DATA[type].parse(facts) }
  }
}

async function rangesChanged(
  deps: ComposeDeps,
  cloud: Cloud,
  serial: number,
): Promise<Content | undefined> {
  const { store } = deps
  const [publication, before] = await store.publications.list(cloud, 2, serial + 1)
  if (publication?.serial !== serial) throw new Error(`serial ${serial} of ${cloud} is gone`)
  const to = await snapshotHandedOut(store, publication)
  const from = before && (await snapshotHandedOut(store, before))
  const diff = diffSnapshots(from, to)
  if (diff.isEmpty) return undefined
  const record = await recordOf(store, publication)
  const recordBefore = before && (await recordOf(store, before))
  const link = linksFrom(deps.publicUrl)
  const names = tagsByMoved(diff)
  const changes = new URLSearchParams({ cloud, from: recordBefore?.id ?? record.id, to: record.id })
  return {
    tags: names,
    size: changeSize(diff.coverage),
    data: {
      cloud,
      serial,
      kind: publication.kind,
      publishedBy: publication.publishedBy,
      reason: publication.reason,
      from: recordBefore ? snapshotName(recordBefore) : null,
      to: snapshotName(record),
      counts: {
        tagsAdded: countOf(diff, 'added'),
        tagsRemoved: countOf(diff, 'removed'),
        tagsChanged: countOf(diff, 'changed'),
        prefixesAdded: diff.membershipsAdded,
        prefixesRemoved: diff.membershipsRemoved,
      },
      coverage: coverageOf(addressTexts(diff.coverage.gained), addressTexts(diff.coverage.lost)),
      tags: { names, more: 0 },
      earliestUse: await earliestUse(deps, cloud, recordBefore, record, to),
      links: {
        changes: link(`/v1/changes?${changes.toString()}`),
        snapshot: link(`/v1/snapshots/${record.id}`),
      },
    },
  }
}

/** Of the files on both sides; additions of a held week are of a file that is not in history yet. */
async function earliestUse(
  { timelines, store: { history } }: ComposeDeps,
  cloud: Cloud,
  from: SnapshotRecord | undefined,
  to: SnapshotRecord,
  published: Snapshot,
): Promise<string | null> {
  if (!from || from.id === to.id || published.contentHash !== to.contentHash) return null
  const wish = { cloud, from: from.id, to: to.id }
  return (await changesBetween({ timelines, history }, wish)).earliestUse ?? null
}

const listFactsShape = z.object({
  serial: z.int(),
  snapshot: z.string(),
  gained: z.object({ ipv4: z.string(), ipv6: z.string() }),
  lost: z.object({ ipv4: z.string(), ipv6: z.string() }),
  size: z.string(),
  namesAdded: z.array(z.string()),
  namesRemoved: z.array(z.string()),
  tagsBefore: z.array(z.string()),
  tags: z.array(z.string()),
  snapshotBefore: z.string(),
})

async function allowlistChanged(deps: ComposeDeps, event: PendingEvent): Promise<Content> {
  const { allowlist = '', facts } = event
  const change = listFactsShape.parse(facts)
  const { serial, snapshot, gained, lost, size, namesAdded, namesRemoved } = change
  return {
    tags: await tagsConcerned(deps, change),
    // Names have no size: whoever asks for large changes is told of those, too.
    ...(namesAdded.length + namesRemoved.length > 0 ? {} : { size: BigInt(size) }),
    data: {
      allowlist,
      cloud: cloudOf(event),
      serial,
      snapshot,
      coverage: coverageOf(gained, lost),
      names: {
        added: { names: namesAdded, more: 0 },
        removed: { names: namesRemoved, more: 0 },
      },
      links: { allowlist: linksFrom(deps.publicUrl)(allowlistPath(allowlist)) },
    },
  }
}

/**
 * The list's tags that came, went or changed between its two versions; all of them where none did,
 * as when networks leave at the end of their grace.
 */
async function tagsConcerned(
  { store: { history } }: ComposeDeps,
  { tagsBefore, tags, snapshotBefore, snapshot }: z.infer<typeof listFactsShape>,
): Promise<string[]> {
  const all = [...new Set([...tagsBefore, ...tags])]
  const [from, to] = [await history.byId(snapshotBefore), await history.byId(snapshot)]
  const isOther = from !== undefined && to !== undefined && from.id !== to.id
  const diff = isOther ? diffSnapshots(await history.load(from), await history.load(to)) : undefined
  const changed = new Set(diff?.tags.map(({ name }) => name))
  const concerned = all.filter(
    (tag) => tagsBefore.includes(tag) !== tags.includes(tag) || changed.has(tag),
  )
  return concerned.length > 0 ? concerned : all
}

async function held(deps: ComposeDeps, cloud: Cloud, id: number): Promise<Content> {
  const hold = await deps.store.holds.byId(id)
  if (!hold) throw new Error(`hold ${id} is gone`)
  const coverage = heldCoverage(hold)
  return {
    ...heldConcern(hold),
    data: {
      cloud,
      hold: id,
      fileDate: hold.fileDate,
      reasons: hold.reasons.map(({ text }) => text),
      coverage,
      links: { hold: linksFrom(deps.publicUrl)(`/v1/holds/${id}`) },
    },
  }
}

/** A hold keeps the tags that move the most; where there are more, no filter by tags speaks against it. */
function heldConcern({ diff }: Hold): Pick<Content, 'tags' | 'size'> {
  if (!diff) return {}
  const { tags, tagsChanged, gained, lost } = diff
  const size = changeSize({ gained: countsIn(gained), lost: countsIn(lost) })
  return tagsChanged > tags.length ? { size } : { size, tags: tags.map(({ name }) => name) }
}

function heldCoverage({ diff }: Hold) {
  const none = { ipv4: '0', ipv6: '0' }
  return coverageOf(diff?.gained ?? none, diff?.lost ?? none)
}

async function report({ reportOf, publicUrl }: ComposeDeps, week: string): Promise<Content> {
  const data = await reportOf(week)
  const links = { report: linksFrom(publicUrl)(`/v1/report?week=${week}&format=html`) }
  return { data: { ...data, links } }
}

function linksFrom(publicUrl = ''): (path: string) => string {
  return (path) => publicUrl + path
}

function allowlistPath(name: string): string {
  return `/v1/allowlists/${encodeURIComponent(name)}`
}

function cloudOf({ id, cloud }: PendingEvent): Cloud {
  if (cloud !== undefined) return cloud
  throw new Error(`the event ${id} is of no cloud: one of ${CLOUDS.join(', ')} was expected`)
}

async function recordOf(
  { history }: ComposeDeps['store'],
  { snapshotId }: Publication,
): Promise<SnapshotRecord> {
  const record = await history.byId(snapshotId)
  if (!record) throw new Error(`the snapshot ${snapshotId} of a publication is gone`)
  return record
}

function snapshotName({ id, fileDate }: SnapshotRecord) {
  return { snapshot: id, fileDate }
}

/** All of them, those that move the most addresses first. */
function tagsByMoved(diff: SnapshotDiff): string[] {
  const most = summaryOf(diff).tags.map(({ name }) => name)
  const seen = new Set(most)
  return [...most, ...diff.tags.map(({ name }) => name).filter((name) => !seen.has(name))]
}

function countOf({ tags }: SnapshotDiff, kind: SnapshotDiff['tags'][number]['kind']): number {
  return tags.filter((tag) => tag.kind === kind).length
}

function coverageOf(gained: AddressTexts, lost: AddressTexts) {
  return { gained: countsView(gained), lost: countsView(lost) }
}

function countsView({ ipv4, ipv6 }: AddressTexts): AddressCountsView {
  return addressCountsShape.parse({ ipv4: Number(ipv4), ipv6 })
}

function countsIn({ ipv4, ipv6 }: AddressTexts) {
  return { 4: BigInt(ipv4), 6: BigInt(ipv6) }
}
