/** Through a proxy, which resolves names itself: what is judged before it is asked. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeAuthority } from '../support/certificates.ts'
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.ts'
import { portOf } from '../support/publisher.ts'
import { answer, hang, type Receiver } from '../support/receiver.ts'
import { receiverFor, startSending } from './sending.ts'

const NAME = 'receiver.example'
const authority = makeAuthority('Receivers behind the proxy')
const identity = authority.issue([NAME])

async function proxyTo(receiver: Receiver, credentials?: string): Promise<ForwardProxy> {
  const proxy = await startForwardProxy({
    target: receiver.port,
    ...(credentials === undefined ? {} : { credentials }),
  })
  onTestFinished(() => proxy.close())
  return proxy
}

async function secureWorld() {
  const receiver = await receiverFor({ tls: identity })
  const proxy = await proxyTo(receiver)
  return { receiver, proxy, settings: { httpsProxy: proxy.origin, ca: authority.cert } }
}

describe('https through a proxy', () => {
  it('reaches a name that only the proxy resolves', async () => {
    const { receiver, proxy, settings } = await secureWorld()
    const { send, asked } = startSending({ settings })
    const outcome = await send(`https://${NAME}/hook`)
    expect(outcome).toMatchObject({ kind: 'delivered', status: 204 })
    expect(proxy.seen).toEqual([`CONNECT ${NAME}:443`])
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook'])
    expect(asked).toEqual([NAME])
  })

  it('does not wait for a resolver that says nothing', async () => {
    const { settings } = await secureWorld()
    const names = { [NAME]: () => new Promise<never>(() => undefined) }
    const { send } = startSending({ settings, names, limits: { lookupMs: 50 } })
    expect((await send(`https://${NAME}/hook`)).kind).toBe('delivered')
  })

  it.each([
    ['forbidden addresses only', ['169.254.169.254', '10.0.0.1'], 'refused-address'],
    ['a forbidden address among them', ['169.254.169.254', '127.0.0.1'], 'refused-address'],
    ['permitted addresses', ['127.0.0.1', '127.0.0.2'], 'delivered'],
    ['no addresses', [], 'delivered'],
  ])('with %s here ends as it should', async (_, addresses, kind) => {
    const { proxy, settings } = await secureWorld()
    const names = { [NAME]: () => Promise.resolve(addresses) }
    const outcome = await startSending({ settings, names }).send(`https://${NAME}/hook`)
    expect(outcome.kind).toBe(kind)
    expect(proxy.seen.length).toBe(kind === 'delivered' ? 1 : 0)
  })

  it.each([
    'https://169.254.169.254/',
    'https://10.0.0.1/',
    'https://[::ffff:10.0.0.1]/',
    'https://metadata.google.internal/',
  ])('is not asked for %s', async (url) => {
    const { proxy, settings } = await secureWorld()
    const { send, asked } = startSending({ settings })
    expect((await send(url)).kind).toBe('refused-address')
    expect(proxy.seen).toEqual([])
    expect(asked).toEqual([])
  })

  it('goes straight where NO_PROXY names the host, and is judged there', async () => {
    const { receiver, proxy, settings } = await secureWorld()
    const names = { [NAME]: [['127.0.0.1'], ['10.0.0.1']] }
    const straight = { ...settings, noProxy: '.example' }
    const { send } = startSending({ settings: straight, names, limits: { idleMs: 1 } })
    const url = `https://${NAME}:${receiver.port}/hook`
    expect((await send(url)).kind).toBe('delivered')
    await receiver.until(() => receiver.open() === 0)
    expect((await send(url)).kind).toBe('refused-address')
    expect(proxy.seen).toEqual([])
  })

  it('is not asked for once the attempt is over', async () => {
    const { proxy, settings } = await secureWorld()
    const late = Promise.withResolvers<readonly string[]>()
    const { send } = startSending({ settings, names: { [NAME]: () => late.promise } })
    const caller = new AbortController()
    const sent = send(`https://${NAME}/hook`, { signal: caller.signal })
    caller.abort()
    expect((await sent).kind).toBe('failed')
    late.resolve([])
    await send('https://other.example/hook')
    expect(proxy.seen).toEqual(['CONNECT other.example:443'])
  })

  it('checks the certificate behind the tunnel', async () => {
    const { receiver, settings } = await secureWorld()
    for (const [host, trust, reason] of [
      ['other.example', settings, "does not match certificate's altnames"],
      [NAME, { httpsProxy: settings.httpsProxy }, 'NODE_EXTRA_CA_CERTS'],
    ] as const) {
      const outcome = await startSending({ settings: trust }).send(`https://${host}/hook`)
      expect(outcome).toMatchObject({ kind: 'failed' })
      expect(outcome).toHaveProperty('reason', expect.stringContaining(reason))
    }
    expect(receiver.received).toEqual([])
  })

  it('is a failure where the proxy refuses the tunnel', async () => {
    const receiver = await receiverFor({ tls: identity })
    const proxy = await proxyTo(receiver, 'rw:secret')
    const settings = { httpsProxy: proxy.origin }
    const outcome = await startSending({ settings }).send(`https://${NAME}/hook`)
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('407'))
    const known = { httpsProxy: proxy.origin.replace('//', '//rw:secret@'), ca: authority.cert }
    const admitted = await startSending({ settings: known }).send(`https://${NAME}/hook`)
    expect(admitted.kind).toBe('delivered')
  })

  it('is a failure, once, where the proxy closes the connection instead of answering', async () => {
    let connections = 0
    const closing = createServer((socket) => {
      connections++
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end())
    })
    closing.listen(0, '127.0.0.1')
    await once(closing, 'listening')
    onTestFinished(() => void closing.close())
    const settings = { httpsProxy: `http://127.0.0.1:${portOf(closing)}` }
    const { send, close } = startSending({ settings })
    const outcome = await send(`https://${NAME}/hook`)
    expect(outcome).toMatchObject({
      kind: 'failed',
      reason: 'the proxy opened no tunnel (other side closed)',
    })
    await close()
    expect(connections).toBe(1)
  })

  it('is a failure where the proxy says nothing', async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => sockets.add(socket))
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    const settings = { httpsProxy: `http://127.0.0.1:${portOf(silent)}` }
    const { send } = startSending({ settings, limits: { totalMs: 200 } })
    const reason = 'no answer within 200 ms'
    expect(await send(`https://${NAME}/hook`)).toMatchObject({ kind: 'failed', reason })
    expect(sockets.size).toBe(1)
  })
})

describe('plain http through a proxy', () => {
  async function plainWorld() {
    const receiver = await receiverFor()
    const proxy = await proxyTo(receiver)
    return { receiver, proxy, settings: { httpProxy: proxy.origin } }
  }

  it('is asked for without a tunnel, for a name whose addresses are all allowed', async () => {
    const { receiver, proxy, settings } = await plainWorld()
    const names = { [NAME]: ['127.0.0.1', '127.0.0.9'] }
    const outcome = await startSending({ settings, names }).send(`http://${NAME}/hook`)
    expect(outcome.kind).toBe('delivered')
    expect(proxy.seen).toEqual([`POST http://${NAME}/hook`])
    expect(receiver.received[0]?.body.toString()).toBe('{"type":"webhook.test"}')
  })

  it.each([
    ['one address is not allowed', ['127.0.0.1', '10.0.0.1']],
    ['one address is public', ['127.0.0.1', '20.1.2.3']],
    ['it is not resolved here', []],
  ])('is refused where %s', async (_, addresses) => {
    const { proxy, settings } = await plainWorld()
    const names = { [NAME]: () => Promise.resolve(addresses) }
    const outcome = await startSending({ settings, names }).send(`http://${NAME}/hook`)
    expect(outcome.kind).toBe('refused-address')
    expect(proxy.seen).toEqual([])
  })

  it('is not kept by an answer that does not come', async () => {
    const { receiver, settings } = await plainWorld()
    receiver.behave('/hook', hang())
    const { send } = startSending({ settings, limits: { totalMs: 200 } })
    const outcome = await send('http://127.0.0.1:1/hook')
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'no answer within 200 ms' })
  })

  it('passes on what the receiver says', async () => {
    const { receiver, settings } = await plainWorld()
    receiver.behave('/hook', answer(410, 'gone'))
    const outcome = await startSending({ settings }).send('http://127.0.0.1:1/hook')
    expect(outcome).toMatchObject({ kind: 'gone', status: 410, response: 'gone' })
  })
})

it('a proxy is not taken from the environment of the process', async () => {
  const receiver = await receiverFor()
  const trap = await proxyTo(receiver)
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) {
    vi.stubEnv(name, trap.origin)
  }
  expect((await startSending().send(`${receiver.origin}/hook`)).kind).toBe('delivered')
  expect(trap.seen).toEqual([])
})
