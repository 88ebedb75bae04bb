/** Teams' card, read by Microsoft's own implementation of Adaptive Cards: it finds nothing to say. */
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'
import type * as AdaptiveCards from 'adaptivecards'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES, type EventBody } from '../../../src/webhooks/event.ts'
import { teams } from '../../../src/webhooks/formats/teams.ts'
import { anyBody, HOSTILE_PIECES, largestBody } from '../../support/any-event-body.ts'
import { SAMPLE_BODIES } from '../../support/event-bodies.ts'

/** Its modules name each other in a way that only bundlers follow; the bundle loads anywhere. */
const cards = createRequire(import.meta.url)(
  'adaptivecards/dist/adaptivecards.js',
) as typeof AdaptiveCards

interface Message {
  readonly attachments: readonly [{ readonly content: Record<string, unknown> }]
}

/** What the reader objects to; `msteams` is an addition of Teams. */
function objectionsTo(content: Record<string, unknown>): string[] {
  const { msteams: _, ...card } = content
  const context = new cards.SerializationContext(cards.Versions.v1_4)
  const read = new cards.AdaptiveCard()
  read.parse(card, context)
  const parsed = Array.from({ length: context.eventCount }, (_, i) => context.getEventAt(i).message)
  const validated = read.validateProperties().validationEvents.map(({ message }) => message)
  const lost = isDeepStrictEqual(read.toJSON(), card) ? [] : ['members it does not know']
  return [...parsed, ...validated, ...lost]
}

function contentOf(body: EventBody): Record<string, unknown> {
  return (JSON.parse(teams.render(body)) as Message).attachments[0].content
}

describe('the card', () => {
  it.each(EVENT_TYPES)('of %s is one of version 1.4, whatever the event says', (type) => {
    expect(objectionsTo(contentOf(SAMPLE_BODIES[type]))).toEqual([])
    for (const piece of HOSTILE_PIECES) {
      expect(objectionsTo(contentOf(largestBody(type, piece)))).toEqual([])
    }
    const law = fc.property(anyBody(type), (body) => {
      expect(objectionsTo(contentOf(body))).toEqual([])
    })
    fc.assert(law, { seed: 31, numRuns: 30 })
  })

  it('would be objected to if it were wrong', () => {
    const card = contentOf(SAMPLE_BODIES['sync.held'])
    const wrong = { type: 'TextBlock', text: 'x', color: 'Red' }
    expect(objectionsTo({ ...card, body: [wrong] })).not.toEqual([])
    expect(objectionsTo({ ...card, body: [{ ...wrong, color: 'Good', colour: 1 }] })).not.toEqual(
      [],
    )
    expect(
      objectionsTo({ ...card, actions: [{ type: 'Action.OpenUrl', title: 'x' }] }),
    ).not.toEqual([])
    expect(objectionsTo({ ...card, version: '9.9' })).not.toEqual([])
  })
})
