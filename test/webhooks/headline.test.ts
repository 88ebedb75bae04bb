/** What a body says to a person, in the words that all chats share. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES, type EventBody } from '../../src/webhooks/event.ts'
import { headlineOf } from '../../src/webhooks/headline.ts'
import { HEADLINE_LIMITS } from '../../src/webhooks/wording.ts'
import { PUBLICATION_KINDS } from '../../src/store/contract.ts'
import { anyBody, HOSTILE_PIECES, largestBody } from '../support/any-event-body.ts'
import { EVERY_SAMPLE, SAMPLE_BODIES } from '../support/event-bodies.ts'

const published = SAMPLE_BODIES['ranges.changed']

function expectBounded(body: EventBody): void {
  const { title, facts, lines, links, paths } = headlineOf(body)
  const texts = [title, ...facts.map(({ value }) => value), ...lines, ...paths]
  for (const text of texts) {
    expect(text).toMatch(/^\S(?:.*\S)?$/u)
    expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
    expect(text.isWellFormed()).toBe(true)
  }
  expect(title.length).toBeLessThanOrEqual(HEADLINE_LIMITS.title)
  for (const line of [...lines, ...paths]) {
    expect(line.length).toBeLessThanOrEqual(HEADLINE_LIMITS.line)
  }
  for (const { value } of facts) expect(value.length).toBeLessThanOrEqual(HEADLINE_LIMITS.fact)
  expect(facts.length).toBeLessThanOrEqual(8)
  expect(links.length + paths.length).toBeLessThanOrEqual(2)
  for (const { url } of links) expect(url).toMatch(/^https?:\/\/[^\s<>"]{1,400}$/)
}

describe('a headline', () => {
  it('says of a publication what moved, which tags, and where to read on', () => {
    expect(headlineOf(published)).toEqual({
      title: 'Public: ranges changed (2025-10-28)',
      severity: 'info',
      facts: [
        { name: 'IPv4', value: '+1,024 -256' },
        { name: 'IPv6', value: '+0 -1 /48' },
        { name: 'Prefixes', value: '+118 -7' },
        { name: 'Tags', value: '2 added, 41 changed' },
        {
          name: 'Snapshot',
          value: 'public-20251028-3f9a2c1e, before: public-20251020-1f2e3d4c',
        },
        { name: 'In use from', value: '2025-11-04' },
        { name: 'Published by', value: 'schedule' },
      ],
      lines: ['Tags: AzureCloud, AzureCloud.westeurope, Storage.WestEurope and 40 more'],
      links: [
        { title: 'Changes', url: published.data.links.changes },
        { title: 'Snapshot', url: published.data.links.snapshot },
      ],
      paths: [],
    })
  })

  it('has a title of its own for each type', () => {
    expect(EVERY_SAMPLE.map((body) => headlineOf(body).title)).toEqual([
      'Public: ranges changed (2025-10-28)',
      'app-proxy-ip: the list changed',
      'Public: the file of 2025-10-28 is held for a person',
      'Public: a file is refused',
      'Public: no newer file for 26 days',
      'Public: newer files cannot be fetched',
      'Public: the source is back',
      'fw-paris-1 differs from app-proxy-ip',
      'Webhook disabled: https://hooks.slack.com',
      'Week 2025-W44: 2025-10-27 to 2025-11-02',
      'Test message',
    ])
  })

  it.each(EVENT_TYPES)('of %s is bounded, one line each, whatever it is made of', (type) => {
    for (const piece of HOSTILE_PIECES) expectBounded(largestBody(type, piece))
    fc.assert(fc.property(anyBody(type), expectBounded), { seed: 7, numRuns: 50 })
  })
})

describe('of a publication', () => {
  it('says what a person did', () => {
    const titles = PUBLICATION_KINDS.map((kind) => {
      return headlineOf({ ...published, data: { ...published.data, kind } }).title
    })
    expect(new Set(titles).size).toBe(PUBLICATION_KINDS.length - 1) // a sync and an import are one
    const data = {
      ...published.data,
      kind: 'rollback',
      reason: 'the branch lost its mail',
    } as const
    const { severity, lines } = headlineOf({ ...published, data })
    expect(severity).toBe('warning')
    expect(lines).toContain('Reason: the branch lost its mail')
  })

  it('says that it is the first one of a cloud', () => {
    const { title, facts } = headlineOf({ ...published, data: { ...published.data, from: null } })
    expect(title).toBe('Public: first ranges published (2025-10-28)')
    expect(facts).toContainEqual({ name: 'Snapshot', value: 'public-20251028-3f9a2c1e' })
  })

  it('says that only the spelling changed, where no address moved', () => {
    const none = { ipv4: 0, ipv6: '0' }
    const coverage = { gained: none, lost: none }
    const { facts } = headlineOf({ ...published, data: { ...published.data, coverage } })
    expect(facts[0]).toEqual({ name: 'Addresses', value: 'the same' })
  })
})

describe('a list of names', () => {
  function tagsLine(names: string[], more = 0): string | undefined {
    const data = { ...published.data, tags: { names, more } }
    return headlineOf({ ...published, data }).lines.find((line) => line.startsWith('Tags: '))
  }

  it('is told whole while it is short', () => {
    expect(tagsLine(['A', 'B'])).toBe('Tags: A, B')
    expect(tagsLine([])).toBeUndefined()
  })

  it('shows whole names and counts the others', () => {
    const names = Array.from({ length: 100 }, (_, i) => `Tag${i}`)
    expect(tagsLine(names, 1_031)).toBe(`Tags: ${names.slice(0, 10).join(', ')} and 1,121 more`)
    const long = Array.from({ length: 5 }, (_, i) => `${i}${'n'.repeat(199)}`)
    expect(tagsLine(long)).toBe(`Tags: ${long.slice(0, 2).join(', ')} and 3 more`)
    expect(tagsLine(['n'.repeat(600), 'B'], 3)).toBe('Tags: 5')
  })
})

describe('a refusal', () => {
  it('is a line with place, value and rule, and says how many more there are', () => {
    const { lines } = headlineOf(SAMPLE_BODIES['sync.refused'])
    expect(lines).toEqual([
      'values[12].properties.addressPrefixes[3] "10.0.0.1/8": host bits set',
      '… and 4 more reasons',
    ])
  })
})

describe('a link', () => {
  const held = SAMPLE_BODIES['sync.held']
  function linked(hold: string) {
    const { links, paths } = headlineOf({ ...held, data: { ...held.data, links: { hold } } })
    return { links, paths }
  }

  it('is one where a browser can follow it', () => {
    expect(linked('http://ranges.example:8080/v1/holds/3')).toEqual({
      links: [{ title: 'Hold', url: 'http://ranges.example:8080/v1/holds/3' }],
      paths: [],
    })
  })

  it('is text where it is a path, of another scheme, or too long', () => {
    expect(linked('/v1/holds/3')).toEqual({ links: [], paths: ['Hold: /v1/holds/3'] })
    for (const other of ['javascript:alert(1)', 'file:///etc/passwd', '//ranges.example/']) {
      expect(linked(other).links).toEqual([])
      expect(linked(other).paths.length).toBe(1)
    }
    expect(linked('')).toEqual({ links: [], paths: [] })
    expect(linked(`https://ranges.example/${'a'.repeat(500)}`).links).toEqual([])
  })
})

describe('drift', () => {
  it('says how much is missing, extra and stale, and names the networks', () => {
    const { facts, lines } = headlineOf(SAMPLE_BODIES['drift.detected'])
    expect(facts.slice(0, 3)).toEqual([
      { name: 'Missing', value: '512 IPv4' },
      { name: 'Extra', value: 'nothing' },
      { name: 'Stale', value: '1 name' },
    ])
    expect(lines).toEqual([
      'Missing networks: 20.0.0.0/24, 20.0.2.0/24',
      'Stale names: old.msappproxy.net',
    ])
  })
})
