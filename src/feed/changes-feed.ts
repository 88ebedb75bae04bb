/**
 * The feed of what publications changed, of one cloud or of all that are followed. An entry is written
 * once and kept: a poll that finds nothing new costs a small query per cloud.
 */
import { LRUCache } from 'lru-cache'
import { CLOUDS, type Cloud } from '../core/cloud.ts'
import { notFound, RangewardenError } from '../core/errors.ts'
import { suggestion } from '../core/nearest-name.ts'
import { sha256 } from '../documents/read-document.ts'
import type { PublishedChange, PublishedChanges } from '../history/published-changes.ts'
import type { Timelines } from '../history/timelines.ts'
import { notPublished } from '../lists/render.ts'
import type { Publication, PublicationStore } from '../store/contract.ts'
import { ATOM_MEDIA_TYPE, entryXml, feedXml, type AtomLink } from './atom.ts'
import { changeEntry, publicationUrn, tagEntry, type Refer } from './entries.ts'

export interface FeedWish {
  /** Undefined: all that are followed, merged by time. */
  readonly cloud: Cloud | undefined
  /** Only what changed this tag, told of it alone. */
  readonly tag: string | undefined
  /** Entries at most. */
  readonly limit: number
}

export interface FeedDocument {
  readonly bytes: Buffer
  /** Strong, quoted: of the bytes. */
  readonly etag: string
  /** When the newest thing it tells happened. */
  readonly updated: Date
}

export interface ChangesFeed {
  /**
   * @throws RangewardenError `not-ready` while nothing is published, `not-found` for a cloud that is
   * neither followed nor published and for a tag that none of the clouds ever had
   */
  read(wish: FeedWish): Promise<FeedDocument>
}

export interface ChangesFeedDeps {
  readonly publications: Pick<PublicationStore, 'list'>
  readonly changes: PublishedChanges
  readonly timelines: Timelines
  readonly clouds: readonly Cloud[]
  /** Origin that links begin with; undefined: links are relative to the feed's own address. */
  readonly publicUrl: string | undefined
}

/** Of a cloud, that are looked through for changes: four years of weeks. */
const SEARCHED = 200

const PAGE = 50

/** Of written entries, in characters. A long one has some 12,000. */
const REMEMBERED = 8_000_000

/** A written entry. */
interface Written {
  readonly publication: Publication
  readonly xml: string
}

