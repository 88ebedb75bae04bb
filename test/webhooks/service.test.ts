/**
 * A whole service that tells a real receiver, on both engines: what is published arrives, signed, in
 * order, under one id however often it has to be sent.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { eventBodyShape, type EventBody } from '../../src/webhooks/event.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { temporaryFolder } from '../support/folder.ts'
import { postgres, startPostgres, type PostgresServer } from '../support/postgres.ts'
import { answer, inTurn, startReceiver, type Received, type Receiver } from '../support/receiver.ts'
import { describeWith } from '../support/requirements.ts'
import { startService, type RunningService } from '../support/service.ts'

const weeks = makeFeed({ seed: 5, weeks: 2 })
const [first, second] = [weekAt(0), weekAt(1)]

function weekAt(index: number): WeeklyDocument {
  const week = weeks[index]
  if (!week) throw new Error(`the feed has no week ${index}`)
  return week
}

/** For a machine on which everything else is being tested as well. */
const PATIENCE = { timeout: 40_000, interval: 50 }

describe('a service on the embedded database', () => {
  tellingService(() => Promise.resolve({}))
})

describeWith([postgres], 'a service on PostgreSQL', () => {
  let server: PostgresServer | undefined
  tellingService(async () => {
    server ??= await startPostgres()
    return { DATABASE_URL: await server.createDatabase() }
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })
})

