/** The good answer of every route that is not a list's bytes, and how each says no. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { makeFeed } from '../support/feed.ts'
import { openSite, openSiteDatabase, type Site } from '../support/server.ts'

const feed = makeFeed({ weeks: 4 })
const government = makeFeed({ cloud: 'AzureGovernment', seed: 2, weeks: 1 })

let database: TestDatabase
let site: Site
/** Follows two clouds, so that it cannot guess which one is meant. */
let double: Site

beforeAll(async () => {
  database = await openSiteDatabase()
  site = await openSite(database)
  for (const week of feed) await site.sync(week)
  double = await openSite(database, { clouds: ['Public', 'AzureGovernment', 'China'] })
  for (const week of government) await double.sync(week)
})

afterAll(async () => {
  await site.app.close()
  await double.app.close()
  await database.close()
})

async function json<T = Record<string, unknown>>(url: string, from = site): Promise<T> {
  const reply = await from.app.inject(url)
  expect(reply.statusCode, reply.body).toBe(200)
  expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(reply.headers['x-content-type-options']).toBe('nosniff')
  return reply.json<T>()
}

/** Asserts a problem document and gives its detail. */
async function problem(url: string, status: number, from = site): Promise<string> {
  const reply = await from.app.inject(url)
  expect(reply.statusCode, reply.body).toBe(status)
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.headers['cache-control']).toBe('no-store')
  const body = reply.json<{ type: string; title: string; status: number; detail: string }>()
  expect(body.type).toMatch(/^urn:rangewarden:problem:[a-z-]+$/)
  expect(body.title).not.toBe('')
  expect(body.status).toBe(status)
  return body.detail
}

describe('GET /v1/clouds', () => {
  it('tells what is published, how old it is and what the last runs came to', async () => {
    const { clouds } = await json<{ clouds: Record<string, unknown>[] }>('/v1/clouds', double)
    expect(clouds.map(({ cloud, state }) => [cloud, state])).toEqual([
      ['Public', 'source-quiet'],
      ['AzureGovernment', 'source-quiet'],
      ['China', 'empty'],
    ])
    expect(clouds[0]).toMatchObject({
      published: {
        snapshot: { fileDate: feed.at(-1)?.fileDate },
        publication: { serial: 3, kind: 'sync', publishedBy: 'start' },
      },
      newestFileDate: feed.at(-1)?.fileDate,
      complete: true,
      lastRuns: [
        { outcome: 'published' },
        { outcome: 'unchanged' },
        { outcome: 'published' },
        { outcome: 'published' },
      ],
    })
  })
})

