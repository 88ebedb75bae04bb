/**
 * The checks against real servers on loopback: a proxy that answers as told, and TLS origins of
 * authorities of the test's own. No name is resolved here, and nothing but loopback is dialled.
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, rootCertificates, type TlsOptions } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { port } from '../../src/core/endpoint-rule.ts'
import type { Check, Finding } from '../../src/preflight/contract.ts'
import { dial } from '../../src/preflight/dial.ts'
import {
  runPreflight,
  thisHost,
  type PreflightDeps,
  type Preflight,
} from '../../src/preflight/run.ts'
import { makeAuthority, type Authority } from '../support/certificates.ts'
import { portOf } from '../support/publisher.ts'
import { describeWith, program } from '../support/requirements.ts'
import {
  startScriptedProxy,
  status,
  type ProxyQuestion,
  type ProxyReply,
  type ScriptedProxy,
} from '../support/scripted-proxy.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

type Script = (question: ProxyQuestion) => ProxyReply

/** OPTIONS is the question to the proxy itself. */
async function startProxy(script: Script): Promise<ScriptedProxy> {
  const started = await startScriptedProxy((question) =>
    question.method === 'OPTIONS' ? status(503, { server: 'gate' }) : script(question),
  )
  cleanups.push(() => started.close())
  return started
}

function check(method: Check['method'], name: string, number: number, more = {}): Check {
  const common = { path: undefined, phase: 'runtime', isTestable: true } as const
  return { method, name, required: name, ports: [port(number)], ...common, ...more }
}

function run(
  checks: readonly Check[],
  proxyPort: number,
  deps: Partial<PreflightDeps> = {},
): Promise<Preflight> {
  return runPreflight(checks, {
    proxy: { host: '127.0.0.1', port: proxyPort, url: `http://127.0.0.1:${proxyPort}` },
    host: { publicRoots: [], resolve: () => Promise.resolve([]) },
    timeoutMs: 5_000,
    stop: new AbortController().signal,
    ...deps,
  })
}

async function findingOf(
  one: Check,
  script: Script,
  deps: Partial<PreflightDeps> = {},
): Promise<Finding> {
  const { findings } = await run([one], (await startProxy(script)).port, deps)
  expect(findings).toHaveLength(1)
  return findings[0] as Finding
}

const TUNNEL_10100 = check('CONNECT', 'a.test', 10_100)
const GET = check('GET', 'crl.test', 80, { path: '/some.crl' })

describe('a proxy that answers CONNECT', () => {
  it.each([
    [status(407), 'proxy-authentication', 407],
    [status(403), 'policy-refused', 403],
    [status(500), 'unreachable', 500],
    [status(502), 'unreachable', 502],
    [status(503), 'unreachable', 503],
    [status(302, { location: 'http://block.test/' }), 'policy-refused', 302],
    [{ send: 'SSH-2.0-OpenSSH_9.2\r\n' }, 'no-answer', undefined],
    [{ send: '' }, 'no-answer', undefined],
    [{ send: 'HTTP/1.1 200 OK\r\n' }, 'no-answer', undefined],
    [{ send: `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n` }, 'no-answer', undefined],
    ['close', 'no-answer', undefined],
    [{ send: 'HTTP/1.1 200 OK\r\n\r\n' }, 'ok', 200],
  ] as const)('with %j: %s', async (reply, verdict, code) => {
    const found = await findingOf(TUNNEL_10100, () => reply)
    expect([found.verdict, found.status]).toEqual([verdict, code])
    expect(found.reason).toMatch(/^[\x20-\x7e]+$/)
  })

  it('with nothing is given up in time', async () => {
    const found = await findingOf(TUNNEL_10100, () => 'hang', { timeoutMs: 300 })
    expect(found).toMatchObject({ verdict: 'no-answer', reason: 'no answer in time' })
  })
})

