/** Standard Webhooks' body: the event itself, and a library's signature check over its bytes. */
import { expect, it } from 'vitest'
import { Webhook } from 'standardwebhooks'
import fc from 'fast-check'
import { EVENT_TYPES, eventBodyShape } from '../../../src/webhooks/event.ts'
import { standard } from '../../../src/webhooks/formats/standard.ts'
import { fitBody, MOST_BYTES } from '../../../src/webhooks/thin.ts'
import { anyBody } from '../../support/any-event-body.ts'
import { EVERY_SAMPLE } from '../../support/event-bodies.ts'

it.each(EVENT_TYPES)('is read back as the event it was written of: %s', (type) => {
  const law = fc.property(anyBody(type), (body) => {
    const fitted = fitBody(body)
    const text = standard.render(fitted)
    expect(eventBodyShape.parse(JSON.parse(text))).toEqual(fitted)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES)
  })
  fc.assert(law, { seed: 29, numRuns: 30 })
})

it('begins with type and timestamp, as the specification shows it', () => {
  for (const body of EVERY_SAMPLE) {
    expect(standard.render(body)).toMatch(
      `{"type":"${body.type}","timestamp":"${body.timestamp}","data":{"`,
    )
  }
})

it('has types that the specification admits', () => {
  for (const type of EVENT_TYPES) expect(type).toMatch(/^[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)*$/)
})

it('is taken by the library that receivers use', () => {
  const webhook = new Webhook(Buffer.alloc(32, 7).toString('base64'))
  const sentAt = new Date()
  for (const body of EVERY_SAMPLE) {
    const text = standard.render(body)
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': webhook.sign('msg_1', sentAt, text),
    }
    expect(webhook.verify(text, headers)).toEqual(body)
  }
})
