/** Limits of percent from both sides: of the cloud and of named tags, IPv4 and IPv6, gain and loss. */
import { describe, expect, it } from 'vitest'
import type { Family } from '../../src/core/address.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import { judge, policies, type GuardPolicy, type GuardReason } from '../../src/core/guard.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { prefixFrom } from '../support/networks.ts'
import { snapshotFrom } from '../support/snapshots.ts'

type Tags = Readonly<Record<string, readonly string[]>>

const { cautious } = policies

/** Empty tags, so that the document has enough of them and a vanished one is not many. */
const OTHERS: Tags = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`Tag${i}`, []]))

function dayAfter(days: number): FileDate {
  const time = Date.parse('2025-01-06') + days * 86_400_000
  const parsed = parseFileDate(new Date(time).toISOString().slice(0, 10))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

interface StepOptions {
  readonly namedTags?: readonly string[]
  readonly policy?: GuardPolicy
  /** Between the two files. */
  readonly days?: number
  /** Between the file of what is published and a later one that said the same. */
  readonly quietDays?: number
}

/** What holds the step from these tags to those. */
function reasonsOf(before: Tags, after: Tags, options: StepOptions = {}): readonly GuardReason[] {
  const { namedTags = [], policy = cautious, days = 7, quietDays = 0 } = options
  const [from, to] = [snapshotFrom({ ...OTHERS, ...before }), snapshotFrom({ ...OTHERS, ...after })]
  const facts = {
    cloud: 'Public',
    candidate: { snapshot: to, fileDate: dayAfter(quietDays + days) },
    notAfter: dayAfter(10_000),
    namedTags,
    current: {
      snapshot: from,
      fileDate: dayAfter(0),
      newestFileDate: dayAfter(quietDays),
      diff: diffSnapshots(from, to),
    },
  } as const
  const verdict = judge(facts, policy)
  expect(verdict.kind).not.toBe('refuse')
  return verdict.kind === 'safe' ? [] : verdict.reasons
}

describe('a named tag that had nothing', () => {
  it('comes to a limited number of addresses without a person', () => {
    const before = { AzureCloud: ['20.0.0.0/14'], ServiceBus: [] }
    const step = (prefixes: readonly string[]) =>
      reasonsOf(before, { ...before, ServiceBus: prefixes }, { namedTags: ['ServiceBus'] })
    expect(step(['20.0.0.0/16'])).toEqual([])
    expect(step(['20.0.0.0/16', '20.2.0.0/32'])).toMatchObject([
      { rule: 'tag-gain', family: 4, tags: [{ name: 'ServiceBus', addresses: '65537' }] },
    ])
  })
})

/** A hundred of them are the whole of what is measured, so that each is one percent. */
function unit(family: Family, index: number): string {
  return family === 4
    ? `20.${index >> 8}.${index & 255}.0/24`
    : `2603:1000:${index.toString(16)}::/48`
}

function units(family: Family, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => unit(family, from + i))
}

/** A unit as a very small part and the rest: by so much a limit is exceeded. */
function split(family: Family, index: number): { part: string; rest: string[] } {
  const whole = prefixFrom(unit(family, index))
  const part = whole.text.replace(/\/\d+$/, family === 4 ? '/32' : '/64')
  const rest = RangeSet.of([whole]).subtract(RangeSet.of([prefixFrom(part)]))
  return { part, rest: rest.prefixes().map(({ text }) => text) }
}

/** A hundred units, and what is left or comes to when so many percent move. */
function moved(family: Family, direction: 'gain' | 'loss', percent: number) {
  if (direction === 'gain') {
    const after = units(family, 0, 100 + percent)
    const { part } = split(family, 100 + percent)
    return { before: units(family, 0, 100), atLimit: after, above: [...after, part] }
  }
  // The last unit to stay is spelled so that a little of it can go, too.
  const kept = 100 - percent
  const { part, rest } = split(family, kept - 1)
  const head = [...units(family, 0, kept - 1), ...rest]
  const before = [...head, part, ...units(family, kept, 100)]
  return { before, atLimit: [...head, part], above: head }
}

const FAMILIES = [4, 6] as const
const DIRECTIONS = ['gain', 'loss'] as const
const CASES = FAMILIES.flatMap((family) =>
  DIRECTIONS.flatMap((direction) =>
    Object.values(policies).map((policy) => ({ family, direction, policy, name: policy.name })),
  ),
)

/** Of the cloud whatever the family: it must not be what is measured. */
const FULL = { 4: '20.0.0.0/14', 6: '2603:1000::/39' } as const

