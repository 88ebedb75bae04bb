/** Where requests go: names that change, lie and mix, and the certificates of those who answer. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AddressGuard, Verdict } from '../../src/webhooks/address-guard.ts'
import { createSender } from '../../src/webhooks/send.ts'
import { makeAuthority } from '../support/certificates.ts'
import { portOf } from '../support/publisher.ts'
import { receiverFor, startSending } from './sending.ts'

const NAME = 'receiver.example'

describe('a name', () => {
  it('is resolved once for a connection, and its address is dialled', async () => {
    const receiver = await receiverFor()
    // Whoever resolves twice judges the first answer and dials the second.
    const names = { [NAME]: [['127.0.0.1'], ['127.0.0.2']] }
    const elsewhere = await receiverFor({ host: '127.0.0.2', port: receiver.port })
    const { send, asked } = startSending({ names, allowed: ['127.0.0.1/32'] })
    const outcome = await send(`http://${NAME}:${receiver.port}/hook`)
    expect(outcome.kind).toBe('delivered')
    expect(asked).toEqual([NAME])
    expect(receiver.received.length).toBe(1)
    expect(receiver.received[0]?.headers.host).toBe(`${NAME}:${receiver.port}`)
    expect(elsewhere.connections()).toBe(0)
  })

  it('is judged anew for the next connection', async () => {
    const receiver = await receiverFor()
    const names = { [NAME]: [['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254'], ['127.0.0.1']] }
    const { send, asked } = startSending({ names, limits: { idleMs: 1 } })
    const url = `http://${NAME}:${receiver.port}/hook`
    const kinds: string[] = []
    for (let attempt = 0; attempt < 4; attempt++) {
      kinds.push((await send(url)).kind)
      await receiver.until(() => receiver.open() === 0)
    }
    expect(kinds).toEqual(['delivered', 'refused-address', 'refused-address', 'delivered'])
    expect(asked.length).toBe(4)
    expect(receiver.received.length).toBe(2)
  })

  it('with forbidden addresses only is refused with each of them', async () => {
    const names = { [NAME]: ['10.1.2.3', '169.254.169.254', 'fd00:ec2::254', 'fe80::1%eth0'] }
    const outcome = await startSending({ names }).send(`https://${NAME}/hook`)
    expect(outcome).toMatchObject({ kind: 'refused-address', response: '' })
    const { reason } = outcome as { reason: string }
    expect(reason).toContain(`${NAME}: 10.1.2.3 is in 10.0.0.0/8`)
    for (const part of ['169.254.169.254 is a link-local', "AWS's metadata", 'zone id']) {
      expect(reason).toContain(part)
    }
  })

  it('with hundreds of forbidden addresses is refused in few words', async () => {
    const names = { [NAME]: Array.from({ length: 250 }, (_, i) => `10.0.0.${i}`) }
    const outcome = await startSending({ names }).send(`https://${NAME}/hook`)
    expect(outcome.kind).toBe('refused-address')
    expect('reason' in outcome && outcome.reason.length).toBeLessThan(700)
  })

  it('with addresses of both kinds is reached by the permitted ones only', async () => {
    const receiver = await receiverFor()
    const forbidden = await receiverFor({ host: '127.0.0.2', port: receiver.port })
    const names = { [NAME]: ['127.0.0.2', '169.254.169.254', '127.0.0.1', '10.0.0.1'] }
    const { send } = startSending({ names, allowed: ['127.0.0.1/32'] })
    expect((await send(`http://${NAME}:${receiver.port}/hook`)).kind).toBe('delivered')
    expect(receiver.received.length).toBe(1)
    expect(forbidden.connections()).toBe(0)
  })

  it('is tried at its next address where nobody listens at the first', async () => {
    const receiver = await receiverFor()
    const names = { [NAME]: ['127.0.0.3', '127.0.0.1'] }
    const outcome = await startSending({ names }).send(`http://${NAME}:${receiver.port}/hook`)
    expect(outcome.kind).toBe('delivered')
  })

  it('may have an IPv4-mapped address, which is judged as the IPv4 address', async () => {
    const receiver = await receiverFor()
    const names = { [NAME]: ['::ffff:127.0.0.1'] }
    const url = `http://${NAME}:${receiver.port}/hook`
    expect((await startSending({ names }).send(url)).kind).toBe('delivered')
    const allowed = ['127.0.0.2/32', '::/0']
    const refused = await startSending({ names, allowed }).send(url)
    expect(refused.kind).toBe('refused-address')
    expect(receiver.received.length).toBe(1)
  })

  it('that does not exist is a failure', async () => {
    const outcome = await startSending().send('https://nowhere.example/hook')
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('ENOTFOUND'))
  })

  it('without addresses is a failure', async () => {
    const names = { [NAME]: () => Promise.resolve([]) }
    const outcome = await startSending({ names }).send(`https://${NAME}/hook`)
    expect(outcome).toMatchObject({ kind: 'failed', reason: `${NAME} has no address` })
  })

  it('that is not answered for is waited for as long as a connection', async () => {
    const names = { [NAME]: () => new Promise<never>(() => undefined) }
    const { send } = startSending({ names, limits: { connectMs: 200 } })
    const outcome = await send(`https://${NAME}/hook`)
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('UND_ERR_CONNECT_TIMEOUT'))
  })

  it('that is answered for after the attempt gets no request any more', async () => {
    const receiver = await receiverFor()
    const late = Promise.withResolvers<readonly string[]>()
    const { send } = startSending({ names: { [NAME]: () => late.promise } })
    const caller = new AbortController()
    const sent = send(`http://${NAME}:${receiver.port}/hook`, { signal: caller.signal })
    caller.abort()
    expect((await sent).kind).toBe('failed')
    late.resolve(['127.0.0.1'])
    // A request that was sent now would come before this one.
    expect((await send(`http://${NAME}:${receiver.port}/next`)).kind).toBe('delivered')
    expect(receiver.received.map(({ path }) => path)).toEqual(['/next'])
  })

  it('of loopback needs no resolver to be refused', async () => {
    const { send, asked } = startSending({ allowed: ['10.0.0.0/8'] })
    for (const host of ['localhost', 'LOCALHOST.', 'a.localhost', '127.0.0.1', '[::1]', '0x7f.1']) {
      expect((await send(`https://${host}/hook`)).kind).toBe('refused-address')
    }
    expect(asked).toEqual([])
  })
})

describe('a URL that is no longer permitted', () => {
  it.each([
    ['http://127.0.0.1/hook', []],
    ['http://receiver.example/hook', []],
    ['https://10.1.2.3/hook', ['127.0.0.0/8']],
    ['https://user@example.com/', ['127.0.0.0/8']],
    ['not a URL', ['127.0.0.0/8']],
  ])('like %s is refused before anything is asked', async (url, allowed) => {
    const { send, asked } = startSending({ allowed, names: { [NAME]: ['127.0.0.1'] } })
    expect((await send(url)).kind).toBe('refused-address')
    expect(asked).toEqual([])
  })
})

/** A guard that answers as told, one question after the other, and the last for all that follow. */
async function sendJudged(host: string, ...verdicts: readonly Verdict[]) {
  const receiver = await receiverFor()
  const asked: string[] = []
  const guard: AddressGuard = {
    allowsAny: true,
    verdict(text) {
      asked.push(text)
      return verdicts[Math.min(asked.length, verdicts.length) - 1] ?? { ok: false, reason: 'none' }
    },
  }
  const sender = createSender({
    guard,
    dispatcherOptions: {},
    version: '1',
    lookup: () => Promise.resolve(['127.0.0.1']),
  })
  onTestFinished(() => sender.close())
  const { signal } = new AbortController()
  const url = `http://${host}:${receiver.port}/hook`
  return { outcome: await sender.send({ url, headers: {}, body: '', signal }), asked, receiver }
}

