/** Laws of the model, whatever the unit costs are: what grows with what, and in which way. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COST_NAMES, CLOUD_COST_NAMES, type ScaleResults } from '../../bench/scale/costs.ts'
import { LIMITS, standingsOf } from '../../bench/scale/limits.ts'
import { loadOf, type SiteLoad } from '../../bench/scale/model.ts'
import { ASSUMED, cdnHitRatio, type Site } from '../../bench/scale/sites.ts'
import { CLOUDS } from '../../src/core/cloud.ts'

/** Nothing, or not so little that no arithmetic is left. */
const cost = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 100_000, noNaN: true }))
const share = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000)

function figures<Name extends string>(names: readonly Name[]) {
  return fc
    .array(cost, { minLength: names.length, maxLength: names.length })
    .map((values) => Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0])))
    .map((found) => found as Record<Name, number>)
}

const anyResults: fc.Arbitrary<ScaleResults> = fc
  .tuple(figures(COST_NAMES), fc.tuple(...CLOUDS.map(() => figures(CLOUD_COST_NAMES))))
  .map(([costs, clouds]) => {
    const [Public, AzureGovernment, China, AzureGermany] = clouds
    if (!Public || !AzureGovernment || !China || !AzureGermany) throw new Error('four clouds')
    const largeListBytes = costs.smallListBytes + costs.largeListBytes
    const webhooksPerSecond = 1 + costs.webhooksPerSecond
    return {
      machine: 'any',
      date: '2026-01-01T00:00:00.000Z',
      server: 'PostgreSQL 15.0',
      files: 'generated',
      seconds: 1,
      costs: { ...costs, largeListBytes, webhooksPerSecond },
      clouds: { Public, AzureGovernment, China, AzureGermany },
    }
  })

const anySite: fc.Arbitrary<Site> = fc.record({
  name: fc.constant('any'),
  title: fc.constant('any'),
  database: fc.constantFrom('embedded', 'postgresql'),
  devices: fc.integer({ min: 0, max: 1_000_000 }),
  pollSeconds: fc.integer({ min: 10, max: 86_400 }),
  notModifiedShare: share,
  cdnHitRatio: share,
  connections: fc.constantFrom('kept', 'new', 'forwarded'),
  clients: fc.integer({ min: 1, max: 1_000_000 }),
  list: fc.constantFrom('small', 'large'),
  replicas: fc.integer({ min: 1, max: 100 }),
  clouds: fc.subarray([...CLOUDS], { minLength: 1 }),
  lists: fc.integer({ min: 0, max: 10_000 }),
  webhooks: fc.integer({ min: 0, max: 10_000 }),
  listsPerWebhook: fc.integer({ min: 0, max: 10_000 }),
  years: fc.integer({ min: 0, max: 30 }),
})

/** Also of what a week costs, by name. */
function flat({ week, ...load }: SiteLoad): Map<string, number> {
  return new Map(Object.entries<number>({ ...load, ...week }))
}

/** What rounding leaves of so many additions. */
const PRECISION = 1e-9

function isAtMost(low: number, high: number): boolean {
  return low <= high + PRECISION * Math.abs(high) + Number.MIN_VALUE
}

function isSame(a: number, b: number): boolean {
  return isAtMost(a, b) && isAtMost(b, a)
}

/** Names of the figures that are another, or smaller than they were. */
function differing(before: SiteLoad, after: SiteLoad): string[] {
  return [...flat(before)].flatMap(([name, value]) =>
    isSame(value, flat(after).get(name) ?? NaN) ? [] : [name],
  )
}

function shrunk(before: SiteLoad, after: SiteLoad): string[] {
  return [...flat(before)].flatMap(([name, value]) =>
    isAtMost(value, flat(after).get(name) ?? NaN) ? [] : [name],
  )
}

/** What requests alone decide. */
const OF_REQUESTS = [
  ...['requests', 'originRequests', 'requestsPerClientMinute', 'cores', 'replicaShare'],
  ...['replicasNeeded', 'originBits', 'deviceBits'],
]

