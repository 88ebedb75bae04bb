/** What the store promises of events, webhooks and deliveries, the same on both engines. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/contract.ts'
import type { Attempt, Webhook, WebhookSettings } from '../../src/store/telling-contract.ts'
import { openTestDatabase, type ENGINES, type TestDatabase } from '../support/database.ts'
import { entryOf, heldVerdict, publicationAfter } from '../support/entries.ts'
import { makeFeed } from '../support/feed.ts'

const settings: WebhookSettings = {
  url: 'https://receiver.example/hook',
  description: 'for tests',
  format: 'standard',
  events: [],
  clouds: [],
  allowlists: [],
  tags: [],
  minAddresses: 0n,
}

const attempt: Attempt = {
  at: '2026-11-28T00:00:00.000Z',
  durationMs: 3,
  status: 500,
  reason: 'it answered 500',
  response: 'no',
}

export function tellingSuite(engine: (typeof ENGINES)[number]): void {
  let database: TestDatabase
  let store: Store

  beforeAll(async () => {
    database = await openTestDatabase(engine)
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.reset()
    store = database.freshStore()
  })

  const [first, second, third] = makeFeed({ seed: 7, weeks: 3 }).map(entryOf)
  if (!first || !second || !third) throw new Error('three weeks were asked for')

  async function pendingTypes(): Promise<string[]> {
    return (await store.events.pending(100)).map(({ type }) => type)
  }

  /** An event that is told to these webhooks. */
  async function told(webhooks: readonly Webhook[], type = 'a.b'): Promise<string> {
    await store.events.record({ type, facts: {} })
    const pending = (await store.events.pending(100)).at(-1)
    if (!pending) throw new Error('an event was recorded')
    const ids = webhooks.map(({ id }) => id)
    const body = { body: '{}', tags: [], size: undefined, webhooks: ids }
    expect(await store.events.tell(pending.id, body)).toBe(true)
    return pending.id
  }

  async function deliveriesOf({ id }: Webhook) {
    return store.deliveries.list({ webhookId: id, limit: 100 })
  }

  describe('an event', () => {
    it('is recorded by every publication, once, and by none that did not come to be', async () => {
      const { publications } = store
      await publications.publish(first, publicationAfter(0))
      await publications.publish(second, publicationAfter(1))
      const late = await publications.publish(third, publicationAfter(1))
      expect(late.kind).toBe('conflict')
      const pending = await store.events.pending(10)
      expect(pending).toMatchObject([
        { type: 'ranges.changed', cloud: 'Public', facts: { serial: 1 } },
        { type: 'ranges.changed', cloud: 'Public', facts: { serial: 2 } },
      ])
      for (const { id } of pending) expect(id).toMatch(/^evt_[0-9a-f]{32}$/)
    })

    it('is recorded by a hold that begins to wait, not by one that waits already', async () => {
      await store.publications.publish(first, publicationAfter(0))
      await store.holds.hold(second, heldVerdict('a test'), 1)
      await store.holds.hold(second, heldVerdict('a test'), 1)
      expect(await pendingTypes()).toEqual(['ranges.changed', 'sync.held'])
      await store.holds.hold(third, heldVerdict('a test'), 1)
      await store.holds.hold(second, heldVerdict('a test'), 1)
      expect(await pendingTypes()).toEqual([
        'ranges.changed',
        'sync.held',
        'sync.held',
        'sync.held',
      ])
    })

    it('is recorded with the end of a run that brings one, if that was its end', async () => {
      const { run } = await store.runs.request({ cloud: 'Public', trigger: 'api', dryRun: false })
      const event = { type: 'sync.refused', cloud: 'Public', facts: { run: run.id } } as const
      await store.runs.finish(run.id, 'refused', {}, event)
      await store.runs.finish(run.id, 'refused', {}, event)
      expect(await pendingTypes()).toEqual(['sync.refused'])
    })

    it('with a key is recorded once', async () => {
      const draft = { type: 'report.weekly', key: 'report.weekly 2025-W44', facts: {} }
      const answers = await Promise.all([1, 2, 3].map(() => store.events.record(draft)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await pendingTypes()).toEqual(['report.weekly'])
    })

    it('is told once, whoever tries, with a delivery for each enabled webhook', async () => {
      const one = await store.webhooks.create(settings, 'whsec_a')
      const off = await store.webhooks.create(settings, 'whsec_b')
      await store.webhooks.update(off.id, { enabled: false, reason: 'a test' })
      await store.events.record({ type: 'a.b', facts: {} })
      const [event] = await store.events.pending(1)
      if (!event) throw new Error('an event was recorded')
      const body = {
        body: '{"a":1}',
        tags: ['Storage'],
        size: 3n,
        webhooks: [one.id, off.id, 'wh_gone'],
      }
      const answers = await Promise.all([1, 2, 3].map(() => store.events.tell(event.id, body)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await store.events.pending(1)).toEqual([])
      expect(await deliveriesOf(off)).toEqual([])
      expect(await deliveriesOf(one)).toMatchObject([
        { state: 'waiting', event: { id: event.id, type: 'a.b', body: '{"a":1}' }, attempts: [] },
      ])
    })

    it('whose body cannot be made is given up after some tries, and the next ones are told', async () => {
      await store.events.record({ type: 'a.b', facts: {} })
      await store.events.record({ type: 'c.d', facts: {} })
      const [event] = await store.events.pending(1)
      if (!event) throw new Error('an event was recorded')
      expect(await store.events.fault(event.id, 3)).toBe(false)
      expect(await store.events.fault(event.id, 3)).toBe(false)
      expect(await store.events.pending(1)).toMatchObject([{ type: 'a.b', faults: 2 }])
      expect(await store.events.fault(event.id, 3)).toBe(true)
      expect(await pendingTypes()).toEqual(['c.d'])
    })

    it('is forgotten with its deliveries once they are old, never while one waits', async () => {
      const webhook = await store.webhooks.create(settings, 'whsec_a')
      await told([webhook])
      await told([webhook])
      await store.events.record({ type: 'a.b', facts: {} })
      const next = await store.deliveries.next(webhook.id)
      if (!next) throw new Error('two deliveries wait')
      await store.deliveries.attempted(next, attempt, { kind: 'delivered' })
      await database.rows(`UPDATE event SET occurred_at = now() - interval '100 days'`)
      expect(await store.events.forget(90)).toBe(0)
      await database.rows(
        `UPDATE delivery SET ended_at = now() - interval '91 days' WHERE state = 'delivered'`,
      )
      expect(await store.events.forget(90)).toBe(1)
      expect(await deliveriesOf(webhook)).toHaveLength(1)
      expect(await pendingTypes()).toEqual(['a.b'])
    })
  })

  describe('a scheduled run', () => {
    const wish = { cloud: 'Public', trigger: 'schedule', dryRun: false } as const

    it('is one for each moment of the schedule, whichever process asks first', async () => {
      const dueAt = new Date('2026-11-28T06:17:00Z')
      const asked = await Promise.all([1, 2, 3].map(() => store.runs.request({ ...wish, dueAt })))
      expect(asked.filter(({ joined }) => !joined)).toHaveLength(1)
      const id = asked[0]?.run.id
      expect(asked.map(({ run }) => run.id)).toEqual([id, id, id])

      // Also once it is finished: another process has more jitter.
      await store.runs.finish(id ?? '', 'unchanged', {})
      expect(await store.runs.request({ ...wish, dueAt })).toMatchObject({
        joined: true,
        run: { id, state: 'finished' },
      })
      const next = { ...wish, dueAt: new Date('2026-11-28T12:17:00Z') }
      expect(await store.runs.request(next)).toMatchObject({ joined: false })
      const china = await store.runs.request({ ...wish, cloud: 'China', dueAt })
      expect(china.joined).toBe(false)
    })
  })

  describe('a webhook', () => {
    it('is kept, changed and deleted with its deliveries', async () => {
      const created = await store.webhooks.create({ ...settings, tags: ['Sql'] }, 'whsec_a')
      expect(created).toMatchObject({
        ...settings,
        tags: ['Sql'],
        secrets: ['whsec_a'],
        waiting: 0,
      })
      await told([created])
      const changed = await store.webhooks.update(created.id, { clouds: ['China'], tags: [] })
      expect(changed).toMatchObject({ clouds: ['China'], tags: [], url: settings.url, waiting: 1 })
      expect(await store.webhooks.list()).toEqual([changed])
      const { id, createdAt } = created
      expect(await store.webhooks.subscribers()).toMatchObject([
        { id, createdAt, clouds: ['China'] },
      ])
      expect(await store.webhooks.delete(created.id)).toBe(true)
      expect(await store.webhooks.delete(created.id)).toBe(false)
      expect(await store.webhooks.update(created.id, {})).toBeUndefined()
      expect(await database.rows('SELECT id FROM delivery')).toEqual([])
    })

    it('signs with the secret before, too, until its time is up', async () => {
      const { id } = await store.webhooks.create(settings, 'whsec_a')
      const rotated = await store.webhooks.rotate(id, 'whsec_b', 3600)
      expect(rotated?.secrets).toEqual(['whsec_b', 'whsec_a'])
      await database.rows(`UPDATE webhook SET former_until = now() - interval '1 second'`)
      expect((await store.webhooks.byId(id))?.secrets).toEqual(['whsec_b'])
      expect(await store.webhooks.rotate('wh_none', 'whsec_c', 1)).toBeUndefined()
    })

    it('is disabled once, which is an event, and goes on where it stood when enabled', async () => {
      const webhook = await store.webhooks.create(settings, 'whsec_a')
      await told([webhook])
      expect(await store.webhooks.disable(webhook.id, 'it answered 410')).toBe(true)
      expect(await store.webhooks.disable(webhook.id, 'again')).toBe(false)
      expect(await store.webhooks.byId(webhook.id)).toMatchObject({
        enabled: false,
        disabledReason: 'it answered 410',
        waiting: 1,
      })
      expect(await store.events.pending(5)).toMatchObject([
        { type: 'webhook.disabled', facts: { webhook: webhook.id, waiting: 1 } },
      ])
      expect(await store.deliveries.next(webhook.id)).toBeUndefined()
      expect(await store.deliveries.due(10)).toEqual([])
      expect(await store.webhooks.subscribers()).toEqual([])
      await store.webhooks.update(webhook.id, { enabled: true })
      expect(await store.deliveries.next(webhook.id)).toMatchObject({ failures: 0 })
    })
  })

  describe('a delivery', () => {
    it('is the next one of its webhook in the order of events, and blocks those behind it', async () => {
      const webhook = await store.webhooks.create(settings, 'whsec_a')
      const other = await store.webhooks.create(settings, 'whsec_b')
      const [one, two] = [await told([webhook, other]), await told([webhook])]
      const next = await store.deliveries.next(webhook.id)
      expect(next).toMatchObject({ event: { id: one }, failures: 0 })
      expect(next?.dueInMs).toBeLessThanOrEqual(0)
      if (!next) return
      await store.deliveries.attempted(next, attempt, { kind: 'again', afterMs: 60_000 })
      const again = await store.deliveries.next(webhook.id)
      expect(again).toMatchObject({ id: next.id, failures: 1 })
      expect(again?.dueInMs).toBeGreaterThan(50_000)
      expect(await store.deliveries.due(10)).toEqual([other.id])
      await store.deliveries.attempted(next, attempt, { kind: 'delivered' })
      expect(await store.deliveries.next(webhook.id)).toMatchObject({ event: { id: two } })
    })

    it('keeps its last attempts, and is listed by state and page, newest first', async () => {
      const webhook = await store.webhooks.create(settings, 'whsec_a')
      await told([webhook])
      await told([webhook])
      const next = await store.deliveries.next(webhook.id)
      if (!next) throw new Error('two deliveries wait')
      for (let i = 0; i < 20; i++) {
        const numbered = { ...attempt, durationMs: i }
        const current = { ...next, failures: i }
        await store.deliveries.attempted(current, numbered, { kind: 'again', afterMs: 0 })
      }
      await store.deliveries.attempted({ ...next, failures: 20 }, attempt, { kind: 'failed' })
      const kept = await store.deliveries.byId(next.id)
      expect(kept).toMatchObject({ state: 'failed', failures: 21 })
      expect(kept?.attempts).toHaveLength(16)
      expect(kept?.attempts.at(-2)).toEqual({ ...attempt, durationMs: 19 })
      expect(kept?.endedAt).toBeInstanceOf(Date)
      const [newer, older] = await deliveriesOf(webhook)
      expect([newer?.state, older?.state]).toEqual(['waiting', 'failed'])
      const query = { webhookId: webhook.id, limit: 1 }
      expect(await store.deliveries.list({ ...query, state: 'failed' })).toEqual([older])
      expect(await store.deliveries.list({ ...query, before: newer?.id })).toEqual([older])
    })

    it('is not ended by an attempt that was overtaken by what somebody decided', async () => {
      const webhook = await store.webhooks.create(settings, 'whsec_a')
      await told([webhook])
      const stale = await store.deliveries.next(webhook.id)
      if (!stale) throw new Error('a delivery waits')
      const later = { ...stale, failures: 9 }
      // Enabled, or wished again, since the ninth attempt began: a new series.
      expect(await store.deliveries.attempted(later, attempt, { kind: 'failed' })).toBe(false)
      await store.webhooks.update(webhook.id, { url: 'https://other.example/' })
      expect(await store.deliveries.attempted(stale, attempt, { kind: 'failed' })).toBe(false)
      expect(await store.deliveries.next(webhook.id)).toMatchObject({
        failures: 0,
        target: { url: 'https://other.example/' },
      })
      // What has arrived has arrived.
      expect(await store.deliveries.attempted(later, attempt, { kind: 'delivered' })).toBe(true)
      expect(await store.deliveries.next(webhook.id)).toBeUndefined()
    })

    it('begins again when it is wished, before those behind it', async () => {
      const webhook = await store.webhooks.create(settings, 'whsec_a')
      const one = await told([webhook])
      await told([webhook])
      const next = await store.deliveries.next(webhook.id)
      if (!next) throw new Error('two deliveries wait')
      await store.deliveries.attempted(next, attempt, { kind: 'failed' })
      expect(await store.deliveries.redeliver(next.id)).toMatchObject({
        state: 'waiting',
        failures: 0,
        endedAt: undefined,
        attempts: [attempt],
      })
      expect(await store.deliveries.next(webhook.id)).toMatchObject({ event: { id: one } })
      expect(await store.deliveries.redeliver(999_999)).toBeUndefined()
    })

    it('counts in the backlog while it waits', async () => {
      expect(await store.deliveries.backlog()).toEqual({ waiting: 0, oldestSeconds: 0 })
      const webhook = await store.webhooks.create(settings, 'whsec_a')
      await told([webhook])
      await database.rows(`UPDATE delivery SET created_at = now() - interval '100 seconds'`)
      const { waiting, oldestSeconds } = await store.deliveries.backlog()
      expect(waiting).toBe(1)
      expect(Math.floor(oldestSeconds)).toBeGreaterThanOrEqual(100)
    })
  })

  describe('what is told of a source', () => {
    it('is told by one process, when it is another condition', async () => {
      const event = () => ({ type: 'source.failing', cloud: 'Public' as const, facts: {} })
      expect(await store.sources.tell('Public', 'fine', event)).toBe(false)
      const stores = [store, database.freshStore(), database.freshStore()]
      const answers = await Promise.all(
        stores.map(({ sources }) => sources.tell('Public', 'failing', event)),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
      const seen: string[] = []
      await store.sources.tell('Public', 'fine', (before) => {
        seen.push(before)
        return { type: 'source.recovered', cloud: 'Public', facts: {} }
      })
      expect(seen).toEqual(['failing'])
      expect(await pendingTypes()).toEqual(['source.failing', 'source.recovered'])
    })
  })

  describe('the check of a device', () => {
    const none = { ipv4: '0', ipv6: '0', names: 0 }
    const clean = {
      allowlist: 'l',
      device: 'd',
      inStep: true,
      missing: none,
      extra: none,
      stale: none,
    }
    const drifted = { ...clean, inStep: false, missing: { ipv4: '256', ipv6: '0', names: 0 } }
    const event = { type: 'drift.detected', allowlist: 'l', facts: { device: 'd' } }

    it('is told when the drift is another than the last time', async () => {
      await store.devices.checked(clean, 'x', event)
      expect(await pendingTypes()).toEqual([])
      await store.devices.checked(drifted, 'a', event)
      await store.devices.checked(drifted, 'a', event)
      expect(await pendingTypes()).toEqual(['drift.detected'])
      await store.devices.checked(drifted, 'b', event)
      await store.devices.checked(clean, 'x', event)
      await store.devices.checked(drifted, 'b', event)
      expect(await pendingTypes()).toHaveLength(3)
      const [kept, ...others] = await store.devices.list()
      expect(others).toEqual([])
      expect(kept).toMatchObject(drifted)
    })
  })

  const violations: [string, string][] = [
    ['event_id_has_no_dot', `INSERT INTO event (id, type, facts) VALUES ('a.b', 't', '{}')`],
    [
      'event_state_known',
      `INSERT INTO event (id, type, facts, state) VALUES ('a', 't', '{}', 'odd')`,
    ],
    [
      'event_told_has_body',
      `INSERT INTO event (id, type, facts, state) VALUES ('a', 't', '{}', 'told')`,
    ],
    [
      'webhook_disabled_has_reason',
      `INSERT INTO webhook (id, url, secret, enabled) VALUES ('a', 'u', 's', false)`,
    ],
    [
      'webhook_former_secret_ends',
      `INSERT INTO webhook (id, url, secret, former_secret) VALUES ('a', 'u', 's', 't')`,
    ],
    [
      'webhook_min_addresses_not_negative',
      `INSERT INTO webhook (id, url, secret, min_addresses) VALUES ('a', 'u', 's', -1)`,
    ],
    [
      'delivery_event_id_fkey',
      `INSERT INTO webhook (id, url, secret) VALUES ('a', 'u', 's');
       INSERT INTO delivery (webhook_id, event_id) VALUES ('a', 'none')`,
    ],
    ['cloud_told_source_known', `INSERT INTO cloud (name, told_source) VALUES ('c', 'odd')`],
    [
      'run_cloud_due_at_key',
      `INSERT INTO run (id, cloud, trigger, state, outcome, due_at)
       SELECT gen_random_uuid(), 'c', 'schedule', 'finished', 'unchanged', '2026-01-01'
       FROM generate_series(1, 2)`,
    ],
  ]
  it.each(violations)('has the database refuse what breaks %s', async (constraint, sql) => {
    const statements = sql.split(';')
    const last = statements.pop() ?? ''
    for (const statement of statements) await database.rows(statement)
    await expect(database.rows(last)).rejects.toThrow(constraint)
  })
}
