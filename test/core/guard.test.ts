/** Every rule of the guard, its limit from both sides, and no false alarm on ordinary weeks. */
import { describe, expect, it } from 'vitest'
import { parseFileDate, type FileDate } from '../../src/core/file-date.ts'
import {
  judge,
  policies,
  SPECIAL_SPACE,
  type Candidate,
  type CurrentFacts,
  type Verdict,
} from '../../src/core/guard.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { makeFeed } from '../support/feed.ts'
import { prefixFrom } from '../support/networks.ts'
import { snapshotFrom, snapshotOf } from '../support/snapshots.ts'

function day(text: string): FileDate {
  const parsed = parseFileDate(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}

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

/** Later than every file of these tests. */
const notAfter = day('2027-01-01')

function after({ fileDate }: Candidate, rolledBack = false): CurrentFacts {
  return { newestFileDate: fileDate, rolledBack }
}

function verdictOn(prefixes: readonly string[]): Verdict {
  return judge({ cloud: 'Public', candidate: candidate(prefixes), notAfter }, policies.cautious)
}

function refusal(...reasons: readonly string[]): Verdict {
  return { kind: 'refuse', reasons }
}

describe('judge', () => {
  it('lets an ordinary document pass', () => {
    expect(verdictOn(['40.0.0.0/12', '2603:1000::/32'])).toEqual({ kind: 'safe' })
  })

  it('refuses a document of another cloud', () => {
    expect(
      judge({ cloud: 'China', candidate: candidate([]), notAfter }, policies.cautious),
    ).toEqual(refusal('the document is of cloud Public, China was asked for'))
  })

  it('refuses a document without AzureCloud, or with an empty one', () => {
    const tags = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`Tag${i}`, []]))
    const without = { snapshot: snapshotFrom(tags), fileDate: day('2025-10-28') }
    const empty = {
      snapshot: snapshotFrom({ ...tags, AzureCloud: [] }),
      fileDate: day('2025-10-28'),
    }
    expect(judge({ cloud: 'Public', candidate: without, notAfter }, policies.cautious)).toEqual(
      refusal('the document has no tag AzureCloud'),
    )
    expect(judge({ cloud: 'Public', candidate: empty, notAfter }, policies.cautious)).toEqual(
      refusal('AzureCloud has no prefixes'),
    )
  })

  it('refuses fewer tags than the policy expects, and not one more', () => {
    expect(
      judge({ cloud: 'Public', candidate: candidate([], 49), notAfter }, policies.cautious),
    ).toEqual(refusal('the document has 49 tags, at least 50 are expected'))
    const lenient = { ...policies.cautious, minTags: 49 }
    expect(judge({ cloud: 'Public', candidate: candidate([], 49), notAfter }, lenient)).toEqual({
      kind: 'safe',
    })
  })

  it.each([
    ['32.0.0.0/11', '32.0.0.0/11 is wider than /12, the limit for IPv4'],
    ['2602::/31', '2602::/31 is wider than /32, the limit for IPv6'],
    ['8000::/1', '8000::/1 is wider than /32, the limit for IPv6'],
    ['128.0.0.0/2', '128.0.0.0/2 is wider than /12, the limit for IPv4'],
  ])('refuses %s, wider than any real prefix', (prefix, reason) => {
    const verdict = verdictOn([prefix])
    expect(verdict.kind).toBe('refuse')
    expect('reasons' in verdict ? verdict.reasons[0] : undefined).toBe(reason)
  })

  it.each(SPECIAL_SPACE.map(({ text }) => text))('refuses an address inside %s', (text) => {
    const { family, first } = prefixFrom(text)
    const single = RangeSet.between({ family, words: first }, { family, words: first }).prefixes()
    const inside = single.map((prefix) => prefix.text)
    // The first addresses of ::/8 and fec0::/10 are addresses, too.
    expect(verdictOn(inside)).toEqual(
      refusal(`${inside.join()} is in private, reserved or documentation space`),
    )
  })

  it.each([
    ['0.0.0.0/0', 'both'],
    ['::/0', 'both'],
    ['10.0.0.0/8', 'both'],
    ['172.16.0.0/12', 'space'],
    ['172.0.0.0/12', 'neither'],
    ['172.32.0.0/12', 'neither'],
    ['100.64.0.0/10', 'both'],
    ['100.128.0.0/12', 'neither'],
    ['192.168.0.0/16', 'space'],
    ['192.160.0.0/12', 'space'],
    ['192.169.0.0/16', 'neither'],
    ['169.254.169.254/32', 'space'],
    ['198.51.100.7/32', 'space'],
    ['203.0.113.0/24', 'space'],
    ['255.255.255.255/32', 'space'],
    ['223.255.255.0/24', 'neither'],
    ['2001:db8::/32', 'space'],
    ['2001:db8:1::/48', 'space'],
    ['2001:db9::/32', 'neither'],
    ['64:ff9b::/96', 'space'],
    ['fd00::/64', 'space'],
    ['fe80::/64', 'space'],
    ['ff02::1/128', 'space'],
  ])('%s offends: %s of width and private space', (prefix, offends) => {
    const verdict = verdictOn([prefix])
    const reasons = 'reasons' in verdict ? verdict.reasons.join('\n') : ''
    expect([/wider than/.test(reasons), /private, reserved/.test(reasons)]).toEqual([
      offends === 'both',
      offends === 'both' || offends === 'space',
    ])
    expect(verdict.kind).toBe(offends === 'neither' ? 'safe' : 'refuse')
  })

  it('names five offenders, each once however many tags have it, and counts the rest', () => {
    const inside = Array.from({ length: 8 }, (_, i) => `10.0.${i}.0/24`)
    expect(verdictOn(inside)).toEqual(
      refusal(
        '10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24, 10.0.4.0/24 and 3 more are in private, reserved or documentation space',
      ),
    )
    expect(verdictOn(inside.slice(0, 2))).toEqual(
      refusal('10.0.0.0/24, 10.0.1.0/24 are in private, reserved or documentation space'),
    )
  })

  it('holds a file older than the newest accepted one, and none of the same day or later', () => {
    const current = after(candidate([]))
    const dated = (fileDate: string): Verdict =>
      judge(
        { cloud: 'Public', candidate: candidate([], 50, fileDate), notAfter, current },
        policies.cautious,
      )
    expect(dated('2025-10-27')).toEqual({
      kind: 'hold',
      reasons: ['withdrawal: the file is of 2025-10-27, one of 2025-10-28 was accepted before'],
    })
    expect([dated('2025-10-28'), dated('2025-11-03')]).toEqual([{ kind: 'safe' }, { kind: 'safe' }])
  })

  it('refuses a file dated later than can be right', () => {
    const dated = (fileDate: string): Verdict =>
      judge(
        { cloud: 'Public', candidate: candidate([], 50, fileDate), notAfter },
        policies.cautious,
      )
    expect(dated('2027-01-02')).toEqual(
      refusal('the file is dated 2027-01-02, nothing after 2027-01-01 can be right'),
    )
    expect(dated('2027-01-01')).toEqual({ kind: 'safe' })
  })

  it('holds whatever comes while a rollback is in force', () => {
    const current = after(candidate([]), true)
    const facts = { cloud: 'Public', candidate: candidate([]), notAfter, current } as const
    expect(judge(facts, policies.cautious)).toEqual({
      kind: 'hold',
      reasons: ['a person went back to an earlier snapshot, which stays published'],
    })
  })

  it.each(['2002::/32', '2001::/32', '3fff::/32', '4000::/32', '192.88.99.0/24'])(
    'refuses %s, where no public service can be',
    (prefix) => expect(verdictOn([prefix]).kind).toBe('refuse'),
  )

  it('gives every reason to refuse at once, and then no doubts', () => {
    const facts = {
      cloud: 'China',
      candidate: candidate(['10.0.0.0/8'], 20, '2020-01-01'),
      notAfter,
      current: after(candidate([])),
    } as const
    const verdict = judge(facts, policies.cautious)
    expect(verdict).toEqual(
      refusal(
        'the document is of cloud Public, China was asked for',
        'the document has 20 tags, at least 50 are expected',
        '10.0.0.0/8 is wider than /12, the limit for IPv4',
        '10.0.0.0/8 is in private, reserved or documentation space',
      ),
    )
  })

  it('refuses what is wrong in a tag that did not change, too', () => {
    const current = candidate(['10.0.0.0/24'])
    const facts = {
      cloud: 'Public',
      candidate: { ...current },
      notAfter,
      current: after(current),
    } as const
    expect(judge(facts, policies.cautious).kind).toBe('refuse')
  })

  it.each([1, 2, 3, 4, 5])('raises no false alarm in twenty generated weeks (seed %i)', (seed) => {
    const weeks = makeFeed({ weeks: 20, tags: 60, seed })
    let current: Candidate | undefined
    for (const { text, fileDate, cloud } of weeks) {
      const next = { snapshot: snapshotOf(text, current?.snapshot), fileDate }
      expect(
        judge(
          { cloud, candidate: next, notAfter, current: current && after(current) },
          policies.cautious,
        ),
      ).toEqual({
        kind: 'safe',
      })
      current = next
    }
  })
})