describe('a site', () => {
  it('comes to figures that are none of them negative', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        for (const [name, value] of flat(loadOf(site, results))) {
          expect([name, value >= 0]).toEqual([name, true])
        }
      }),
    )
  })

  it.each(['devices', 'lists', 'webhooks', 'years', 'listsPerWebhook'] as const)(
    'needs no less of anything with more %s',
    (driver) => {
      fc.assert(
        fc.property(anySite, anyResults, fc.nat(1_000), (site, results, more) => {
          const larger = { ...site, [driver]: site[driver] + more }
          expect(shrunk(loadOf(site, results), loadOf(larger, results))).toEqual([])
        }),
      )
    },
  )

  it('needs twice the processor and bandwidth for twice the devices, and nothing else', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const once = loadOf(site, results)
        const twice = loadOf({ ...site, devices: 2 * site.devices }, results)
        for (const name of ['requests', 'originRequests', 'cores', 'originBits'] as const) {
          expect([name, isSame(2 * once[name], twice[name])]).toEqual([name, true])
        }
        expect(differing(once, twice).filter((name) => !OF_REQUESTS.includes(name))).toEqual([])
      }),
    )
  })

  it('grows by the same each year', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const now = loadOf(site, results)
        const later = loadOf({ ...site, years: site.years + 1 }, results)
        expect(isSame(now.databaseBytes + now.growthBytesPerYear, later.databaseBytes)).toBe(true)
      }),
    )
  })

  it('does not grow by a cloud that is retired but for its runs', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const one = { ...site, clouds: ['Public'] } as const
        const both = { ...site, clouds: ['Public', 'AzureGermany'] } as const
        const runs = 365 * ASSUMED.runsPerDay.value * results.costs.runBytes
        expect(
          isSame(
            loadOf(one, results).growthBytesPerYear + runs,
            loadOf(both, results).growthBytesPerYear,
          ),
        ).toBe(true)
      }),
    )
  })

  it('asks PostgreSQL in proportion to its replicas, and the embedded database not at all', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const one = loadOf({ ...site, replicas: 1 }, results)
        const all = loadOf(site, results)
        for (const name of ['statements', 'serverShare', 'connections'] as const) {
          expect(isSame(site.replicas * one[name], all[name])).toBe(true)
          if (site.database === 'embedded') expect(all[name]).toBe(0)
        }
      }),
    )
  })

  it('uses no more than its share of a core with the replicas it needs, and more with one less', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const { replicasNeeded } = loadOf(site, results)
        fc.pre(replicasNeeded < 1_000_000)
        const { value: bound } = ASSUMED.coreShare
        const shareWith = (replicas: number) => loadOf({ ...site, replicas }, results).replicaShare
        expect(isAtMost(shareWith(replicasNeeded), bound)).toBe(true)
        if (replicasNeeded > 1) expect(shareWith(replicasNeeded - 1)).toBeGreaterThan(bound)
      }),
    )
  })

  it('sends each webhook a delivery for a week, and one for each list of its own that changes', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const { events, deliveries } = loadOf(site, results).week
        const told = Math.min(site.listsPerWebhook, site.lists)
        const perWebhook = 1 + told * results.costs.listChangedShare
        expect(isSame(deliveries, site.webhooks * perWebhook)).toBe(true)
        expect(isAtMost(deliveries, site.webhooks * events)).toBe(true)
      }),
    )
  })
})

describe('a CDN', () => {
  it('takes away requests and bandwidth of the replicas, and changes nothing else', () => {
    fc.assert(
      fc.property(anySite, anyResults, share, (site, results, further) => {
        const ratio = site.cdnHitRatio + further * (1 - site.cdnHitRatio)
        const before = loadOf(site, results)
        const after = loadOf({ ...site, cdnHitRatio: ratio }, results)
        expect(shrunk(after, before)).toEqual([])
        const untouched = ['requests', 'deviceBits']
        const taken = OF_REQUESTS.filter((name) => !untouched.includes(name))
        expect(differing(before, after).filter((name) => !taken.includes(name))).toEqual([])
      }),
    )
  })

  it('that answers everything leaves none', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const { originRequests, cores, originBits } = loadOf({ ...site, cdnHitRatio: 1 }, results)
        expect([originRequests, cores, originBits]).toEqual([0, 0, 0])
      }),
    )
  })

  it('answers the more the more devices there are, and never less than nothing', () => {
    expect(cdnHitRatio({ objects: 3, edges: 100, requestsPerSecond: 4 })).toBe(0.75)
    expect(cdnHitRatio({ objects: 3, edges: 100, requestsPerSecond: 0.5 })).toBe(0)
    expect(cdnHitRatio({ objects: 3, edges: 100, requestsPerSecond: 0 })).toBe(0)
  })
})

describe('a limit', () => {
  it('holds with the most that it allows, and not with one more', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        for (const { limit, bound, most } of standingsOf(site, results)) {
          const usedWith = (count: number) =>
            limit.used(loadOf({ ...site, [limit.driver]: count }, results))
          if (most === Infinity) continue
          if (most > 0) expect(usedWith(most)).toBeLessThanOrEqual(bound)
          expect([limit.name, usedWith(most + 1) > bound]).toEqual([limit.name, true])
        }
      }),
    )
  })

  it('is told with the nearest first, and only where the site can meet it', () => {
    fc.assert(
      fc.property(anySite, anyResults, (site, results) => {
        const standings = standingsOf(site, results)
        const shares = standings.map(({ share: used }) => used)
        expect(shares).toEqual(shares.toSorted((a, b) => b - a))
        const names = new Set(standings.map(({ limit }) => limit.name))
        const met = LIMITS.filter(
          ({ driver }) => site.database === 'postgresql' || driver !== 'replicas',
        )
        expect(names).toEqual(new Set(met.map(({ name }) => name)))
      }),
    )
  })
})
