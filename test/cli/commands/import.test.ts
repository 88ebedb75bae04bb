/** `import` through a running service: the same report, and the same history, as on the database. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportText, type ImportReport } from '../../../src/cli/commands/import.ts'
import { callCli, type Answered } from '../../support/command-line.ts'
import { startService, type RunningService } from '../../support/service.ts'
import { range, roundWeek } from '../../support/weeks.ts'

/** The third gains more than the guard lets pass; the list of devices never sees the first two. */
const weeks = [
  roundWeek('2026-01-05', range(0, 100)),
  roundWeek('2026-01-12', range(0, 102)),
  roundWeek('2026-01-19', range(0, 150)),
]
const HTML = 'ServiceTags_Public_20260126.json'

let home: string
let folder: string
let service: RunningService

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rangewarden-import-'))
  folder = join(home, 'weeks')
  mkdirSync(folder)
  for (const [i, { fileName, text }] of weeks.entries()) {
    if (i === 1) writeFileSync(join(folder, `${fileName}.gz`), gzipSync(text))
    else writeFileSync(join(folder, fileName), text)
  }
  writeFileSync(join(folder, HTML), '<!doctype html><title>Sorry</title>')
  const source = { RANGEWARDEN_SOURCE: `folder:${join(home, 'nothing')}` }
  service = await startService(join(home, 'served'), source)
})
afterAll(async () => {
  await service.close()
  rmSync(home, { recursive: true, force: true })
})

function remotely(args: readonly string[], stop?: AbortSignal): Promise<Answered> {
  return callCli(['--url', service.url, ...args], service.settings, stop)
}

function directly(args: readonly string[]): Promise<Answered> {
  return callCli(['--data-dir', join(home, 'data'), ...args])
}

describe('an import', () => {
  it('needs the token of the service, and changes nothing without it', async () => {
    const wrong = await callCli(['--url', service.url, 'import', folder, '--token', 'guessed'])
    expect(wrong.error).toMatchObject({ code: 'unauthorized' })
    expect((await remotely(['snapshots', '--json'])).stdout).toContain('"snapshots": []')
  })

  it('that is interrupted publishes the files it took, and no other', async () => {
    const { code, stdout, stderr } = await remotely(['import', folder], AbortSignal.abort())
    expect(code).toBe(130)
    expect(stderr).toBe('stopped: 3 files were not looked at\n')
    expect(stdout).toMatch(
      /^4 files: 1 new, .*\nPublic: current is public-20260105-\S+ of 2026-01-05, serial 1, published now\n$/,
    )
  })

  it('gives through --url what it gives directly, and publishes once', async () => {
    const remote = await remotely(['import', folder])
    expect(remote.code).toBe(4)
    expect(remote.stderr).toContain(`refused ${join(folder, HTML)}: "<!doctype html>`)
    const [counts, ...lines] = remote.stdout.trimEnd().split('\n')
    expect(counts).toBe('4 files: 2 new, 1 known before, 1 refused')
    expect(lines).toEqual([
      'the guard would have held 1 of them, had they come by themselves:',
      expect.stringMatching(/^ {2}public-20260119-\S+: IPv4 addresses of Public grow by .* %/),
      expect.stringMatching(/^Public: current is public-20260119-\S+ of 2026-01-19, serial 2, pub/),
    ])
    const direct = await directly(['import', folder])
    expect(direct.code).toBe(4)
    expect(direct.stderr).toBe(remote.stderr)
    expect(direct.stdout.split('\n').slice(1, 3)).toEqual(lines.slice(0, 2))
  })

  it('knows every file the second time and leaves what is published', async () => {
    const again = ['import', folder, '--json']
    const [remote, direct] = [await remotely(again), await directly(again)].map(
      ({ stdout }) => JSON.parse(stdout) as ImportReport,
    )
    expect(remote).toMatchObject({
      files: 4,
      accepted: 0,
      known: 3,
      refused: [{ file: join(folder, HTML) }],
      doubtful: [{ file: join(folder, weeks[2]?.fileName ?? '?') }],
      current: [{ cloud: 'Public', fileDate: '2026-01-19', serial: 2, published: false }],
    })
    expect(direct).toEqual({ ...remote, current: [{ ...remote?.current[0], serial: 1 }] })
  })

  it('leaves the same history either way', async () => {
    const question = ['diff', '2026-01-05', 'latest', '--json']
    const answers = [await remotely(question), await directly(question)].map(({ stdout }) =>
      stdout.replaceAll(/"acceptedAt": .*/g, ''),
    )
    expect(answers[0]).toContain('20.1.98.0/24')
    expect(answers[0]).toBe(answers[1])
  })

  it('of files that are all refused tells what is current', async () => {
    const { code, stdout } = await remotely(['import', join(folder, HTML)])
    expect(code).toBe(4)
    expect(stdout).toMatch(
      /^1 file: 0 new, 0 known before, 1 refused\nPublic: .*serial 2, as before\n$/,
    )
  })

  it('ends when the service cannot be reached', async () => {
    const { error } = await callCli(['--url', 'http://127.0.0.1:1', 'import', folder])
    expect(error).toMatchObject({ code: 'upstream-unavailable' })
  })
})

describe('a report for people', () => {
  it('names ten doubtful files and counts the others', () => {
    const doubtful = range(0, 12).map((i) => ({
      file: `${i}.json`,
      snapshot: `public-${i}`,
      reasons: [
        {
          rule: 'cloud-gain' as const,
          text: 'much',
          family: null,
          measured: null,
          limit: null,
          tags: [],
        },
      ],
    }))
    const report = { files: 12, accepted: 12, known: 0, refused: [], doubtful, current: [] }
    const lines = reportText(report).trimEnd().split('\n')
    expect(lines).toHaveLength(13)
    expect(lines.slice(1, 3)).toEqual([
      'the guard would have held 12 of them, had they come by themselves:',
      '  public-0: much',
    ])
    expect(lines.at(-1)).toBe('  and 2 more: see --json')
  })
})