describe('a connection', () => {
  it('of plain http is made to no address outside the allowed networks', async () => {
    const { outcome, receiver } = await sendJudged(NAME, { ok: true, isInside: false })
    expect(outcome).toMatchObject({
      kind: 'refused-address',
      reason: `${NAME}: plain http to 127.0.0.1, which RANGEWARDEN_WEBHOOK_ALLOW does not hold`,
    })
    expect(receiver.connections()).toBe(0)
  })

  it('is not made to a forbidden address either where the URL has no name', async () => {
    const { outcome, asked, receiver } = await sendJudged(
      '127.0.0.1',
      { ok: true, isInside: true },
      { ok: false, reason: '127.0.0.1 is forbidden by now' },
    )
    expect(outcome).toHaveProperty('reason', '127.0.0.1 is forbidden by now')
    expect(asked).toEqual(['127.0.0.1', '127.0.0.1'])
    expect(receiver.connections()).toBe(0)
  })

  it('that is being made ends with the sender', async () => {
    const arrived = Promise.withResolvers<Socket>()
    const silent = createServer((socket) => arrived.resolve(socket.resume()))
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const { send, close } = startSending({ limits: { connectMs: 600_000, totalMs: 600_000 } })
    const sent = send(`https://127.0.0.1:${portOf(silent)}/hook`)
    const socket = await arrived.promise
    const closed = once(socket, 'close')
    await close()
    expect((await sent).kind).toBe('failed')
    await closed
  })

  it('is given up where its other end turns out to be forbidden', async () => {
    const { outcome, asked, receiver } = await sendJudged(
      NAME,
      { ok: true, isInside: true },
      { ok: false, reason: '127.0.0.1 is elsewhere' },
    )
    expect(outcome).toMatchObject({ kind: 'refused-address', reason: '127.0.0.1 is elsewhere' })
    expect(asked).toEqual(['127.0.0.1', '127.0.0.1'])
    await receiver.until(() => receiver.connections() === 1 && receiver.open() === 0)
    expect(receiver.received).toEqual([])
  })
})

describe('https', () => {
  const authority = makeAuthority('Receivers of the test')
  const names = { [NAME]: ['127.0.0.1'] }
  const settings = { ca: authority.cert }

  it('reaches a receiver whose certificate is for its name', async () => {
    const receiver = await receiverFor({ tls: authority.issue([NAME]) })
    const { send } = startSending({ names, settings })
    for (let sent = 0; sent < 5; sent++) {
      const outcome = await send(`https://${NAME}:${receiver.port}/hook`)
      expect(outcome).toMatchObject({ kind: 'delivered', status: 204 })
    }
    expect(receiver.connections()).toBeLessThanOrEqual(2)
    expect(receiver.received.length).toBe(5)
  })

  it.each([
    ['another name', ['other.example'], 2, settings, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['yesterday', [NAME], -1, settings, 'CERT_HAS_EXPIRED'],
    ['an authority that is not known', [NAME], 2, {}, 'NODE_EXTRA_CA_CERTS'],
  ])('is refused with a certificate of %s', async (_, certified, days, trust, reason) => {
    const receiver = await receiverFor({ tls: authority.issue(certified, days) })
    const outcome = await startSending({ names, settings: trust }).send(
      `https://${NAME}:${receiver.port}/hook`,
    )
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(outcome).toHaveProperty('reason', expect.stringContaining(reason))
    expect(receiver.received).toEqual([])
  })

  it('is not spoken to a plain server', async () => {
    const receiver = await receiverFor()
    const outcome = await startSending({ names }).send(`https://${NAME}:${receiver.port}/hook`)
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(receiver.received).toEqual([])
  })
})
