/**
 * Microsoft Teams, by the Workflows trigger "When a Teams webhook request is received": a message with
 * one Adaptive Card. Texts and facts of a card are read as a part of Markdown, on phones by another
 * reader than elsewhere; what others wrote is made inert for both.
 *
 * `{{DATE(…)}}` and `{{TIME(…)}}` within a text are functions of the card.
 */
import type { EventBody } from '../event.ts'
import { headlineOf, type Headline } from '../headline.ts'
import type { Severity } from '../headline-parts.ts'
import type { WebhookFormat } from './contract.ts'
import { fitLines } from './fit-lines.ts'
import { withoutDisguisedLinks, WORD_JOINER } from './inert.ts'

/** Teams takes about 28 kB, as it counts; senders have met refusals from 21 kB on. */
const MOST_BYTES = 20_000

const COLORS = { info: 'Default', good: 'Good', warning: 'Attention' } as const satisfies Record<
  Severity,
  string
>

export const teams: WebhookFormat = {
  name: 'teams',
  summary: 'an Adaptive Card, for a Workflows webhook of Microsoft Teams',
  contentType: 'application/json; charset=utf-8',

  render(body) {
    const headline = headlineOf(body)
    const messageWith = (lines: readonly string[]) => messageOf(body, { ...headline, lines })
    const lines = fitLines(
      headline.lines,
      (some) => Buffer.byteLength(messageWith(some)) <= MOST_BYTES,
    )
    return messageWith(lines)
  },
}

function messageOf(body: EventBody, headline: Headline): string {
  const content = cardOf(body, headline)
  const contentType = 'application/vnd.microsoft.card.adaptive'
  return JSON.stringify({
    type: 'message',
    attachments: [{ contentType, contentUrl: null, content }],
  })
}

function cardOf({ type, timestamp }: EventBody, headline: Headline) {
  const { title, severity, facts, lines, links, paths } = headline
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { ...textBlock(title), size: 'Medium', weight: 'Bolder', color: COLORS[severity] },
      ...(facts.length > 0 ? [factSet(facts)] : []),
      ...[...lines, ...paths].map((line) => ({ ...textBlock(line), spacing: 'Small' })),
      { ...textBlock(`Rangewarden, ${type}, ${timestamp}`), size: 'Small', isSubtle: true },
    ],
    ...(links.length > 0 ? { actions: links.map(openUrl) } : {}),
    msteams: { width: 'Full' },
  }
}

function textBlock(text: string) {
  return { type: 'TextBlock', text: inert(text), wrap: true }
}

function factSet(facts: Headline['facts']) {
  return {
    type: 'FactSet',
    facts: facts.map(({ name, value }) => ({ title: name, value: inert(value) })),
  }
}

function openUrl({ title, url }: Headline['links'][number]) {
  return { type: 'Action.OpenUrl', title, url }
}

/**
 * Text that reads as it is. Phones know a backslash before `*` and `_` only and show any other, so
 * there is one only where something would be formatted; what makes a line a list, a heading, a quotation
 * or the address of a link does so at its very beginning alone.
 */
function inert(text: string): string {
  return withoutDisguisedLinks(text)
    .replaceAll(/[\\*`~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w+;)/g, '\\$&')
    .replaceAll(/<(?=\S)|\{(?=\{)/g, `$&${WORD_JOINER}`)
    .replace(/^(?=(?:[-+]|\d+[.)])(?:\s|$)|--|[#>=|[])/, WORD_JOINER)
}
