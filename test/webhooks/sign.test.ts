/** Signatures, judged by the published vectors and by the reference library. */
import * as fc from 'fast-check'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { newSecret, parseSecret, signatureHeaders } from '../../src/webhooks/sign.ts'

/** The library compares with the clock, so what is to verify is signed now. */
const now = (): Date => new Date()

function verify(secret: string, body: string | Buffer, headers: Record<string, string>): void {
  new Webhook(secret).verify(body, headers, { jsonParse: false })
}

const anyId = fc.string({
  minLength: 1,
  maxLength: 40,
  unit: fc.constantFrom(...Array.from('abcxyzABCXYZ0189_-')),
})
const anyKey = fc.uint8Array({ minLength: 24, maxLength: 64 })
const anySecret = anyKey.map((key) => `whsec_${Buffer.from(key).toString('base64')}`)
/** The library reads bytes as UTF-8, to which different broken bytes are the same character. */
const anyBody = fc
  .string({ unit: 'grapheme', maxLength: 200 })
  .map((text) => text.toWellFormed().replaceAll('\ufffd', '?'))

describe('the headers', () => {
  it.each([
    {
      // docs.svix.com/receiving/verifying-payloads/how-manual, "Example signatures"
      source: 'Svix publishes',
      secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
      id: 'msg_loFOjxBNrRLzqYUf',
      seconds: 1731705121,
      body: '{"event_type":"ping","data":{"success":true}}',
      signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    },
    {
      // standard-webhooks/standard-webhooks, libraries/javascript/src/webhook.test.ts
      source: 'Standard Webhooks publishes',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      seconds: 1614265330,
      body: '{"test": 2432232314}',
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
  ])('hold the signature that $source', ({ secret, id, seconds, body, signature }) => {
    const timestamp = new Date(seconds * 1000 + 999)
    const expected = {
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signature,
    }
    expect(signatureHeaders({ id, timestamp, body, secrets: [secret] })).toEqual(expected)
    const bytes = Buffer.from(body)
    expect(signatureHeaders({ id, timestamp, body: bytes, secrets: [secret] })).toEqual(expected)
  })

  it('verify with the reference library, for any body, id and secret', () => {
    fc.assert(
      fc.property(anyId, anyBody, anySecret, (id, body, secret) => {
        const headers = { ...signatureHeaders({ id, timestamp: now(), body, secrets: [secret] }) }
        verify(secret, body, headers)
        verify(secret, Buffer.from(body), headers)
      }),
    )
  })

  it('verify with either secret while one takes the place of the other, the newest first', () => {
    fc.assert(
      fc.property(anyId, anyBody, anySecret, anySecret, (id, body, newer, older) => {
        const timestamp = now()
        const sign = (secrets: readonly string[]): Record<string, string> => ({
          ...signatureHeaders({ id, timestamp, body, secrets }),
        })
        const headers = sign([newer, older])
        verify(newer, body, headers)
        verify(older, body, headers)
        const alone = [newer, older].map((secret) => sign([secret])['webhook-signature'])
        expect(headers['webhook-signature']).toBe(alone.join(' '))
      }),
    )
  })

  it('verify no more once one character of anything is another', () => {
    const other = (text: string, at: number, alphabet: string): string => {
      const place = at % text.length
      const next = alphabet[(alphabet.indexOf(text[place] ?? '') + 1) % alphabet.length] ?? ''
      return text.slice(0, place) + next + text.slice(place + 1)
    }
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-'
    fc.assert(
      fc.property(anyId, anyBody, anyKey, fc.nat(), (id, body, key, at) => {
        const secretOf = (bytes: Uint8Array): string =>
          `whsec_${Buffer.from(bytes).toString('base64')}`
        const secret = secretOf(key)
        const headers = { ...signatureHeaders({ id, timestamp: now(), body, secrets: [secret] }) }
        const refused = (changed: () => void): void => {
          expect(changed).toThrow(WebhookVerificationError)
        }
        refused(() => verify(secret, `${body}!`, headers))
        if (body !== '') refused(() => verify(secret, body.slice(1), headers))
        refused(() => verify(secret, body, { ...headers, 'webhook-id': other(id, at, letters) }))
        const seconds = other(headers['webhook-timestamp'], at, '0123456789')
        refused(() => verify(secret, body, { ...headers, 'webhook-timestamp': seconds }))
        const signed = headers['webhook-signature']
        const forged = `v1,${other(signed.slice(3), at, `${letters}=`)}`
        refused(() => verify(secret, body, { ...headers, 'webhook-signature': forged }))
        const bent = Uint8Array.from(key, (byte, i) => (i === at % key.length ? byte ^ 1 : byte))
        refused(() => verify(secretOf(bent), body, headers))
      }),
    )
  })

  it('sign the bytes as they are, also those that are no text', () => {
    const secrets = [newSecret()]
    const sign = (...bytes: number[]): string =>
      signatureHeaders({ id: 'a', timestamp: new Date(0), body: Uint8Array.from(bytes), secrets })[
        'webhook-signature'
      ]
    expect(sign(0xff)).not.toBe(sign(0xfe))
    expect(sign(0xff)).toBe(sign(0xff))
  })

  it.each(['', 'a.b', 'a b', 'a\nb', 'ä'])('are not made for the id "%s"', (id) => {
    const message = { id, timestamp: new Date(0), body: '', secrets: [newSecret()] }
    expect(() => signatureHeaders(message)).toThrow('letters, digits, "_" and "-" only')
  })

  it('are not made without a secret', () => {
    const message = { id: 'a', timestamp: new Date(0), body: '', secrets: [] }
    expect(() => signatureHeaders(message)).toThrow('at least one secret')
  })
})

describe('a secret', () => {
  it('of ours is 32 bytes, new each time, and accepted', () => {
    const secrets = Array.from({ length: 100 }, newSecret)
    expect(new Set(secrets).size).toBe(100)
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
      expect(parseSecret(secret)).toEqual({ ok: true, value: secret })
    }
  })

  it('is accepted from 24 to 64 bytes, and no others', () => {
    for (let length = 0; length <= 70; length++) {
      const secret = `whsec_${Buffer.alloc(length, 'k').toString('base64')}`
      const parsed = parseSecret(secret)
      expect(parsed.ok).toBe(length >= 24 && length <= 64)
      if (!parsed.ok) expect(parsed.reason).toContain(`this one has ${length}`)
    }
  })

  const good = Buffer.alloc(32, 'secret').toString('base64')

  it.each([
    ['', 'does not start with whsec_'],
    [good, 'does not start with whsec_'],
    [`WHSEC_${good}`, 'does not start with whsec_'],
    [`whpk_${good}`, 'does not start with whsec_'],
    [`whsec_${good.replace('=', '')}`, 'not base64 with its padding'],
    [`whsec_${good}=`, 'not base64 with its padding'],
    [`whsec_ ${good}`, 'not base64 with its padding'],
    [`whsec_${good}\n`, 'not base64 with its padding'],
    [`whsec_${good.replace('c', '-')}`, 'not base64 with its padding'],
    [`whsec_${good.replace('c', '!')}`, 'not base64 with its padding'],
    // The four bits after the last byte are not zero: decoders disagree.
    [`whsec_${good.replace(/.=$/, 'B=')}`, 'not base64 with its padding'],
  ])('like %s is refused with the rule and not repeated', (text, rule) => {
    const parsed = parseSecret(text)
    expect(parsed.ok).toBe(false)
    if (parsed.ok) return
    expect(parsed.reason).toContain(rule)
    expect(parsed.reason).not.toContain(good.slice(0, 8))
  })
})
