/** The package: what `npm pack` puts in, and that it runs where there is nothing but Node and it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VERSION } from '../../src/version.ts'
import { startProgram } from '../support/command-line.ts'
import { copyDockerContext } from '../support/docker-context.ts'
import { makeFeed } from '../support/feed.ts'
import { lockedVersions, installedVersions } from '../support/lock.ts'
import { describeWith, oldestNode } from '../support/requirements.ts'

/** Of everything that is installed, as docs/operations.md promises. */
const MOST_BYTES = 200_000_000

let scratch: string
let tarball: string

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'rangewarden-package-'))
  // Not in the repository: what is emitted there would be others' business.
  const tree = join(scratch, 'tree')
  copyDockerContext(process.cwd(), tree)
  symlinkSync(join(process.cwd(), 'node_modules'), join(tree, 'node_modules'))
  execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], {
    cwd: tree,
    stdio: 'pipe',
  })
  tarball = join(scratch, `rangewarden-${VERSION}.tgz`)
  for (const folder of ['app', 'weeks']) mkdirSync(join(scratch, folder))
  for (const { fileName, text } of makeFeed({ seed: 7, weeks: 1 })) {
    writeFileSync(join(scratch, 'weeks', fileName), text)
  }
  // npm has all of it in its cache where the repository was installed by it.
  const options = ['--omit=dev', '--prefer-offline', '--prefix', '.', '--silent']
  execFileSync('npm', ['install', ...options, tarball], {
    cwd: join(scratch, 'app'),
    stdio: 'pipe',
  })
}, 240_000)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('the package', () => {
  it('holds what was emitted, the migrations and the documents, and no sources or tests', () => {
    const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n')
    const files = listed.filter((file) => file !== '').map((file) => file.slice('package/'.length))
    const rooms = new Set(files.map((file) => file.replace(/\/.*/, '/')))
    expect([...rooms].sort()).toEqual(
      [
        ...['.env.example', 'CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'bin/', 'dist/'],
        ...['docs/', 'helm/', 'openapi.json', 'package.json', 'prisma/'],
      ].sort(),
    )
    expect(files.filter((file) => file.endsWith('.ts') || /\btest\b/.test(file))).toEqual([])
    expect(files).toContain('dist/src/store/generated/client.js')
    const migrations = readdirSync('prisma/migrations')
    for (const name of migrations.filter((each) => !each.includes('.'))) {
      expect(files).toContain(`prisma/migrations/${name}/migration.sql`)
    }
  })

  it('is installed without the dependencies of development, below what is promised', () => {
    const installed = installedVersions(join(scratch, 'app/node_modules'))
    const names = (versions: readonly string[]) =>
      new Set(versions.map((each) => each.replace(/@[^@]*$/, '')))
    const extra = [...names(installed)].filter((name) => !names(lockedVersions()).has(name))
    // Drivers of other runtimes are optional: with some versions of npm they come along.
    expect(extra.filter((name) => name !== 'pg-cloudflare')).toEqual(['rangewarden'])
    expect(bytesIn(join(scratch, 'app/node_modules'))).toBeLessThan(MOST_BYTES)
  })
})

describe('the installed package', () => {
  it('serves a list on the Node that runs the tests', { timeout: 120_000 }, async () => {
    expect(await listServedBy(process.execPath)).toMatch(LIST)
  })
})

describeWith([oldestNode], 'the installed package on the oldest Node that is promised', () => {
  it('serves a list', { timeout: 120_000 }, async () => {
    const node = oldestNode.path ?? ''
    expect(await listServedBy(node)).toMatch(LIST)
    expect(execFileSync(node, ['bin/rangewarden.js', '--version'], { encoding: 'utf8' })).toBe(
      `${VERSION}\n`,
    )
  })
})

const LIST = /^# Rangewarden allowlist app-proxy, cloud Public, serial 1/

/** By `npx rangewarden serve` in a folder of its own. */
async function listServedBy(node: string): Promise<string> {
  const data = mkdtempSync(join(scratch, 'data-'))
  const cwd = join(scratch, 'app')
  const env = {
    PATH: `${dirname(node)}:${process.env['PATH'] ?? ''}`,
    HOME: scratch,
    RANGEWARDEN_PORT: '0',
    RANGEWARDEN_DATA_DIR: data,
  }
  const source = `folder:${join(scratch, 'weeks')}`
  const args = ['--offline', 'rangewarden', 'serve', '--source', source]
  const service = startProgram('npx', args, { cwd, env, detached: true })
  try {
    const [, url] = await service.says(/"url":"(http:[^"]+)"/)
    await service.says(/"msg":"Run finished"/)
    for (let tries = 0; tries < 50; tries++) {
      const answer = await fetch(`${url}/l/app-proxy/squid.conf`)
      if (answer.ok) return await answer.text()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('the list is not served after its run has finished')
  } finally {
    service.signal('SIGTERM')
    await service.ended
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
