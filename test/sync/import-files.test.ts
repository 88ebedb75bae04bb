/** Files by hand on a real database: what they are measured against, and what is current after them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accept, refuse } from '../../src/core/result.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import { readDocument } from '../../src/documents/read-document.ts'
import { parseWeeklyFileName } from '../../src/sources/file-name.ts'
import type { WeeklyFile } from '../../src/sources/weekly-files.ts'
import type { Entry, Publication, Store } from '../../src/store/contract.ts'
import { approveHold, rollBack } from '../../src/sync/decisions.ts'
import { importFiles, publishNewest, type Imported } from '../../src/sync/import-files.ts'
import { endOf } from '../../src/sync/publication-wish.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { guardDeps } from '../support/guard.ts'
import { range, roundWeek, type RoundWeek } from '../support/weeks.ts'

const first = roundWeek('2026-01-05', range(0, 100))
const second = roundWeek('2026-01-12', range(0, 102))
const doubled = roundWeek('2026-01-19', range(0, 204))
const shrunk = roundWeek('2026-01-26', range(0, 150))
const A_PERSON = { by: 'A. Person', reason: 'looked at it' }

let database: TestDatabase
let store: Store
beforeAll(async () => {
  database = await openTestDatabase('embedded')
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.reset()
  store = database.freshStore()
})

function fileOf({ fileName }: RoundWeek): WeeklyFile {
  const name = parseWeeklyFileName(fileName)
  if (!name.ok) throw new Error(name.reason)
  return { ...name.value, fileName, path: `/weeks/${fileName}` }
}

/** What each file came to; `tags` are those that lists name. */
async function take(
  weeks: readonly RoundWeek[],
  tags: readonly string[] = [],
): Promise<Imported[]> {
  const texts = new Map(weeks.map(({ fileName, text }) => [fileName, text]))
  const read = ({ fileName }: WeeklyFile) => {
    const text = texts.get(fileName) ?? ''
    return Promise.resolve(text === '' ? refuse('it is gone') : accept(Buffer.from(text)))
  }
  const deps = { ...guardDeps(undefined, tags), store, read, now: () => new Date('2026-03-01') }
  const answers: Imported[] = []
  for await (const answer of importFiles(deps, weeks.map(fileOf))) answers.push(answer)
  return answers
}

/** The rules that each accepted file broke. */
function rules(answers: readonly Imported[]): string[][] {
  return answers.map((answer) => {
    if (answer.kind === 'refused') throw new Error(answer.refusals[0]?.reason)
    return answer.reasons.map(({ rule }) => rule)
  })
}

function snapshotOf({ text }: RoundWeek): Snapshot {
  const parsed = readDocument(Buffer.from(text))
  if (!parsed.ok) throw new Error('the week does not parse')
  return parsed.snapshot
}

function entryOf(week: RoundWeek): Entry {
  const { fileDate, fileName } = week
  const url = `https://download.example/${fileName}`
  const origin = { strategy: 'test', url, fileName, fileDate, validators: {} }
  return { snapshot: snapshotOf(week), bytes: Buffer.from(week.text), origin }
}

async function publishBySync(week: RoundWeek): Promise<Publication> {
  const current = await store.publications.current('Public')
  const result = await store.publications.publish(entryOf(week), {
    kind: 'sync',
    publishedBy: 'test',
    reason: 'test',
    expectedSerial: current?.serial ?? 0,
  })
  if (result.kind !== 'published') throw new Error('a conflict')
  return result.publication
}

async function dateOfCurrent(): Promise<string | undefined> {
  const current = await store.publications.current('Public')
  return current && (await store.history.byId(current.snapshotId))?.fileDate
}

describe('an imported file', () => {
  it('is measured against the file before it, held by nothing, and the reasons are told', async () => {
    const answers = await take([first, second, doubled, shrunk])
    expect(rules(answers)).toEqual([[], [], ['cloud-gain'], ['cloud-loss']])
    expect(answers[2]).toMatchObject({
      kind: 'accepted',
      isNew: true,
      reasons: [{ family: 4, measured: 100, limit: 15 }],
    })
    expect(await store.history.list({ cloud: 'Public', limit: 10 })).toHaveLength(4)
    expect(await store.holds.list({ limit: 10 })).toEqual([])
  })

  it('that is the first of its import is measured against history just before its date', async () => {
    await take([first, shrunk])
    expect(rules(await take([doubled]))).toEqual([['cloud-gain']])
    expect(rules(await take([second]))).toEqual([[]])
  })

  it('is no withdrawal for being older, in whatever order they come', async () => {
    expect(rules(await take([second, first]))).toEqual([[], []])
    const answers = await take([shrunk, doubled, second, first])
    expect(rules(answers)).toEqual([['cloud-gain'], ['cloud-gain'], [], []])
  })

  it('is measured for each tag that lists name', async () => {
    const answers = await take([first, shrunk], ['AzureCloud'])
    expect(rules(answers)).toEqual([[], ['cloud-gain']])
    const third = roundWeek('2026-02-02', range(100, 150))
    expect(rules(await take([third], ['AzureCloud']))).toEqual([['cloud-loss', 'tag-loss']])
  })

  it('that cannot be read or cannot be right is refused, and the others go on', async () => {
    const few = { ...second, text: '{"changeNumber":1,"cloud":"Public","values":[]}' }
    const late = roundWeek('2026-04-06', range(0, 100))
    const gone = { ...doubled, text: '' }
    const answers = await take([first, few, gone, late, shrunk])
    expect(answers.map(({ kind }) => kind)).toEqual([
      'accepted',
      'refused',
      'refused',
      'refused',
      'accepted',
    ])
    expect(answers[2]).toMatchObject({
      refusals: [{ value: doubled.fileName, reason: 'it is gone' }],
    })
    expect(answers[3]).toMatchObject({
      refusals: [{ value: late.fileName, reason: expect.stringContaining('dated') as string }],
    })
  })
})

