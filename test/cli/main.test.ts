/** The commands on a real embedded database, in this process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callCli, type Answered } from '../support/command-line.ts'
import { makeFeed } from '../support/feed.ts'
import { temporaryFolder } from '../support/folder.ts'

const feed = makeFeed({ seed: 5, weeks: 4 })
const [first, second, quiet, last] = feed

/** A feed of four weeks has four documents. */
function dateOf(document: (typeof feed)[number] | undefined): string {
  if (!document) throw new Error('the feed is too short')
  return document.fileDate
}

function filesOf(documents: readonly (typeof feed)[number][]): Record<string, string> {
  return Object.fromEntries(documents.map(({ fileName, text }) => [fileName, text]))
}

let home: string
let weeks: string
let imported: Answered

function call(...args: string[]): Promise<Answered> {
  return callCli(['--data-dir', join(home, 'data'), ...args])
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rangewarden-cli-'))
  weeks = mkdtempSync(join(home, 'weeks-'))
  for (const [name, text] of Object.entries(filesOf(feed))) writeFileSync(join(weeks, name), text)
  imported = await call('import', weeks)
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('import', () => {
  it('takes the files of a folder and publishes the newest', () => {
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    expect(imported.stdout).toMatch(
      new RegExp(
        '^4 files: 4 new, 0 known before, 0 refused\n' +
          `Public: current is public-\\d{8}-[0-9a-f]{8} of ${dateOf(last)}, serial 1, published now\n$`,
      ),
    )
  })

  it('knows files again and leaves what is published', async () => {
    const { code, stdout } = await call(
      'import',
      '--json',
      join(weeks, first?.fileName ?? ''),
      weeks,
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      files: 4,
      accepted: 0,
      known: 4,
      refused: [],
      current: [{ cloud: 'Public', fileDate: dateOf(last), serial: 1, published: false }],
    })
  })

  it('refuses a path that has no weekly file', async () => {
    const folder = temporaryFolder({ 'readme.txt': '' })
    const nothing = await call('import', folder)
    expect(nothing.error).toMatchObject({ code: 'invalid-input' })
  })
})

describe('an import that is interrupted', () => {
  it('ends after a file, keeps what it took, and is completed by the next', async () => {
    const args = ['import', weeks, '--data-dir', join(temporaryFolder(), 'data')]
    const interrupted = await callCli(args, {}, AbortSignal.abort())
    expect(interrupted).toMatchObject({ code: 130 })
    expect(interrupted.stderr).toBe('stopped: 3 files were not looked at\n')
    expect(interrupted.stdout).toContain(`of ${dateOf(first)}, serial 1, published now`)
    const { code, stdout } = await callCli(args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^4 files: 3 new, 1 known before, 0 refused\n/)
    expect(stdout).toContain(`of ${dateOf(last)}, serial 2, published now`)
  })
})

