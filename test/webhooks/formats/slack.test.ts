/** Slack's message: within the limits of Block Kit, and nothing in it calls anybody or is markup. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { counted } from '../../../src/core/guard-reasons.ts'
import { EVENT_TYPES, type EventBody } from '../../../src/webhooks/event.ts'
import { slack } from '../../../src/webhooks/formats/slack.ts'
import { headlineOf } from '../../../src/webhooks/headline.ts'
import { anyBody, HOSTILE_PIECES, largestBody } from '../../support/any-event-body.ts'
import { SAMPLE_BODIES } from '../../support/event-bodies.ts'

/**
 * Block Kit as documented, as far as we use it, and no member more:
 * docs.slack.dev/reference/block-kit/blocks (50 blocks), …/blocks/header-block (150 characters),
 * …/blocks/section-block (text 3,000; 10 fields of 2,000), …/blocks/context-block (10 elements),
 * …/composition-objects/text-object (1 to 3,000 characters; `emoji` for plain text alone, `verbatim`
 * for mrkdwn alone).
 */
const plainText = (most: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    // docs.slack.dev/messaging/formatting-message-text: these three characters are escaped.
    text: z
      .string()
      .min(1)
      .max(most)
      .regex(/^(?:[^&<>]|&(?:amp|lt|gt);)+$/),
    emoji: z.literal(false),
  })
const ourLink = z.strictObject({
  type: z.literal('mrkdwn'),
  text: z
    .string()
    .max(3_000)
    .regex(/^<https?:\/\/(?:[^&<>|\s]|&amp;)+\|[A-Z][a-z]+>$/),
  verbatim: z.literal(true),
})
const block = z.union([
  z.strictObject({ type: z.literal('header'), text: plainText(150) }),
  z.strictObject({ type: z.literal('section'), text: plainText(3_000) }),
  z.strictObject({ type: z.literal('section'), text: ourLink }),
  z.strictObject({
    type: z.literal('section'),
    fields: z.array(plainText(2_000)).min(1).max(10),
  }),
  z.strictObject({
    type: z.literal('context'),
    elements: z.array(plainText(3_000)).min(1).max(10),
  }),
])
const message = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(1_000)
    .regex(/^(?:[^&<>@]|&(?:amp|lt|gt);|(?<=[A-Za-z0-9])@|@\u2060)+$/),
  blocks: z.array(block).min(2).max(50),
})

/** Met as `msg_blocks_too_long` from about 11,000 characters on: slackapi/bolt-js#2867. */
const TOGETHER = 10_000

function read(body: EventBody): z.infer<typeof message> {
  return message.parse(JSON.parse(slack.render(body)))
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** What the sections say, line by line. */
function linesOf({ blocks }: z.infer<typeof message>): string[] {
  return blocks.flatMap((block) => {
    if (block.type !== 'section' || !('text' in block) || block.text.type !== 'plain_text')
      return []
    return block.text.text.split('\n').map(unescaped)
  })
}

/** Everything the headline says is there, or counted. */
function expectWhole(body: EventBody): void {
  const shown = read(body)
  const { lines, paths, facts, links } = headlineOf(body)
  const told = linesOf(shown)
  const said = told.slice(0, told.length - paths.length)
  expect(told.slice(said.length)).toEqual(paths)
  if (said.length < lines.length || said.some((line, i) => line !== lines[i])) {
    const kept = said.slice(0, -1)
    expect(kept).toEqual(lines.slice(0, kept.length))
    const leftOut = counted(lines.length - kept.length, 'more line')
    expect(said.at(-1)).toBe(`… and ${leftOut}`)
  }
  const fields = shown.blocks.flatMap((block) => ('fields' in block ? block.fields : []))
  expect(fields.map(({ text }) => unescaped(text))).toEqual(
    facts.map(({ name, value }) => `${name}: ${value}`),
  )
  const linked = shown.blocks.filter((block) => 'text' in block && block.text.type === 'mrkdwn')
  expect(linked.length).toBe(links.length)
  expect(charactersOf(shown)).toBeLessThan(TOGETHER)
}

function charactersOf({ blocks }: z.infer<typeof message>): number {
  return blocks
    .flatMap((block) => {
      if ('fields' in block) return block.fields
      return 'elements' in block ? block.elements : [block.text]
    })
    .reduce((sum, { text }) => sum + text.length, 0)
}

describe('a message', () => {
  it.each(EVENT_TYPES)('of %s keeps to the limits at its very largest', (type) => {
    for (const piece of HOSTILE_PIECES) expectWhole(largestBody(type, piece))
  })

  it.each(EVENT_TYPES)('of %s keeps to the limits and says what it leaves out', (type) => {
    fc.assert(fc.property(anyBody(type), expectWhole), { seed: 11, numRuns: 50 })
  })

  it('calls nobody and hides no address, whatever somebody gives as a reason', () => {
    const { data, ...event } = SAMPLE_BODIES['ranges.changed']
    const reason = '<!channel> @here <@U012AB3CD> <https://evil.example|Changes> *bold* `code`'
    const text = slack.render({ ...event, data: { ...data, reason } })
    expect(text).not.toMatch(/<[!@#]/)
    expect(text).not.toContain('<https://evil.example')
    expect(linesOf(read({ ...event, data: { ...data, reason } }))).toContain(`Reason: ${reason}`)
  })

  it('shows a path as text where no public URL is configured', () => {
    const { data, ...event } = SAMPLE_BODIES['sync.held']
    const shown = read({ ...event, data: { ...data, links: { hold: '/v1/holds/3' } } })
    expect(linesOf(shown)).toContain('Hold: /v1/holds/3')
    expect(JSON.stringify(shown)).not.toContain('mrkdwn')
  })

  it('links what a browser opens, and nothing else', () => {
    const { data, ...event } = SAMPLE_BODIES['sync.held']
    const shownOf = (hold: string) => slack.render({ ...event, data: { ...data, links: { hold } } })
    expect(shownOf('https://ranges.example/v1/holds/3?a=1&b=<|>')).toContain(
      '"<https://ranges.example/v1/holds/3?a=1&amp;b=%3C%7C%3E|Hold>"',
    )
    for (const other of [
      'javascript:alert(1)',
      'slack://open',
      'ftp://ranges.example/',
      '//x.example',
    ])
      expect(shownOf(other)).not.toContain('mrkdwn')
  })
})

describe('an answer', () => {
  // api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
  it.each([
    [404, 'channel_not_found'],
    [410, 'channel_is_archived'],
    [403, 'action_prohibited'],
    [400, 'user_not_found'],
    [404, 'no_service'],
    [403, 'invalid_token\n'],
  ])('%i %s means that nothing will ever be taken again', (status, bodyText) => {
    expect(slack.judge?.(status, bodyText)).toBe('gone')
  })

  it.each([
    [200, 'ok'],
    [200, 'no_service'],
    [400, 'invalid_payload'],
    [400, 'no_text'],
    [429, 'rate_limited'],
    [500, 'rollup_error'],
    [502, '<html>no_service</html>'],
    [404, ''],
  ])('%i %s says no more than its status', (status, bodyText) => {
    expect(slack.judge?.(status, bodyText)).toBeUndefined()
  })
})