describe('a step of the cloud', () => {
  it.each(CASES)(
    '$direction of IPv$family, $name: at the limit it passes, above it holds',
    (each) => {
      const { family, direction, policy } = each
      const percent = policy.cloud[direction][family]
      const { before, atLimit, above } = moved(family, direction, percent)
      expect(reasonsOf({ AzureCloud: before }, { AzureCloud: atLimit }, { policy })).toEqual([])
      const [reason, ...more] = reasonsOf({ AzureCloud: before }, { AzureCloud: above }, { policy })
      expect(more).toEqual([])
      expect(reason).toMatchObject({ rule: `cloud-${direction}`, family, limit: percent })
      expect(reason?.measured).toBeGreaterThan(percent)
      expect(reason?.text).toContain(`the limit is ${percent} %; most by AzureCloud (`)
    },
  )

  it('is measured on all tags together, each address once', () => {
    const rest = units(4, 10, 200)
    const before = { AzureCloud: units(4, 0, 10), Storage: rest, Sql: rest }
    const gaining = (end: number): Tags => ({
      ...before,
      AzureCloud: units(4, 0, 10),
      Storage: units(4, 10, end),
    })
    // More than there was in AzureCloud, and 15 % of what there was in all.
    expect(reasonsOf(before, gaining(230))).toEqual([])
    expect(reasonsOf(before, gaining(231))).toEqual([
      {
        rule: 'cloud-gain',
        family: 4,
        text: 'IPv4 addresses of Public grow by 15.5 % (7,936 of 51,200), the limit is 15 %; most by Storage (+7,936)',
        measured: 15.5,
        limit: 15,
        tags: [{ name: 'Storage', addresses: '7936' }],
      },
    ])
  })

  it('names the five tags that move the most, in both directions', () => {
    const part = (i: number, end: number): string[] => units(4, i * 20, i * 20 + end)
    const shares = [1, 2, 3, 4, 5, 6, 7]
    const all = Object.fromEntries(shares.map((i) => [`T${i}`, part(i, 20)]))
    const less = Object.fromEntries(shares.map((i) => [`T${i}`, part(i, 20 - i)]))
    const cloud = { AzureCloud: units(4, 0, 2) }
    const [loss] = reasonsOf({ ...cloud, ...all }, { ...cloud, ...less })
    expect(loss?.tags).toEqual(
      [7, 6, 5, 4, 3].map((i) => ({ name: `T${i}`, addresses: String(i * 256) })),
    )
    expect(loss?.text).toMatch(/; most by T7 \(-1,792\), T6 \(-1,536\), T5 .* T3 \(-768\)$/)
    const [gain] = reasonsOf({ ...cloud, ...less }, { ...cloud, ...all })
    expect(gain?.text).toContain('most by T7 (+1,792), ')
  })

  it('gains from nothing without being measured, and not without its width', () => {
    const before = { AzureCloud: units(4, 0, 100) }
    const with6 = (prefix: string): Tags => ({ AzureCloud: [...units(4, 0, 100), prefix] })
    expect(reasonsOf(before, with6(FULL[6]))).toEqual([])
    expect(reasonsOf(before, with6('2603:1000::/38')).map(({ rule }) => rule)).toEqual(['width'])
  })

  it('is measured in a family that AzureCloud has nothing of', () => {
    const before = { AzureCloud: units(4, 0, 100), Storage: units(6, 0, 20) }
    expect(reasonsOf(before, { ...before, Storage: units(6, 0, 17) })).toEqual([])
    expect(reasonsOf(before, { ...before, Storage: units(6, 0, 16) })).toMatchObject([
      { rule: 'cloud-loss', family: 6, measured: 20, limit: 15 },
    ])
  })

  it('writes IPv6 in networks that can be read', () => {
    const [reason] = reasonsOf({ AzureCloud: units(6, 0, 100) }, { AzureCloud: units(6, 0, 80) })
    expect(reason?.text).toBe(
      'IPv6 addresses of Public shrink by 20 % (20 /48s of 100 /48s), the limit is 15 %; most by AzureCloud (-20 /48s)',
    )
    expect(reason?.tags).toEqual([{ name: 'AzureCloud', addresses: String(20n << 80n) }])
  })
})

