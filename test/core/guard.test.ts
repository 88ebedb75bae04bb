/** What is refused, what a first file is held for, and what the guard promises of every verdict. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLOUDS } from '../../src/core/cloud.ts'
import { diffSnapshots } from '../../src/core/diff.ts'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import {
  GUARD_RULES,
  judge,
  policies,
  SPECIAL_SPACE,
  type Candidate,
  type GuardFacts,
  type GuardPolicy,
  type Verdict,
} from '../../src/core/guard.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { makeFeed } from '../support/feed.ts'
import { prefixFrom } from '../support/networks.ts'
import { snapshotFrom, snapshotOf } from '../support/snapshots.ts'

function day(text: string): FileDate {
  const parsed = parseFileDate(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

/** Later than every file of these tests. */
const notAfter = day('2027-01-01')

/** Fifty tags, of which AzureCloud and one more hold the prefixes in question. */
function candidate(prefixes: readonly string[], tags = 50, fileDate = '2025-10-28'): Candidate {
  const others = Array.from({ length: tags - 2 }, (_, i) => [`Tag${i}`, []] as const)
  const all = {
    AzureCloud: ['20.0.0.0/14', ...prefixes],
    Storage: prefixes,
    ...Object.fromEntries(others),
  }
  return { snapshot: snapshotFrom(all), fileDate: day(fileDate) }
}

/** The file of nothing before it, unless something is. */
function judged(
  found: Candidate,
  more: Partial<GuardFacts> = {},
  policy: GuardPolicy = policies.cautious,
): Verdict {
  return judge({ cloud: 'Public', candidate: found, notAfter, namedTags: [], ...more }, policy)
}

function after(before: Candidate, found: Candidate): Pick<GuardFacts, 'current'> {
  const diff = diffSnapshots(before.snapshot, found.snapshot)
  return { current: { ...before, newestFileDate: before.fileDate, diff } }
}

/** The rule and the sentence of every reason, which is what people see. */
function said(verdict: Verdict): readonly string[] {
  const reasons = verdict.kind === 'safe' ? [] : verdict.reasons
  return [verdict.kind, ...reasons.map(({ rule, text }) => `${rule}: ${text}`)]
}

const AZURE_CLOUD = ['AzureCloud', 'Storage']