function tellingService(database: () => Promise<Record<string, string>>): void {
  let receiver: Receiver
  let service: RunningService
  let files: string

  beforeEach(async () => {
    receiver = await startReceiver()
    const folder = temporaryFolder()
    files = join(folder, 'files')
    mkdirSync(files)
    service = await startService(join(folder, 'data'), {
      RANGEWARDEN_SOURCE: `folder:${files}`,
      RANGEWARDEN_WEBHOOK_ALLOW: '127.0.0.0/8',
      RANGEWARDEN_PUBLIC_URL: 'https://ranges.example',
      ...(await database()),
    })
    onTestFinished(async () => {
      await service.close()
      await receiver.close()
    })
  })

  async function ask(method: string, path: string, body?: object): Promise<Response> {
    return fetch(service.url + path, {
      method,
      headers: {
        authorization: `Bearer ${service.settings['RANGEWARDEN_ADMIN_TOKEN'] ?? ''}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  }

  const createdShape = z.object({ id: z.string(), secret: z.string() })

  async function subscribe(path: string, wish: object = {}) {
    const response = await ask('POST', '/v1/webhooks', { url: receiver.origin + path, ...wish })
    expect(response.status).toBe(201)
    return createdShape.parse(await response.json())
  }

  /** Offers the week and waits until a run has taken it. */
  async function publish(week: WeeklyDocument): Promise<void> {
    writeFileSync(join(files, week.fileName), week.text)
    const isPublished = async (): Promise<boolean> => {
      await ask('POST', '/v1/runs', {})
      const response = await ask('GET', '/v1/clouds')
      return (await response.text()).includes(`"fileDate":"${week.fileDate}"`)
    }
    await expect.poll(isPublished, PATIENCE).toBe(true)
  }

  function bodyOf(request: Received | undefined): EventBody {
    return eventBodyShape.parse(JSON.parse(String(request?.body)))
  }

  function arrived(path: string, count: number): Promise<void> {
    return expect.poll(() => receiver.of(path).length, PATIENCE).toBeGreaterThanOrEqual(count)
  }

  const deliveriesShape = z.object({
    deliveries: z.array(
      z.looseObject({
        id: z.number(),
        state: z.string(),
        event: z.object({ id: z.string(), type: z.string() }),
        attempts: z.array(z.looseObject({ status: z.number().nullable() })),
      }),
    ),
  })

  async function deliveriesOf(id: string) {
    const response = await ask('GET', `/v1/webhooks/${id}/deliveries`)
    return deliveriesShape.parse(await response.json()).deliveries
  }

  it('tells of a week, of the lists it moved, and signs what it sends', async () => {
    await publish(first)
    const ranges = await subscribe('/ranges', { events: ['ranges.changed'] })
    await subscribe('/lists', { events: ['allowlist.changed'], allowlists: ['app-proxy-ip'] })
    await publish(second)
    await arrived('/ranges', 1)
    await arrived('/lists', 1)

    const [request] = receiver.of('/ranges')
    const headers = request?.headers as Record<string, string>
    new Verifier(ranges.secret).verify(String(request?.body), headers)
    expect(headers).toMatchObject({ 'content-type': 'application/json' })
    const body = bodyOf(request)
    expect(body).toMatchObject({
      type: 'ranges.changed',
      data: {
        cloud: 'Public',
        kind: 'sync',
        from: { fileDate: first.fileDate },
        to: { fileDate: second.fileDate },
      },
    })
    if (body.type !== 'ranges.changed') return
    // What the link leads to says the same.
    const { pathname, search, origin } = new URL(body.data.links.changes)
    expect(origin).toBe('https://ranges.example')
    const changes = await ask('GET', pathname + search)
    const { counts, coverage, earliestUse } = body.data
    expect(await changes.json()).toMatchObject({ counts, coverage, earliestUse })

    const list = bodyOf(receiver.of('/lists')[0])
    expect(list).toMatchObject({
      type: 'allowlist.changed',
      data: { allowlist: 'app-proxy-ip', serial: 2, names: { added: { names: [], more: 0 } } },
    })
  })

  it('tries again under the same id, and what came later waits for it', async () => {
    receiver.behave('/flaky', inTurn(answer(500), answer(503), answer(204)))
    const { id } = await subscribe('/flaky', { events: ['ranges.changed'] })
    await publish(first)
    await arrived('/flaky', 1)
    await publish(second)
    const retry = async () => {
      const [oldest] = (await deliveriesOf(id)).reverse()
      await ask('POST', `/v1/deliveries/${oldest?.id ?? 0}/redeliver`)
      return receiver.of('/flaky').length
    }
    // By hand, since the ladder's second step is five minutes long.
    await expect.poll(retry, { ...PATIENCE, interval: 500 }).toBeGreaterThanOrEqual(4)
    const requests = receiver.of('/flaky')
    const ids = requests.slice(0, 4).map(({ headers }) => headers['webhook-id'])
    expect(ids[0]).toMatch(/^evt_/)
    expect(ids.slice(0, 3)).toEqual([ids[0], ids[0], ids[0]])
    expect(requests[1]?.body).toEqual(requests[0]?.body)
    expect(bodyOf(requests[0])).toMatchObject({ data: { to: { fileDate: first.fileDate } } })
    expect(bodyOf(requests.find(({ headers }) => headers['webhook-id'] !== ids[0]))).toMatchObject({
      data: { to: { fileDate: second.fileDate } },
    })
  })

  it('disables a receiver that is gone, tells the others, and goes on when it is enabled', async () => {
    receiver.behave('/gone', inTurn(answer(410), answer(204)))
    const gone = await subscribe('/gone', { events: ['webhook.test'] })
    await subscribe('/watch', { events: ['webhook.disabled'] })
    expect((await ask('POST', `/v1/webhooks/${gone.id}/test`)).status).toBe(202)
    await arrived('/watch', 1)
    expect(bodyOf(receiver.of('/watch')[0])).toMatchObject({
      type: 'webhook.disabled',
      data: { webhook: gone.id, origin: receiver.origin },
    })
    const refused = await ask('POST', `/v1/webhooks/${gone.id}/test`)
    expect(refused.status).toBe(409)
    const [delivery] = await deliveriesOf(gone.id)
    expect(delivery).toMatchObject({ state: 'failed', attempts: [{ status: 410 }] })

    expect((await ask('PATCH', `/v1/webhooks/${gone.id}`, { enabled: true })).status).toBe(200)
    await ask('POST', `/v1/deliveries/${delivery?.id ?? 0}/redeliver`)
    await arrived('/gone', 2)
    const ids = receiver.of('/gone').map(({ headers }) => headers['webhook-id'])
    expect(ids).toEqual([delivery?.event.id, delivery?.event.id])
  })

  it('signs with both secrets after a rotation, and keeps to what was asked for', async () => {
    const created = await subscribe('/rotated', { events: ['webhook.test'] })
    await subscribe('/held', { events: ['sync.held'] })
    const rotated = await ask('POST', `/v1/webhooks/${created.id}/rotate`)
    const { secret } = createdShape.parse(await rotated.json())
    await ask('POST', `/v1/webhooks/${created.id}/test`)
    await arrived('/rotated', 1)
    const [request] = receiver.of('/rotated')
    const headers = request?.headers as Record<string, string>
    for (const known of [created.secret, secret]) {
      expect(new Verifier(known).verify(String(request?.body), headers)).toBeTruthy()
    }
    await publish(first)
    expect(receiver.of('/held')).toEqual([])
  })

  it('leaves one that hangs waiting, and nobody else with it', async () => {
    receiver.behave('/hangs', () => undefined)
    await subscribe('/hangs', { events: ['ranges.changed'] })
    await subscribe('/lively', { events: ['ranges.changed'] })
    await publish(first)
    await arrived('/hangs', 1)
    await publish(second)
    await arrived('/lively', 2)
    expect(receiver.of('/hangs')).toHaveLength(1)
  })
}
