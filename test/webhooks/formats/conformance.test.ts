/** What every webhook format promises, whatever an event says. */
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../../../src/webhooks/event.ts'
import { WEBHOOK_FORMATS } from '../../../src/webhooks/formats/contract.ts'
import { findWebhookFormat, webhookFormats } from '../../../src/webhooks/formats/index.ts'
import { anyBody } from '../../support/any-event-body.ts'
import { EVERY_SAMPLE } from '../../support/event-bodies.ts'

/** The same value, the members of its objects the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, turned(member)] as const)
  return Object.fromEntries(members.toReversed())
}

describe('the formats', () => {
  it('are registered under the names of their files', () => {
    const files = readdirSync('src/webhooks/formats').map((name) => name.replace('.ts', ''))
    for (const name of WEBHOOK_FORMATS) {
      expect(webhookFormats[name].name).toBe(name)
      expect(files).toContain(name)
      expect(findWebhookFormat(name)).toBe(webhookFormats[name])
    }
    expect(findWebhookFormat('carrier-pigeon')).toBeUndefined()
  })

  it.each(WEBHOOK_FORMATS)('%s says in one line who takes it, and as what', (name) => {
    const { summary, contentType } = webhookFormats[name]
    expect(summary).toMatch(/^[^\n]{10,100}$/)
    expect(contentType).toMatch(/^application\/json(?:; charset=utf-8)?$/)
  })
})

describe.each(WEBHOOK_FORMATS)('%s', (name) => {
  const format = webhookFormats[name]

  it('writes every sample as its golden file has it', async () => {
    const texts = EVERY_SAMPLE.map((body) => {
      return `${JSON.stringify(JSON.parse(format.render(body)), undefined, 2)}\n`
    })
    await expect(texts.join('\n')).toMatchFileSnapshot(`golden/${name}.txt`)
  })

  it('writes the same bytes for the same event, whatever the order of its members', () => {
    for (const body of EVERY_SAMPLE) {
      const other = turned(body) as typeof body
      expect(JSON.stringify(other)).not.toBe(JSON.stringify(body))
      expect(format.render(other)).toBe(format.render(body))
    }
  })

  it.each(EVENT_TYPES)('writes JSON that every reader takes, for any event of %s', (type) => {
    const law = fc.property(anyBody(type), (body) => {
      const text = format.render(body)
      expect(text.isWellFormed()).toBe(true)
      expect(text).not.toContain('\n')
      expect(() => JSON.parse(text) as unknown).not.toThrow()
    })
    fc.assert(law, { seed: 5, numRuns: 30 })
  })
})
