/** One attempt, against a receiver that behaves in every way there is. */
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { newSecret, signatureHeaders } from '../../src/webhooks/sign.ts'
import { seededRandom } from '../support/random.ts'
import {
  answer,
  askForTime,
  endlessBody,
  flaky,
  FOLLOWED,
  hang,
  hugeHead,
  inTurn,
  redirectToItself,
  resetAfterHead,
  resetBeforeHead,
  slowBody,
  type Behaviour,
} from '../support/receiver.ts'
import { receiverFor, startSending } from './sending.ts'

async function outcomeOf(behaviour: Behaviour, limits = {}) {
  const receiver = await receiverFor()
  receiver.behave('/hook', behaviour)
  const sending = startSending({ limits })
  const outcome = await sending.send(`${receiver.origin}/hook`)
  return { outcome, receiver, sending }
}

describe('a request', () => {
  it('has the bytes and headers it was given, and says who sends', async () => {
    const receiver = await receiverFor()
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const headers = { 'content-type': 'application/json', 'webhook-id': 'msg_1' }
    const outcome = await startSending().send(`${receiver.origin}/hook?a=b%20c`, { body, headers })
    expect(outcome.kind).toBe('delivered')
    const [seen] = receiver.received
    expect(seen?.method).toBe('POST')
    expect(seen?.path).toBe('/hook?a=b%20c')
    expect(seen?.body).toEqual(Buffer.from(body))
    expect(seen?.headers).toEqual({
      host: new URL(receiver.origin).host,
      connection: 'keep-alive',
      'user-agent': 'rangewarden/1.2.3',
      'accept-encoding': 'identity',
      'content-length': '256',
      ...headers,
    })
  })

  it('verifies where it arrives', async () => {
    const receiver = await receiverFor()
    const [secret, older] = [newSecret(), newSecret()]
    const body = '{"type":"webhook.test","text":"Grüße"}'
    const headers = signatureHeaders({
      id: 'msg_1',
      timestamp: new Date(),
      body,
      secrets: [secret, older],
    })
    await startSending().send(`${receiver.origin}/hook`, { body, headers: { ...headers } })
    const [seen] = receiver.received
    for (const known of [secret, older]) {
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': by } = headers
      expect(seen?.headers).toMatchObject({ 'webhook-id': id })
      const signed = { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': by }
      expect(new Webhook(known).verify(seen?.body ?? '', signed)).toEqual(JSON.parse(body))
    }
  })
})

describe('an answer', () => {
  it.each([200, 201, 202, 204, 299])('of %i is a delivery', async (status) => {
    const { outcome } = await outcomeOf(answer(status))
    expect(outcome).toMatchObject({ kind: 'delivered', status, response: '' })
    expect(outcome.durationMs).toBeGreaterThanOrEqual(0)
  })

  it.each([301, 302, 303, 307, 308])('of %i is a failure and is not followed', async (status) => {
    const { outcome, receiver } = await outcomeOf(redirectToItself(status))
    expect(outcome).toMatchObject({ kind: 'failed', status })
    expect(outcome).toHaveProperty(
      'reason',
      `answered ${status} to ${FOLLOWED}; redirects are not followed`,
    )
    expect(receiver.of(FOLLOWED)).toEqual([])
    expect(receiver.received.length).toBe(1)
  })

  it.each([300, 304, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504])(
    'of %i is a failure',
    async (status) => {
      const { outcome } = await outcomeOf(answer(status, status === 304 ? '' : 'no'))
      expect(outcome).toMatchObject({
        kind: 'failed',
        status,
        reason: `answered ${status}; only 2xx is a delivery`,
        response: status === 304 ? '' : 'no',
      })
      expect(outcome).not.toHaveProperty('retryAfterSeconds')
    },
  )

  it('of 410 says that nothing is to be sent any more', async () => {
    const { outcome } = await outcomeOf(answer(410, 'moved away'))
    expect(outcome).toMatchObject({ kind: 'gone', status: 410, response: 'moved away' })
  })

  it.each([429, 503])('of %i may ask for seconds', async (status) => {
    const { outcome } = await outcomeOf(askForTime(120, status))
    expect(outcome).toMatchObject({ kind: 'failed', status, retryAfterSeconds: 120 })
  })

  it('may ask for time until a date', async () => {
    const { outcome } = await outcomeOf(askForTime(new Date(Date.now() + 100_000)))
    expect(outcome.kind).toBe('failed')
    const wait = 'retryAfterSeconds' in outcome ? outcome.retryAfterSeconds : undefined
    // A date has whole seconds, and a moment has passed.
    expect(wait).toBeGreaterThan(60)
    expect(wait).toBeLessThanOrEqual(100)
  })

  it('of 2xx asks for nothing', async () => {
    const { outcome } = await outcomeOf(answer(200, 'ok', { 'retry-after': '60' }))
    expect(outcome).not.toHaveProperty('retryAfterSeconds')
  })

  it('is told to the judge, who may say that the receiver is gone', async () => {
    const receiver = await receiverFor()
    receiver.behave('/hook', inTurn(answer(404, 'no_team'), answer(500, 'rollup_error')))
    const told: [number, string][] = []
    const judge = (status: number, body: string): 'gone' | undefined => {
      told.push([status, body])
      return body === 'no_team' ? 'gone' : undefined
    }
    const { send } = startSending()
    const first = await send(`${receiver.origin}/hook`, { judge })
    expect(first).toMatchObject({ kind: 'gone', status: 404, response: 'no_team' })
    const second = await send(`${receiver.origin}/hook`, { judge })
    expect(second).toMatchObject({ kind: 'failed', status: 500 })
    expect(told).toEqual([
      [404, 'no_team'],
      [500, 'rollup_error'],
    ])
  })
})

describe('the body of an answer', () => {
  it('is recorded on one printable line', async () => {
    const { outcome } = await outcomeOf(answer(200, 'é\n\t\x1b[31m\0\u202e\u2028 end'))
    expect(outcome.response).toBe('é\\n\\t\\u{1b}[31m\\u{0}\\u{202e}\\u{2028} end')
  })

  it('is recorded up to 1,024 bytes, without half a character', async () => {
    const { outcome } = await outcomeOf(answer(200, `a${'é'.repeat(2000)}`))
    expect(outcome.response).toBe(`a${'é'.repeat(511)}`)
  })

  it('is recorded up to 1,024 characters once it is escaped', async () => {
    const { outcome } = await outcomeOf(answer(200, '\0'.repeat(1024)))
    expect(outcome.response).toBe('\\u{0}'.repeat(204))
  })

  it('leaves the connection to the next request if it is short', async () => {
    const { receiver, sending } = await outcomeOf(answer(200, 'x'.repeat(1024)))
    for (let more = 0; more < 9; more++) await sending.send(`${receiver.origin}/hook`)
    expect(receiver.received.length).toBe(10)
    // One is given back a moment after the answer, when the next request has taken another.
    expect(receiver.connections()).toBeLessThanOrEqual(2)
  })

  it('that is long costs its connection', async () => {
    const { outcome, receiver } = await outcomeOf(answer(200, 'x'.repeat(100_000)))
    expect(outcome.kind).toBe('delivered')
    expect(outcome.response).toBe('x'.repeat(1024))
    await receiver.until(() => receiver.open() === 0)
  })

  it.each([200, 500])('that trickles after a %i is waited for a moment', async (status) => {
    const { outcome, receiver } = await outcomeOf(slowBody(status), { responseMs: 100 })
    expect(outcome.kind).toBe(status === 200 ? 'delivered' : 'failed')
    expect(outcome).toHaveProperty('status', status)
    expect(outcome.response).toMatch(/^\.+$/)
    expect(outcome.durationMs).toBeLessThan(5000)
    await receiver.until(() => receiver.open() === 0)
  })

  it.each([200, 500])('without end after a %i is not read on', async (status) => {
    let sent = 0
    const behaviour = endlessBody(status, (bytes) => (sent += bytes))
    const { outcome, receiver } = await outcomeOf(behaviour)
    expect(outcome.kind).toBe(status === 200 ? 'delivered' : 'failed')
    expect(outcome.response).toBe('x'.repeat(1024))
    await receiver.until(() => receiver.open() === 0)
    // What the sockets' buffers took.
    expect(sent).toBeLessThan(32 * 1024 * 1024)
  })

  it('that is cut off does not undo a delivery', async () => {
    const { outcome } = await outcomeOf(resetAfterHead(200))
    expect(outcome).toMatchObject({ kind: 'delivered', status: 200 })
  })

  it('is not waited for longer than the attempt', async () => {
    const limits = { responseMs: 60_000, totalMs: 300 }
    const { outcome, receiver } = await outcomeOf(slowBody(200), limits)
    expect(outcome).toMatchObject({ kind: 'delivered', status: 200 })
    expect(outcome.durationMs).toBeLessThan(10_000)
    await receiver.until(() => receiver.open() === 0)
  })
})

describe('no answer', () => {
  it('within the time is a failure, and nothing is held', async () => {
    const { outcome, receiver } = await outcomeOf(hang(), { totalMs: 200 })
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'no answer within 200 ms' })
    expect(outcome).not.toHaveProperty('status')
    expect(outcome.durationMs).toBeGreaterThanOrEqual(199)
    await receiver.until(() => receiver.open() === 0)
  })

  it('because the connection was reset is a failure', async () => {
    const { outcome } = await outcomeOf(resetBeforeHead())
    expect(outcome).toMatchObject({ kind: 'failed', response: '' })
    expect(outcome).not.toHaveProperty('status')
    expect(outcome).toHaveProperty('reason', expect.stringMatching(/ECONNRESET|other side closed/))
  })

  it('because nobody listens is a failure', async () => {
    const receiver = await receiverFor()
    await receiver.close()
    const outcome = await startSending().send(`${receiver.origin}/hook`)
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('ECONNREFUSED'))
  })

  it('because its head is too long is a failure', async () => {
    const { outcome, receiver } = await outcomeOf(hugeHead(17_000))
    expect(outcome).toMatchObject({ kind: 'failed' })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('UND_ERR_HEADERS_OVERFLOW'))
    await receiver.until(() => receiver.open() === 0)
    const { outcome: shorter } = await outcomeOf(hugeHead(15_000))
    expect(shorter.kind).toBe('delivered')
  })

  it('because the caller has no time is a failure', async () => {
    const receiver = await receiverFor()
    receiver.behave('/hook', hang())
    const caller = new AbortController()
    const { send } = startSending()
    const sent = send(`${receiver.origin}/hook`, { signal: caller.signal })
    await receiver.until(() => receiver.received.length === 1)
    caller.abort()
    const reason = 'stopped before it was answered'
    expect(await sent).toMatchObject({ kind: 'failed', reason })
    await receiver.until(() => receiver.open() === 0)
    const late = await send(`${receiver.origin}/hook`, { signal: caller.signal })
    expect(late).toMatchObject({ kind: 'failed', reason })
    expect(receiver.received.length).toBe(1)
  })

  it('because the sender is closed is a failure', async () => {
    const receiver = await receiverFor()
    receiver.behave('/hook', hang())
    const { send, close } = startSending()
    const sent = send(`${receiver.origin}/hook`)
    await receiver.until(() => receiver.received.length === 1)
    await close()
    expect(await sent).toMatchObject({ kind: 'failed', reason: 'the service stops' })
    await receiver.until(() => receiver.open() === 0)
  })

  it('names no URL, which may be a secret', async () => {
    const receiver = await receiverFor()
    await receiver.close()
    const outcome = await startSending().send(`${receiver.origin}/secret`)
    expect(JSON.stringify(outcome)).not.toContain('secret')
  })
})

