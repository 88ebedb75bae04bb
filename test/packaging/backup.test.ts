/** Backup, restore and moving, by the commands of docs/backup.md: what a service has afterwards. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Settings } from '../support/command-line.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { postgres, startPostgres, type PostgresServer } from '../support/postgres.ts'
import { startReceiver, type Received, type Receiver } from '../support/receiver.ts'
import { describeWith, program } from '../support/requirements.ts'
import { startService, type RunningService } from '../support/service.ts'
import { shellBlocks, withPlaces } from '../support/shell-blocks.ts'

const DOCUMENT = 'docs/backup.md'

/** Lists of each kind: built in, stored, of names, of addresses. */
const LISTS = ['app-proxy/squid', 'app-proxy-ip/text', 'app-proxy-ip/nftables', 'branch/json']

/** Large enough for each week to change what AzureCloud covers, and not only how it is written. */
const weeks = makeFeed({ seed: 11, weeks: 6, tags: 200 }).filter(({ isNews }) => isNews)

let scratch: string
let receiver: Receiver
const running: RunningService[] = []

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'rangewarden-backup-'))
  for (const folder of ['empty', 'bin']) mkdirSync(join(scratch, folder))
  symlinkSync(join(process.cwd(), 'bin/rangewarden.js'), join(scratch, 'bin/rangewarden'))
  receiver = await startReceiver()
})

afterEach(async () => {
  for (const service of running.splice(0)) await service.close()
})

afterAll(async () => {
  await receiver.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** A service that fetches nothing: files come by upload. */
async function start(dataDir: string, database: Settings = {}): Promise<Client> {
  const service = await startService(dataDir, {
    RANGEWARDEN_SOURCE: `folder:${join(scratch, 'empty')}`,
    RANGEWARDEN_WEBHOOK_ALLOW: '127.0.0.0/8',
    ...database,
  })
  running.push(service)
  return createClient(service)
}

/** Closes what runs, as an operator stops it. */
async function stop(): Promise<void> {
  for (const service of running.splice(0)) await service.close()
}

interface Client {
  readonly url: string
  readonly token: string
  get(path: string, headers?: Record<string, string>): Promise<Response>
  send(method: 'POST' | 'PUT', path: string, body: object): Promise<Record<string, unknown>>
  /** Takes a weekly file and publishes it. */
  upload(week: WeeklyDocument): Promise<void>
}

function createClient({ url, settings }: RunningService): Client {
  const token = settings['RANGEWARDEN_ADMIN_TOKEN'] ?? ''
  const authorization = `Bearer ${token}`
  const answered = async (response: Response): Promise<Response> => {
    if (response.ok || response.status === 304) return response
    throw new Error(`${response.url}: ${response.status} ${await response.text()}`)
  }
  return {
    url,
    token,
    get: async (path, headers = {}) =>
      answered(await fetch(url + path, { headers: { authorization, ...headers } })),
    async send(method, path, body) {
      const headers = { authorization, 'content-type': 'application/json' }
      const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) })
      return (await (await answered(response)).json()) as Record<string, unknown>
    },
    async upload({ fileName, text }) {
      const path = `/v1/documents?name=${fileName}`
      const headers = { authorization }
      await answered(await fetch(url + path, { method: 'POST', headers, body: text }))
    },
  }
}

/** What people and devices see, all of which a restore has to bring back. */
async function seen(client: Client): Promise<Record<string, unknown>> {
  const facts: Record<string, unknown> = {}
  for (const list of LISTS) {
    const response = await client.get(`/v1/allowlists/${list}`)
    const headers = ['etag', 'last-modified', 'rangewarden-snapshot', 'content-location']
    facts[list] = [...headers.map((name) => response.headers.get(name)), await response.text()]
  }
  for (const question of ['snapshots', 'publications', 'allowlists', 'webhooks', 'holds']) {
    facts[question] = await (await client.get(`/v1/${question}`)).json()
  }
  // Deliveries are on their way while a backup is made; those that wait are made again after it.
  const { webhooks } = facts['webhooks'] as { webhooks: Record<string, unknown>[] }
  for (const webhook of webhooks) delete webhook['waiting']
  const { snapshots } = facts['snapshots'] as { snapshots: { id: string }[] }
  expect(snapshots.length).toBeGreaterThan(0)
  for (const { id } of snapshots) {
    facts[id] = await (await client.get(`/v1/snapshots/${id}/document`)).text()
  }
  return facts
}

