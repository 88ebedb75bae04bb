/** What /metrics says after each step of a service's life is the truth. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CLOUD_STATES } from '../../src/history/overview.ts'
import { RUN_OUTCOMES } from '../../src/store/contract.ts'
import { createDoor, type Door } from '../support/faults.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { Exposition } from '../support/exposition.ts'
import { bytes, filePath, pagePath, startPublisher, weeklyPage } from '../support/publisher.ts'
import { postgres, startPostgres, type PostgresServer } from '../support/postgres.ts'
import { answer, startReceiver, type Receiver } from '../support/receiver.ts'
import { openssl } from '../support/certificates.ts'
import { describeWith } from '../support/requirements.ts'
import { authority, beginLife, recentWeeks, type ScriptedLife } from './scripted-life.ts'

const [older, newer] = recentWeeks()
const PUBLIC = { cloud: 'Public' }
const DATE = newer.fileDate.replaceAll('-', '')

function stateIn(told: Exposition): string | undefined {
  const ones = told.series.filter(
    ({ name, labels, value }) =>
      name === 'rangewarden_cloud_state' && labels['cloud'] === 'Public' && value === 1,
  )
  return ones.length === 1 ? ones[0]?.labels['state'] : undefined
}

/** Runs so far, by what they came to; those that never were left out. */
function runsIn(told: Exposition): Record<string, number> {
  const counts = RUN_OUTCOMES.map((result) => [
    result,
    told.value('rangewarden_sync_runs_total', { ...PUBLIC, result }) ?? NaN,
  ])
  return Object.fromEntries(counts.filter(([, count]) => count !== 0)) as Record<string, number>
}

/** Of a certificate, rounded. */
function daysLeft(told: Exposition, of: Readonly<Record<string, string>>): number {
  const expiry = told.value('rangewarden_certificate_expiry_timestamp_seconds', of) ?? NaN
  return Math.round((expiry - Date.now() / 1000) / 86_400)
}

function aboutNow(seconds: number | undefined): boolean {
  return seconds !== undefined && Math.abs(Date.now() / 1000 - seconds) < 120
}

