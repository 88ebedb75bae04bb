/**
 * The package: what `npm pack` puts in, that it runs where there is nothing but Node and it, and that
 * the clone, the image and the chart start it in the same way.
 */
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VERSION } from '../../src/version.ts'
import { startProgram, type Ended, type Settings } from '../support/command-line.ts'
import { copyDockerContext } from '../support/docker-context.ts'
import { readImage } from '../support/dockerfile.ts'
import { makeFeed } from '../support/feed.ts'
import { helm, podsOf, render, type Container, type RenderedPod } from '../support/helm.ts'
import { installedVersions, lockedVersions } from '../support/lock.ts'
import { describeWith, oldestNode } from '../support/requirements.ts'

/** Of everything that is installed: what docs/install.md weighs, with room to grow. */
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

describeWith([helm], 'the clone, the package, the image and the chart', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>
    readonly scripts: Readonly<Record<string, string>>
  }
  const image = readImage('Dockerfile')
  let pods: readonly RenderedPod[]
  let containers: readonly Container[]

  beforeAll(() => {
    const modes = [{}, { database: { mode: 'postgresql', existingSecret: 'database' } }]
    const all = modes.flatMap((values) => podsOf(render({ values })))
    pods = all.filter(({ owner }) => owner.kind !== 'Pod')
    containers = pods.flatMap(({ spec }) => spec.containers)
  })

  function installed(args: readonly string[], settings: Settings = {}): Promise<Ended> {
    const bin = join(scratch, 'app/node_modules/.bin/rangewarden')
    const env = { PATH: process.env['PATH'], ...settings }
    return startProgram(process.execPath, [bin, ...args], { env, cwd: scratch }).ended
  }

  it('start the same program with the same command', async () => {
    expect(manifest.bin).toEqual({ rangewarden: 'bin/rangewarden.js' })
    expect(manifest.scripts['start']).toBe('node bin/rangewarden.js serve')
    expect([...image.entrypoint, ...image.cmd]).toEqual(['rangewarden', 'serve'])
    expect(containers).toHaveLength(3)
    for (const { command, args } of containers) {
      expect([...(command ?? image.entrypoint), ...(args ?? image.cmd)]).toEqual([
        'rangewarden',
        'serve',
      ])
    }
    const { stdout } = await installed(['--help'])
    const commands = [...stdout.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name)
    expect(commands).toEqual(expect.arrayContaining(['serve', image.healthcheck[1]]))
    expect(image.healthcheck).toEqual(['rangewarden', 'health'])
  })

  it('listen on the same port', async () => {
    const { stdout } = await installed(['config', 'print', '--json'])
    const { RANGEWARDEN_PORT: port } = JSON.parse(stdout) as Settings
    expect(port).toBe('8080')
    expect(image.exposed).toEqual([port])
    for (const { ports = [], env = [] } of containers) {
      expect(ports.map(({ containerPort }) => String(containerPort))).toEqual([port])
      expect(env.find(({ name }) => name === 'RANGEWARDEN_PORT')?.value).toBe(port)
    }
  })

  it('run as the same user, who owns the folder of the data', () => {
    for (const { spec } of pods) {
      const { runAsUser, runAsGroup, fsGroup } = spec['securityContext'] as Record<string, number>
      expect(`${runAsUser}:${runAsGroup}`).toBe(image.user)
      expect(fsGroup).toBe(runAsGroup)
    }
    const data = image.env['RANGEWARDEN_DATA_DIR']
    expect(image.volumes).toEqual([data])
    const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts)
    expect(mounts.filter(({ name }) => name === 'data')).toEqual([
      { name: 'data', mountPath: data },
    ])
  })

  it('give only variables that the program knows', async () => {
    const given = Object.fromEntries([
      ...Object.entries(image.env),
      ...containers.flatMap(({ env = [] }) => env.map(({ name }) => [name, ''] as const)),
    ])
    expect(Object.keys(given)).toEqual(
      expect.arrayContaining(['RANGEWARDEN_HOST', 'RANGEWARDEN_DATA_DIR', 'DATABASE_URL_FILE']),
    )
    // Empty text is none: what is left to find are unknown names.
    const settings = Object.fromEntries(Object.keys(given).map((name) => [name, '']))
    const { code, stderr } = await installed(['config', 'print'], {
      ...settings,
      PATH: process.env['PATH'] ?? '',
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const wrong = await installed(['config', 'print'], { RANGEWARDEN_HOTS: '' })
    expect(wrong.stderr).toContain('RANGEWARDEN_HOTS')
  })

  it('ask for paths that the program answers, and are the same version', async () => {
    const paths = containers.flatMap((container) =>
      ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => {
        const { httpGet } = container[probe] as { readonly httpGet: Record<string, string> }
        const port = container.ports?.find(({ name }) => name === httpGet['port'])
        expect(port?.containerPort).toBe(8080)
        return httpGet['path'] ?? ''
      }),
    )
    expect([...new Set(paths)].sort()).toEqual(['/health/live', '/health/ready'])
    for (const { image: name } of containers) expect(name).toBe(`rangewarden:${VERSION}`)
    const statuses = await withService(process.execPath, async (url) =>
      Promise.all([...new Set(paths)].map(async (path) => (await fetch(url + path)).status)),
    )
    expect(statuses).toEqual([200, 200])
  })
})

const LIST = /^# Rangewarden allowlist app-proxy, cloud Public, serial 1/

function listServedBy(node: string): Promise<string> {
  return withService(node, async (url) => {
    for (let tries = 0; tries < 50; tries++) {
      const answer = await fetch(`${url}/l/app-proxy/squid.conf`)
      if (answer.ok) return answer.text()
      await wait(100)
    }
    throw new Error('the list is not served after its run has finished')
  })
}

/** By `npx rangewarden serve` in a folder of its own; its first run has finished. */
async function withService<T>(node: string, work: (url: string) => Promise<T>): Promise<T> {
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
    const [, url = ''] = await service.says(/"url":"(http:[^"]+)"/)
    await service.says(/"msg":"Run finished"/)
    return await work(url)
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
