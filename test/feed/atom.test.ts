/** Feeds as texts: valid whatever stands in them, and the checks refuse what is not. */
import { describe, expect, it } from 'vitest'
import { entryXml, feedXml, type AtomEntry, type AtomFeed } from '../../src/feed/atom.ts'
import { changeEntry, publicationUrn, tagEntry } from '../../src/feed/entries.ts'
import { oneLine } from '../../src/report/wording.ts'
import { changedTag, facts, HOSTILE, publication, record } from '../report/sample-report.ts'
import { describeWith, program } from '../support/requirements.ts'
import { feedparser, readFeed, schemaMistakes } from './atom-checks.ts'

const AT = 'http://rw.example/behind/v1/changes.atom'

function feedOf(entries: readonly AtomEntry[], more: Partial<AtomFeed> = {}): string {
  return feedXml({
    id: publicationUrn(publication(1), 'feed'),
    title: 'Rangewarden: service tags',
    subtitle: 'What each publication changed',
    updated: new Date('2025-10-28T06:18:00Z'),
    author: 'Rangewarden',
    links: [{ rel: 'self', href: 'changes.atom?limit=30', type: 'application/atom+xml' }],
    entries: entries.map(entryXml),
    ...more,
  })
}

const refer = (reference: string): string => reference

/** Of a publication whose tags, names and reasons all are `said`. */
function entrySaying(said: string, serial = 12): AtomEntry {
  const told = publication(serial, { kind: 'approval', publishedBy: said, reason: said })
  const tags = [changedTag(said), changedTag('New', { kind: 'added' })]
  const change = { from: record('2025-10-20', '11111111'), to: record('2025-10-28') }
  return changeEntry(told, { ...change, facts: facts(tags) }, refer)
}

function tagEntrySaying(said: string): AtomEntry {
  const change = { from: record('2025-10-20', '11111111'), to: record('2025-10-28') }
  const tag = changedTag(said, { kind: 'removed' })
  return tagEntry(publication(12), { ...change, facts: facts([tag]) }, tag, refer)
}

