/** `rangewarden report`: what it asks for and where it puts the answer; the answer itself is the report's. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportCommand } from '../../src/cli/commands/report.ts'
import { contextOf, type GlobalOptions } from '../../src/cli/context.ts'
import { createIo } from '../../src/cli/io.ts'
import { reportText } from '../../src/report/write.ts'
import { sampleReport } from './sample-report.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rangewarden-report-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function call(...args: string[]) {
  let [stdout, stderr] = ['', '']
  const io = createIo({
    stdout: { write: (data) => (stdout += Buffer.from(data).toString('utf8')) },
    stderr: { write: (text) => (stderr += text) },
  })
  const unused = () => {
    throw new Error('the report was to be read by what the command was given')
  }
  const wishes: unknown[] = []
  const report = reportCommand((_, wish) => {
    wishes.push(wish)
    return Promise.resolve(reportText(sampleReport(), wish.format))
  })
  const command = new Command('report').option('--json').exitOverride()
  command.configureOutput({ writeErr: (text) => io.say(text) })
  report.describe(command)
  command.parse(args, { from: 'user' })
  const surroundings = {
    io,
    stop: new AbortController().signal,
    readConfig: unused,
    openService: unused,
  }
  const code = await report.run(contextOf(surroundings, command.opts<GlobalOptions>()), command)
  return { code, stdout, stderr, wishes }
}

describe('the command', () => {
  it('prints Markdown of the last week of all clouds, unless something else is said', async () => {
    const { code, stdout, stderr, wishes } = await call()
    expect(wishes).toEqual([{ week: undefined, cloud: undefined, format: 'markdown' }])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(reportText(sampleReport(), 'markdown'))
  })

  it('asks for what it is told', async () => {
    const { stdout, wishes } = await call(
      '--week',
      '2025-W44',
      '--cloud',
      'China',
      '--format',
      'html',
    )
    expect(wishes).toEqual([{ week: '2025-W44', cloud: 'China', format: 'html' }])
    expect(stdout).toMatch(/^<!DOCTYPE html>/)
  })

  it('prints JSON in the shape of the API for --json, indented', async () => {
    for (const args of [['--json'], ['--format', 'json'], ['--json', '--format', 'json']]) {
      const { stdout, wishes } = await call(...args)
      expect(wishes).toEqual([{ week: undefined, cloud: undefined, format: 'json' }])
      expect(stdout).toMatch(/^\{\n {2}"week": "2025-W44",\n/)
      expect(JSON.parse(stdout)).toEqual(JSON.parse(reportText(sampleReport(), 'json')))
    }
  })

  it('writes a file, and leaves one alone that says the same', async () => {
    const file = join(folder, 'report.md')
    const first = await call('--out', file)
    expect(first).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^wrote .*report\.md: /) as string,
    })
    expect(readFileSync(file, 'utf8')).toBe(reportText(sampleReport(), 'markdown'))
    expect((await call('--out', file)).stderr).toMatch(/report\.md is up to date: /)
  })

  it('refuses two formats at once, and one it does not know', async () => {
    await expect(call('--json', '--format', 'html')).rejects.toMatchObject({
      code: 'invalid-input',
      message: '--json and --format html: one of them',
    })
    await expect(call('--format', 'pdf')).rejects.toThrow(/'pdf' is invalid/)
  })
})
