/** `report` on a real embedded database and on a running service. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { weekOf } from '../../../src/report/week.ts'
import { callCli, type Answered } from '../../support/command-line.ts'
import { makeFeed } from '../../support/feed.ts'
import { startService } from '../../support/service.ts'

const [week] = makeFeed({ seed: 3, weeks: 1 })

let home: string
const path = (name: string): string => join(home, name)

function report(...args: readonly string[]): Promise<Answered> {
  return callCli(['--data-dir', path('data'), 'report', ...args])
}

/** The week in which this is run: the import is of it. */
const now = weekOf(new Date()).text

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rangewarden-report-'))
  if (!week) throw new Error('the feed has no week')
  writeFileSync(path(week.fileName), week.text)
  await callCli(['--data-dir', path('data'), 'import', path(week.fileName)])
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('report', () => {
  it('is Markdown of the last week that is over, unless something else is said', async () => {
    const { code, stdout, stderr } = await report()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^# Rangewarden: week \d{4}-W\d{2}\n/)
  })

  it('is of the week, cloud and format that are asked for', async () => {
    const { stdout } = await report('--week', now, '--cloud', 'Public', '--format', 'html')
    expect(stdout).toMatch(/^<!DOCTYPE html>/)
    expect(stdout).toContain(now)
    expect(stdout).toContain('2025-01-06')
  })

  it('is JSON in the shape of the API for --json, indented', async () => {
    for (const args of [['--json'], ['--format', 'json'], ['--json', '--format', 'json']]) {
      const { stdout } = await report('--week', now, ...args)
      expect(stdout).toMatch(/^\{\n {2}"week": "/)
      expect(JSON.parse(stdout)).toMatchObject({ week: now, complete: false })
    }
  })

  it('says the same of a running service', async () => {
    const here = JSON.parse((await report('--week', now, '--json')).stdout) as object
    const files = mkdtempSync(join(home, 'files-'))
    const service = await startService(path('data'), { RANGEWARDEN_SOURCE: `folder:${files}` })
    const args = ['--url', service.url, 'report', '--week', now, '--json']
    const { code, stdout } = await callCli(args, service.settings)
    await service.close()
    expect(code).toBe(0)
    const [cloud] = (JSON.parse(stdout) as { clouds: object[] }).clouds
    // The service has run since; what was published is the same.
    const { atEnd, publications } = (here as { clouds: Record<string, unknown>[] }).clouds[0] ?? {}
    expect(cloud).toMatchObject({ atEnd, publications })
  })

  it('is written to a file, which is left alone while it says the same', async () => {
    const file = path('report.json')
    const args = ['--week', now, '--format', 'json', '--out', file]
    expect((await report(...args)).stderr).toMatch(/^wrote .*report\.json: /)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ week: now })
  })

  it('refuses two formats at once, one it does not know, and a week that is none', async () => {
    const mistakes: [string[], RegExp][] = [
      [['--json', '--format', 'html'], /--json and --format html: one of them/],
      [['--format', 'pdf'], /'pdf' is invalid/],
      [['--week', '2025-W54'], /2025-W54/],
    ]
    for (const [args, rule] of mistakes) {
      const { code, error, stderr } = await report(...args)
      expect(code).not.toBe(0)
      expect(error?.message ?? stderr).toMatch(rule)
    }
  })
})
