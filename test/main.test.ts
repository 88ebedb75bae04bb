/** The program as people start it: exit codes, signals, one process per data folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callCli, runCli, startCli, type CliProcess } from './support/command-line.ts'
import { makeFeed } from './support/feed.ts'
import { closedPort } from './support/publisher.ts'

const TOKEN = 'test-token'
const HTML = 'ServiceTags_Public_20250203.json'

let home: string
let data: string
let weeks: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'rangewarden-main-'))
  data = join(home, 'data')
  weeks = mkdtempSync(join(home, 'weeks-'))
  for (const { fileName, text } of makeFeed({ seed: 6, weeks: 3 })) {
    writeFileSync(join(weeks, fileName), text)
  }
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('the program', () => {
  it('refuses a page of HTML among the files, takes the others and exits with 4', async () => {
    writeFileSync(join(weeks, HTML), '<!doctype html><title>Sorry</title>')
    const { code, stdout, stderr } = await runCli(['import', weeks, '--data-dir', data])
    rmSync(join(weeks, HTML))
    expect(code).toBe(4)
    expect(stdout).toMatch(
      /^4 files: 3 new, 0 known before, 1 refused\nPublic: current is public-20250120-/,
    )
    const [line = '', ...more] = stderr.trimEnd().split('\n')
    expect(more).toEqual([])
    expect(line).toContain(`refused ${join(weeks, HTML)}: "<!doctype html>`)
    expect(line).toContain('not JSON but HTML')
  })

  it('exits with 8 and the fix when the database is down', async () => {
    const port = await closedPort()
    const settings = { DATABASE_URL: `postgresql://user:s3cret@127.0.0.1:${port}/rangewarden` }
    const { code, stdout, stderr } = await runCli(['serve'], settings)
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' })
    expect(stderr).toMatch(
      /^rangewarden: the database at 127\.0\.0\.1:\d+\/rangewarden .*DATABASE_URL/,
    )
    expect(stderr).not.toContain('s3cret')
  })

  it('exits with 2 and every mistake when settings are wrong', async () => {
    const settings = { RANGEWARDEN_PROT: '8080', RANGEWARDEN_CLOUDS: 'Mars' }
    const { code, stderr } = await runCli(['config', 'print'], settings)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^rangewarden: 2 wrong settings:\n/)
    expect(stderr).toContain('did you mean RANGEWARDEN_PORT?')
    expect(stderr).not.toContain('    at ')
  })
})

describe('a running service', () => {
  let service: CliProcess
  let url: string

  beforeAll(async () => {
    const args = ['serve', '--data-dir', data, '--port', '0', '--source', `folder:${weeks}`]
    service = startCli(args, { RANGEWARDEN_ADMIN_TOKEN: TOKEN })
    url = (await service.says(/"url":"(http:[^"]+)"/))[1] ?? ''
  })
  afterAll(async () => {
    service.signal('SIGKILL')
    await service.ended
  })

  it('has its data folder for itself: a command gets the call that works instead', async () => {
    const { code, stdout, stderr } = await runCli(['snapshots', '--limit', '5', '--data-dir', data])
    expect({ code, stdout }).toEqual({ code: 9, stdout: '' })
    expect(stderr).toContain(`the data folder ${data} is in use by process`)
    expect(stderr).toContain(
      `\n  rangewarden --url ${url} snapshots --limit 5 --data-dir ${data}\n`,
    )
  })

  it('has its port for itself: another one is told the setting and exits with 9', async () => {
    const port = new URL(url).port
    const place = ['--data-dir', join(home, 'x'), '--port', port]
    const { code, stderr } = await runCli(['serve', ...place, '--log-level', 'silent'])
    expect(code).toBe(9)
    expect(stderr).toBe(
      `rangewarden: 127.0.0.1:${port} is in use: stop what listens there, or set another RANGEWARDEN_PORT (--port)\n`,
    )
  })

  it('runs a sync for whoever has the token, and for nobody else', async () => {
    const allowed = await callCli(['sync', '--url', url], { RANGEWARDEN_ADMIN_TOKEN: TOKEN })
    expect(allowed).toMatchObject({ code: 0 })
    expect(allowed.stdout).toMatch(/^Public: unchanged: /)
    const wrong = await callCli(['sync', '--url', url, '--token', 'guessed'])
    expect(wrong.error).toMatchObject({ code: 'unauthorized' })
  })

  it('gives through --url what the database gives directly, and exits with 0 on SIGTERM', async () => {
    const questions = [
      ['snapshots', '--json', '--limit', '2'],
      ['diff', '--json', 'previous', 'latest'],
      ['lookup', '--json', '20.0.0.1', '2603:1000::/40', '10.0.0.1', '--at', '2025-01-13'],
      ['export', 'squid', '--allowlist', 'app-proxy-ip'],
      ['export', 'json', '--tag', 'Sql', 'ServiceBus', '--family', 'ipv4', '--at', 'previous'],
    ]
    const remote: string[] = []
    for (const question of questions) {
      remote.push((await callCli([...question, '--url', url])).stdout)
    }
    service.signal('SIGTERM')
    service.signal('SIGINT') // a terminal and npm both pass the wish on: it is one
    expect((await service.ended).code).toBe(0)
    for (const [i, question] of questions.entries()) {
      const direct = await callCli([...question, '--data-dir', data])
      expect(direct).toMatchObject({ code: 0, stderr: '' })
      expect(remote[i]).toBe(direct.stdout)
      expect(direct.stdout.length).toBeGreaterThan(100)
    }
  })
})