describe('a step of a named tag', () => {
  /** The tag lies in what AzureCloud has anyway, so that the cloud as a whole does not move. */
  const cloud = { AzureCloud: [FULL[4], FULL[6]] }
  const named = { namedTags: ['ServiceBus'] }
  const step = (
    before: readonly string[],
    after: readonly string[],
    options: StepOptions = named,
  ) => reasonsOf({ ...cloud, ServiceBus: before }, { ...cloud, ServiceBus: after }, options)

  it.each(CASES)(
    '$direction of IPv$family, $name: at the limit it passes, above it holds',
    (each) => {
      const { family, direction, policy } = each
      const percent = policy.tag[direction][family]
      const { before, atLimit, above } = moved(family, direction, percent)
      expect(step(before, atLimit, { ...named, policy })).toEqual([])
      const [reason, ...more] = step(before, above, { ...named, policy })
      expect(more).toEqual([])
      expect(reason).toMatchObject({ rule: `tag-${direction}`, family, limit: percent })
      expect(reason?.text).toContain(`IPv${family} addresses of tag ServiceBus`)
      expect(reason?.tags).toMatchObject([{ name: 'ServiceBus' }])
    },
  )

  it('is not measured where no list names it', () => {
    const { before, above } = moved(4, 'loss', 30)
    expect(step(before, above, { namedTags: ['Storage', 'NoSuchTag'] })).toEqual([])
  })

  it('may lose its name or all of its addresses only with a person', () => {
    const before = { ...cloud, ServiceBus: units(4, 0, 2) }
    const text = 'IPv4 addresses of tag ServiceBus shrink by 100 % (512 of 512), the limit is 30 %'
    const reason = { rule: 'tag-loss', family: 4, measured: 100, limit: 30 }
    expect(reasonsOf(before, cloud, named)).toMatchObject([
      { ...reason, text: `${text}: it vanished` },
    ])
    expect(step(units(4, 0, 2), [])).toMatchObject([{ ...reason, text: `${text}: it is empty` }])
  })

  it('is not measured where there was nothing: a new tag, an empty one, a new family', () => {
    expect(reasonsOf(cloud, { ...cloud, ServiceBus: units(4, 0, 100) }, named)).toEqual([])
    expect(step([], units(6, 0, 100))).toEqual([])
    expect(step(units(4, 0, 1), [unit(4, 0), ...units(6, 0, 100)])).toEqual([])
    expect(step([], []).length + reasonsOf(cloud, cloud, named).length).toBe(0)
  })

  it('may gain a handful, however many percent that is', () => {
    const [one4, one6] = ['20.0.0.0/32', '2603:1000::/128']
    const more4 = units(4, 1, 2)
    expect(step([one4], [one4, ...more4])).toEqual([])
    expect(step([one4], [one4, ...more4, '20.0.9.0/32'])).toMatchObject([
      { measured: 25_700, text: expect.stringContaining('grow by 25,700 % (257 of 1)') as string },
    ])
    expect(step([one6], [one6, ...units(6, 1, 2)])).toEqual([])
    const [reason] = step([one6], [one6, ...units(6, 1, 2), '2603:1000:9::/64'])
    expect(reason?.text).toMatch(/grow by 1[\d,]+ % \(1 \/48 of 1\)/)
  })

  it('may not lose a handful if it had no more', () => {
    const three = ['20.0.0.0/32', '20.0.0.2/32', '20.0.0.4/32']
    expect(step(three, three.slice(0, 2)).map(({ measured }) => Math.round(measured ?? 0))).toEqual(
      [33],
    )
  })

  it('tells of every family and direction that is over its limit', () => {
    const before = [...units(4, 0, 10), ...units(6, 0, 10)]
    const rules = step(before, [...units(4, 20, 50), ...units(6, 20, 70)]).map(
      ({ rule, family }) => `${rule} ${family}`,
    )
    expect(rules).toEqual(['tag-gain 4', 'tag-loss 4', 'tag-gain 6', 'tag-loss 6'])
  })
})

describe('the time between two files', () => {
  const cloud = (count: number): Tags => ({ AzureCloud: units(4, 0, count) })

  it('changes nothing within the pauses that the publisher makes', () => {
    expect(reasonsOf(cloud(100), cloud(115), { days: 28 })).toEqual([])
    expect(reasonsOf(cloud(100), cloud(116), { days: 28 })).toHaveLength(1)
    expect(reasonsOf(cloud(100), cloud(116), { days: 1 })).toHaveLength(1)
  })

  it('stretches the limits beyond', () => {
    expect(reasonsOf(cloud(100), cloud(130), { days: 56 })).toEqual([])
    expect(reasonsOf(cloud(100), cloud(131), { days: 56 })).toMatchObject([
      { limit: 30, text: expect.stringContaining('the limit is 30 % for 56 days') as string },
    ])
    expect(reasonsOf(cloud(100), cloud(90), { days: 56 })).toEqual([])
    expect(reasonsOf(cloud(100), cloud(89), { days: 56 })).toMatchObject([{ limit: 10 }])
  })

  it('is counted from the newest file that said the same', () => {
    expect(reasonsOf(cloud(100), cloud(130), { days: 7, quietDays: 49 })).toMatchObject([
      { limit: 15 },
    ])
  })

  it('never lets half of a cloud or nine tenths of a named tag go', () => {
    const days = 3_650
    expect(reasonsOf(cloud(100), cloud(50), { days })).toEqual([])
    expect(reasonsOf(cloud(100), cloud(49), { days })).toMatchObject([
      { rule: 'cloud-loss', limit: 50, measured: 51 },
    ])
    const tag = (count: number): Tags => ({ AzureCloud: [FULL[4]], Sql: units(4, 0, count) })
    const namedTags = ['Sql']
    expect(reasonsOf(tag(100), tag(10), { days, namedTags })).toEqual([])
    expect(reasonsOf(tag(100), tag(9), { days, namedTags })).toMatchObject([
      { rule: 'tag-loss', limit: 90, measured: 91 },
    ])
  })

  it('gives a withdrawn file the limits of one step', () => {
    const rules = reasonsOf(cloud(100), cloud(85), { days: -70 }).map(({ rule }) => rule)
    expect(rules).toEqual(['withdrawal', 'cloud-loss'])
    expect(reasonsOf(cloud(100), cloud(96), { days: -70 }).map(({ rule }) => rule)).toEqual([
      'withdrawal',
    ])
  })
})
