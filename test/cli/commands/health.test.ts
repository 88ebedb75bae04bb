/** `health` as what restarts a service calls it: one line, and 0 or 1. */
import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { health } from '../../../src/cli/commands/health.ts'
import { callCli } from '../../support/command-line.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { closedPort, portOf } from '../../support/publisher.ts'
import { startService, type RunningService } from '../../support/service.ts'

const closes: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closes.splice(0)) await close()
})

async function service(settings = {}): Promise<RunningService> {
  const started = await startService(temporaryFolder(), {
    RANGEWARDEN_SOURCE: `folder:${temporaryFolder()}`,
    ...settings,
  })
  closes.push(() => started.close())
  return started
}

async function answering(status: number, delayMs = 0): Promise<string> {
  const server: Server = createServer((_, response) => {
    setTimeout(() => response.writeHead(status).end('{}'), delayMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closes.push(() => new Promise((resolve) => server.close(resolve)))
  return String(portOf(server))
}

describe(health.name, () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
  ])('asks the service that listens on %s', async (host) => {
    const { url } = await service({ RANGEWARDEN_HOST: host })
    const settings = { RANGEWARDEN_HOST: host, RANGEWARDEN_PORT: new URL(url).port }
    const { code, stdout, stderr } = await callCli(['health'], settings)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'live\n', stderr: '' })
  })

  it('asks the service at --url, whatever the settings say, and shows its answer', async () => {
    const { url } = await service()
    const { code, stdout } = await callCli(['health', '--json', '--url', url])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'live' })
  })

  it('exits with 1 and says who does not answer', async () => {
    const port = String(await closedPort())
    const { code, stdout, stderr } = await callCli(['health'], { RANGEWARDEN_PORT: port })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`no answer from http://127.0.0.1:${port}: `)
  })

  it('exits with 1 for any other answer than that it lives', async () => {
    const { code, stdout } = await callCli(['health'], { RANGEWARDEN_PORT: await answering(500) })
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'status 500\n' })
  })

  it('does not wait for one that hangs', async () => {
    const port = await answering(200, 60_000)
    const { code, stderr } = await callCli(['health'], { RANGEWARDEN_PORT: port })
    expect(code).toBe(1)
    expect(stderr).toContain('timeout')
  })

  it('cannot know which port was free', async () => {
    const { error } = await callCli(['health'], { RANGEWARDEN_PORT: '0' })
    expect(error?.message).toBe(
      'RANGEWARDEN_PORT "0" is any free port: name the service with --url',
    )
  })
})
