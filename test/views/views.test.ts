/** Domain values as they are shown: each view fits its shape, and says what it must. */
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { exporters } from '../../exporters/index.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import { parseFileDate, positionOf, snapshotId, type FileDate } from '../../src/core/file-date.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { endpointServices } from '../../src/endpoints/index.ts'
import { builtInDefinitions } from '../../src/lists/definition.ts'
import type { Publication, Run, SnapshotRecord } from '../../src/store/contract.ts'
import { addressCountsView } from '../../src/views/address-counts.ts'
import { changesShape, changesView } from '../../src/views/changes.ts'
import { cloudShape, cloudView } from '../../src/views/cloud.ts'
import { definitionShape, definitionView } from '../../src/views/definition.ts'
import {
  endpointServiceShape,
  endpointServiceView,
  endpointView,
} from '../../src/views/endpoint.ts'
import { formatShape, formatView } from '../../src/views/format.ts'
import { lookupShape, lookupView } from '../../src/views/lookup.ts'
import { publicationShape, publicationView } from '../../src/views/publication.ts'
import { runShape, runView } from '../../src/views/run.ts'
import { snapshotShape, snapshotView } from '../../src/views/snapshot.ts'
import { tagShape, tagSummaryShape, tagSummaryView, tagView } from '../../src/views/tag.ts'
import { smallDocument, tagValue } from '../support/feed.ts'
import { prefixesFrom } from '../support/networks.ts'
import { snapshotFrom, snapshotOf } from '../support/snapshots.ts'

const before = snapshotFrom({
  AzureCloud: ['20.0.0.0/24', '2603:1000::/40'],
  ServiceBus: ['20.0.0.0/28'],
  Storage: ['20.0.0.16/28', '20.0.0.32/28'],
})
const after = snapshotFrom({
  AzureCloud: ['20.0.0.0/23', '2603:1000::/40', '2603:1000:100::/40'],
  Sql: ['20.0.1.0/32'],
  Storage: ['20.0.0.16/28', '20.0.0.32/29', '20.0.0.40/29'],
})

/** As JSON carries it, checked against the shape with nothing left over. */
function shown<Shape extends z.ZodType>(shape: Shape, view: z.input<Shape>): z.output<Shape> {
  const carried: unknown = JSON.parse(JSON.stringify(view))
  const parsed = shape.parse(carried)
  expect(parsed).toEqual(carried)
  return parsed
}

