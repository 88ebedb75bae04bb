/** The files of the TLS listener: what is refused at the start, and what a replaced pair does. */
import { execFileSync } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { fastify } from 'fastify'
import { pino } from 'pino'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { openApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { RangewardenError } from '../../src/core/errors.ts'
import { listenEverywhere } from '../../src/http/listeners.ts'
import { tlsIdentity, type TlsIdentity } from '../../src/http/tls-identity.ts'
import { createTlsFiles, tlsServerOptions } from '../../src/http/tls-listener.ts'
import { createLog } from '../../src/observe/log.ts'
import { makeAuthority, openssl } from '../support/certificates.ts'
import { temporaryFolder } from '../support/folder.ts'
import { portOf, type TlsIdentity as Pair } from '../support/publisher.ts'
import { describeWith } from '../support/requirements.ts'
import { startService } from '../support/service.ts'

const authority = makeAuthority('Authority of the tests')
const HOST = 'ranges.example'
const pair = authority.issue([HOST], 30)
const other = authority.issue([HOST], 60)

const DAY = 86_400_000

/** Days from now, rounded. */
function daysUntil({ expiresAt }: Pick<TlsIdentity, 'expiresAt'>): number {
  return Math.round((expiresAt.getTime() - Date.now()) / DAY)
}

function opensslKey(...args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function saidOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof RangewardenError && error.code === 'invalid-input') return error.message
    throw error
  }
  throw new Error('nothing was wrong')
}