describe('GET /v1/snapshots', () => {
  interface Page {
    snapshots: { id: string; fileDate: string }[]
    next: string | null
  }

  async function pageAt(url: string): Promise<{ page: Page; link: string | undefined }> {
    const reply = await site.app.inject(url)
    const link = /^<(.+)>; rel="next"$/.exec(String(reply.headers.link ?? ''))?.[1]
    return { page: reply.json<Page>(), link }
  }

  it('gives every snapshot once, newest first, page by page', async () => {
    const seen: string[] = []
    let url: string | undefined = '/v1/snapshots?limit=2'
    for (let pages = 0; url !== undefined && pages < 10; pages++) {
      const { page, link } = await pageAt(url)
      expect(page.snapshots.length).toBeLessThanOrEqual(2)
      seen.push(...page.snapshots.map(({ fileDate }) => fileDate))
      expect(link === undefined).toBe(page.next === null)
      url = link
    }
    const dates = (await json<Page>('/v1/snapshots?limit=200')).snapshots.map((s) => s.fileDate)
    expect(dates).toEqual(feed.map(({ fileDate }) => fileDate).toReversed())
    expect(seen).toEqual(dates)
  })

  it('refuses a page size, a cursor and a name that it does not know', async () => {
    expect(await problem('/v1/snapshots?limit=0', 400)).toMatch(/"limit" "0": .*>=1/)
    expect(await problem('/v1/snapshots?limit=201', 400)).toMatch(/"limit" "201": .*<=200/)
    expect(await problem('/v1/snapshots?limit=ten', 400)).toMatch(/"limit" "ten"/)
    expect(await problem('/v1/snapshots?cursor=nothing', 400)).toMatch(/cursor "nothing"/)
    expect(await problem('/v1/snapshots?limti=5', 400)).toMatch(
      /query parameter "limti" "5": not known: known are cloud, limit, cursor \(did you mean limit\?\)/,
    )
    expect(await problem('/v1/snapshots', 400, double)).toMatch(
      /say which cloud: followed are Public, AzureGovernment, China/,
    )
  })

  it('gives one, and its document byte for byte, for ever', async () => {
    const { snapshots } = await json<Page>('/v1/snapshots?limit=1')
    const [newest] = snapshots
    expect(await json(`/v1/snapshots/${newest?.id}`)).toEqual(newest)
    const url = `/v1/snapshots/${newest?.id}/document`
    const reply = await site.app.inject(url)
    expect(reply.body).toBe(feed.at(-1)?.text)
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=31536000, immutable',
      etag: `"${createHash('sha256').update(reply.rawPayload).digest('hex')}"`,
    })
    const headers = { 'if-none-match': String(reply.headers.etag) }
    expect((await site.app.inject({ url, headers })).statusCode).toBe(304)
  })

  it('says that a snapshot does not exist', async () => {
    for (const url of ['/v1/snapshots/public-20200101-00000000', '/v1/snapshots/x/document']) {
      expect(await problem(url, 404)).toMatch(/there is no snapshot/)
    }
  })
})

describe('GET /v1/changes', () => {
  interface ChangesAnswer {
    unchanged: boolean
    counts: Record<string, number>
    coverage: { gained: { ipv4: number; ipv6: string } }
    tags: { name: string; prefixesAdded: string[]; prefixesRemoved: string[] }[]
    earliestUse: string | null
    regions: { region: string }[]
    moved: { from: string[]; to: string[] }[]
    flapping: { tag: string }[]
  }

  it('compares the last two snapshots by itself, and any two by name', async () => {
    const latest = await json<ChangesAnswer>('/v1/changes')
    expect(latest).toMatchObject({
      from: { fileDate: feed[2]?.fileDate },
      to: { fileDate: feed[3]?.fileDate },
      unchanged: false,
    })
    const whole = await json<ChangesAnswer>(
      `/v1/changes?from=${feed[0]?.fileDate}&to=${feed[3]?.fileDate}`,
    )
    const added = whole.tags.flatMap(({ prefixesAdded }) => prefixesAdded)
    expect(added.length).toBe(whole.counts['prefixesAdded'])
    expect(typeof whole.coverage.gained.ipv4).toBe('number')
    expect(whole.coverage.gained.ipv6).toMatch(/^\d+$/)
    expect(whole.earliestUse).toBe('2025-01-20')
    expect(whole.regions.length).toBeGreaterThan(0)
  })

  it('says of a quiet week that nothing changed', async () => {
    const quiet = await json<ChangesAnswer>(
      `/v1/changes?from=${feed[1]?.fileDate}&to=${feed[2]?.fileDate}`,
    )
    expect(quiet).toMatchObject({ unchanged: true, tags: [], earliestUse: null })
    expect(Object.values(quiet.counts)).toEqual([0, 0, 0, 0, 0])
  })

  it('can be asked for one tag or one region', async () => {
    const all = await json<ChangesAnswer>('/v1/changes')
    const name = all.tags[0]?.name ?? ''
    const one = await json<ChangesAnswer>(`/v1/changes?tag=${name}`)
    expect(one.tags).toEqual([all.tags[0]])
    expect(one.moved.concat(one.flapping.map(() => ({ from: [], to: [] })))).toEqual([])
    const region = all.regions[0]?.region ?? ''
    const regional = await json<ChangesAnswer>(`/v1/changes?region=${region}`)
    expect(regional.regions).toEqual([all.regions[0]])
    const none = await json<ChangesAnswer>('/v1/changes?tag=AzureFrontDoor.Frontend&region=region1')
    expect(none.unchanged).toBe(true)
  })

  it('says which tag, region, date or cloud there is not', async () => {
    expect(await problem('/v1/changes?tag=Storag', 404)).toMatch(/no service tag "Storag"/)
    expect(await problem('/v1/changes?region=mars', 404)).toMatch(/no region "mars"/)
    expect(await problem('/v1/changes?from=2025-13-01', 400)).toMatch(/"2025-13-01"/)
    expect(await problem('/v1/changes?from=2019-01-07', 404)).toMatch(/the oldest is of 2025-01-06/)
    expect(await problem('/v1/changes?cloud=Publik', 400)).toMatch(/"cloud" "Publik"/)
    expect(await problem('/v1/changes?cloud=China', 503)).toMatch(/no snapshot of China/)
  })
})