export function createChangesFeed(deps: ChangesFeedDeps): ChangesFeed {
  const { publications, changes, timelines, clouds, publicUrl } = deps
  // Relative to /v1/changes.atom, also behind a proxy that puts a path before it.
  const refer: Refer = (reference) =>
    publicUrl === undefined ? reference : `${publicUrl}/v1/${reference}`
  /** What stands in the feed for a publication; empty for one that changed nothing there. */
  const written = new LRUCache<string, string>({
    maxSize: REMEMBERED,
    sizeCalculation: (xml) => xml.length + 100,
  })
  const founding = new Map<string, Publication>()

  /** The first publication there ever was: it says which installation and cloud this is. */
  async function firstOf(cloud: Cloud | undefined): Promise<Publication | undefined> {
    const known = founding.get(cloud ?? '')
    if (known) return known
    const asked = cloud === undefined ? CLOUDS : [cloud]
    const firsts: Publication[] = []
    for (const each of asked) firsts.push(...(await publications.list(each, 1, 2)))
    const [first] = firsts.sort((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime())
    if (first) founding.set(cloud ?? '', first)
    return first
  }

  function xmlOf(
    publication: Publication,
    change: PublishedChange,
    tag: string | undefined,
  ): string {
    const { facts } = change
    if (tag === undefined) {
      return facts?.tags.length === 0 ? '' : entryXml(changeEntry(publication, change, refer))
    }
    const changed = facts?.tags.find(({ name }) => name === tag)
    return changed ? entryXml(tagEntry(publication, change, changed, refer)) : ''
  }

  async function entryOf(
    publication: Publication,
    before: Publication | undefined,
    tag: string | undefined,
  ): Promise<string> {
    const key = JSON.stringify([publication.cloud, publication.serial, tag])
    const known = written.get(key)
    if (known !== undefined) return known
    const xml = xmlOf(publication, await changes.between(before, publication), tag)
    written.set(key, xml)
    return xml
  }

  /** Newest first. */
  async function* entriesOf(cloud: Cloud, tag: string | undefined): AsyncGenerator<Written> {
    let newer: Publication | undefined
    for (let seen = 0; seen < SEARCHED; seen += PAGE) {
      const page = await publications.list(cloud, PAGE, newer?.serial)
      for (const publication of page) {
        const xml = newer && (await entryOf(newer, publication, tag))
        if (newer && xml !== undefined && xml !== '') yield { publication: newer, xml }
        newer = publication
      }
      if (page.length < PAGE) break
    }
    if (newer?.serial !== 1) return
    const xml = await entryOf(newer, undefined, tag)
    if (xml !== '') yield { publication: newer, xml }
  }

  async function newestEntries(
    asked: readonly Cloud[],
    { tag, limit }: FeedWish,
  ): Promise<Written[]> {
    const found: Written[] = []
    for (const cloud of asked) {
      let count = 0
      for await (const entry of entriesOf(cloud, tag)) {
        found.push(entry)
        if (++count === limit) break
      }
    }
    return found.sort(byTime).slice(0, limit)
  }

  async function checkTag(tag: string, asked: readonly Cloud[]): Promise<void> {
    const names: string[] = []
    for (const cloud of asked) {
      const { timeline } = await timelines.of(cloud)
      if (timeline.tags.some(({ name }) => name === tag)) return
      names.push(...timeline.tags.map(({ name }) => name))
    }
    const where = asked.join(', ')
    throw notFound(`no service tag "${tag}" in any file of ${where}${suggestion(tag, names)}`, {
      tag,
    })
  }

  return {
    async read(wish) {
      const { cloud, tag, limit } = wish
      const asked = cloud === undefined ? clouds : [cloud]
      const first = await firstOf(cloud)
      if (!first) throw nothingYet(cloud, clouds)
      if (tag !== undefined) await checkTag(tag, asked)
      const entries = await newestEntries(asked, wish)
      const updated = entries[0]?.publication.publishedAt ?? first.publishedAt
      const bytes = Buffer.from(
        feedXml({
          id: publicationUrn(first, 'feed', cloud ?? '', ...(tag === undefined ? [] : [tag])),
          title: titleOf(wish),
          subtitle: `What each publication changed; the newest ${limit} that did`,
          updated,
          author: 'Rangewarden',
          links: linksOf(wish, refer),
          entries: entries.map(({ xml }) => xml),
        }),
      )
      return { bytes, etag: `"${sha256(bytes).slice(0, 32)}"`, updated }
    },
  }
}

function titleOf({ cloud, tag }: FeedWish): string {
  const what = cloud === undefined ? "Azure's service tags" : `service tags of ${cloud}`
  return tag === undefined ? `Rangewarden: ${what}` : `Rangewarden: ${tag} in ${what}`
}

function linksOf({ cloud, tag, limit }: FeedWish, refer: Refer): AtomLink[] {
  const query = new URLSearchParams({
    ...(cloud === undefined ? {} : { cloud }),
    ...(tag === undefined ? {} : { tag }),
    limit: String(limit),
  })
  const href = refer(`changes.atom?${query.toString()}`)
  return [{ rel: 'self', href, type: ATOM_MEDIA_TYPE }]
}

/** Newest first; of one moment, by cloud and serial, so that the order is always the same. */
function byTime(a: Written, b: Written): number {
  const [one, other] = [a.publication, b.publication]
  return (
    other.publishedAt.getTime() - one.publishedAt.getTime() ||
    CLOUDS.indexOf(one.cloud) - CLOUDS.indexOf(other.cloud) ||
    other.serial - one.serial
  )
}

function nothingYet(cloud: Cloud | undefined, clouds: readonly Cloud[]): RangewardenError {
  const [first] = clouds
  const meant = cloud ?? first
  if (meant !== undefined) return notPublished(meant, clouds)
  return new RangewardenError('not-ready', 'no cloud is followed')
}