describeWith([openssl], 'a service with a folder, a receiver and a certificate', () => {
  it('tells of each thing that happens to it, and no longer than it is so', async () => {
    const receiver: Receiver = await startReceiver()
    const life: ScriptedLife = await beginLife(temporaryFolder())
    try {
      await tellsTheTruth(life, receiver)
    } finally {
      await life.close()
      await receiver.close()
    }
  }, 240_000)

  async function tellsTheTruth(life: ScriptedLife, receiver: Receiver): Promise<void> {
    // Nothing is published, and the first run has not come as far as a file.
    let told = await life.scrapeUntil((one) => runsIn(one)['failed'] !== undefined)
    expect(stateIn(told)).toBe('empty')
    expect(runsIn(told)).toEqual({ failed: 1 })
    for (const absent of [
      'rangewarden_dataset_change_number',
      'rangewarden_dataset_file_timestamp_seconds',
      'rangewarden_dataset_published_timestamp_seconds',
      'rangewarden_newest_file_timestamp_seconds',
      'rangewarden_last_success_timestamp_seconds',
      'rangewarden_sync_refused_timestamp_seconds',
      'rangewarden_database_unverified_since_timestamp_seconds',
    ]) {
      expect(told.types.has(absent), absent).toBe(true)
      expect(told.value(absent), absent).toBeUndefined()
    }
    expect(daysLeft(told, { role: 'listener', host: '' })).toBe(30)
    expect(told.value('process_resident_memory_bytes')).toBeGreaterThan(50e6)

    // What arrives is no file.
    life.offer({ fileName: newer.fileName, text: '{"changeNumber":1}' })
    expect(await life.run()).toBe('refused')
    told = await life.scrapeUntil((one) => runsIn(one)['refused'] === 1)
    told = await life.scrapeUntil(
      (one) => one.value('rangewarden_sync_refused_timestamp_seconds', PUBLIC) !== undefined,
    )
    expect(aboutNow(told.value('rangewarden_sync_refused_timestamp_seconds', PUBLIC))).toBe(true)
    expect(stateIn(told)).toBe('empty')
    // Nothing arrives at all: it is not known to be better.
    life.offer(undefined)
    expect(await life.run()).toBe('failed')
    told = await life.scrapeUntil((one) => runsIn(one)['failed'] === 2)
    expect(aboutNow(told.value('rangewarden_sync_refused_timestamp_seconds', PUBLIC))).toBe(true)

    // A week, and a receiver that is told of it.
    for (const path of ['/takes', '/refuses', '/gone']) {
      await life.ask('/v1/webhooks', { url: receiver.origin + path, events: ['ranges.changed'] })
    }
    receiver.behave('/refuses', answer(500))
    receiver.behave('/gone', answer(410))
    life.offer(newer)
    expect(await life.run()).toBe('published')
    told = await life.scrapeUntil(
      (one) =>
        stateIn(one) === 'current' &&
        one.value('rangewarden_webhook_deliveries_waiting') === 1 &&
        one.value('rangewarden_webhook_attempts_total', { result: 'gone' }) === 1 &&
        one.value('rangewarden_webhook_attempts_total', { result: 'delivered' }) === 1,
    )
    expect(stateIn(told)).toBe('current')
    expect(told.value('rangewarden_sync_refused_timestamp_seconds', PUBLIC)).toBeUndefined()
    expect(told.value('rangewarden_dataset_change_number', PUBLIC)).toBe(newer.changeNumber)
    expect(told.value('rangewarden_newest_file_timestamp_seconds', PUBLIC)).toBe(
      Date.parse(newer.fileDate) / 1000,
    )
    expect(told.value('rangewarden_dataset_file_timestamp_seconds', PUBLIC)).toBe(
      Date.parse(newer.fileDate) / 1000,
    )
    const publishedAt = told.value('rangewarden_dataset_published_timestamp_seconds', PUBLIC)
    expect(aboutNow(publishedAt)).toBe(true)
    expect(runsIn(told)).toEqual({ failed: 2, refused: 1, published: 1 })
    const durations = 'rangewarden_sync_duration_seconds'
    expect(told.value(`${durations}_count`, PUBLIC)).toBe(4)
    expect(told.value(`${durations}_bucket`, { ...PUBLIC, le: '900' })).toBe(4)
    const took = told.value(`${durations}_sum`, PUBLIC) ?? 0
    expect(took).toBeGreaterThan(0)
    expect(took).toBeLessThan(240)
    const ended = (result: string) => told.value('rangewarden_webhook_deliveries_total', { result })
    expect([ended('delivered'), ended('failed')]).toEqual([1, 1])
    expect(told.value('rangewarden_webhook_attempts_total', { result: 'failed' })).toBeGreaterThan(
      0,
    )
    expect(told.value('rangewarden_webhook_oldest_waiting_seconds')).toBeLessThan(240)

    // An older week is for a person to judge; what is published stays.
    life.offer(older)
    expect(await life.run()).toBe('held')
    told = await life.scrapeUntil((one) => stateIn(one) === 'held')
    expect([stateIn(told), told.value('rangewarden_holds_waiting', PUBLIC)]).toEqual(['held', 1])
    expect(told.value('rangewarden_dataset_change_number', PUBLIC)).toBe(newer.changeNumber)

    // Who publishes says again what is published.
    life.offer(newer)
    expect(await life.run()).toBe('unchanged')
    told = await life.scrapeUntil((one) => stateIn(one) === 'current')
    expect([stateIn(told), told.value('rangewarden_holds_waiting', PUBLIC)]).toEqual(['current', 0])
    expect(told.value('rangewarden_dataset_published_timestamp_seconds', PUBLIC)).toBe(publishedAt)
    const states = told.series.filter(({ name }) => name === 'rangewarden_cloud_state')
    expect(states.map(({ labels }) => labels['state'])).toEqual([...CLOUD_STATES])
  }
})