describe('GET /v1/tags', () => {
  interface TagAnswer {
    name: string
    counts: { prefixes: { ipv4: number; ipv6: number }; addresses: { ipv4: number; ipv6: string } }
    prefixes: string[]
  }

  it('lists the tags of what is published, with counts', async () => {
    const { snapshot, tags } = await json<{ snapshot: { id: string }; tags: TagAnswer[] }>(
      '/v1/tags',
    )
    expect(snapshot.id).toBe(site.lists.published('Public')?.record.id)
    expect(tags.length).toBe(site.lists.published('Public')?.snapshot.tags.size)
    const bus = tags.find(({ name }) => name === 'ServiceBus')
    expect(bus?.counts.addresses.ipv4).toBeGreaterThan(0)
    expect(bus).not.toHaveProperty('prefixes')
  })

  it('shows one with its prefixes, now and on a past day', async () => {
    const now = await json<{ tag: TagAnswer }>('/v1/tags/AzureCloud')
    const { ipv4, ipv6 } = now.tag.counts.prefixes
    expect(now.tag.prefixes.length).toBe(ipv4 + ipv6)
    const past = await json<{ snapshot: { fileDate: string } }>(
      `/v1/tags/AzureCloud?at=${feed[0]?.fileDate}`,
    )
    expect(past.snapshot.fileDate).toBe(feed[0]?.fileDate)
  })

  it('offers the names that are near to one it does not know', async () => {
    const reply = await site.app.inject('/v1/tags/servicebus')
    expect(reply.statusCode).toBe(404)
    expect(reply.json<{ near: string[] }>().near[0]).toBe('ServiceBus')
    expect(await problem('/v1/tags/Nothing.Like.It', 404)).not.toMatch(/did you mean/)
  })

  it('tells an unfollowed cloud from one that is not filled yet', async () => {
    expect(await problem('/v1/tags?cloud=AzureGovernment', 404)).toMatch(/at=latest/)
    expect(
      (await json<{ tags: unknown[] }>('/v1/tags?cloud=AzureGovernment&at=latest')).tags,
    ).not.toEqual([])
    expect(await problem('/v1/tags?cloud=China', 503, double)).toMatch(
      /nothing is published for China/,
    )
  })
})

describe('GET /v1/endpoints', () => {
  interface Services {
    services: { name: string; cloud: string; endpoints: { name: string; ports: string[] }[] }[]
  }

  it('lists the names of the services of a cloud, with ports and sources', async () => {
    const { services } = await json<Services>('/v1/endpoints')
    expect(services.map(({ name }) => name)).toEqual(['app-proxy', 'app-proxy-legacy'])
    expect(services[0]?.endpoints).toContainEqual(
      expect.objectContaining({ name: '*.msappproxy.net' }) as unknown,
    )
    for (const port of services.flatMap((s) => s.endpoints.flatMap(({ ports }) => ports))) {
      expect(port).toMatch(/^\d+(-\d+)?$/)
    }
    const one = await json<Services>('/v1/endpoints?service=app-proxy&cloud=AzureGovernment')
    expect(one.services.map(({ cloud }) => cloud)).toEqual(['AzureGovernment'])
  })

  it('says that Microsoft publishes none for China, whatever the service', async () => {
    for (const url of [
      '/v1/endpoints?cloud=China',
      '/v1/endpoints?cloud=China&service=app-proxy',
    ]) {
      expect(await problem(url, 404)).toMatch(/Microsoft publishes no .*list for China/)
    }
    expect(await problem('/v1/endpoints?service=vpn', 404)).toMatch(/known are app-proxy/)
  })
})