describe('judge refuses', () => {
  it('nothing of an ordinary document', () => {
    expect(judged(candidate(['40.0.0.0/14', '2603:1000::/39']))).toEqual({ kind: 'safe' })
  })

  it('a document of another cloud', () => {
    expect(said(judged(candidate([]), { cloud: 'China' }))).toEqual([
      'refuse',
      'cloud: the document is of cloud Public, China was asked for',
    ])
  })

  it('a document without AzureCloud, or with an empty one', () => {
    const tags = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`Tag${i}`, []]))
    const fileDate = day('2025-10-28')
    const without = { snapshot: snapshotFrom(tags), fileDate }
    const empty = { snapshot: snapshotFrom({ ...tags, AzureCloud: [] }), fileDate }
    expect(said(judged(without))).toEqual(['refuse', 'size: the document has no tag AzureCloud'])
    expect(said(judged(empty))).toEqual(['refuse', 'size: AzureCloud has no prefixes'])
  })

  it('two tags, and none of three', () => {
    expect(said(judged(candidate([], 2)))).toEqual([
      'refuse',
      'size: the document has 2 tags, at least 3 are expected',
    ])
    expect(judged(candidate([], 3)).kind).toBe('hold')
  })

  it.each([
    ['32.0.0.0/7', '32.0.0.0/7 is wider than /8, the limit for IPv4'],
    ['128.0.0.0/2', '128.0.0.0/2 is wider than /8, the limit for IPv4'],
    ['2a00::/19', '2a00::/19 is wider than /20, the limit for IPv6'],
    ['8000::/1', '8000::/1 is wider than /20, the limit for IPv6'],
  ])('%s, wider than what anybody has', (prefix, reason) => {
    expect(said(judged(candidate([prefix])))).toContain(`space: ${reason} (in AzureCloud, Storage)`)
  })

  it.each(['32.0.0.0/8', '2a00::/20'])('not yet %s, which is only held', (prefix) => {
    expect(judged(candidate([prefix])).kind).toBe('hold')
  })

  it.each(SPECIAL_SPACE.map(({ text }) => text))('an address inside %s', (text) => {
    const { family, first } = prefixFrom(text)
    const [single] = RangeSet.between({ family, words: first }, { family, words: first }).prefixes()
    if (!single) throw new Error('an address is a prefix')
    expect(judged(candidate([single.text]))).toEqual({
      kind: 'refuse',
      reasons: [
        {
          rule: 'space',
          text: `${single.text} is in private, reserved or documentation space (in AzureCloud, Storage)`,
          tags: AZURE_CLOUD.map((name) => ({ name, addresses: '1' })),
        },
      ],
    })
  })

  it.each([
    ['0.0.0.0/0', 'both'],
    ['::/0', 'both'],
    ['10.0.0.0/7', 'both'],
    ['10.0.0.0/8', 'space'],
    ['172.16.0.0/12', 'space'],
    ['172.0.0.0/12', 'neither'],
    ['172.32.0.0/12', 'neither'],
    ['100.64.0.0/10', 'space'],
    ['100.128.0.0/12', 'neither'],
    ['192.168.0.0/16', 'space'],
    ['192.160.0.0/12', 'space'],
    ['192.169.0.0/16', 'neither'],
    ['169.254.169.254/32', 'space'],
    ['198.51.100.7/32', 'space'],
    ['203.0.113.0/24', 'space'],
    ['255.255.255.255/32', 'space'],
    ['223.255.255.0/24', 'neither'],
    ['192.88.99.0/24', 'space'],
    ['2001:db8::/32', 'space'],
    ['2001:db8:1::/48', 'space'],
    ['2001:db9::/32', 'neither'],
    ['2001::/32', 'space'],
    ['2002::/32', 'space'],
    ['3fff::/32', 'space'],
    ['4000::/32', 'space'],
    ['64:ff9b::/96', 'space'],
    ['fd00::/64', 'space'],
    ['fe80::/64', 'space'],
    ['ff02::1/128', 'space'],
  ])('%s for %s of width and special space', (prefix, offends) => {
    const verdict = judged(candidate([prefix]))
    const text = said(verdict).join('\n')
    const isRefused = verdict.kind === 'refuse'
    expect([isRefused && /wider than/.test(text), /private, reserved/.test(text)]).toEqual([
      offends === 'both',
      offends !== 'neither',
    ])
    expect(isRefused).toBe(offends !== 'neither')
  })

  it('naming five offenders, each once however many tags have it, and counting the rest', () => {
    const inside = Array.from({ length: 8 }, (_, i) => `10.0.${i}.0/24`)
    const [, reason] = said(judged(candidate(inside)))
    expect(reason).toBe(
      'space: 10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24, 10.0.4.0/24 and 3 more are in ' +
        'private, reserved or documentation space (in AzureCloud, Storage)',
    )
  })

  it('a file dated later than can be right', () => {
    expect(said(judged(candidate([], 50, '2027-01-02')))).toEqual([
      'refuse',
      'future: the file is dated 2027-01-02, nothing after 2027-01-01 can be right',
    ])
    expect(judged(candidate([], 50, '2027-01-01'))).toEqual({ kind: 'safe' })
  })

  it('for all there is at once, and then has no doubts', () => {
    const found = candidate(['10.0.0.0/7'], 2, '2020-01-01')
    const before = candidate([])
    expect(said(judged(found, { cloud: 'China', ...after(before, found) }))).toEqual([
      'refuse',
      'cloud: the document is of cloud Public, China was asked for',
      'size: the document has 2 tags, at least 3 are expected',
      'space: 10.0.0.0/7 is wider than /8, the limit for IPv4 (in AzureCloud, Storage)',
      'space: 10.0.0.0/7 is in private, reserved or documentation space (in AzureCloud, Storage)',
    ])
  })

  it('what is wrong in a tag that did not change, too', () => {
    const before = candidate(['10.0.0.0/24'])
    expect(judged(before, after(before, before)).kind).toBe('refuse')
  })
})

