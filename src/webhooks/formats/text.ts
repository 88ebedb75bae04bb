/**
 * Chats that take `{"text": "…"}`: Mattermost, Rocket.Chat, Google Chat. Each has a markup of its own
 * with other escapes, so there is none of ours in it, and what others wrote cannot call anybody or
 * hide an address behind words; at worst a star in a reason makes a word bold.
 */
import { headlineOf, type Headline } from '../headline.ts'
import type { WebhookFormat } from './contract.ts'
import { fitLines } from './fit-lines.ts'
import { withoutDisguisedLinks, withoutMentions } from './inert.ts'

/** In characters: less than the 5,000 of Rocket.Chat as it comes, the least of the three. */
const MOST_TEXT = 4_000

export const text: WebhookFormat = {
  name: 'text',
  summary: 'plain lines in `{"text": …}`, for Mattermost, Google Chat, Rocket.Chat and their like',
  contentType: 'application/json; charset=utf-8',

  render(body) {
    const headline = headlineOf(body)
    const lines = fitLines(
      headline.lines,
      (some) => textOf({ ...headline, lines: some }).length <= MOST_TEXT,
    )
    return JSON.stringify({ text: textOf({ ...headline, lines }) })
  },
}

function textOf({ title, facts, lines, links, paths }: Headline): string {
  const said = [title, ...facts.map(({ name, value }) => `${name}: ${value}`), ...lines, ...paths]
  return [
    ...said.map((line) => withoutDisguisedLinks(withoutMentions(line))),
    ...links.map(({ title, url }) => `${title}: ${url}`),
  ].join('\n')
}
