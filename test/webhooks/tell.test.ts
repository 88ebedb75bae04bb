/** Events as they are told, of a real store: what each kind says, and what becomes of one that cannot. */
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeSize } from '../../src/core/change-size.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import { OPEN } from '../../src/core/file-date.ts'
import { createTimelines } from '../../src/history/timelines.ts'
import type { Store } from '../../src/store/contract.ts'
import { addressCountsView } from '../../src/views/address-counts.ts'
import { eventBodyShape, type EventBody } from '../../src/webhooks/event.ts'
import { reportDrift } from '../../src/webhooks/report-drift.ts'
import { tellPending } from '../../src/webhooks/tell.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { entryOf, heldVerdict, publicationAfter } from '../support/entries.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'

const weeks = twoWeeks()
const entries = { first: entryOf(weeks[0]), second: entryOf(weeks[1]) }

/** The first week and one network more. */
const withAddition = entryOf({
  ...weeks[0],
  fileDate: weeks[1].fileDate,
  fileName: weeks[1].fileName,
  text: weeks[0].text.replace(/("addressPrefixes": \[\s*)"/, '$1"203.0.112.0/24",\n"'),
})

function twoWeeks(): [WeeklyDocument, WeeklyDocument] {
  const [first, second] = makeFeed({ seed: 7, weeks: 2 })
  if (!first || !second) throw new Error('two weeks were asked for')
  return [first, second]
}

let database: TestDatabase
let store: Store
let logged: string[]

beforeAll(async () => {
  database = await openTestDatabase('embedded')
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.reset()
  store = database.freshStore()
  logged = []
})

function tell(publicUrl = 'https://ranges.example'): Promise<number> {
  const deps = {
    store,
    timelines: createTimelines(store.timelines),
    publicUrl,
    reportOf: (week: string) =>
      Promise.resolve({ week, from: '2025-10-27', to: '2025-11-02', lines: ['all is well'] }),
    ping: () => database.rows('SELECT 1').then(() => undefined),
    log: pino({}, { write: (line) => void logged.push((JSON.parse(line) as { msg: string }).msg) }),
  }
  return tellPending(deps, new AbortController().signal)
}

/** In the order in which they were recorded. */
async function told(): Promise<EventBody[]> {
  const rows = await database.rows(`SELECT body FROM event WHERE state = 'told' ORDER BY seq`)
  return rows.map(({ body }) => eventBodyShape.parse(JSON.parse(String(body))))
}

async function subscribe(): Promise<string> {
  const filters = { events: [], clouds: [], allowlists: [], tags: [], minAddresses: 0n }
  const wish = { url: 'https://a.example/', description: '', format: 'standard', ...filters }
  return (await store.webhooks.create(wish, 'whsec_a')).id
}

describe('an event', () => {
  it('of a publication says both sides, how much moved and where to read more', async () => {
    await store.publications.publish(entries.first, publicationAfter(0))
    await store.publications.publish(entries.second, publicationAfter(1))
    expect(await tell()).toBe(2)
    const [begin, change] = await told()
    expect(begin).toMatchObject({ data: { serial: 1, from: null, earliestUse: null } })
    if (change?.type !== 'ranges.changed') throw new Error('the second week changed ranges')
    const { from, to, links, tags, coverage } = change.data
    expect(from?.fileDate).toBe('2025-01-06')
    expect(to.fileDate).toBe('2025-01-13')
    expect(links.changes).toBe(
      `https://ranges.example/v1/changes?cloud=Public&from=${from?.snapshot ?? ''}&to=${to.snapshot}`,
    )
    expect(tags.names.length).toBeGreaterThan(0)
    const moved = diffSnapshots(entries.first.snapshot, entries.second.snapshot).coverage
    expect(coverage).toEqual({
      gained: addressCountsView(moved.gained),
      lost: addressCountsView(moved.lost),
    })
    expect(changeSize(moved)).toBeGreaterThan(0n)
  })

  it('of a publication that changed no range is not told', async () => {
    const published = await store.publications.publish(entries.first, publicationAfter(0))
    if (published.kind !== 'published') throw new Error('nobody else publishes')
    const purge = { ...publicationAfter(1), kind: 'purge' } as const
    await store.publications.republish(published.record, purge)
    expect(await tell()).toBe(1)
    expect(await database.rows(`SELECT state FROM event ORDER BY seq`)).toEqual([
      { state: 'told' },
      { state: 'nothing' },
    ])
  })

  it('of additions that a person took back says so, and of them that they were there', async () => {
    await store.publications.publish(entries.first, publicationAfter(0))
    const record = await store.history.at('Public', OPEN)
    if (!record) throw new Error('a week is published')
    const additions = { ...publicationAfter(1), kind: 'additions' } as const
    const held = heldVerdict('too much is gone')
    // As a service that was down for a while finds them: all at once, the decision among them.
    await store.publications.publishAdditions(withAddition, held, record, additions)
    const [hold] = await store.holds.list({ limit: 1 })
    if (!hold) throw new Error('a week is held')
    await store.holds.reject(hold, { by: 'A. Person', reason: 'a mistake' })
    await tell()
    const ranges = (await told()).filter(({ type }) => type === 'ranges.changed')
    expect(ranges).toMatchObject([
      { data: { serial: 1 } },
      { data: { serial: 2, kind: 'additions', coverage: { gained: { ipv4: 256 } } } },
      { data: { serial: 3, kind: 'rejection', coverage: { lost: { ipv4: 256 } } } },
    ])
  })

  it('of a held week names its hold and why it waits', async () => {
    await store.publications.publish(entries.first, publicationAfter(0))
    const hold = await store.holds.hold(entries.second, heldVerdict('too much is gone'), 1)
    await tell('')
    expect((await told()).at(-1)).toMatchObject({
      type: 'sync.held',
      data: {
        hold: hold?.id,
        fileDate: '2025-01-13',
        reasons: ['too much is gone'],
        links: { hold: `/v1/holds/${hold?.id ?? 0}` },
      },
    })
  })

  it('of drift says what differs, the first networks of each kind and how many more', async () => {
    const networks = Array.from({ length: 150 }, (_, i) => `20.0.${i}.0/24`)
    const none = { addresses: { ipv4: 0, ipv6: '0' }, networks: [], names: [] }
    const missing = { ...none, addresses: { ipv4: 38_400, ipv6: '0' }, networks }
    const drift = {
      allowlist: 'app-proxy-ip',
      cloud: 'Public' as const,
      serial: 7,
      snapshot: 's',
      device: 'berlin-fw',
      inStep: false,
      compared: ['addresses' as const],
      missing,
      extra: none,
      stale: none,
      leaving: none,
    }
    await reportDrift(store.devices, drift)
    await reportDrift(store.devices, drift)
    await reportDrift(store.devices, { ...drift, device: null })
    expect(await tell()).toBe(1)
    const [event] = await told()
    if (event?.type !== 'drift.detected') throw new Error('a device has drifted')
    expect(event.data).toMatchObject({ device: 'berlin-fw', serial: 7 })
    expect(event.data.missing.networks.names).toEqual(networks.slice(0, 100))
    expect(event.data.missing.networks.more).toBe(50)
    expect(await store.devices.list()).toMatchObject([
      { device: 'berlin-fw', inStep: false, missing: { ipv4: '38400', ipv6: '0', names: 0 } },
    ])
  })

  const facts = {
    state: 'cannot-fetch',
    newestFileDate: null,
    ageInDays: null,
    lastSuccessAt: null,
  }
  const plain: [string, object, object][] = [
    ['source.failing', { cloud: 'Public', facts }, { links: { runs: '/v1/runs?cloud=Public' } }],
    [
      'webhook.disabled',
      { facts: { webhook: 'wh_1', url: 'https://a.example/s3cret', reason: 'gone', waiting: 2 } },
      { origin: 'https://a.example', links: { webhook: '/v1/webhooks/wh_1' } },
    ],
    [
      'report.weekly',
      { facts: { week: '2025-W44' } },
      { lines: ['all is well'], links: { report: '/v1/report?week=2025-W44&format=html' } },
    ],
    [
      'sync.refused',
      { cloud: 'China', facts: { run: 'r', url: null, refusals: [], more: 0 } },
      { links: { run: '/v1/runs/r' } },
    ],
  ]
  it.each(plain)('of type %s says its facts', async (type, draft, data) => {
    await store.events.record({ facts: {}, ...draft, type })
    expect(await tell('')).toBe(1)
    expect(await told()).toMatchObject([{ type, data }])
    expect(JSON.stringify(await told())).not.toContain('s3cret')
  })

  it('is told to whoever subscribed before it happened', async () => {
    const early = await subscribe()
    await store.events.record({ type: 'report.weekly', facts: { week: '2025-W44' } })
    await database.rows(`UPDATE event SET occurred_at = occurred_at - interval '1 second'`)
    await database.rows(`UPDATE webhook SET created_at = created_at - interval '1 minute'`)
    const late = await subscribe()
    await tell()
    const query = { limit: 10 }
    expect(await store.deliveries.list({ ...query, webhookId: early })).toHaveLength(1)
    expect(await store.deliveries.list({ ...query, webhookId: late })).toEqual([])
  })

  it('for one webhook reaches no other', async () => {
    const [one, other] = [await subscribe(), await subscribe()]
    const draft = { type: 'webhook.test', facts: { webhook: one, text: 'a test' }, onlyFor: one }
    await store.events.record(draft)
    await tell()
    const counts = await Promise.all(
      [one, other].map((webhookId) => store.deliveries.list({ webhookId, limit: 10 })),
    )
    expect(counts.map(({ length }) => length)).toEqual([1, 0])
  })

  it('that cannot be told is tried again, given up at last, and keeps nothing back', async () => {
    await store.events.record({ type: 'sync.held', cloud: 'Public', facts: { hold: 999 } })
    await store.events.record({ type: 'report.weekly', facts: { week: '2025-W44' } })
    for (let i = 0; i < 4; i++) await expect(tell()).rejects.toThrow('hold 999 is gone')
    expect(await told()).toEqual([])
    expect(await tell()).toBe(1)
    expect(await told()).toMatchObject([{ type: 'report.weekly' }])
    expect(logged).toEqual(['An event cannot be told, it is given up'])
  })
})
