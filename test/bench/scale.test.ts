/** docs/scale.md says what the model computes from bench/scale.json, of sites that are as they say. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseResults } from '../../bench/scale/costs.ts'
import { bits, bytes, count, figure, measured, percent, rough } from '../../bench/scale/figures.ts'
import { standingsOf } from '../../bench/scale/limits.ts'
import { predicted } from '../../bench/scale/predicted.ts'
import { ASSUMED, SITES } from '../../bench/scale/sites.ts'
import { summary, TABLES, withTables } from '../../bench/scale/tables.ts'
import { readConfig } from '../../src/config.ts'
import { wholeHeaders } from '../../src/http/list-headers.ts'
import { createListCache } from '../../src/lists/list-cache.ts'

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

const JSON_TEXT = textOf('bench/scale.json')
const PAGE = textOf('docs/scale.md')
const RESULTS = parseResults(JSON_TEXT)

describe('the page', () => {
  it('has every table as the model computes it from the measured costs', () => {
    expect(withTables(PAGE, RESULTS), 'npm run scale -- --tables').toBe(PAGE)
  })

  it('has other tables with other costs, and nothing else changes', () => {
    const costs = { ...RESULTS.costs, wholeKeptUs: 12_345, runBytes: 999_000 }
    const other = withTables(PAGE, { ...RESULTS, costs })
    expect(other).not.toBe(PAGE)
    expect(withoutTables(other)).toBe(withoutTables(PAGE))
  })

  it.each(Object.keys(TABLES))('without a place for the table %s is refused', (name) => {
    const page = PAGE.replace(`<!-- /scale:${name} -->`, '')
    expect(() => withTables(page, RESULTS)).toThrow(`no place for <!-- scale:${name} -->`)
  })

  it('shows the same tables as a run prints', () => {
    const printed = summary(RESULTS)
    for (const [name, table] of Object.entries(TABLES)) {
      if (name !== 'assumed') expect(printed).toContain(table(RESULTS))
    }
  })
})

function withoutTables(page: string): string {
  return page.replaceAll(/<!-- scale:(\w+) -->[^]*?<!-- \/scale:\1 -->/g, '<!-- $1 -->')
}

describe('the measured costs', () => {
  it('are refused when one is missing, negative or unknown', () => {
    const { costs } = RESULTS
    const { runBytes: _, ...incomplete } = costs
    for (const wrong of [incomplete, { ...costs, runBytes: -1 }, { ...costs, other: 1 }]) {
      const text = JSON.stringify({ ...RESULTS, costs: wrong })
      expect(() => parseResults(text)).toThrow(/runBytes|other/)
    }
  })

  it('are those of real work: a request, a week, a delivery and a row cost something', () => {
    const { costs, clouds } = RESULTS
    const some = [costs.notModifiedKeptUs, costs.wholeNewUs, costs.deliveryMs, costs.eventBytes]
    const week = [clouds.Public.weekBytes, clouds.Public.runMs, clouds.Public.refreshMs]
    for (const value of [...some, ...week, costs.connections, costs.listMs]) {
      expect(value).toBeGreaterThan(0)
    }
    expect(costs.largeListBytes).toBeGreaterThan(costs.smallListBytes)
  })
})

describe('the sites', () => {
  it('are a branch, a company and a provider, each larger than the one before', () => {
    expect(SITES.map(({ title }) => title)).toEqual(['a branch', 'a company', 'a provider'])
    expect(SITES.map(({ devices }) => devices)).toEqual([50, 5_000, 500_000])
    expect(SITES.map(({ replicas }) => replicas)).toEqual([1, 3, 10])
    const [, , provider] = SITES
    expect(provider).toMatchObject({ webhooks: 1_000, lists: 500, years: 10 })
    expect(provider?.clouds).toHaveLength(4)
    expect(provider?.cdnHitRatio).toBeGreaterThan(0.5)
  })

  it('each have something that they meet first', () => {
    for (const site of SITES) expect(standingsOf(site, RESULTS)[0]?.share).toBeGreaterThan(0)
  })

  it('are compared with an installation that was seen, figure by figure', () => {
    const figures = {
      ...{ statements: 1, idleShare: 1, workerSeconds: 1 },
      ...{ replicaSeconds: 1, toldSeconds: 1, replicaBytes: 1 },
    }
    const observed = { ...figures, date: '2026-01-01T00:00:00.000Z', lists: 1, webhooks: 1 }
    const computed = predicted(observed, RESULTS)
    expect(Object.keys(computed).sort()).toEqual(Object.keys(figures).sort())
    const larger = predicted({ ...observed, lists: 100, webhooks: 100 }, RESULTS)
    expect(larger.replicaSeconds).toBeGreaterThan(computed.replicaSeconds)
    expect(larger.toldSeconds).toBeGreaterThan(computed.toldSeconds)
  })
})

describe('what is assumed', () => {
  it('is the default of the setting that it names', () => {
    const { rateLimit, eventDays, schedule } = readConfig({})
    expect(ASSUMED.rateLimit.value).toBe(rateLimit)
    expect(ASSUMED.eventDays.value).toBe(eventDays)
    const [, hours = ''] = schedule.split(' ')
    expect(ASSUMED.runsPerDay.value).toBe(24 / Number(/^\*\/(\d+)$/.exec(hours)?.[1]))
  })

  it('is what the code does', () => {
    expect(ASSUMED.listCacheBytes.value).toBe(createListCache().bound)
    const list = {
      cloud: 'Public',
      mediaType: 'text/plain',
      digest: '0'.repeat(64),
      lastModified: undefined,
      snapshotId: undefined,
      versionPath: undefined,
      immutable: false,
    } as const
    const representation = { encoding: 'identity', body: Buffer.alloc(0), etag: '' } as const
    const facts = { state: undefined, unverifiedSince: undefined, isShared: true }
    const headers = wholeHeaders(list, representation, facts)
    expect(headers['cache-control']).toContain(`max-age=${ASSUMED.maxAgeSeconds.value},`)
  })

  it('is what stands in the sources where nothing else says it', () => {
    const work = textOf('src/webhooks/work.ts')
    const polling = [...work.matchAll(/pollingIntervalSeconds: ([\d.]+)/g)].map(([, text]) =>
      Number(text),
    )
    const { tellPollSeconds, deliverPollSeconds, transactionSeconds } = ASSUMED
    expect(polling).toEqual([tellPollSeconds.value, deliverPollSeconds.value])
    const [, timeout = ''] = /timeout: ([\d_]+)/.exec(textOf('src/store/rows.ts')) ?? []
    expect(Number(timeout.replaceAll('_', ''))).toBe(1_000 * transactionSeconds.value)
  })
})

describe('a figure', () => {
  it.each([
    [figure(0), '0'],
    [figure(0.123_45), '0.123'],
    [figure(12.345), '12.3'],
    [figure(1_234.5), '1,235'],
    [count(1_234_567), '1,234,567'],
    [count(Infinity), 'none'],
    [rough(6.9), '6'],
    [rough(1_239_999), '1,200,000'],
    [rough(999), '990'],
    [percent(0.1234), '12.3 %'],
    [bytes(999), '999 bytes'],
    [bytes(1_234_567), '1.23 MB'],
    [bytes(5e15), '5,000 TB'],
    [bits(25_000_000), '25 Mbit/s'],
    [measured(2_000, 'bytes'), '2 kB'],
    [measured(0.5, 'share'), '50 %'],
    [measured(14, 'connections'), '14'],
    [measured(1.5, 'ms'), '1.5 ms'],
  ])('is written as %s', (written, expected) => expect(written).toBe(expected))
})