function dateOf(text: string): FileDate {
  const parsed = parseFileDate(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

function recordOf(snapshot: Snapshot, date: string): SnapshotRecord {
  const { cloud, changeNumber, contentHash, memberships, tags } = snapshot
  const fileDate = dateOf(date)
  return {
    id: snapshotId(cloud, fileDate, contentHash),
    cloud,
    fileDate,
    revision: 0,
    position: positionOf(fileDate, 0),
    contentHash,
    changeNumber,
    tags: tags.size,
    memberships,
    documentSha256: 'a'.repeat(64),
    documentSize: 1_234,
    acceptedAt: new Date('2025-10-28T10:11:12.345Z'),
  }
}

const from = recordOf(before, '2025-10-13')
const to = recordOf(after, '2025-10-28')

const run: Run = {
  id: '3a5a2c9e-0000-4000-8000-000000000001',
  cloud: 'Public',
  trigger: 'schedule',
  dryRun: false,
  state: 'running',
  outcome: undefined,
  detail: undefined,
  requestedAt: new Date('2025-10-28T10:00:00Z'),
  startedAt: new Date('2025-10-28T10:00:01Z'),
  finishedAt: undefined,
}

const publication: Publication = {
  cloud: 'Public',
  serial: 7,
  snapshotId: to.id,
  kind: 'sync',
  publishedBy: 'schedule',
  reason: 'a test',
  publishedAt: new Date('2025-10-28T10:11:12Z'),
  until: undefined,
  additionsOf: undefined,
}

describe('numbers of addresses', () => {
  it('are exact: a number for IPv4, decimal text for IPv6', () => {
    const counts = { 4: 2n ** 32n, 6: 2n ** 128n - 1n }
    expect(addressCountsView(counts)).toEqual({
      ipv4: 4_294_967_296,
      ipv6: '340282366920938463463374607431768211455',
    })
  })
})

describe('a snapshot', () => {
  it('shows its date as a day and its time in full', () => {
    expect(shown(snapshotShape, snapshotView(to))).toEqual({
      id: to.id,
      cloud: 'Public',
      fileDate: '2025-10-28',
      revision: 0,
      changeNumber: 7,
      tags: 3,
      memberships: 7,
      contentHash: after.contentHash,
      document: { sha256: 'a'.repeat(64), size: 1_234 },
      acceptedAt: '2025-10-28T10:11:12.345Z',
    })
  })
})

describe('changes', () => {
  const diff = diffSnapshots(before, after)

  it('show counts, coverage and each tag', () => {
    const earliestUseOf = new Map([['AzureCloud', '2025-11-04']])
    const [prefix] = prefixesFrom(['20.0.0.0/23'])
    if (!prefix) throw new Error('no prefix')
    const [leftOn, cameBackOn] = [dateOf('2025-10-13'), dateOf('2025-10-28')]
    const flapping = [{ tag: 'AzureCloud', prefix, leftOn, cameBackOn }]
    const changes = { from, to, diff, flapping, earliestUse: '2025-11-04', earliestUseOf }
    const view = shown(changesShape, changesView(changes))
    expect(view).toMatchObject({
      from: { id: from.id },
      to: { id: to.id },
      unchanged: false,
      counts: {
        tagsAdded: 1,
        tagsRemoved: 1,
        tagsChanged: 2,
        prefixesAdded: 5,
        prefixesRemoved: 3,
      },
      coverage: {
        gained: { ipv4: 256, ipv6: (2n ** 88n).toString() },
        lost: { ipv4: 0, ipv6: '0' },
      },
      earliestUse: '2025-11-04',
      regions: [],
      moved: [],
      flapping: [
        {
          tag: 'AzureCloud',
          prefix: '20.0.0.0/23',
          leftOn: '2025-10-13',
          cameBackOn: '2025-10-28',
        },
      ],
    })
    expect(view.tags.map(({ earliestUse }) => earliestUse)).toEqual([
      '2025-11-04',
      null,
      null,
      null,
    ])
    expect(view.tags.map(({ name, kind }) => [name, kind])).toEqual([
      ['AzureCloud', 'changed'],
      ['ServiceBus', 'removed'],
      ['Sql', 'added'],
      ['Storage', 'changed'],
    ])
    expect(view.tags[3]).toEqual({
      name: 'Storage',
      kind: 'changed',
      prefixesAdded: ['20.0.0.32/29', '20.0.0.40/29'],
      prefixesRemoved: ['20.0.0.32/28'],
      metadata: [],
      coverage: { gained: { ipv4: 0, ipv6: '0' }, lost: { ipv4: 0, ipv6: '0' } },
      reaggregated: true,
      split: [{ prefix: '20.0.0.32/28', pieces: ['20.0.0.32/29', '20.0.0.40/29'], exact: true }],
      merged: [],
      earliestUse: null,
    })
  })

  it('show regions, and prefixes that moved between tags', () => {
    const of = (sql: string[], storage: string[]): Snapshot =>
      snapshotOf(
        smallDocument({
          values: [
            tagValue('Sql.East', sql, { region: 'east', regionId: 1 }),
            tagValue('Storage.West', storage, { region: 'west', regionId: 2 }),
          ],
        }),
      )
    const diff = diffSnapshots(of(['20.0.0.0/24'], []), of([], ['20.0.0.0/24']))
    const none = { flapping: [], earliestUse: undefined, earliestUseOf: new Map<string, string>() }
    const view = shown(changesShape, changesView({ from, to, diff, ...none }))
    const [nothing, some] = [
      { ipv4: 0, ipv6: '0' },
      { ipv4: 256, ipv6: '0' },
    ]
    expect(view.regions).toEqual([
      { region: 'east', coverage: { gained: nothing, lost: some } },
      { region: 'west', coverage: { gained: some, lost: nothing } },
    ])
    expect(view.moved).toEqual([
      { prefix: '20.0.0.0/24', from: ['Sql.East'], to: ['Storage.West'] },
    ])
  })

  it('of nothing are said to be none', () => {
    const nothing = diffSnapshots(after, after)
    const none = { flapping: [], earliestUse: undefined, earliestUseOf: new Map<string, string>() }
    const view = changesView({ from: to, to, diff: nothing, ...none })
    expect(shown(changesShape, view)).toMatchObject({
      unchanged: true,
      earliestUse: null,
      tags: [],
      counts: { tagsAdded: 0, prefixesAdded: 0 },
    })
  })
})

describe('a tag', () => {
  const tag = before.tags.get('AzureCloud')
  if (!tag) throw new Error('no tag')

  it('is counted in the list of all, and shown whole by itself', () => {
    const summary = shown(tagSummaryShape, tagSummaryView(tag))
    expect(summary.counts).toEqual({
      prefixes: { ipv4: 1, ipv6: 1 },
      addresses: { ipv4: 256, ipv6: (2n ** 88n).toString() },
    })
    expect(shown(tagShape, tagView(tag))).toEqual({
      ...summary,
      prefixes: ['20.0.0.0/24', '2603:1000::/40'],
    })
  })
})

describe('a lookup', () => {
  it('says null where a tag still holds the address, and where no prefix does alone', () => {
    const hit = {
      tag: 'ServiceBus',
      region: '',
      systemService: 'x',
      firstSeen: dateOf('2025-10-13'),
    }
    const view = lookupView({
      query: '20.0.0.1',
      cloud: 'Public',
      snapshot: to,
      hits: [
        { ...hit, holds: 'whole', prefix: '20.0.0.0/28', lastSeen: undefined },
        { ...hit, holds: 'part', prefix: undefined, lastSeen: dateOf('2025-10-20') },
      ],
    })
    const shownHits = shown(lookupShape, view).tags
    expect(shownHits.map(({ holds, prefix, lastSeen }) => [holds, prefix, lastSeen])).toEqual([
      ['whole', '20.0.0.0/28', null],
      ['part', null, '2025-10-20'],
    ])
  })
})

describe('a run', () => {
  it('shows null for what has not happened yet', () => {
    expect(shown(runShape, runView(run))).toMatchObject({
      state: 'running',
      outcome: null,
      detail: null,
      startedAt: '2025-10-28T10:00:01.000Z',
      finishedAt: null,
    })
  })
})

describe('a cloud', () => {
  it('shows what is published, or null', () => {
    const overview = {
      cloud: 'Public',
      waiting: [],
      discovery: undefined,
      refusedAt: undefined,
      rollback: undefined,
      lastSuccessAt: undefined,
      lastRuns: [run],
      complete: true,
      fault: undefined,
    } as const
    const published = { record: to, publication, snapshot: after }
    const filled = cloudView({
      ...overview,
      state: 'current',
      published,
      newestFileDate: to.fileDate,
      ageInDays: 3,
    })
    expect(shown(cloudShape, filled).published).toEqual({
      snapshot: snapshotView(to),
      publication: shown(publicationShape, publicationView(publication)),
    })
    const empty = cloudView({
      ...overview,
      state: 'empty',
      published: undefined,
      newestFileDate: undefined,
      ageInDays: undefined,
    })
    expect(shown(cloudShape, empty)).toMatchObject({
      published: null,
      newestFileDate: null,
      ageInDays: null,
    })
  })
})

describe('the catalogue', () => {
  it.each(endpointServices().map((service) => [service.cloud, service.name, service] as const))(
    'of %s %s shows ports as text and null for what a row has not',
    (_cloud, _name, service) => {
      const view = shown(endpointServiceShape, endpointServiceView(service))
      expect(view.endpoints.length).toBe(service.endpoints.length)
    },
  )

  it('writes a range of ports with a dash', () => {
    const view = endpointView({
      name: '*.relay.example',
      ports: [
        { first: 443, last: 443 },
        { first: 10100, last: 10120 },
      ],
      purpose: 'a test',
      phase: 'runtime',
      sources: [],
      tags: [],
    })
    expect(view).toMatchObject({ ports: ['443', '10100-10120'], path: null, note: null })
  })
})

describe('formats and definitions', () => {
  it.each(exporters.map((exporter) => [exporter.name, exporter] as const))(
    'the format %s fits its shape',
    (name, exporter) => {
      expect(shown(formatShape, formatView(exporter))).toMatchObject({ name })
    },
  )

  it('a definition names families and endpoint services as a caller writes them', () => {
    for (const definition of builtInDefinitions(['Public', 'China'])) {
      const view = shown(definitionShape, definitionView(definition))
      expect(view.families).toEqual(['ipv4', 'ipv6'])
      expect(view.endpoints).toEqual(definition.services)
    }
  })
})
