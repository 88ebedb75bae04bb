/** A replay of made-up archives, and of the real one: what is held there, and what must not be. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Cloud } from '../../src/core/cloud.ts'
import { policies, type GuardPolicy } from '../../src/core/guard.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { builtInDefinitions } from '../../src/lists/definition.ts'
import { tagsNamedBy } from '../../src/lists/named-tags.ts'
import { listWeeklyFiles, readBounded, type WeeklyFile } from '../../src/sources/weekly-files.ts'
import { backtest, type BacktestWeek } from '../../src/sync/backtest.ts'
import { makeFeed, type WeeklyDocument } from '../support/feed.ts'
import { temporaryFolder } from '../support/folder.ts'
import { describeWith, REAL_DATA, realData } from '../support/requirements.ts'
import { range, roundWeek } from '../support/weeks.ts'

interface ReplayOptions {
  readonly tags?: readonly string[]
  readonly policyOf?: (cloud: Cloud) => GuardPolicy
  readonly now?: Date
}

async function replay(
  files: readonly WeeklyFile[],
  { tags = [], policyOf = () => policies.cautious, now = new Date() }: ReplayOptions = {},
): Promise<BacktestWeek[]> {
  const deps = {
    policyOf,
    namedTags: (snapshot: Snapshot) =>
      Promise.resolve([...tagsNamedBy(builtInDefinitions([snapshot.cloud]), snapshot), ...tags]),
    now: () => now,
    read: ({ path }: WeeklyFile) => readBounded(path),
  }
  const weeks: BacktestWeek[] = []
  for await (const week of backtest(deps, files)) weeks.push(week)
  return weeks
}

function archive(
  documents: readonly Pick<WeeklyDocument, 'fileName' | 'text'>[],
): Promise<WeeklyFile[]> {
  const files = documents.map(({ fileName, text }) => [fileName, text] as const)
  return listWeeklyFiles([temporaryFolder(Object.fromEntries(files))])
}

const verdicts = (weeks: readonly BacktestWeek[]): string[] => weeks.map(({ verdict }) => verdict)

describe('backtest', () => {
  it('tells ordinary weeks from those that say nothing new, with what they change', async () => {
    const feed = makeFeed({ seed: 7, weeks: 6, density: 4 })
    const weeks = await replay(await archive(feed))
    expect(weeks.map(({ file }) => file.fileDate)).toEqual(feed.map(({ fileDate }) => fileDate))
    expect(verdicts(weeks)).toEqual(feed.map(({ isNews }) => (isNews ? 'safe' : 'unchanged')))
    const [first, second] = weeks
    expect(first?.diff?.coverage.lost).toEqual({ 4: 0n, 6: 0n })
    expect(second?.diff?.membershipsAdded).toBeGreaterThan(0)
    expect(second?.diff?.membershipsAdded).toBeLessThan(first?.diff?.membershipsAdded ?? 0)
  })

  it('approves a held week as it goes on, so that the next is measured against it', async () => {
    const weeks = await replay(
      await archive([
        roundWeek('2025-01-06', range(0, 100)),
        roundWeek('2025-01-13', range(0, 120)),
        roundWeek('2025-01-20', range(0, 120)),
        roundWeek('2025-01-27', range(0, 121)),
        roundWeek('2025-02-03', range(0, 101)),
      ]),
    )
    expect(verdicts(weeks)).toEqual(['safe', 'held', 'unchanged', 'safe', 'held'])
    const texts = weeks.map(({ reasons }) => reasons.map(({ text }) => text))
    expect(texts[1]).toEqual([
      'IPv4 addresses of Public grow by 20 % (5,120 of 25,600), the limit is 15 %; most by AzureCloud (+5,120)',
    ])
    expect(texts[4]?.[0]).toContain('shrink by 16.5 % (5,120 of 30,976), the limit is 5 %')
    expect([texts[0], texts[2], texts[3]]).toEqual([[], [], []])
  })

  it('goes on after a refused file as if it had never come', async () => {
    const [first, second, , fourth] = makeFeed({ seed: 7, weeks: 4, density: 4 })
    if (!first || !second || !fourth) throw new Error('the feed is too short')
    const hole = second.text.replace('"addressPrefixes": [', '"addressPrefixes": ["10.0.0.0/24",')
    const files = await archive([
      first,
      { fileName: 'ServiceTags_Public_20250108.json', text: '{' },
      { fileName: 'ServiceTags_Public_20250109.json', text: hole },
      { fileName: 'ServiceTags_China_20250110.json', text: first.text },
      second,
      { fileName: 'ServiceTags_Public_20250114.json', text: '' },
      fourth,
    ])
    const weeks = await replay(files)
    expect(verdicts(weeks)).toEqual([
      ...['safe', 'refused', 'refused', 'refused'],
      ...['safe', 'refused', 'safe'],
    ])
    const said = weeks.map(({ refusals, reasons }) => [
      ...refusals.map(({ reason }) => reason),
      ...reasons.map(({ text }) => text),
    ])
    expect(said[1]?.[0]).toMatch(/^not JSON/)
    expect(said[2]?.[0]).toMatch(/^10\.0\.0\.0\/24 is in private/)
    expect(said[3]).toEqual(['the document is of cloud Public, China was asked for'])
    expect(said[5]).toEqual(['the file is empty'])
    expect(weeks.filter(({ diff }) => diff === undefined)).toHaveLength(2)
  })

  it('measures named tags, by the policy of the cloud', async () => {
    const [one, other] = [roundWeek('2025-01-06', range(0, 100)), roundWeek('2025-01-13', [])]
    const less = one.text.replaceAll('Service7"', 'Service7x"')
    const files = await archive([one, { ...other, text: less }])
    expect(verdicts(await replay(files))).toEqual(['safe', 'safe'])
    const [, named] = await replay(files, { tags: ['Service7'] })
    expect(named).toMatchObject({ verdict: 'held', reasons: [{ rule: 'tag-loss', measured: 100 }] })
    const wide: GuardPolicy = {
      ...policies.permissive,
      tag: { ...policies.permissive.tag, loss: { 4: 100, 6: 100 } },
    }
    const policyOf = (cloud: Cloud): GuardPolicy => (cloud === 'Public' ? wide : policies.cautious)
    expect(verdicts(await replay(files, { tags: ['Service7'], policyOf }))).toEqual([
      'safe',
      'safe',
    ])
  })

  it('takes every file for one of its own day, whatever the clock says', async () => {
    const files = await archive([roundWeek('2025-01-06', [1]), roundWeek('2025-03-03', [1])])
    const weeks = await replay(files, { now: new Date('2025-01-20T00:00:00Z') })
    expect(verdicts(weeks)).toEqual(['safe', 'unchanged'])
  })
})

describeWith([realData], 'a backtest of the real weekly files', () => {
  let weeks: BacktestWeek[]

  beforeAll(async () => {
    const files = await listWeeklyFiles([REAL_DATA])
    weeks = await replay(files)
  })

  const weekOf = (cloud: Cloud, fileDate: string): BacktestWeek => {
    const found = weeks.find(({ file }) => file.cloud === cloud && file.fileDate === fileDate)
    if (!found) throw new Error(`no file of ${cloud} of ${fileDate}`)
    return found
  }

  it('refuses nothing', () => {
    expect(weeks).toHaveLength(42)
    expect(weeks.filter(({ verdict }) => verdict === 'refused')).toEqual([])
  })

  it('holds the three weeks of 2021 in which China added regions, withdrew and added them again', () => {
    const held = weeks.filter(({ verdict }) => verdict === 'held')
    expect(held.map(({ file }) => `${file.cloud} ${file.fileDate}`)).toEqual([
      'China 2021-06-28',
      'China 2021-07-05',
      'China 2021-07-19',
    ])
    expect(held.flatMap(({ reasons }) => reasons.map(({ text }) => text))).toEqual([
      expect.stringMatching(
        /^IPv4 addresses of China grow by 20\.2 % \(86,168 of 427,592\), the limit is 15 %; most by AzureCloud \(\+95,088\), AzureCloud\.chinanorth3 \(\+56,584\), AzureCloud\.chinaeast3 \(\+38,504\), /,
      ),
      'IPv4 addresses of China shrink by 16.6 % (85,432 of 513,760), the limit is 5 %; most by AzureCloud (-95,088), AzureCloud.chinanorth3 (-56,584), AzureCloud.chinaeast3 (-38,504)',
      expect.stringMatching(/^IPv4 addresses of China grow by 21\.9 % \(93,650 of 428,328\)/),
    ])
    expect(held[0]?.reasons[0]).toMatchObject({
      rule: 'cloud-gain',
      family: 4,
      limit: 15,
      tags: [{ name: 'AzureCloud', addresses: '95088' }, {}, {}, {}, {}],
    })
  })

  it('lets every week of 2025 and 2026 pass, and the retired cloud', () => {
    const recent = weeks.filter(({ file }) => file.fileDate >= '2025-01-01')
    expect(recent.length).toBe(35)
    const german = weeks.filter(({ file }) => file.cloud === 'AzureGermany')
    expect(verdicts(german)).toEqual(['safe', 'unchanged'])
    expect(recent.filter(({ verdict }) => verdict === 'held')).toEqual([])
  })

  it('lets archives have gaps of years', () => {
    expect(weekOf('Public', '2025-02-17').verdict).toBe('safe')
    expect(weekOf('China', '2026-05-25').verdict).toBe('safe')
  })

  it('lets 2025-03-03 pass where a list names WindowsVirtualDesktop, 272 prefixes become 4', async () => {
    const files = (await listWeeklyFiles([REAL_DATA])).filter(
      ({ cloud, fileDate }) =>
        cloud === 'Public' && fileDate >= '2025-02-17' && fileDate <= '2025-03-03',
    )
    const [, week] = await replay(files, { tags: ['WindowsVirtualDesktop'] })
    const change = week?.diff?.tags.find(({ name }) => name === 'WindowsVirtualDesktop')
    expect(change?.coverage.lost).toMatchObject({ 4: 269n })
    expect(week).toMatchObject({ verdict: 'safe', reasons: [] })
  })
})
