/** Deciding on the command line: on the database, and through a running service, with one answer. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decisionText, holdTable } from '../../../src/cli/commands/holds.ts'
import { publishedText } from '../../../src/cli/commands/rollback.ts'
import type { HoldView } from '../../../src/views/hold.ts'
import type { PublicationView } from '../../../src/views/publication.ts'
import { callCli, type Answered } from '../../support/command-line.ts'
import { startService, type RunningService } from '../../support/service.ts'
import { range, roundWeek } from '../../support/weeks.ts'

const first = roundWeek('2026-01-05', range(0, 100))
/** Loses 30 of 100 and gains 5. */
const shrunk = roundWeek('2026-01-12', range(30, 105))
/** Gains more than 15 % of what is there by then. */
const grown = roundWeek('2026-01-19', range(30, 150))

const APPROVE = ['holds', 'approve', '1', '--by', 'A. Person', '--reason', 'asked Microsoft']

/** The first ones stand for all where every call opens the database. */
const WRONG: [string[], string, RegExp][] = [
  [['rollback', 'Public', '--reason', 'x'], 'invalid-input', /where to with --to/],
  [['holds', 'approve', '7', '--by', 'x', '--reason', 'x'], 'not-found', /no hold 7/],
  [['holds', 'approve', 'x', '--by', 'x', '--reason', 'x'], 'invalid-input', /"x" is no hold/],
  [[...APPROVE, '--content-hash', 'ab'], 'conflict', /hold 1 has the content [0-9a-f]{64}, not ab/],
  [['holds', 'reject', '1', '--by', ' ', '--reason', 'x'], 'invalid-input', /by " ": say who/],
  [['holds', '--cloud', 'Mars'], 'invalid-input', /Mars/],
  [
    ['rollback', 'Public', '--to', 'latest', '--release', '--reason', 'x'],
    'invalid-input',
    /where to with --to/,
  ],
  [
    ['rollback', 'Public', '--to', 'latest', '--reason', 'x', '--until', '2020-01-01'],
    'invalid-input',
    /ends in the future/,
  ],
  [['rollback', 'Mars', '--to', 'latest', '--reason', 'x'], 'invalid-input', /Mars/],
  [['rollback', 'Public', '--release', '--reason', 'x'], 'conflict', /no rollback of Public/],
  [['purge', 'China', '--reason', 'x'], 'not-ready', /nothing is published for China/],
]

describe.each(['directly', 'through --url'])('decisions, %s', (way) => {
  let home: string
  let folder: string
  let service: RunningService | undefined
  let ask: (...args: string[]) => Promise<Answered>

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'rangewarden-decisions-'))
    folder = join(home, 'weeks')
    mkdirSync(folder)
    writeFileSync(join(folder, first.fileName), first.text)
    const source = { RANGEWARDEN_SOURCE: `folder:${folder}` }
    const data = join(home, 'data')
    if (way === 'directly') {
      ask = (...args) => callCli(['--data-dir', data, ...args], source)
    } else {
      const running = await startService(data, source)
      service = running
      ask = (...args) => callCli(['--url', running.url, ...args], running.settings)
    }
    expect(await ask('sync')).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    await service?.close()
    rmSync(home, { recursive: true, force: true })
  })

  function offer(week: typeof first): Promise<Answered> {
    writeFileSync(join(folder, week.fileName), week.text)
    return ask('sync')
  }

  it('begin with nothing that is held', async () => {
    const { code, stdout, stderr } = await ask('holds')
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: 'no file is held\n' })
    expect(JSON.parse((await ask('holds', '--json')).stdout)).toEqual({ holds: [] })
  })

  it('are asked for when a week is held, with the reasons and how to decide', async () => {
    const held = await offer(shrunk)
    expect(held.code).toBe(5)
    expect(held.stdout).toMatch(
      /^Public: held for a person: .* 30.* %.*; what it adds is published as serial 2 \(hold 1\)\n$/,
    )
    const listed = await ask('holds', '--state', 'waiting', '--cloud', 'Public')
    expect(listed.code).toBe(0)
    expect(listed.stdout).toMatch(
      /^ID +CLOUD +FILE DATE +STATE +HELD SINCE +WHY\n +1 +Public +2026-01-12 +waiting +\S+Z +IPv4 .*\n$/,
    )
    expect(listed.stderr).toContain('rangewarden holds approve|reject ID --by NAME --reason TEXT')
    const { holds } = JSON.parse((await ask('holds', '--json')).stdout) as { holds: HoldView[] }
    expect(holds).toMatchObject([{ id: 1, state: 'waiting', reasons: [{ rule: 'cloud-loss' }] }])
  })

  it.each(way === 'directly' ? WRONG.slice(0, 4) : WRONG)(
    '%j is answered with the value and the rule',
    async (args, code, message) => {
      const { error } = await ask(...args)
      expect(error?.message).toMatch(message)
      expect(error?.code).toBe(code)
    },
  )

  it('publish exactly what was approved, once, under the name that was given', async () => {
    const { code, stdout } = await ask(...APPROVE)
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^hold 1 of Public is approved by A\. Person: public-20260112-[0-9a-f]{8} is published as serial 3\n$/,
    )
    expect((await ask(...APPROVE)).error).toMatchObject({ code: 'conflict' })
    expect((await ask('sync')).stdout).toMatch(/^Public: unchanged: /)
  })

  it('go back, which the next sync does not undo, and forward again', async () => {
    const back = await ask('rollback', 'Public', '--to', 'previous', '--reason', 'mail is down')
    expect(back.code).toBe(0)
    expect(back.stdout).toMatch(
      /^Public: public-20260105-[0-9a-f]{8} is published as serial 4, and stays until it is released\n$/,
    )
    expect((await ask('sync')).stdout).toMatch(/^Public: unchanged: /)
    const wish = ['--until', '2999-12-31', '--by', 'B', '--reason', 'x', '--json']
    const longer = await ask('rollback', 'Public', '--to', '2026-01-06', ...wish)
    expect(JSON.parse(longer.stdout)).toMatchObject({
      kind: 'rollback',
      serial: 5,
      publishedBy: 'B',
      until: '3000-01-01T00:00:00.000Z',
    })
    const released = await ask('rollback', 'Public', '--release', '--reason', 'mail is up')
    expect(released.stdout).toMatch(
      /^Public: the rollback is released, public-20260112-\S+ is published as serial 6\n$/,
    )
  })

  it('are made in the name of this user where none is given', async () => {
    const purged = await ask('purge', 'Public', '--reason', 'x', '--json')
    expect(JSON.parse(purged.stdout)).toMatchObject({
      kind: 'purge',
      serial: 7,
      publishedBy: userInfo().username,
    })
    expect((await ask('purge', 'Public', '--reason', 'x')).stdout).toMatch(
      /^Public: lists hold what public-20260112-\S+ says and nothing removed before \(serial 8\)\n$/,
    )
  })

  it('are remembered when a week is rejected', async () => {
    expect(await offer(grown)).toMatchObject({ code: 5 })
    const { code, stdout } = await ask('holds', 'reject', '2', '--by', 'B', '--reason', 'no')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'hold 2 of Public is rejected by B: what is published stays\n',
    })
    expect((await ask('sync')).stdout).toMatch(/unchanged: .*rejected \(hold 2\) by B: no/)
  })
})