describe('questions about history', () => {
  it('lists snapshots, newest first, and says when there are more', async () => {
    const { stdout, stderr } = await call('snapshots', '--limit', '2')
    const [head = '', ...rows] = stdout.trimEnd().split('\n')
    expect(head).toMatch(/^SNAPSHOT +CLOUD +FILE DATE +CHANGE +TAGS +PREFIXES +ACCEPTED$/)
    expect(rows.map((row) => row.split(/ +/)[2])).toEqual([dateOf(last), dateOf(quiet)])
    expect(stderr).toContain('older ones')
  })

  it('shows what changed between two dates, tag by tag', async () => {
    const { code, stdout } = await call('diff', dateOf(first), dateOf(second))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Public 2025-01-06 \(\S+\) -> 2025-01-13 \(\S+\)\ntags /)
    expect(stdout).toMatch(/\n {2}[+-]\d+\.\d+\.\d+\.\d+\/\d+\n/)
    const summary = await call('diff', dateOf(first), dateOf(second), '--summary')
    expect(stdout.startsWith(`${summary.stdout}\n`)).toBe(true)
    const week = await call('diff', dateOf(second), dateOf(quiet))
    expect(week.stdout).toMatch(/\nnothing changed\n$/)
  })

  it('finds an address on a past day, first and last seen included', async () => {
    const { stdout } = await call('diff', '--json', 'previous', 'latest', '--tag', 'AzureCloud')
    const { tags } = JSON.parse(stdout) as { tags: { prefixesAdded: string[] }[] }
    const arrived = tags[0]?.prefixesAdded[0] ?? ''
    const now = await call('lookup', arrived)
    expect(now.stdout).toMatch(
      new RegExp(
        `AzureCloud +- +- +whole +${arrived.replace('/', '\\/')} +${dateOf(last)} +still there`,
      ),
    )
    const before = await call('lookup', '10.0.0.1', '--at', dateOf(first), '--cloud', 'Public')
    expect(before.stdout).toBe(`10.0.0.1 is in no service tag of Public of ${dateOf(first)}\n`)
  })

  it.each([
    [['diff', '2025-13-01', 'latest'], 'invalid-input', /"2025-13-01" is no point in history/],
    [['diff', '2024-01-01', 'latest'], 'not-found', /no file of 2024-01-01 or before/],
    [['diff', 'previous', 'latest', '--tag', 'Sqk'], 'not-found', /no service tag "Sqk"/],
    [['lookup', '300.1.1.1'], 'invalid-input', /"300.1.1.1" is no address/],
    [['snapshots', '--cloud', 'Mars'], 'invalid-input', /no cloud "Mars"/],
    [['diff', 'previous', 'latest', '--cloud', 'China'], 'not-ready', /no snapshot of China/],
    [['export', 'sqid', '--allowlist', 'app-proxy'], 'not-found', /no format "sqid": known are/],
    [['export', 'text', '--tag', 'Sqk'], 'invalid-input', /no service tag or region "Sqk"/],
    [['export', 'text', '--allowlist', 'x'], 'not-found', /no allowlist "x"/],
    [['export', 'text'], 'invalid-input', /selects nothing/],
    [['export', 'text', '--tag', 'Sql', '--allowlist', 'x'], 'invalid-input', /own selection/],
    [['serve', '--port', '99999', '--source', 'x'], 'invalid-input', /2 wrong settings/],
    [['snapshots', '--url', 'ftp://x'], 'invalid-input', /--url "ftp:\/\/x"/],
  ])('answers %j with the value and the rule', async (args, code, message) => {
    const { error } = await call(...args)
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(message)
  })
})