describeWith([openssl], 'a pair that can be served with', () => {
  const paths = { cert: '/tls/cert.pem', key: '/tls/key.pem' }

  it('expires with the first of its chain to expire', () => {
    expect(daysUntil(tlsIdentity(other, paths))).toBe(60)
    const chain = { cert: `${other.cert}\n# ours\n${authority.cert}`, key: other.key }
    // openssl gives an authority 30 days.
    expect(daysUntil(tlsIdentity(chain, paths))).toBe(30)
    expect(daysUntil(tlsIdentity(authority.issue([HOST], -1), paths))).toBe(-1)
  })

  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  it.each([
    ['no certificate', { ...pair, cert: pair.key }, /CERT "\/tls\/cert.pem": holds no certificate/],
    ['an empty file', { ...pair, cert: '' }, /CERT "\/tls\/cert.pem": holds no certificate/],
    ['a broken second one', { ...pair, cert: pair.cert + broken }, /certificate 2 in it cannot be/],
    ['no key', { ...pair, key: pair.cert }, /KEY "\/tls\/key.pem": holds no private key in PEM/],
    ['a key of another', { ...pair, key: other.key }, /key.pem": is not the key of the first cert/],
    [
      'the chain before the certificate',
      { ...pair, cert: authority.cert + pair.cert },
      /is not the key of the first certificate .*certificate comes first/,
    ],
  ])('is not one with %s, and the error says where', (_, texts, said) => {
    expect(saidOf(() => tlsIdentity(texts, paths))).toMatch(said)
  })

  it('is not one with a key behind a passphrase, or one that is too short', () => {
    const locked = opensslKey('genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', 'pass:x')
    expect(saidOf(() => tlsIdentity({ ...pair, key: locked }, paths))).toMatch(
      /KEY "\/tls\/key.pem": is encrypted; the key is needed without a passphrase/,
    )
    const both = opensslKey(
      ...['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-subj', '/CN=short'],
      ...['-keyout', '-', '-out', '-'],
    )
    expect(saidOf(() => tlsIdentity({ cert: both, key: both }, paths))).toMatch(
      /CERT "\/tls\/cert.pem": cannot be served with: .*key too small/,
    )
  })
})

describeWith([openssl], 'a service with RANGEWARDEN_TLS_CERT and RANGEWARDEN_TLS_KEY', () => {
  function settingsFor({ cert, key }: Pair) {
    const folder = temporaryFolder({ 'cert.pem': cert, 'key.pem': key })
    mkdirSync(join(folder, 'files'))
    return {
      RANGEWARDEN_TLS_CERT: join(folder, 'cert.pem'),
      RANGEWARDEN_TLS_KEY: join(folder, 'key.pem'),
      RANGEWARDEN_SOURCE: `folder:${join(folder, 'files')}`,
    }
  }

  it('speaks https only, says so in its address, and tells until when', async () => {
    const service = await startService(join(temporaryFolder(), 'data'), settingsFor(pair))
    onTestFinished(() => service.close())
    expect(service.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const { port } = new URL(service.url)
    expect(await leafAt(Number(port))).toBe(30)
    const socket = connect({ port: Number(port), ca: authority.cert, servername: HOST })
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    let said = ''
    for await (const chunk of socket) said += String(chunk)
    const line =
      /^rangewarden_certificate_expiry_timestamp_seconds\{role="listener",host=""\} (\d+)$/m
    const expiry = Number(line.exec(said)?.[1])
    expect(daysUntil({ expiresAt: new Date(expiry * 1000) })).toBe(30)
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow()
  })

  it('does not start with one that is wrong, and starts with an expired one, warning', async () => {
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
    const open = (settings: Record<string, string>) =>
      openApp(
        readConfig({
          RANGEWARDEN_DATA_DIR: join(temporaryFolder(), 'data'),
          RANGEWARDEN_PORT: '0',
          ...settings,
        }),
        log,
      )
    const settings = settingsFor({ cert: pair.cert, key: other.key })
    const wrong = await open(settings)
    await expect(wrong.serve()).rejects.toMatchObject({ code: 'invalid-input' })
    await wrong.close()
    const missing = await open({ ...settings, RANGEWARDEN_TLS_KEY: '/nowhere/key.pem' })
    await expect(missing.serve()).rejects.toThrow(
      /^RANGEWARDEN_TLS_KEY "\/nowhere\/key.pem": cannot be read: ENOENT/,
    )
    await missing.close()
    expect(lines).toEqual([])
    const expired = await open(settingsFor(authority.issue([HOST], -1)))
    await expired.serve()
    await expired.close()
    expect(lines.filter((line) => line.includes('The certificate has expired'))).toHaveLength(1)
  })
})

/** Days that the certificate presented at a port is valid for. */
async function leafAt(port: number, host = '127.0.0.1'): Promise<number> {
  const socket = connect({ port, host, servername: HOST, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { valid_to: until } = socket.getPeerCertificate()
  socket.destroy()
  return daysUntil({ expiresAt: new Date(until) })
}

describeWith([openssl], 'files that are replaced', () => {
  afterEach(() => void vi.restoreAllMocks())

  async function serve(host: string, paths: { cert: string; key: string }) {
    const lines: Record<string, unknown>[] = []
    const log = pino(
      { level: 'info' },
      { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    )
    const served: number[] = []
    const files = createTlsFiles({
      paths,
      log,
      lookMs: 10,
      served: (identity) => void served.push(daysUntil(identity)),
    })
    const app = fastify({ ...{ https: tlsServerOptions(await files.read(), {}) } })
    app.get('/', () => 'served')
    const { url, tlsServers } = await listenEverywhere(app, { host, port: 0 })
    const following = files.follow(tlsServers)
    onTestFinished(async () => {
      await following.stop()
      await app.close()
    })
    return { port: portOf(app.server), url, tlsServers, served, lines }
  }

  /** As Kubernetes mounts a secret: `..data` is a link that is replaced in one step. */
  function mounted({ cert, key }: Pair) {
    const folder = temporaryFolder()
    let version = 0
    const swap = (next: Pair): void => {
      const name = `..v${version++}`
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'tls.crt'), next.cert)
      writeFileSync(join(folder, name, 'tls.key'), next.key)
      symlinkSync(name, join(folder, '..next'))
      renameSync(join(folder, '..next'), join(folder, '..data'))
    }
    swap({ cert, key })
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(folder, name))
    return {
      paths: { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') },
      swap,
      remove: () => rmSync(join(folder, '..data')),
    }
  }

  it('are served from the next look on, and connections that are open stay', async () => {
    const { paths, swap } = mounted(pair)
    const { port, served, url } = await serve('127.0.0.1', paths)
    expect(url).toBe(`https://127.0.0.1:${port}`)
    const open = connect({ port, ca: authority.cert, servername: HOST })
    await once(open, 'secureConnect')
    expect(await leafAt(port)).toBe(30)
    swap(other)
    await vi.waitFor(() => expect(served).toEqual([30, 60]), 5_000)
    expect(await leafAt(port)).toBe(60)
    open.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    let said = ''
    for await (const chunk of open) said += String(chunk)
    expect(said).toContain('200 OK')
  })

  it('that are wrong change nothing and are told of once, however long they stay', async () => {
    const { paths, swap, remove } = mounted(pair)
    const { port, served, lines } = await serve('127.0.0.1', paths)
    const errors = () => lines.filter(({ level }) => level === 50)
    swap({ cert: other.cert, key: pair.key })
    await vi.waitFor(() => expect(errors()).toHaveLength(1), 5_000)
    expect(errors()[0]?.['reason']).toMatch(/is not the key of the first certificate/)
    remove()
    await vi.waitFor(() => expect(errors()).toHaveLength(2), 5_000)
    expect(errors()[1]?.['reason']).toMatch(/RANGEWARDEN_TLS_CERT ".*tls.crt": cannot be read/)
    // A dozen looks later.
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(errors()).toHaveLength(2)
    expect(await leafAt(port)).toBe(30)
    swap(other)
    await vi.waitFor(() => expect(served).toEqual([30, 60]), 5_000)
    expect(await leafAt(port)).toBe(60)
    expect(errors()).toHaveLength(2)
  })

  it('are served at every address that the host has', async () => {
    const real = dns.lookup.bind(dns)
    // A machine whose `localhost` has two addresses, which are both this one's.
    vi.spyOn(dns, 'lookup').mockImplementation(((host: string, options: object, done: unknown) => {
      if (host !== 'localhost' || !('all' in options) || typeof done !== 'function') {
        return real(host, options as never, done as never)
      }
      const both = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))
      queueMicrotask(() => (done as (...given: unknown[]) => void)(null, both))
    }) as never)
    const { paths, swap } = mounted(pair)
    const { port, served, tlsServers } = await serve('localhost', paths)
    expect(tlsServers).toHaveLength(2)
    const leaves = () => Promise.all([leafAt(port), leafAt(port, '127.0.0.2')])
    expect(await leaves()).toEqual([30, 30])
    swap(other)
    await vi.waitFor(() => expect(served).toEqual([30, 60]), 5_000)
    expect(await leaves()).toEqual([60, 60])
  })
})

describeWith([openssl], 'the log and the error', () => {
  it('say nothing of the key, also where both files hold it', async () => {
    const lines: string[] = []
    const log = createLog('trace', { write: (line: string) => void lines.push(line) })
    const files = temporaryFolder({ cert: pair.key, key: `${pair.key}x` })
    const paths = { cert: join(files, 'cert'), key: join(files, 'key') }
    const tls = createTlsFiles({ paths, log, served: () => undefined })
    const said = await tls.read().then(
      () => 'nothing was wrong',
      (error: unknown) => String(error),
    )
    expect(said).toContain('holds no certificate')
    expect(said + lines.join('')).not.toContain(pair.key.split('\n')[1] ?? '')
  })
})