interface Publication {
  readonly serial: number
  readonly snapshot: string
  readonly kind: string
}

async function publications(client: Client): Promise<Publication[]> {
  const response = await client.get('/v1/publications')
  return ((await response.json()) as { publications: Publication[] }).publications
}

/** Three weeks, a stored list, a webhook, a week back and forth by a person's decision. */
async function fill(client: Client, hook: string): Promise<string> {
  const [first, second, third] = weeks
  if (!first || !second || !third) throw new Error('the feed is too short')
  await client.upload(first)
  await client.send('PUT', '/v1/allowlists/branch', {
    tags: ['AzureCloud'],
    endpoints: ['app-proxy'],
  })
  const { secret } = await client.send('POST', '/v1/webhooks', { url: receiver.origin + hook })
  await client.upload(second)
  const back = { snapshot: first.fileDate, by: 'A. Person', reason: 'mail was lost' }
  await client.send('POST', '/v1/publications', back)
  await client.send('POST', '/v1/publications', {
    action: 'release',
    by: 'A. Person',
    reason: 'fixed',
  })
  await client.upload(third)
  return String(secret)
}

/** What the webhook was told of a week that was published. */
function toldOf(hook: string, snapshot: string | undefined): Received | undefined {
  return receiver.of(hook).find(({ body }) => {
    const { type, data } = JSON.parse(body.toString()) as Body
    return type === 'ranges.changed' && data.to?.snapshot === snapshot
  })
}

interface Body {
  readonly type: string
  readonly data: { readonly to?: { readonly snapshot: string } }
}

/** What comes next is as if nothing had happened: serials go on, and the webhook hears of it. */
async function goesOn(client: Client, hook: string, secret: string): Promise<void> {
  const [before] = await publications(client)
  const next = weeks[3]
  if (!before || !next) throw new Error('nothing is published')
  const list = await client.get('/v1/allowlists/app-proxy-ip/text')
  await client.upload(next)
  const [after] = await publications(client)
  expect(after).toMatchObject({ serial: before.serial + 1, kind: 'import' })
  const newer = await client.get('/v1/allowlists/app-proxy-ip/text')
  expect(serialOf(await newer.text())).toBe(serialOf(await list.text()) + 1)
  expect(dateOf(newer)).toBeGreaterThan(dateOf(list))
  await receiver.until(() => toldOf(hook, after?.snapshot) !== undefined)
  const told = toldOf(hook, after?.snapshot)
  const headers = told?.headers as Record<string, string>
  expect(new Webhook(secret).verify(told?.body.toString() ?? '', headers)).toMatchObject({
    type: 'ranges.changed',
  })
}

function serialOf(list: string): number {
  return Number(/, serial (\d+),/.exec(list)?.[1])
}

function dateOf({ headers }: Response): number {
  return Date.parse(headers.get('last-modified') ?? '')
}

/** As a person runs what the document says, with its places changed for ours. */
async function runShell(
  block: string,
  places: Readonly<Record<string, string>>,
  settings: Settings = {},
): Promise<void> {
  const PATH = [join(scratch, 'bin'), dirname(process.execPath), process.env['PATH']].join(':')
  const script = withPlaces(block, places)
  const env = { ...process.env, ...settings, PATH }
  await promisify(execFile)('/bin/sh', ['-euc', script], { cwd: scratch, env })
}