describe('judge holds', () => {
  it('a file older than the newest accepted one, and none of the same day or later', () => {
    const before = candidate([])
    const dated = (fileDate: string): readonly string[] => {
      const found = candidate([], 50, fileDate)
      return said(judged(found, after(before, found)))
    }
    expect(dated('2025-10-27')).toEqual([
      'hold',
      'withdrawal: a withdrawal: the publisher offers the file of 2025-10-27 although one of 2025-10-28 was accepted before',
    ])
    expect([dated('2025-10-28'), dated('2025-11-03')]).toEqual([['safe'], ['safe']])
  })

  it('a lower change number only where nothing else tells which file is newer', () => {
    const found = candidate([])
    const newer = { ...found, snapshot: { ...found.snapshot, changeNumber: 99_999 } }
    const guessed = { ...found, dateIsGuessed: true }
    expect(said(judged(found, after(newer, found)))).toEqual(['safe'])
    expect(said(judged(guessed, after(found, guessed)))).toEqual(['safe'])
    const [kind, reason] = said(judged(guessed, after(newer, guessed)))
    expect(kind).toBe('hold')
    expect(reason).toMatch(/^withdrawal: perhaps .* lower than 99999, which is published$/)
  })

  it('a first file of few tags', () => {
    expect(said(judged(candidate([], 49)))).toEqual([
      'hold',
      'size: the document has 49 tags, at least 50 are expected',
    ])
    expect(judged(candidate([], 50))).toEqual({ kind: 'safe' })
  })

  it('a later file of few tags only if tags vanish', () => {
    const before = candidate([], 40)
    const [kept, cut] = [candidate([], 40), candidate([], 20)]
    expect(judged(kept, after(before, kept))).toEqual({ kind: 'safe' })
    expect(judged(cut, after(before, cut)).kind).toBe('hold')
  })

  it('a step in which more tags vanish than the policy lets', () => {
    const before = candidate([], 100)
    const [most, tooMany] = [candidate([], 70), candidate([], 69)]
    expect(judged(most, after(before, most))).toEqual({ kind: 'safe' })
    expect(judged(tooMany, after(before, tooMany))).toEqual({
      kind: 'hold',
      reasons: [
        {
          rule: 'size',
          text: '31 of 100 tags vanish (31 %), the limit is 30 %: Tag67, Tag68, Tag69, Tag70, Tag71 and 26 more',
          measured: 31,
          limit: 30,
        },
      ],
    })
  })

  /** 2 to the power of 27 addresses, and of 96, in the widest prefixes that are not held. */
  const full4 = Array.from({ length: 512 }, (_, i) => `${32 + (i >> 6)}.${(i & 63) * 4}.0.0/14`)
  const full6 = Array.from({ length: 128 }, (_, i) => `2603:${(i * 512).toString(16)}::/39`)

  it.each([
    [full4, '9.0.0.0/32', 'IPv4 addresses of Public come to 134,217,729, the limit'],
    [full6, '2a00::/48', 'IPv6 addresses of Public come to 65,537 /48s, the limit'],
  ])('a first file of more than a cloud can have', (full, more, text) => {
    const tags = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`Tag${i}`, []]))
    const fileDate = day('2025-10-28')
    const most = { snapshot: snapshotFrom({ ...tags, AzureCloud: full }), fileDate }
    const tooMuch = {
      snapshot: snapshotFrom({ ...tags, AzureCloud: full, Tag3: [more] }),
      fileDate,
    }
    expect(judged(most)).toEqual({ kind: 'safe' })
    const [kind, reason] = said(judged(tooMuch))
    expect(kind).toBe('hold')
    expect(reason).toContain(text)
    const small = candidate([])
    expect(said(judged(tooMuch, after(small, tooMuch))).join()).not.toContain('first file')
  })

  it.each([
    ['40.0.0.0/13', '/14', 'IPv4', 2n ** 19n],
    ['2603:1000::/38', '/39', 'IPv6', 2n ** 90n],
  ])('%s, wider than any published, when it is added', (wide, limit, family, addresses) => {
    const [before, found] = [candidate([]), candidate([wide])]
    const reason = {
      rule: 'width',
      family: Number(family.at(-1)),
      text: `${wide} is wider than ${limit}, the limit for ${family} (in AzureCloud, Storage)`,
      tags: AZURE_CLOUD.map((name) => ({ name, addresses: addresses.toString() })),
    }
    expect(judged(found)).toEqual({ kind: 'hold', reasons: [reason] })
    const later = judged(found, after(before, found))
    expect(later.kind === 'hold' && later.reasons).toContainEqual(reason)
    // A person has let it pass.
    expect(judged(found, after(found, found))).toEqual({ kind: 'safe' })
  })
})

