/** `health` as what restarts a service calls it: one line, and 0 or 1. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { health } from '../../../src/cli/commands/health.ts'
import { callCli } from '../../support/command-line.ts'
import { makeAuthority } from '../../support/certificates.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { closedPort, portOf } from '../../support/publisher.ts'
import { describeWith, program } from '../../support/requirements.ts'
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

interface Answering {
  readonly status?: number
  readonly delayMs?: number
  readonly host?: string
  readonly server?: Server | TlsServer
}

/** The port of something that answers as told. */
async function answering(how: Answering = {}): Promise<string> {
  const { status = 200, delayMs = 0, host = '127.0.0.1', server = createServer() } = how
  server.on('request', (_, response: ServerResponse) => {
    setTimeout(() => response.writeHead(status).end('{}'), delayMs)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  closes.push(() => new Promise((resolve) => server.close(resolve)))
  return String(portOf(server))
}

describe(health.name, () => {
  it('asks the service that has the same settings', async () => {
    const { url } = await service()
    const { code, stdout, stderr } = await callCli(['health'], {
      RANGEWARDEN_PORT: new URL(url).port,
    })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'live\n', stderr: '' })
  })

  it.each(['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'])(
    'reaches what listens on %s',
    async (host) => {
      const settings = { RANGEWARDEN_HOST: host, RANGEWARDEN_PORT: await answering({ host }) }
      const { code, stdout } = await callCli(['health'], settings)
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'live\n' })
    },
  )

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
    expect(stderr).toContain(`no answer from http://127.0.0.1:${port}: connect ECONNREFUSED`)
  })

  it('exits with 1 for any other answer than that it lives', async () => {
    const { code, stdout } = await callCli(['health'], {
      RANGEWARDEN_PORT: await answering({ status: 500 }),
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'status 500\n' })
  })

  it('does not wait for one that hangs', async () => {
    const port = await answering({ delayMs: 60_000 })
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

describeWith([program('openssl')], 'health of a service that speaks https', () => {
  it('does not mind for which name its certificate is', async () => {
    const server = createTlsServer(makeAuthority('test').issue(['ranges.example']))
    const settings = {
      RANGEWARDEN_PORT: await answering({ server }),
      RANGEWARDEN_TLS_CERT: '/not/read/here.pem',
      RANGEWARDEN_TLS_KEY: '/not/read/here.key',
    }
    const { code, stdout } = await callCli(['health'], settings)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'live\n' })
  })
})
