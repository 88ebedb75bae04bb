/** A publication that changed something, as an entry of a feed: what it is called, and what it says. */
import { v5 } from 'uuid'
import { counted, grouped } from '../core/guard-reasons.ts'
import type { ChangedTag, PublishedChange } from '../history/published-changes.ts'
import { heading, list, text, type Block } from '../report/blocks.ts'
import { blocksHtml } from '../report/html.ts'
import { tagTable } from '../report/tag-table.ts'
import {
  factsText,
  familyAmount,
  listedNames,
  movedText,
  oneLine,
  publicationText,
  tagCountsText,
} from '../report/wording.ts'
import type { Publication } from '../store/contract.ts'
import type { AtomEntry, AtomLink } from './atom.ts'

/** Tags that an entry shows; the link has all. */
const MOST_TAGS = 20

/** Of the names that are made here; never another one. */
const NAMESPACE = 'a89723e5-7418-41a0-ae11-7b07650a89b0'

/** Turns a reference relative to `/v1/` into what stands in the feed. */
export type Refer = (reference: string) => string

/**
 * Permanent and of nobody else, as RFC 4287 (4.2.6) asks: made of what never changes of a publication.
 * Two installations that publish the same file do so in different milliseconds, so that their entries
 * stay two where their feeds are merged; replicas and a restored copy of one database give the same.
 */
export function publicationUrn(
  { cloud, serial, snapshotId, publishedAt }: Publication,
  ...more: readonly string[]
): string {
  const name = [cloud, serial, snapshotId, publishedAt.toISOString(), ...more]
  return `urn:uuid:${v5(JSON.stringify(name), NAMESPACE)}`
}

/** What it changed of everything. */
export function changeEntry(
  publication: Publication,
  change: PublishedChange,
  refer: Refer,
): AtomEntry {
  const { to, facts } = change
  const what = facts ? factsText(facts) : `the first publication, ${counted(to.tags, 'tag')}`
  return {
    ...common(publication, change, refer),
    id: publicationUrn(publication),
    title: `${headText(publication, change)}: ${what}`,
    summary: summaryText(publication, what, facts?.earliestUse),
    content: blocksHtml([
      text(sentence(publicationText(publication))),
      text(fileText(change)),
      ...(facts ? factBlocks(facts) : [text(sentence(prefixesText(change)))]),
    ]),
  }
}

/** What it changed of one tag, which it did change. */
export function tagEntry(
  publication: Publication,
  change: PublishedChange,
  tag: ChangedTag,
  refer: Refer,
): AtomEntry {
  const changed = tag.kind === 'changed' ? '' : ` ${tag.kind}`
  const what = `${tag.name}${changed}, ${movedText(tag.coverage)}`
  return {
    ...common(publication, change, refer, tag.name),
    id: publicationUrn(publication, tag.name),
    title: `${headText(publication, change)}: ${what}`,
    summary: summaryText(publication, what, tag.earliestUse),
    content: blocksHtml([
      text(sentence(publicationText(publication))),
      text(fileText(change)),
      ...list([
        `${tag.name}: ${tag.kind}`,
        `Prefixes: +${grouped(tag.prefixesAdded)} -${grouped(tag.prefixesRemoved)}`,
        ...coverageItems(tag.coverage, tag.earliestUse),
      ]),
    ]),
  }
}

/** What the schedule did not do by itself is told where people look first. */
function headText({ cloud, kind }: Publication, { to }: PublishedChange): string {
  const decided = kind === 'sync' || kind === 'import' ? '' : ` (${kind})`
  return `${cloud} ${to.fileDate}${decided}`
}

function common(
  publication: Publication,
  change: PublishedChange,
  refer: Refer,
  tag?: string,
): Pick<AtomEntry, 'published' | 'updated' | 'categories' | 'links'> {
  const { cloud, kind, publishedAt } = publication
  const links = linksOf(publication, change, tag).map((link) => ({
    ...link,
    href: refer(link.href),
    type: 'application/json',
  }))
  return { published: publishedAt, updated: publishedAt, categories: [cloud, kind], links }
}

/** The diff is the entry for programs; where only additions moved, no diff of history shows them. */
function linksOf(
  { cloud, additionsOf }: Publication,
  { from, to }: PublishedChange,
  tag: string | undefined,
): Omit<AtomLink, 'type'>[] {
  const snapshot = { href: `snapshots/${to.id}`, title: 'The snapshot' }
  const hold = { rel: 'related' as const, href: `holds/${additionsOf ?? ''}`, title: 'The hold' }
  const holds = additionsOf === undefined ? [] : [hold]
  if (!from || from.id === to.id) return [{ rel: 'alternate', ...snapshot }, ...holds]
  const ofTag = tag === undefined ? {} : { tag }
  const query = new URLSearchParams({ cloud, from: from.id, to: to.id, ...ofTag })
  const diff = { href: `changes?${query.toString()}`, title: 'Everything that changed' }
  return [{ rel: 'alternate', ...diff }, { rel: 'related', ...snapshot }, ...holds]
}

function summaryText(
  publication: Publication,
  what: string,
  earliestUse: string | undefined,
): string {
  const use = earliestUse === undefined ? '' : ` In use from ${earliestUse} at the earliest.`
  return `${sentence(what)}${use} ${sentence(publicationText(publication))}`
}

function fileText({ from, to }: PublishedChange): string {
  const before = from && from.id !== to.id ? `, before it the file of ${from.fileDate}` : ''
  return `The file of ${to.fileDate} (${to.id})${before}.`
}

type Facts = NonNullable<PublishedChange['facts']>

function factBlocks({ tags, coverage, earliestUse, ...counts }: Facts): Block[] {
  return [
    ...list([
      `Service tags: ${tagCountsText(tags)}`,
      `Prefixes: +${grouped(counts.prefixesAdded)} -${grouped(counts.prefixesRemoved)}`,
      ...coverageItems(coverage, earliestUse),
      ...namedTags('Added', tags, 'added'),
      ...namedTags('Removed', tags, 'removed'),
    ]),
    heading(3, 'Service tags that moved most'),
    ...tagTable(tags, MOST_TAGS),
  ]
}

function coverageItems(
  { gained, lost }: ChangedTag['coverage'],
  earliestUse: string | undefined,
): string[] {
  return [
    `IPv4 addresses: +${grouped(gained[4])} -${grouped(lost[4])}`,
    `IPv6 addresses: +${familyAmount(6, gained[6]) || '0'} -${familyAmount(6, lost[6]) || '0'}`,
    ...(earliestUse === undefined
      ? []
      : [`First day on which Azure may use what was added: ${earliestUse}`]),
  ]
}

function namedTags(title: string, tags: readonly ChangedTag[], kind: ChangedTag['kind']): string[] {
  const names = tags.filter((tag) => tag.kind === kind).map(({ name }) => name)
  return names.length > 0 ? [`${title}: ${listedNames(names, MOST_TAGS)}`] : []
}

function prefixesText({ to }: PublishedChange): string {
  return `it has ${counted(to.tags, 'service tag')} and ${counted(to.memberships, 'prefix', 'prefixes')}`
}

/** Begins with a capital and ends with one full stop. */
function sentence(words: string): string {
  const line = oneLine(words)
  return `${line.slice(0, 1).toUpperCase()}${line.slice(1)}${line.endsWith('.') ? '' : '.'}`
}