describe('GET /v1/formats', () => {
  it('describes each with its limits and options', async () => {
    const { formats } = await json<{ formats: { name: string }[] }>('/v1/formats')
    expect(formats.map(({ name }) => name)).toEqual(['squid', 'pac', 'json', 'text'])
    expect(formats[1]).toMatchObject({
      fileExtension: 'pac',
      limits: { bytes: 1_000_000, entries: null },
      options: [{ setting: 'RANGEWARDEN_PAC_PROXY' }, { setting: 'RANGEWARDEN_PAC_FALLBACK' }],
    })
    expect(await problem('/v1/formats?x=1', 400)).toMatch(/"x" "1": not known: none is taken here/)
  })
})

describe('GET /v1/allowlists', () => {
  it('lists the built-in ones of every followed cloud', async () => {
    const { allowlists } = await json<{ allowlists: { name: string }[] }>('/v1/allowlists', double)
    expect(allowlists.map(({ name }) => name)).toEqual([
      'app-proxy',
      'app-proxy-ip',
      'app-proxy-any',
      'app-proxy.azuregovernment',
      'app-proxy-ip.azuregovernment',
      'app-proxy-any.azuregovernment',
      'app-proxy-ip.china',
      'app-proxy-any.china',
    ])
  })

  it('shows where each format of one is, and why one is not to be had', async () => {
    interface Available {
      format: string
      path: string
      devicePath: string
      available: boolean
      reason: string | null
    }
    const { formats } = await json<{ formats: Available[] }>(
      '/v1/allowlists/app-proxy.azuregovernment',
      double,
    )
    const byName = new Map(formats.map((one) => [one.format, one]))
    expect(byName.get('text')).toMatchObject({ available: false })
    expect(byName.get('text')?.reason).toMatch(/app-proxy-ip/)
    const squid = byName.get('squid')
    expect(squid).toMatchObject({
      available: true,
      reason: null,
      devicePath: '/l/app-proxy.azuregovernment/squid.conf',
    })
    for (const path of [squid?.path, squid?.devicePath]) {
      expect((await double.app.inject(path ?? '')).statusCode).toBe(200)
    }
  })

  it('says why a cloud has no list of names', async () => {
    expect(await problem('/v1/allowlists/app-proxy.china', 404, double)).toMatch(
      /Microsoft publishes no .*list for China/,
    )
    expect(await problem('/v1/allowlists/nobody', 404)).toMatch(/known are app-proxy/)
  })
})

describe('GET /v1/runs', () => {
  it('gives the last runs of a cloud, and each by its id', async () => {
    const { runs } = await json<{ runs: { id: string; cloud: string }[] }>(
      '/v1/runs?cloud=Public&limit=2',
    )
    expect(runs.map(({ cloud }) => cloud)).toEqual(['Public', 'Public'])
    expect(await json(`/v1/runs/${runs[0]?.id}`)).toEqual(runs[0])
    expect((await json<{ runs: unknown[] }>('/v1/runs')).runs.length).toBe(5)
  })

  it('says that a run does not exist', async () => {
    expect(await problem('/v1/runs/00000000-0000-4000-8000-000000000000', 404)).toMatch(/no run 0/)
    expect(await problem('/v1/runs/yesterday', 400)).toMatch(/path parameter "id" "yesterday"/)
  })
})

describe('health', () => {
  it('lives, and is ready with a report per cloud', async () => {
    expect(await json('/health/live')).toEqual({ status: 'live', version: '0.0.0-test' })
    const ready = await json<{ clouds: { state: string; advice: string | null }[] }>(
      '/health/ready',
      double,
    )
    expect(ready.clouds.map(({ state }) => state)).toEqual([
      'source-quiet',
      'source-quiet',
      'empty',
    ])
    expect(ready.clouds[0]?.advice).toMatch(/days old/)
  })
})