describe('export', () => {
  it('prints a selection, however it was written, the same', async () => {
    const { stdout } = await call('export', 'text', '--tag', 'Sql', 'ServiceBus')
    const again = await call('export', 'text', '--tag=ServiceBus,Sql', '--tag', 'Sql')
    expect(stdout).toMatch(/^# .*\n(?:[#\d].*\n)+/)
    expect(again.stdout).toBe(stdout)
    const past = await call('export', 'json', '--tag', 'Sql', '--at', dateOf(first))
    expect(JSON.parse(past.stdout)).toMatchObject({ cloud: 'Public' })
  })

  it('replaces a file whole, and keeps it when the format refuses the list', async () => {
    const out = join(temporaryFolder({ 'squid.conf': 'old\n' }), 'squid.conf')
    const replaced = await call('export', 'squid', '--allowlist', 'app-proxy-ip', '--out', out)
    expect(replaced).toMatchObject({ code: 0, stdout: '' })
    const bytes = readFileSync(out, 'utf8')
    expect(bytes).toContain('app-proxy-ip')
    const refused = await call('export', 'text', '--allowlist', 'app-proxy', '--out', out)
    expect(refused.error).toMatchObject({ code: 'export-refused' })
    expect(refused.error?.message).toContain('use app-proxy-ip')
    expect(readFileSync(out, 'utf8')).toBe(bytes)
    const again = await call('export', 'squid', '--allowlist', 'app-proxy-ip', '--out', out)
    expect(again.stderr).toContain('is up to date')
  })
})

describe('sync', () => {
  const data = (folder: string): string[] => ['--data-dir', join(folder, 'data')]

  it('publishes from a folder, is unchanged the next time, and holds an older file', async () => {
    const folder = temporaryFolder(filesOf(feed.slice(0, 2)))
    const run = (...args: string[]) =>
      callCli([...data(folder), 'sync', '--source', `folder:${folder}`, ...args])
    const dry = await run('--dry-run')
    expect(dry).toMatchObject({ code: 0 })
    expect(dry.stdout).toMatch(new RegExp(`^Public: would publish the file of ${dateOf(second)}: `))
    const published = await run()
    expect(published).toMatchObject({ code: 0 })
    expect(published.stdout).toMatch(/^Public: published public-20250113-[0-9a-f]{8} as serial 1: /)
    const unchanged = await run('--json')
    expect(unchanged.code).toBe(0)
    expect(JSON.parse(unchanged.stdout)).toMatchObject({ trigger: 'cli', outcome: 'unchanged' })
    rmSync(join(folder, second?.fileName ?? ''))
    const held = await run()
    expect(held).toMatchObject({ code: 5 })
    expect(held.stdout).toMatch(/^Public: held for a person: /)
  })

  it('fails with 3 when nothing arrives and with 4 when it cannot be right', async () => {
    const folder = temporaryFolder({ 'ServiceTags_Public_20250113.json': '<html>Sorry</html>' })
    const refused = await callCli([...data(folder), 'sync', '--source', `folder:${folder}`])
    expect(refused).toMatchObject({ code: 4 })
    expect(refused.stdout).toMatch(/^Public: refused: "<html>Sorry<\/html>": not JSON/)
    const failed = await callCli([...data(folder), 'sync', '--source', `folder:${folder}/none`])
    expect(failed).toMatchObject({ code: 3 })
    expect(failed.stdout).toMatch(/^Public: failed: .*\/none cannot be read/)
  })

  it('refuses a source for a service that has its own, and a cloud nobody follows', async () => {
    const url = ['--url', 'http://127.0.0.1:1']
    const remote = await call(...url, 'sync', '--source', 'microsoft')
    expect(remote.error?.message).toContain('--source has no meaning with --url')
    const unfollowed = await call('sync', '--cloud', 'China', '--source', `folder:${weeks}`)
    expect(unfollowed.error?.message).toContain('China is not followed here')
  })
})

describe('calling it', () => {
  it.each([
    [['bogus'], /unknown command 'bogus'/],
    [['snapshots', '--nope'], /unknown option '--nope'/],
    [['diff', 'latest'], /missing required argument 'to'/],
    [['snapshots', '--limit', '0'], /whole number from 1 to 200/],
    [['config', 'prnt'], /unknown command 'prnt'/],
    [[], /Usage: rangewarden/],
  ])('wrongly (%j) is told on stderr with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await callCli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('with --help lists commands, and every format with its summary', async () => {
    expect(await callCli(['--help'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^ {2}snapshots .*[^]*^Formats: squid, squid-dst/m) as string,
    })
    const { stdout } = await callCli(['export', '--help'])
    expect(stdout).toMatch(/^ {2}squid {2,}\S.*\n {2}squid-dst {2,}\S/m)
    expect(stdout).toContain('--url <url>')
  })

  it('with config print shows the settings, as lines or as JSON, without secrets', async () => {
    const settings = { RANGEWARDEN_ADMIN_TOKEN: 's3cret', RANGEWARDEN_PORT: '81' }
    const { stdout } = await callCli(['--data-dir', '/x', 'config', 'print'], settings)
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['RANGEWARDEN_PORT=81', 'RANGEWARDEN_DATA_DIR=/x']),
    )
    const json = await callCli(['config', 'print', '--json'], settings)
    expect(JSON.parse(json.stdout)).toMatchObject({ RANGEWARDEN_ADMIN_TOKEN: '(set)' })
    expect(stdout + json.stdout).not.toContain('s3cret')
  })
})