describeWith([openssl], 'a service with a publisher that speaks https', () => {
  it('tells until when its certificate is valid', async () => {
    const publisher = await startPublisher(authority.issue(['localhost'], 45))
    publisher.answer(pagePath('Public'), bytes(weeklyPage('Public', [DATE])))
    publisher.answer(filePath('Public', DATE), bytes(newer.text))
    const life = await beginLife(temporaryFolder(), {
      RANGEWARDEN_SOURCE: 'microsoft',
      RANGEWARDEN_PUBLISHER_URL: publisher.origin.replace('127.0.0.1', 'localhost'),
    })
    try {
      const told = await life.scrapeUntil((one) => stateIn(one) === 'current')
      const ofSource = { role: 'source', host: 'localhost' }
      expect(daysLeft(told, ofSource)).toBe(45)
      expect(daysLeft(told, { role: 'listener', host: '' })).toBe(30)
    } finally {
      await life.close()
      await publisher.close()
    }
  }, 120_000)
})

describeWith([openssl, postgres], 'services of one PostgreSQL', () => {
  let server: PostgresServer
  let door: Door

  beforeAll(async () => {
    server = await startPostgres()
    door = await createDoor(server.url)
  })
  afterAll(async () => {
    await door.close()
    await server.stop()
  })

  it('say what they do, and only those that send webhooks know of a backlog', async () => {
    const settings = { DATABASE_URL: await server.createDatabase() }
    const waiting = 'rangewarden_webhook_deliveries_waiting'
    const oldest = 'rangewarden_webhook_oldest_waiting_seconds'
    const api = await beginLife(temporaryFolder(), { ...settings, RANGEWARDEN_ROLE: 'api' })
    const worker = await beginLife(temporaryFolder(), { ...settings, RANGEWARDEN_ROLE: 'worker' })
    try {
      const ofWorker = await worker.scrapeUntil((one) => one.value(waiting) !== undefined)
      expect(ofWorker.value('rangewarden_build_info', { role: 'worker' })).toBe(1)
      expect([ofWorker.value(waiting), ofWorker.value(oldest)]).toEqual([0, 0])
      const ofApi = await api.scrapeUntil((one) => stateIn(one) !== undefined)
      expect(ofApi.value('rangewarden_build_info', { role: 'api' })).toBe(1)
      expect([ofApi.value(waiting), ofApi.value(oldest)]).toEqual([undefined, undefined])
    } finally {
      await worker.close()
      await api.close()
    }
  }, 240_000)

  it('say since when the database is away, and stop saying it afterwards', async () => {
    const url = new URL(await server.createDatabase())
    url.port = new URL(door.origin).port
    url.hostname = '127.0.0.1'
    const life = await beginLife(temporaryFolder(), { DATABASE_URL: url.href })
    const unverified = 'rangewarden_database_unverified_since_timestamp_seconds'
    try {
      life.offer(newer)
      await life.run()
      const before = await life.scrapeUntil((one) => stateIn(one) === 'current')
      expect(before.value(unverified)).toBeUndefined()
      door.shut()
      await door.cut()
      const away = await life.scrapeUntil((one) => one.value(unverified) !== undefined)
      expect(aboutNow(away.value(unverified))).toBe(true)
      expect(stateIn(away)).toBe('current')
      const number = 'rangewarden_dataset_change_number'
      expect(away.value(number, PUBLIC)).toBe(newer.changeNumber)
      expect(away.types).toEqual(before.types)
      await door.open()
      const back = await life.scrapeUntil((one) => one.value(unverified) === undefined)
      expect(back.value(unverified)).toBeUndefined()
    } finally {
      await door.open()
      await life.close()
    }
  }, 240_000)
})