describe('an entry', () => {
  it('is called by cloud, file and what changed, and by what a person decided', () => {
    const change = {
      from: record('2025-10-20', '11111111'),
      to: record('2025-10-28'),
      facts: {
        ...facts([changedTag('A'), changedTag('B')]),
        coverage: { gained: { 4: 1_024n, 6: 0n }, lost: { 4: 256n, 6: 0n } },
      },
    }
    const of = (more: object) => changeEntry(publication(12, more), change, refer)
    const title = '2 tags changed, +1,024 -256 IPv4 addresses'
    expect(of({}).title).toBe(`Public 2025-10-28: ${title}`)
    expect(of({ kind: 'rollback' }).title).toBe(`Public 2025-10-28 (rollback): ${title}`)
    expect(of({ kind: 'rollback', publishedBy: 'A. Person', reason: 'lost mail' }).summary).toBe(
      '2 tags changed, +1,024 -256 IPv4 addresses. In use from 2025-11-04 at the earliest. ' +
        'Rolled back (until it is released) by A. Person: lost mail.',
    )
  })

  it('shows the tags that moved most, and how many more there are', () => {
    const tags = Array.from({ length: 33 }, (_, i) => changedTag(`Tag${i}`, { kind: 'added' }))
    const change = { from: record('2025-10-20'), to: record('2025-10-28'), facts: facts(tags) }
    const { content } = changeEntry(publication(12), change, refer)
    expect([...content.matchAll(/<tr><td>Tag/g)]).toHaveLength(20)
    expect(content).toContain('<p>and 13 more</p>')
    expect(content).toMatch(/<li>Added: Tag0, .*, Tag19 and 13 more<\/li>/)
    expect(content).toContain('<li>Service tags: 33 tags added, 0 removed, 0 changed</li>')
  })

  it('never has the id of another publication, tag or installation, and always the same', () => {
    const ids = [
      publicationUrn(publication(12)),
      publicationUrn(publication(13)),
      publicationUrn(publication(12, { cloud: 'China' })),
      publicationUrn(publication(12, { publishedAt: new Date('2025-10-28T06:18:00.001Z') })),
      publicationUrn(publication(12, { snapshotId: record('2025-10-20').id })),
      publicationUrn(publication(12), 'Storage'),
      publicationUrn(publication(12), 'feed', 'Storage'),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    // Kept by readers for ever: whoever changes this shows every entry to everybody again.
    expect(ids[0]).toBe('urn:uuid:4ad79eb4-dece-5f68-8556-f12e0b48d969')
  })
})

describeWith([program('xmllint')], 'a feed, by the rules of RFC 4287', () => {
  it('is valid whatever stands in it', () => {
    for (const said of HOSTILE) {
      const entries = [entrySaying(said), tagEntrySaying(said)]
      expect(schemaMistakes(feedOf(entries, { title: said, author: said })), said).toBe('')
    }
  })

  it('is valid without entries', () => {
    expect(schemaMistakes(feedOf([]))).toBe('')
  })

  const sound = (): string => feedOf([entrySaying('said')])
  it.each<[string, (xml: string) => string]>([
    ['without an id', (xml) => xml.replace(/<id>[^<]*<\/id>\n/, '')],
    ['with two titles', (xml) => xml.replace(/<title>.*<\/title>/, '$&$&')],
    ['without an author', (xml) => xml.replace(/<author>.*<\/author>/, '')],
    ['with a day for a moment', (xml) => xml.replace(/(<updated>[^T]*)[^<]*/, '$1')],
    ['with a moment of no zone', (xml) => xml.replace(/(<published>[^Z]*)Z/, '$1')],
    ['with a link to nothing', (xml) => xml.replace(/ href="[^"]*"/, '')],
    ['with an element of no meaning', (xml) => xml.replace('<entry>', '<entry><pubDate/>')],
    ['of another namespace', (xml) => xml.replace('2005/Atom', '2005/Atoms')],
    ['with markup in a title', (xml) => xml.replace('<title>', '<title><b>!</b>')],
    [
      'with an entry without an update',
      (xml) => xml.replace(/(<entry>[^]*)<updated>.*<\/updated>/, '$1'),
    ],
    ['with a control character', (xml) => xml.replace('<title>', '<title>\u0007')],
    ['with a bare ampersand', (xml) => xml.replace('&amp;', '&')],
  ])('would not be %s', (_, spoil) => {
    const spoiled = spoil(sound())
    expect(spoiled).not.toBe(sound())
    expect(schemaMistakes(spoiled)).not.toBe('')
  })
})

describeWith([feedparser], 'a feed, in a feed reader', () => {
  it('is read without repair, and says what was said', () => {
    for (const said of HOSTILE) {
      const [whole, ofTag] = [entrySaying(said), tagEntrySaying(said)]
      const read = readFeed(feedOf([whole, ofTag]), AT)
      expect(read).toMatchObject({ bozo: false, version: 'atom10', author: 'Rangewarden' })
      expect(read.entries.map(({ id }) => id)).toEqual([whole.id, ofTag.id])
      const line = oneLine(said)
      expect(read.entries[1]?.title).toBe(
        `Public 2025-10-28: ${line} removed, +1,024 -256 IPv4 addresses, +79 /48s of IPv6`,
      )
      // The reader cleans markup; what was text there still is.
      expect(read.entries[0]?.content).not.toMatch(/<(?:script|img|b|em|code)\b/)
    }
  })

  it('has links of its own place, also behind a proxy that puts a path before', () => {
    const [entry] = readFeed(feedOf([entrySaying('said')]), AT).entries
    expect(entry?.links).toEqual([
      {
        rel: 'alternate',
        href: 'http://rw.example/behind/v1/changes?cloud=Public&from=public-20251020-11111111&to=public-20251028-0a1b2c3d',
        type: 'application/json',
      },
      {
        rel: 'related',
        href: 'http://rw.example/behind/v1/snapshots/public-20251028-0a1b2c3d',
        type: 'application/json',
      },
    ])
    expect(entry).toMatchObject({
      published: '2025-10-28T06:18:00Z',
      updated: '2025-10-28T06:18:00Z',
      tags: ['Public', 'approval'],
    })
  })
})
