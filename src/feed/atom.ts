/**
 * Atom 1.0 (RFC 4287) as text. A document of a dozen element names needs no general builder: what
 * matters is that every text is escaped, and that an entry once written is put into feeds as it is.
 */
import { escaped } from '../report/html.ts'

export const ATOM_MEDIA_TYPE = 'application/atom+xml'

export interface AtomLink {
  readonly rel: 'alternate' | 'related' | 'self'
  /** Absolute, or relative to where the feed was fetched from (RFC 3986 section 5.1.3). */
  readonly href: string
  readonly type: string
  readonly title?: string
}

export interface AtomEntry {
  /** An IRI, for ever. */
  readonly id: string
  readonly title: string
  readonly published: Date
  readonly updated: Date
  readonly links: readonly AtomLink[]
  readonly categories: readonly string[]
  readonly summary: string
  /** Markup of an HTML body. */
  readonly content: string
}

export interface AtomFeed {
  readonly id: string
  readonly title: string
  readonly subtitle: string
  readonly updated: Date
  readonly author: string
  readonly links: readonly AtomLink[]
  /** As `entryXml` wrote them, newest first. */
  readonly entries: readonly string[]
}

export function feedXml(feed: AtomFeed): string {
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
    element('id', feed.id),
    element('title', feed.title),
    element('subtitle', feed.subtitle),
    element('updated', feed.updated.toISOString()),
    `<author>${element('name', feed.author)}</author>`,
    ...feed.links.map(linkXml),
    ...feed.entries,
    '</feed>',
    '',
  ].join('\n')
}

export function entryXml(entry: AtomEntry): string {
  return [
    '<entry>',
    element('id', entry.id),
    element('title', entry.title),
    element('published', entry.published.toISOString()),
    element('updated', entry.updated.toISOString()),
    ...entry.links.map(linkXml),
    ...entry.categories.map((term) => `<category term="${escaped(term)}"/>`),
    element('summary', entry.summary),
    `<content type="html">${markupText(entry.content)}</content>`,
    '</entry>',
  ].join('\n')
}

function linkXml({ rel, href, type, title }: AtomLink): string {
  const named = title === undefined ? '' : ` title="${escaped(title)}"`
  return `<link rel="${rel}" href="${escaped(href)}" type="${escaped(type)}"${named}/>`
}

function element(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`
}

/** The markup's own texts are escaped already, line by line: as a whole it is text once more. */
function markupText(markup: string): string {
  return markup.split('\n').map(escaped).join('\n')
}