describe('judge', () => {
  it.each([1, 2, 3, 4, 5])('raises no false alarm in twenty generated weeks (seed %i)', (seed) => {
    const weeks = makeFeed({ weeks: 20, tags: 60, seed })
    let before: Candidate | undefined
    for (const { text, fileDate } of weeks) {
      const found = { snapshot: snapshotOf(text, before?.snapshot), fileDate }
      // The other made-up tags are so small that one prefix can be a third of them.
      const namedTags = ['AzureCloud']
      const verdict = judged(found, { namedTags, ...(before && after(before, found)) })
      expect(verdict).toEqual({ kind: 'safe' })
      before = found
    }
  })

  const prefix = fc.constantFrom(
    ...['20.0.0.0/14', '20.0.0.0/8', '20.1.0.0/24', '20.1.0.7/32', '10.0.0.0/8', '32.0.0.0/7'],
    ...['2603:1000::/48', '2603:1000::/20', '2603:1000::1/128', '2a00::/64', 'fd00::/8', '::/0'],
  )
  const tagName = fc.constantFrom('AzureCloud', 'ServiceBus', '__proto__', 'constructor', 'A', 'B')
  const anySnapshot: fc.Arbitrary<Snapshot> = fc
    .uniqueArray(fc.tuple(tagName, fc.uniqueArray(prefix)), { selector: ([name]) => name })
    .map((tags) => snapshotFrom(Object.fromEntries(tags.filter(([name]) => name !== '__proto__'))))
  const anyDay = fc.constantFrom('2019-01-01', '2025-01-01', '2025-01-08', '2029-01-01').map(day)
  const anyFacts: fc.Arbitrary<GuardFacts> = fc
    .record({
      cloud: fc.constantFrom(...CLOUDS),
      candidate: fc.record({ snapshot: anySnapshot, fileDate: anyDay }),
      notAfter: anyDay,
      namedTags: fc.array(tagName),
      before: fc.option(
        fc.record({ snapshot: anySnapshot, fileDate: anyDay, newestFileDate: anyDay }),
        { nil: undefined },
      ),
    })
    .map(({ before, ...facts }) => ({
      ...facts,
      current: before && {
        ...before,
        diff: diffSnapshots(before.snapshot, facts.candidate.snapshot),
      },
    }))

  it('never throws, says the same again, and explains itself in JSON', () => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom(...Object.values(policies)), (facts, policy) => {
        const verdict = judge(facts, policy)
        expect(judge(facts, policy)).toEqual(verdict)
        // The same facts in other objects, of which nothing is remembered.
        expect(judge(structuredClone(facts), policy)).toEqual(verdict)
        if (verdict.kind === 'safe') return
        expect(verdict.reasons.length).toBeGreaterThan(0)
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict)
        for (const { rule, text, measured, limit } of verdict.reasons) {
          expect(GUARD_RULES).toContain(rule)
          expect(text).toMatch(/^[\x20-\x7e]+$/)
          expect((measured ?? 1) > (limit ?? 0)).toBe(true)
        }
      }),
      { numRuns: 400 },
    )
  })
})
