/**
 * Slack's incoming webhooks. What others wrote is `plain_text`, in which nothing is formatted, linked
 * or called; `mrkdwn` holds nothing but our links. `text` is what a notification shows.
 *
 * Limits: docs.slack.dev/reference/block-kit (blocks, composition-objects/text-object). The sum of
 * all texts is limited too and documented nowhere: `msg_blocks_too_long` was met from about 11,000
 * characters on (slackapi/bolt-js#2509, #2867).
 */
import { headlineOf, type Headline } from '../headline.ts'
import { shortened } from '../shorten.ts'
import type { EventBody } from '../event.ts'
import type { WebhookFormat } from './contract.ts'
import { fitLines } from './fit-lines.ts'
import { withoutMentions } from './inert.ts'

const MOST_BLOCKS = 50
const MOST_SECTION = 3_000
const MOST_HEADER = 150
const MOST_TOGETHER = 8_000

/**
 * What Slack answers, as plain text, where nothing will ever be taken again: the channel, the webhook
 * or the workspace is gone, or does not admit it. Others are faults of the message.
 */
const GONE = [
  'no_service',
  'no_service_id',
  'no_active_hooks',
  'no_team',
  'team_disabled',
  'invalid_token',
  'channel_not_found',
  'channel_is_archived',
  'user_not_found',
  'action_prohibited',
  'posting_to_general_channel_denied',
]

export const slack: WebhookFormat = {
  name: 'slack',
  summary: 'a message of blocks, for incoming webhooks of Slack',
  contentType: 'application/json; charset=utf-8',

  render(body) {
    const headline = headlineOf(body)
    const blocksWith = (lines: readonly string[]) => blocksOf(body, { ...headline, lines })
    const lines = fitLines(headline.lines, (some) => fits(blocksWith(some)))
    const text = withoutMentions(escaped(headline.title))
    return JSON.stringify({ text, blocks: blocksWith(lines) })
  },

  judge(status, bodyText) {
    return status >= 400 && GONE.includes(bodyText.trim()) ? 'gone' : undefined
  },
}

interface TextObject {
  readonly type: 'plain_text' | 'mrkdwn'
  readonly text: string
  readonly emoji?: boolean
  readonly verbatim?: boolean
}

type Block =
  | { readonly type: 'header'; readonly text: TextObject }
  | { readonly type: 'section'; readonly text: TextObject }
  | { readonly type: 'section'; readonly fields: readonly TextObject[] }
  | { readonly type: 'context'; readonly elements: readonly TextObject[] }

function blocksOf({ type, timestamp }: EventBody, headline: Headline): readonly Block[] {
  const { facts, links } = headline
  const title = shortened(headline.title, MOST_HEADER, (text) => escaped(text).length)
  const fields = facts.map(({ name, value }) => plain(`${name}: ${value}`))
  return [
    { type: 'header', text: plain(title) },
    ...(fields.length > 0 ? [{ type: 'section' as const, fields }] : []),
    ...sectionsOf([...headline.lines, ...headline.paths]),
    ...links.map(({ title, url }) => ({ type: 'section' as const, text: linkTo(title, url) })),
    { type: 'context', elements: [plain(`Rangewarden, ${type}, ${timestamp}`)] },
  ]
}

/** As many lines in each section as it holds; a single line is always shorter. */
function sectionsOf(lines: readonly string[]): readonly Block[] {
  const texts: string[] = []
  for (const line of lines) {
    const last = texts.pop()
    const together = last === undefined ? line : `${last}\n${line}`
    if (last === undefined || escaped(together).length <= MOST_SECTION) texts.push(together)
    else texts.push(last, line)
  }
  return texts.map((text) => ({ type: 'section', text: plain(text) }))
}

function fits(blocks: readonly Block[]): boolean {
  const characters = blocks
    .flatMap((block) => {
      if ('fields' in block) return block.fields
      return 'elements' in block ? block.elements : [block.text]
    })
    .reduce((sum, { text }) => sum + text.length, 0)
  return blocks.length <= MOST_BLOCKS && characters <= MOST_TOGETHER
}

/** Without `emoji` a `:name:` stays what it is. */
function plain(text: string): TextObject {
  return { type: 'plain_text', text: escaped(text), emoji: false }
}

/** A bar would end the address, and browsers leave it as it is. */
function linkTo(title: string, url: string): TextObject {
  const text = `<${escaped(url).replaceAll('|', '%7C')}|${title}>`
  return { type: 'mrkdwn', text, verbatim: true }
}

/** The three characters that Slack asks to be escaped, in every kind of text. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
