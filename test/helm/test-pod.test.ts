/** The pod of `helm test` does what it says: its own command, against the service itself. */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeAuthority } from '../support/certificates.ts'
import { temporaryFolder } from '../support/folder.ts'
import { describeWith } from '../support/requirements.ts'
import { startService } from '../support/service.ts'
import { helm, objectOf, render, type Container, type Values } from '../support/helm.ts'
import { range, roundWeek } from '../support/weeks.ts'

function containerOf(values: Values = {}): Container {
  const { containers } = objectOf(render({ values }), 'Pod').spec as unknown as {
    readonly containers: readonly [Container]
  }
  return containers[0]
}

/** Runs the command of the pod; only where it asks is another. */
async function run(
  { command = [], env = [] }: Container,
  origin: string,
  secrets: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const values = env.map(({ name, value, valueFrom }) => {
    const key = valueFrom?.secretKeyRef?.key
    const text = key === undefined ? (value ?? '') : (secrets[key] ?? '')
    return [name, name === 'LIST_URL' ? origin + new URL(text).pathname : text] as const
  })
  const [program, ...args] = command
  expect(program).toBe('node')
  const child = spawn(process.execPath, args, {
    env: Object.fromEntries(values),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill())
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

async function service(settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const { fileName, text } = roundWeek('2026-01-05', range(0, 100))
  const folder = temporaryFolder({ [fileName]: text })
  mkdirSync(join(folder, 'data'))
  const { url, close } = await startService(join(folder, 'data'), {
    RANGEWARDEN_SOURCE: `folder:${folder}`,
    ...settings,
  })
  onTestFinished(close)
  return url
}

const LIST = /^# Rangewarden allowlist app-proxy, cloud Public, serial 1,/

describeWith([helm], 'the pod of helm test', () => {
  it('pulls a list, once there is one', async () => {
    const { code, stdout } = await run(containerOf(), await service())
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(LIST) as string })
  })

  it('asks the Service, by the port and scheme that the values say', () => {
    const url = (values: Values) => containerOf(values).env?.find(({ name }) => name === 'LIST_URL')
    const list = '/l/app-proxy/squid.conf'
    expect(url({})?.value).toBe(`http://ranges-rangewarden.network:80${list}`)
    const tls = { tls: { existingSecret: 'c' }, service: { port: 8443 } }
    expect(url(tls)?.value).toBe(`https://ranges-rangewarden.network:8443${list}`)
  })

  it('sends the first token over https, whatever name is in the certificate', async () => {
    const { cert, key } = makeAuthority('Authority of the tests').issue(['ranges.example'])
    const folder = temporaryFolder({ 'tls.crt': cert, 'tls.key': key })
    const url = await service({
      RANGEWARDEN_READ_TOKEN: 'first-token,second-token',
      RANGEWARDEN_TLS_CERT: join(folder, 'tls.crt'),
      RANGEWARDEN_TLS_KEY: join(folder, 'tls.key'),
    })
    expect(url).toMatch(/^https:/)
    const container = containerOf({
      secrets: { existingSecret: 't' },
      tls: { existingSecret: 'c' },
    })
    const right = await run(container, url, { 'read-token': ' first-token, second-token\n' })
    expect(right).toMatchObject({ code: 0, stdout: expect.stringMatching(LIST) as string })
    // A wrong one does not become right by waiting.
    const wrong = await run(container, url, { 'read-token': 'another' })
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/squid\.conf: status 401 .*\n$/)
  })

  it('waits while nothing is published, and says what it was told', async () => {
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      response.statusCode = asked === 1 ? 503 : 200
      response.end(asked === 1 ? 'nothing is published yet' : '# a list\n')
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void server.close())
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, stdout, stderr } = await run(containerOf(), origin)
    expect({ code, stdout, asked }).toEqual({ code: 0, stdout: '# a list\n\n', asked: 2 })
    expect(stderr).toContain('status 503 nothing is published yet')
  })
})