describe('a proxy that answers GET', () => {
  it.each([
    [status(200), 'ok'],
    [status(404, { server: 'host' }), 'ok'],
    [status(403, { server: 'host' }), 'ok'],
    [status(403, { server: 'gate' }), 'policy-refused'],
    [status(403), 'policy-refused'],
    [status(407), 'proxy-authentication'],
    [status(502), 'unreachable'],
    [status(302, { location: 'http://block.example/' }), 'policy-refused'],
    [{ send: 'what?\r\n\r\n' }, 'no-answer'],
    [{ send: 'HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n' }, 'no-answer'],
    [{ send: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n' }, 'ok'],
    ['close', 'no-answer'],
    // A body without an end is not waited for.
    [{ send: 'HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\nx' }, 'ok'],
  ] as const)('with %j: %s', async (reply, verdict) => {
    expect((await findingOf(GET, () => reply)).verdict).toBe(verdict)
  })

  it('is asked for the path in absolute form, and does not lead anywhere else', async () => {
    const proxy = await startProxy(() => status(301, { location: 'http://crl.test/next' }))
    await run([GET], proxy.port)
    expect(proxy.seen.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'OPTIONS http://preflight.invalid/',
      'GET http://crl.test/some.crl',
    ])
    expect(proxy.seen[0]?.head).toMatch(/\r\nmax-forwards: 0\r\n/i)
    expect(proxy.seen[1]?.head).toMatch(/\r\nhost: crl\.test\r\n/i)
  })
})

describeWith([program('openssl')], 'TLS in the tunnel', () => {
  let publicAuthority: Authority
  let privateAuthority: Authority
  beforeAll(() => {
    publicAuthority = makeAuthority('Public Test Root')
    privateAuthority = makeAuthority('Corp Inspection CA')
  })

  async function origin(options: TlsOptions): Promise<number> {
    const sockets: Socket[] = []
    const server = createTlsServer(options, (socket) => socket.on('error', () => undefined))
    server.on('connection', (socket: Socket) => sockets.push(socket))
    server.on('tlsClientError', () => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    return portOf(server)
  }

  async function behind(options: TlsOptions, deps: Partial<PreflightDeps> = {}): Promise<Finding> {
    const tunnel = await origin(options)
    const publicRoots = [...rootCertificates, publicAuthority.cert]
    return findingOf(check('CONNECT', 'a.test', 443), () => ({ tunnel }), {
      host: { publicRoots, resolve: () => Promise.resolve([]) },
      ...deps,
    })
  }

  it('with a certificate of a public authority is well', async () => {
    const found = await behind(publicAuthority.issue(['*.test', 'a.test']))
    expect(found).toMatchObject({ verdict: 'ok', status: 200 })
  })

  it('with one of a private authority is inspected, and names it', async () => {
    const found = await behind(privateAuthority.issue(['a.test']))
    expect(found).toMatchObject({ verdict: 'inspected', issuer: 'CN=Corp Inspection CA' })
    expect(found.reason).toContain('issued by CN=Corp Inspection CA, no public authority')
  })

  it('is inspected also where the chain with the private root is sent, or one of its own', async () => {
    const leaf = privateAuthority.issue(['a.test'])
    const chain = { ...leaf, cert: leaf.cert + privateAuthority.cert }
    expect((await behind(chain)).verdict).toBe('inspected')
    const foreign = { ...leaf, cert: leaf.cert + publicAuthority.cert }
    expect((await behind(foreign)).verdict).toBe('inspected')
  })

  it('an expired certificate of a private authority is inspected, of a public one expired', async () => {
    expect((await behind(privateAuthority.issue(['a.test'], -1))).verdict).toBe('inspected')
    const expired = await behind(publicAuthority.issue(['a.test'], -1))
    expect(expired).toMatchObject({ verdict: 'unreachable' })
    expect(expired.reason).toMatch(/expired \d{4}-.*Public Test Root, so not inspected/)
  })

  it('a certificate of a public authority for another name is another host', async () => {
    const found = await behind(publicAuthority.issue(['b.test']))
    expect(found).toMatchObject({ verdict: 'unreachable' })
    expect(found.reason).toContain('its certificate is for DNS:b.test')
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a server that wants a client certificate is fine (%s)',
    async (version) => {
      const wants = {
        ...{ requestCert: true, rejectUnauthorized: true, ca: publicAuthority.cert },
        ...{ minVersion: version, maxVersion: version },
      }
      expect((await behind({ ...publicAuthority.issue(['a.test']), ...wants })).verdict).toBe('ok')
      const inspected = await behind({ ...privateAuthority.issue(['a.test']), ...wants })
      expect(inspected.verdict).toBe('inspected')
    },
  )

  it("with Node's own public roots alone is inspected, whatever this machine trusts", async () => {
    const found = await behind(publicAuthority.issue(['a.test']), {
      host: { ...thisHost, resolve: () => Promise.resolve([]) },
    })
    expect(found).toMatchObject({ verdict: 'inspected', issuer: 'CN=Public Test Root' })
  })

  it.each([
    ['speaks something else', (socket: Socket) => socket.end('220 mail.test ESMTP\r\n')],
    ['closes', (socket: Socket) => socket.destroy()],
    ['says nothing', () => undefined],
  ])('a host that %s gives no answer', async (_, answer) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume()
      answer(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => new Promise((resolve) => server.close(resolve)))
    const tunnel = portOf(server)
    const one = check('CONNECT', 'a.test', 443)
    const found = await findingOf(one, () => ({ tunnel }), { timeoutMs: 500 })
    expect(found).toMatchObject({ verdict: 'no-answer' })
    expect(found.reason).toMatch(/^the tunnel opens, but not TLS in it: /)
  })

  it('text after the answer that is not TLS gives no answer', async () => {
    const page = { send: 'HTTP/1.1 200 OK\r\n\r\n<html>blocked</html>' }
    const found = await findingOf(check('CONNECT', 'a.test', 443), () => page)
    expect(found.verdict).toBe('no-answer')
  })
})

describe('a proxy that is not there', () => {
  it('is told once, and nothing else is asked', async () => {
    const proxy = await startScriptedProxy(() => 'close')
    await proxy.close()
    await expect(run([GET, TUNNEL_10100], proxy.port)).rejects.toMatchObject({
      code: 'upstream-unavailable',
      message: expect.stringMatching(
        /^the proxy http:\S+ cannot be reached: .*ECONNREFUSED/,
      ) as string,
    })
  })

  it.each([
    ['hang', /takes connections but does not answer: no answer in time$/],
    ['close', /does not answer: the proxy closed the connection/],
    [{ send: '\x05\x00' }, /does not answer: the answer is not HTTP$/],
  ] as const)('or says %j is told once', async (reply, message) => {
    const proxy = await startScriptedProxy(() => reply)
    cleanups.push(() => proxy.close())
    await expect(run([GET, TUNNEL_10100], proxy.port, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'upstream-unavailable',
      message: expect.stringMatching(message) as string,
    })
    expect(proxy.seen).toHaveLength(1)
  })
})

describe('many checks', () => {
  const checks = Array.from({ length: 20 }, (_, i) => check('CONNECT', `h${i}.test`, 8080))

  it('are made four at a time, told in their order, counted as they are done', async () => {
    const proxy = await startProxy(() => status(403))
    const seen: number[] = []
    const resolved: string[] = []
    const host = {
      publicRoots: [],
      resolve: (name: string) => {
        resolved.push(name)
        return Promise.resolve(name === 'h3.test' ? ['192.0.2.3'] : [])
      },
    }
    const onFinding = (done: number): void => void seen.push(done)
    const { findings, addresses } = await run(
      [...checks, check('GET', 'h3.test', 80)],
      proxy.port,
      { host, onFinding },
    )
    expect(findings.map(({ check: { name } }) => name)).toEqual([
      ...checks.map(({ name }) => name),
      'h3.test',
    ])
    expect(seen).toEqual(Array.from({ length: 21 }, (_, i) => i + 1))
    expect(proxy.atATime).toBeLessThanOrEqual(5) // one of them may be closing
    expect(resolved).toHaveLength(20)
    expect(addresses.get('h3.test')).toEqual(['192.0.2.3'])
    expect(addresses.get('h4.test')).toEqual([])
  })

  it('end when they are stopped, with what is done', async () => {
    const proxy = await startProxy(({ target }) =>
      /^h[0-4]\./.test(target) ? status(403) : 'hang',
    )
    const stop = new AbortController()
    const onFinding = (done: number): void => {
      if (done === 5) stop.abort()
    }
    const started = performance.now()
    const { findings } = await run(checks, proxy.port, { stop: stop.signal, onFinding })
    expect(findings.map(({ check: { name } }) => name)).toEqual(
      checks.slice(0, 5).map(({ name }) => name),
    )
    expect(performance.now() - started).toBeLessThan(4_000)
    expect((await run(checks, proxy.port, { stop: AbortSignal.abort() })).findings).toEqual([])
  })

  it('do not wait for a resolver that does not answer', async () => {
    const proxy = await startProxy(() => status(403))
    const asked: string[] = []
    const resolve = (name: string): Promise<readonly string[]> => {
      asked.push(name)
      return new Promise(() => undefined)
    }
    const host = { publicRoots: [], resolve }
    const direct = ['h0.test', 'h1.test'].map((name) => check('DIRECT', name, 5671))
    const made = await run([...direct, ...checks], proxy.port, { host, timeoutMs: 400 })
    expect(made.findings).toHaveLength(22)
    // A connection that nobody tried is not one that was refused.
    expect(made.findings.slice(0, 2)).toMatchObject([
      { verdict: 'not-testable', reason: "this host's resolver gave no answer in time" },
      { verdict: 'not-testable', reason: 'not asked for: another name had no answer in time' },
    ])
    expect(asked).toEqual(['h0.test'])
    expect([...made.addresses.keys()]).toEqual(checks.map(({ name }) => name))
    expect(new Set(made.addresses.values())).toEqual(new Set([undefined]))
  })

  it('know a name that does not exist from one of which the resolver could not tell', async () => {
    const proxy = await startProxy(() => status(403))
    const resolve = (name: string): Promise<readonly string[]> =>
      name === 'nobody.test'
        ? Promise.resolve([])
        : Promise.reject(Object.assign(new Error('later'), { code: 'EAI_AGAIN' }))
    const direct = ['again.test', 'nobody.test'].map((name) => check('DIRECT', name, 9350))
    const host = { publicRoots: [], resolve }
    const { findings, addresses } = await run(direct, proxy.port, { host })
    expect(findings).toMatchObject([
      { verdict: 'not-testable', reason: "this host's resolver failed (EAI_AGAIN)" },
      { verdict: 'ok', reason: 'this host does not resolve it: nothing goes directly' },
    ])
    expect([...addresses]).toEqual([
      ['again.test', undefined],
      ['nobody.test', []],
    ])
  })

  it('name what to give for a wildcard, and ask nobody', async () => {
    const proxy = await startProxy(() => status(403))
    const wildcard = check('CONNECT', '*.a.test', 443, { isTestable: false })
    const { findings } = await run([wildcard], proxy.port)
    expect(findings).toMatchObject([
      { verdict: 'not-testable', reason: 'give a name it covers: --name NAME.a.test' },
    ])
    expect(proxy.seen).toHaveLength(1)
  })
})

describe('a direct attempt', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  const soon = (): AbortSignal => AbortSignal.timeout(2_000)

  it('connects, or is refused at once, or has nowhere to go', async () => {
    expect(await dial(['127.0.0.1'], portOf(server), soon())).toBe('connected')
    expect(await dial(['127.0.0.2'], portOf(server), soon())).toBe('refused')
    expect(await dial(['127.0.0.2', '127.0.0.1'], portOf(server), soon())).toBe('connected')
    expect(await dial([], portOf(server), soon())).toBe('unresolved')
  })

  it('that its time ends is unanswered', async () => {
    expect(await dial(['127.0.0.1'], portOf(server), AbortSignal.abort())).toBe('unanswered')
  })
})
