/** The image: its file is linted, its build carried out, and what comes of it started as it would be. */
import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startProgram, type CliProcess, type Ended } from '../support/command-line.ts'
import { copyDockerContext } from '../support/docker-context.ts'
import { buildImage, containerCommand, imageBuilding, type Image } from '../support/dockerfile.ts'
import { makeFeed } from '../support/feed.ts'
import { installedVersions, lockedVersions } from '../support/lock.ts'
import { describeWith, program } from '../support/requirements.ts'

const USER = 10_001

describeWith([program('hadolint')], 'the Dockerfile', () => {
  it('has nothing that hadolint minds', () => {
    expect(execFileSync('hadolint', ['Dockerfile'], { encoding: 'utf8' })).toBe('')
  })
})

describeWith(imageBuilding, 'the image', () => {
  let scratch: string
  let image: Image
  let container: CliProcess
  const started: CliProcess[] = []

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'rangewarden-image-'))
    const context = join(scratch, 'context')
    copyDockerContext(process.cwd(), context)
    const layers = join(scratch, 'layers')
    mkdirSync(layers)
    image = buildImage('Dockerfile', context, layers)
    // As an engine mounts them: a volume belongs to whom the image's folder does.
    mkdirSync(join(image.layers, 'weeks'))
    mkdirSync(join(scratch, 'weeks'))
    mkdirSync(join(scratch, 'data'))
    chownSync(join(scratch, 'data'), USER, USER)
    for (const { fileName, text } of makeFeed({ seed: 7, weeks: 2 })) {
      writeFileSync(join(scratch, 'weeks', fileName), text)
    }
    container = start([...image.entrypoint, ...image.cmd])
  }, 300_000)

  afterAll(async () => {
    for (const each of started) each.signal('SIGKILL')
    await Promise.all(started.map(({ ended }) => ended))
    rmSync(scratch, { recursive: true, force: true })
  })

  function start(argv: readonly string[]): CliProcess {
    const volumes = [`${join(scratch, 'data')}:/data`, `${join(scratch, 'weeks')}:/weeks`]
    const settings = { RANGEWARDEN_SOURCE: 'folder:/weeks' }
    const { command, args, env } = containerCommand(image, argv, volumes, settings)
    const process = startProgram(command, args, { env })
    started.push(process)
    return process
  }

  /** As `docker exec` does. */
  function exec(argv: readonly string[], user = USER): Promise<Ended> {
    const inside = ['--target', String(container.pid), '--mount', '--net', '--root', '--wd']
    const as = ['--setuid', String(user), '--setgid', String(user)]
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    const env = { PATH: path, ...image.env }
    return startProgram('nsenter', [...inside, ...as, ...argv], { env }).ended
  }

  it('serves a list on its port, as its user, on a root that is not writable', async () => {
    await container.says(/"msg":"Listening"/)
    const ask = ['rangewarden', '--url', 'http://127.0.0.1:8080', 'export', 'squid']
    const list = await until(() => exec([...ask, '--allowlist', 'app-proxy']))
    expect(list.stdout).toMatch(/^# Rangewarden allowlist app-proxy, cloud Public/)
    const status = readFileSync(`/proc/${container.pid}/status`, 'utf8')
    expect(/^Uid:\t(\d+)\t(\d+)/m.exec(status)?.slice(1)).toEqual([String(USER), String(USER)])
    const written = await exec(['touch', '/app/package.json'], 0)
    expect(written.stderr).toContain('Read-only file system')
  })

  it('is healthy by its own check while it runs', async () => {
    const { code, stdout } = await exec(image.healthcheck)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'live\n' })
  })

  it('has the dependencies that were tested, those of development not among them', () => {
    const installed = installedVersions(join(image.layers, 'app/node_modules'))
    expect(installed).toEqual(lockedVersions())
  })

  it('ends by itself when it is told to, with its data kept', async () => {
    container.signal('SIGTERM')
    expect((await container.ended).code).toBe(0)
    container = start([...image.entrypoint, 'snapshots', '--json'])
    const { code, stdout } = await container.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ snapshots: [{ cloud: 'Public' }] })
  })
})

/** What is published takes a moment after the port is open. */
async function until(ask: () => Promise<Ended>): Promise<Ended> {
  let answer = await ask()
  for (let tries = 0; answer.code !== 0 && tries < 60; tries++) answer = await ask()
  return answer
}