describe('what is current after an import', () => {
  it('is the newest file, with what the guard would have said about it', async () => {
    const answers = await take([first, doubled])
    const about = new Map(
      answers.flatMap((answer) =>
        answer.kind === 'accepted' ? [[answer.snapshotId, answer.reasons] as const] : [],
      ),
    )
    const publication = await publishNewest(store, 'Public', 'cli', about)
    expect(publication).toMatchObject({
      serial: 1,
      kind: 'import',
      publishedBy: 'cli',
      reason: expect.stringMatching(
        /^import of public-20260119-[0-9a-f]{8}, which the guard would have held: IPv4 /,
      ) as string,
    })
    expect(await publishNewest(store, 'Public', 'cli')).toBeUndefined()
  })

  it('stays what it is when only older files came, or the same content', async () => {
    await publishBySync(second)
    await take([first, { ...doubled, text: second.text }])
    expect(await publishNewest(store, 'Public', 'cli')).toBeUndefined()
    expect(await dateOfCurrent()).toBe(second.fileDate)
  })

  it('stays what a person went back to', async () => {
    await publishBySync(first)
    const now = new Date()
    await rollBack(store, { cloud: 'Public', to: 'latest', now, ...A_PERSON })
    await take([second])
    expect(await publishNewest(store, 'Public', 'cli')).toBeUndefined()
    expect(await dateOfCurrent()).toBe(first.fileDate)
  })

  it('stays an older file that a person approved, until a file comes that was not known then', async () => {
    await publishBySync(first)
    await publishBySync(second)
    const withdrawal = { ...first, text: roundWeek(first.fileDate, range(1, 100)).text }
    const reason = { rule: 'withdrawal' as const, text: 'an older file' }
    const nothing = { ipv4: '0', ipv6: '0' }
    const diff = {
      tagsChanged: 1,
      prefixesAdded: 0,
      prefixesRemoved: 3,
      gained: nothing,
      lost: nothing,
      tags: [],
    }
    const serial = (await store.publications.current('Public'))?.serial ?? 0
    const verdict = { reasons: [reason], diff }
    const hold = await store.holds.hold(entryOf(withdrawal), verdict, serial)
    await approveHold(store, { id: hold?.id ?? 0, ...A_PERSON })
    await take([first, second])
    expect(await publishNewest(store, 'Public', 'cli')).toBeUndefined()
    expect(await dateOfCurrent()).toBe(first.fileDate)
    await take([doubled])
    expect(await publishNewest(store, 'Public', 'cli')).toMatchObject({ serial: 4 })
    expect(await dateOfCurrent()).toBe(doubled.fileDate)
  })

  it('is decided again when somebody else publishes at the same moment', async () => {
    await take([first])
    let interfered = false
    const racing: Store = {
      ...store,
      publications: {
        ...store.publications,
        async current(cloud) {
          const current = await store.publications.current(cloud)
          if (!interfered) {
            interfered = true
            await publishBySync(second)
          }
          return current
        },
      },
    }
    expect(await publishNewest(racing, 'Public', 'cli')).toBeUndefined()
    expect(interfered).toBe(true)
    expect(await dateOfCurrent()).toBe(second.fileDate)
  })
})

describe('the end of a rollback', () => {
  it.each([
    ['2026-03-01', '2026-03-02T00:00:00.000Z'],
    ['2024-02-29', '2024-03-01T00:00:00.000Z'],
    ['2026-03-01T12:30Z', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01T12:30:15.5+05:30', '2026-03-01T07:00:15.500Z'],
  ])('written %s is %s', (text, end) => {
    expect(endOf(text).toISOString()).toBe(end)
  })

  it.each(['', 'tomorrow', '2026-02-29', '2026-3-1', '20260301', '2026-03-01T12:30', '1767225600'])(
    'is not written %j',
    (text) => {
      expect(() => endOf(text)).toThrow(`until "${text}": write a day`)
    },
  )
})

describe('the retired XML', () => {
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<AzurePublicIpAddresses>
  <Region Name="europewest"><IpRange Subnet="20.0.0.0/24" /></Region>
  <Region Name="useast"><IpRange Subnet="20.0.2.0/24" /></Region>
</AzurePublicIpAddresses>`
  const old = (date: string): RoundWeek => ({
    ...first,
    fileName: `PublicIPs_${date}.xml`,
    text: xml,
  })

  it('becomes history before JSON, is never published, and is refused beside or after it', async () => {
    const [accepted] = await take([old('20180716')])
    expect(accepted).toMatchObject({ kind: 'accepted', isNew: true })
    expect(await publishNewest(store, 'Public', 'test')).toBeUndefined()
    await take([first])
    expect(await publishNewest(store, 'Public', 'test')).toMatchObject({ serial: 1 })
    const [late] = await take([old('20260105')])
    expect(late).toMatchObject({
      kind: 'refused',
      refusals: [
        {
          value: 'PublicIPs_20260105.xml',
          reason: expect.stringMatching(/retired XML says less/) as string,
        },
      ],
    })
    const [older] = await take([old('20180723')])
    expect(older).toMatchObject({ kind: 'accepted', isNew: true })
  })

  it('is not looked for in a file named as JSON', async () => {
    const [page] = await take([{ ...first, text: '<!doctype html><title>Sorry</title>' }])
    expect(page).toMatchObject({
      kind: 'refused',
      refusals: [{ reason: expect.stringMatching(/not JSON but HTML/) as string }],
    })
  })
})