describe('many deliveries', () => {
  it('one after the other share connections', async () => {
    const receiver = await receiverFor()
    const { send, asked } = startSending({ names: { 'receiver.example': ['127.0.0.1'] } })
    for (let sent = 0; sent < 200; sent++) {
      const url = `http://receiver.example:${receiver.port}/hook`
      expect((await send(url)).kind).toBe('delivered')
    }
    expect(receiver.received.length).toBe(200)
    expect(receiver.connections()).toBeLessThanOrEqual(2)
    expect(asked.length).toBe(receiver.connections())
  })

  it('at the same time do not wait for each other', async () => {
    const receiver = await receiverFor()
    receiver.behave('/hang', hang())
    const { send } = startSending({ limits: { totalMs: 5000 } })
    const caller = new AbortController()
    const stuck = Array.from({ length: 20 }, () =>
      send(`${receiver.origin}/hang`, { signal: caller.signal }),
    )
    await receiver.until(() => receiver.of('/hang').length === 20)
    expect((await send(`${receiver.origin}/hook`)).kind).toBe('delivered')
    caller.abort()
    expect((await Promise.all(stuck)).every(({ kind }) => kind === 'failed')).toBe(true)
  })

  it.each([1, 2, 3])('to a receiver of changing mood end as it behaves, seed %i', async (seed) => {
    const moods: readonly [string, Behaviour][] = [
      ['delivered 204', answer(204)],
      ['delivered 200', answer(200, 'ok')],
      ['delivered 200', endlessBody(200)],
      ['delivered 202', slowBody(202)],
      ['delivered 201', resetAfterHead(201)],
      ['failed 500', answer(500, 'oops')],
      ['failed 302', redirectToItself(302)],
      ['failed 429', askForTime(3)],
      ['failed -', resetBeforeHead()],
      ['failed -', hugeHead(20_000)],
      ['gone 410', answer(410)],
    ]
    const random = seededRandom(seed)
    const expected = Array.from({ length: 100 }, () => random.pick(moods)[0])
    const receiver = await receiverFor()
    receiver.behave('/hook', flaky(seed, ...moods.map(([, behaviour]) => behaviour)))
    const { send } = startSending({ limits: { responseMs: 10 } })
    const ends: string[] = []
    while (ends.length < expected.length) {
      const outcome = await send(`${receiver.origin}/hook`)
      const status = 'status' in outcome ? outcome.status : undefined
      ends.push(`${outcome.kind} ${status ?? '-'}`)
    }
    expect(ends).toEqual(expected)
    expect(receiver.received.map(({ order }) => order)).toEqual(expected.map((_, i) => i))
  })
})
