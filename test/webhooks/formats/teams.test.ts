/** Teams' card: the shape that Workflows takes, its size, and text that reads as it was written. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_TYPES, type EventBody } from '../../../src/webhooks/event.ts'
import { teams } from '../../../src/webhooks/formats/teams.ts'
import { headlineOf } from '../../../src/webhooks/headline.ts'
import { anyBody, HOSTILE_PIECES, largestBody } from '../../support/any-event-body.ts'
import { EVERY_SAMPLE, SAMPLE_BODIES } from '../../support/event-bodies.ts'

/** learn.microsoft.com/connectors/teams: about 28 kB for a message that an action posts. */
const MOST_BYTES = 28_000

/**
 * What we use of Adaptive Cards 1.4 within the message that the trigger asks for
 * (learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
 */
const textBlock = z.strictObject({
  type: z.literal('TextBlock'),
  text: z.string().min(1),
  wrap: z.literal(true),
  size: z.enum(['Small', 'Medium']).optional(),
  weight: z.literal('Bolder').optional(),
  color: z.enum(['Default', 'Good', 'Attention']).optional(),
  spacing: z.literal('Small').optional(),
  isSubtle: z.literal(true).optional(),
})
const factSet = z.strictObject({
  type: z.literal('FactSet'),
  facts: z.array(z.strictObject({ title: z.string().min(1), value: z.string().min(1) })).min(1),
})
const card = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.literal('1.4'),
  body: z.array(z.discriminatedUnion('type', [textBlock, factSet])).min(2),
  actions: z
    .array(
      z.strictObject({
        type: z.literal('Action.OpenUrl'),
        title: z.string().min(1),
        url: z.url({ protocol: /^https?$/ }),
      }),
    )
    .min(1)
    .max(6)
    .optional(),
  msteams: z.strictObject({ width: z.literal('Full') }),
})
const message = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: card,
    }),
  ]),
})

function cardOf(body: EventBody): z.infer<typeof card> {
  return message.parse(JSON.parse(teams.render(body))).attachments[0].content
}

function textsOf({ body }: z.infer<typeof card>): string[] {
  return body.flatMap((element) => (element.type === 'TextBlock' ? [element.text] : []))
}

/** What a reader of Markdown shows: escapes resolved, without what takes no room. */
function asRead(text: string): string {
  return text.replaceAll(/\\([\\*`~_&])/g, '$1').replaceAll('\u2060', '')
}

/** Nothing in it that Markdown, as cards have it, would read as more than text. */
function expectInert(text: string): void {
  const unescaped = text.replaceAll(/\\[\\*`~_&]/g, '·')
  expect(unescaped).not.toMatch(/[*`~\\]|\]\(|\{\{|&#?\w+;/)
  expect(unescaped).not.toMatch(/(?<![A-Za-z0-9])_(?=\w)|<(?=[^\s\u2060])/)
  expect(text).not.toMatch(/^(?:[-+]\s|\d+[.)]\s|[#>=|[]|---)/)
}

/** Everything the headline says is there, or counted. */
function expectWhole(body: EventBody): void {
  expect(Buffer.byteLength(teams.render(body))).toBeLessThanOrEqual(MOST_BYTES)
  const shown = cardOf(body)
  const { title, facts, lines, paths, links } = headlineOf(body)
  const texts = textsOf(shown)
  texts.forEach(expectInert)
  expect(asRead(texts[0] ?? '')).toBe(plainOf(title))
  const told = texts.slice(1, -1).map(asRead)
  const said = told.slice(0, told.length - paths.length)
  expect(told.slice(said.length)).toEqual(paths.map(plainOf))
  if (said.length < lines.length || said.some((line, i) => line !== plainOf(lines[i] ?? ''))) {
    const more = lines.length - (said.length - 1)
    expect(said.at(-1)).toBe(`… and ${more} more line${more === 1 ? '' : 's'}`)
    expect(said.slice(0, -1)).toEqual(lines.slice(0, said.length - 1).map(plainOf))
  }
  const values = shown.body.flatMap((element) => (element.type === 'FactSet' ? element.facts : []))
  values.forEach(({ value }) => expectInert(value))
  expect(values.map(({ value }) => asRead(value))).toEqual(facts.map(({ value }) => plainOf(value)))
  expect((shown.actions ?? []).map(({ url }) => url)).toEqual(links.map(({ url }) => url))
}

function plainOf(text: string): string {
  return text.replaceAll('\u2060', '')
}

describe('a card', () => {
  it.each(EVENT_TYPES)('of %s fits at its very largest', (type) => {
    for (const piece of HOSTILE_PIECES) expectWhole(largestBody(type, piece))
  })

  it.each(EVENT_TYPES)('of %s fits, reads as written, and says what it leaves out', (type) => {
    fc.assert(fc.property(anyBody(type), expectWhole), { seed: 23, numRuns: 50 })
  })

  it('has its title in the colour of how much it matters', () => {
    const colors = EVERY_SAMPLE.map((body) => {
      const [title] = cardOf(body).body
      return title?.type === 'TextBlock' ? `${body.type} ${title.color ?? ''}` : ''
    })
    expect(colors).toContain('source.recovered Good')
    expect(colors).toContain('sync.held Attention')
    expect(colors).toContain('report.weekly Default')
  })

  it('leaves names and numbers as they are where nothing would be formatted', () => {
    const { data, ...event } = SAMPLE_BODIES['ranges.changed']
    const tags = { names: ['Windows_Virtual_Desktop', 'A&B', '#1 (x) [y]'], more: 0 }
    const shown = cardOf({ ...event, data: { ...data, tags } })
    expect(textsOf(shown)).toContain('Tags: Windows_Virtual_Desktop, A&B, #1 (x) [y]')
    expect(JSON.stringify(shown)).toContain('"+1,024 -256"')
  })

  it('has a button where a browser can open the link, else the path as text', () => {
    const { data, ...event } = SAMPLE_BODIES['sync.held']
    expect(cardOf({ ...event, data }).actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Hold', url: 'https://ranges.example/v1/holds/3' },
    ])
    const without = cardOf({ ...event, data: { ...data, links: { hold: '/v1/holds/3' } } })
    expect(without.actions).toBeUndefined()
    expect(textsOf(without)).toContain('Hold: /v1/holds/3')
  })
})