describe('called wrongly', () => {
  it.each([
    [['holds', 'approve', '1', '--reason', 'x'], /required option '--by <name>' not specified/],
    [['holds', 'reject', '1', '--by', 'x'], /required option '--reason <text>' not specified/],
    [['holds', 'aprove', '1'], /too many arguments for 'holds'/],
    [['holds', '--state', 'open'], /Allowed choices are waiting, approved, rejected, replaced/],
    [['rollback', '--to', 'latest', '--reason', 'x'], /missing required argument 'cloud'/],
    [['purge', 'Public'], /required option '--reason <text>' not specified/],
  ])('%j is told on stderr with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await callCli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('has the subcommands in its help', async () => {
    const { stdout } = await callCli(['holds', '--help'])
    expect(stdout).toMatch(/^ {2}approve .*\n(?:.*\n)*? {2}reject /m)
  })
})

const hold: HoldView = {
  id: 12,
  cloud: 'China',
  fileDate: '2021-06-28',
  state: 'rejected',
  contentHash: 'ab',
  documentSha256: 'cd',
  strategy: 'details-page',
  url: 'https://download.example/x.json',
  heldSince: '2021-07-01T10:11:12.345Z',
  reasons: [
    { rule: 'cloud-gain', text: 'too much', family: null, measured: null, limit: null, tags: [] },
    { rule: 'width', text: 'too wide', family: null, measured: null, limit: null, tags: [] },
  ],
  diff: null,
  decision: { by: 'B', reason: 'no', at: '2021-07-02T00:00:00.000Z' },
}

const publication: PublicationView = {
  cloud: 'China',
  serial: 7,
  snapshot: 'china-20210621-3f9a2c1e',
  kind: 'rejection',
  publishedBy: 'B',
  reason: 'no',
  publishedAt: '2021-07-02T00:00:00.000Z',
  until: null,
  additionsOf: null,
}

describe('texts for people', () => {
  it('show the first reason and count the others', () => {
    expect(holdTable([hold])).toBe(
      `ID  CLOUD  FILE DATE   STATE     HELD SINCE            WHY
12  China  2021-06-28  rejected  2021-07-01T10:11:12Z  too much (and 1 more)
`,
    )
  })

  it('say what a rejection took back', () => {
    expect(decisionText({ hold, publication })).toBe(
      'hold 12 of China is rejected by B: what it added is taken back by serial 7',
    )
  })

  it('say when a rollback ends', () => {
    const rollback = { ...publication, kind: 'rollback' as const }
    expect(publishedText({ ...rollback, until: '2021-08-01T00:00:00.000Z' })).toBe(
      'China: china-20210621-3f9a2c1e is published as serial 7, and stays until 2021-08-01T00:00:00Z',
    )
  })
})