describeWith([program('tar')], 'a backup of the embedded database', () => {
  const [back, restore] = shellBlocks(DOCUMENT, 'Embedded database')
  const systemctl = { 'sudo systemctl': 'true', 'sudo ': '' }

  it('restores everything as it was, and what comes after goes on', async () => {
    const folder = join(scratch, 'first')
    const first = await start(join(folder, 'rangewarden'))
    const secret = await fill(first, '/embedded')
    const before = await seen(first)
    await stop()
    const places = { '/var/lib': folder, ...systemctl }
    await runShell(back ?? '', places)
    await runShell(restore ?? '', places)
    const second = await start(join(folder, 'rangewarden'))
    expect(await seen(second)).toEqual(before)
    await goesOn(second, '/embedded', secret)
  }, 120_000)

  it('that is older gives used serials anew: the same week the same bytes, another week others', async () => {
    const folder = join(scratch, 'older')
    const dataDir = join(folder, 'rangewarden')
    const places = { '/var/lib': folder, ...systemctl }
    const [first, second, , third] = weeks
    if (!first || !second || !third) throw new Error('the feed is too short')
    const before = await start(dataDir)
    await before.upload(first)
    await stop()
    await runShell(back ?? '', places)

    const lost = await start(dataDir)
    await lost.upload(second)
    const path = '/v1/allowlists/app-proxy-ip/text'
    const had = await lost.get(path)
    const held = await had.text()
    await stop()
    await runShell(restore ?? '', places)

    const after = await start(dataDir)
    const conditions = [
      { 'if-none-match': had.headers.get('etag') ?? '' },
      { 'if-modified-since': had.headers.get('last-modified') ?? '' },
    ]
    for (const condition of conditions) {
      const older = await after.get(path, condition)
      expect({ condition, status: older.status }).toEqual({ condition, status: 200 })
      expect(serialOf(await older.text())).toBe(1)
    }
    await after.upload(second)
    const again = await after.get(path)
    expect(await again.text()).toBe(held)
    expect(again.headers.get('etag')).toBe(had.headers.get('etag'))
    expect(dateOf(again)).toBeGreaterThanOrEqual(dateOf(had))
    expect((await after.get(path, conditions[0])).status).toBe(304)
    await stop()

    rmSync(`${dataDir}.before`, { recursive: true })
    await runShell(restore ?? '', places)
    const other = await start(dataDir)
    await other.upload(third)
    const different = await other.get(path, conditions[0])
    expect(different.status).toBe(200)
    const text = await different.text()
    expect(serialOf(text)).toBe(serialOf(held))
    expect(text).not.toBe(held)
  }, 120_000)
})

describeWith([postgres, program('pg_dump'), program('pg_restore')], 'PostgreSQL', () => {
  let server: PostgresServer
  let database = 0

  beforeAll(async () => {
    server = await startPostgres()
    await administer('CREATE ROLE rangewarden LOGIN')
  })
  afterAll(async () => {
    await stop()
    await server.stop()
  })

  async function administer(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }

  /** Empty, and owned by a role that may do nothing else. */
  async function createDatabase(): Promise<{ DATABASE_URL: string }> {
    const name = `site${database++}`
    await administer(`CREATE DATABASE ${name} OWNER rangewarden`)
    const url = server.url.replace('test@', 'rangewarden@').replace(/postgres$/, name)
    return { DATABASE_URL: url }
  }

  it('is dumped while it is used, and restores everything as it was', async () => {
    const from = await createDatabase()
    const first = await start(scratch, from)
    const secret = await fill(first, '/postgresql')
    const before = await seen(first)
    const [dump] = shellBlocks(DOCUMENT, 'PostgreSQL')
    const [, restore] = shellBlocks(DOCUMENT, 'PostgreSQL')
    await runShell(dump ?? '', {}, from)
    await stop()
    const to = await createDatabase()
    await runShell(restore ?? '', {}, to)
    const second = await start(scratch, to)
    expect(await seen(second)).toEqual(before)
    await goesOn(second, '/postgresql', secret)
  }, 120_000)

  describeWith([program('curl'), program('jq')], 'that the embedded database is moved to', () => {
    it('has its history and its lists', async () => {
      const [move] = shellBlocks(DOCUMENT, 'From the embedded database to PostgreSQL')
      const from = await start(join(scratch, 'moved'))
      await fill(from, '/moved')
      const to = await start(scratch, await createDatabase())
      const places = { 'http://127.0.0.1:8080': from.url, 'http://127.0.0.1:8081': to.url }
      await runShell(move ?? '', places, { RANGEWARDEN_ADMIN_TOKEN: to.token })
      const [before, after] = [await seen(from), await seen(to)]
      expect(idsOf(after)).toEqual(idsOf(before))
      expect(after['allowlists']).toEqual(before['allowlists'])
      const day = `/v1/allowlists/branch/text?at=${String(weeks[1]?.fileDate)}`
      expect(await (await to.get(day)).text()).toBe(await (await from.get(day)).text())
      expect(await publications(to)).toMatchObject([{ serial: 1, snapshot: idsOf(before)[0] }])
    }, 120_000)
  })
})

function idsOf(facts: Record<string, unknown>): string[] {
  return (facts['snapshots'] as { snapshots: { id: string }[] }).snapshots.map(({ id }) => id)
}
