/**
 * What a body says to a person: a title, facts, lines and links, in words that every chat format
 * shows. All text is one line each and of bounded length; nothing of it is markup.
 */
import type { EventBody } from './event.ts'
import { partsOf, type Severity } from './headline-parts.ts'
import { oneLine, shortened } from './shorten.ts'
import { HEADLINE_LIMITS, type Fact } from './wording.ts'

/** A link that a program may follow. */
export interface HeadlineLink {
  readonly title: string
  readonly url: string
}

export interface Headline {
  readonly title: string
  readonly severity: Severity
  /** At most 8. */
  readonly facts: readonly Fact[]
  readonly lines: readonly string[]
  /** At most two, with `paths`. */
  readonly links: readonly HeadlineLink[]
  /** Links that only a person can complete, since no public URL is configured: `Run: /v1/runs/…`. */
  readonly paths: readonly string[]
}

/** Ours are half as long, and a chat escapes some characters by five. */
const MOST_URL = 400

/** The headline of any body. */
export function headlineOf(body: EventBody): Headline {
  const { title, severity, facts = [], lines = [], links } = partsOf(body)
  const opened = links.map((link) => ({ ...link, url: openable(link.to) }))
  return {
    title: shortened(oneLine(title), HEADLINE_LIMITS.title),
    severity,
    facts: facts
      .map(({ name, value }) => ({ name, value: shortened(oneLine(value), HEADLINE_LIMITS.fact) }))
      .filter(({ value }) => value !== ''),
    lines: lines
      .map(oneLine)
      .filter((line) => line !== '')
      .map(asLine),
    links: opened.flatMap(({ title, url }) => (url === undefined ? [] : [{ title, url }])),
    paths: opened
      .filter(({ to, url }) => url === undefined && oneLine(to) !== '')
      .map(({ title, to }) => asLine(`${title}: ${oneLine(to)}`)),
  }
}

function asLine(text: string): string {
  return shortened(text, HEADLINE_LIMITS.line)
}

/** The link as a program may follow it, or undefined for a path, and for what no browser opens. */
function openable(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined
  const { protocol, href } = new URL(link)
  return /^https?:$/.test(protocol) && href.length <= MOST_URL ? href : undefined
}
