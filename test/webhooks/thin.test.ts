/** Bodies stay below 20 kB whatever an event says, and say what they leave out. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  EVENT_TYPES,
  eventBodyShape,
  MOST_LINES,
  MOST_NAMES,
  MOST_REASONS,
  type EventBody,
} from '../../src/webhooks/event.ts'
import { standard } from '../../src/webhooks/formats/standard.ts'
import { fitBody, MOST_BYTES } from '../../src/webhooks/thin.ts'
import { anyBody, HOSTILE_PIECES, largestBody } from '../support/any-event-body.ts'
import { EVERY_SAMPLE, SAMPLE_BODIES } from '../support/event-bodies.ts'

function bytesOf(body: EventBody): number {
  return Buffer.byteLength(standard.render(body))
}

/** Every pair of a list of names and how many more there are, by its place. */
function namesIn(value: unknown, place = ''): Map<string, { names: unknown[]; more: unknown }> {
  if (typeof value !== 'object' || value === null) return new Map()
  const here =
    'names' in value && Array.isArray(value.names) && 'more' in value
      ? ([[place, { names: value.names, more: value.more }]] as const)
      : []
  const below = Object.entries(value).flatMap(([key, part]) => [
    ...namesIn(part, `${place}/${key}`),
  ])
  return new Map([...here, ...below])
}

/** How many names a list tells of, those left out included. */
function toldOf({ names, more }: { names: unknown[]; more: unknown }): bigint {
  return BigInt(names.length) + BigInt(Number(more))
}

describe('a body', () => {
  it('that fits comes out as it is', () => {
    for (const body of EVERY_SAMPLE) expect(fitBody(body)).toEqual(body)
  })

  it.each(EVENT_TYPES)('of %s fits at its very largest, whatever it is made of', (type) => {
    for (const piece of [...HOSTILE_PIECES, 'a', '\ud83d']) {
      const fitted = fitBody(largestBody(type, piece))
      expect(bytesOf(fitted), JSON.stringify(piece)).toBeLessThanOrEqual(MOST_BYTES)
      expect(fitBody(fitted), 'a second time').toEqual(fitted)
    }
  })

  it.each(EVENT_TYPES)('of %s fits, is one still, and counts the names it leaves out', (type) => {
    const law = fc.property(anyBody(type), (body) => {
      const fitted = fitBody(body)
      expect(bytesOf(fitted)).toBeLessThanOrEqual(MOST_BYTES)
      expect(eventBodyShape.parse(fitted)).toEqual(fitted)
      const lists = namesIn(body)
      for (const [place, list] of namesIn(fitted)) {
        const whole = lists.get(place)
        if (!whole) throw new Error(`no list at ${place}`)
        expect(whole.names.slice(0, list.names.length)).toEqual(list.names)
        expect(toldOf(list)).toBe(toldOf(whole))
      }
    })
    fc.assert(law, { seed: 13, numRuns: 60 })
  })

  it('does not become another one: the event itself is left as it was', () => {
    const body = largestBody('ranges.changed', 'a')
    const before = structuredClone(body)
    expect(fitBody(body)).not.toEqual(before)
    expect(body).toEqual(before)
  })
})

describe('what does not fit', () => {
  it('is left out of the longest list first, from its end', () => {
    const { data, ...event } = SAMPLE_BODIES['drift.detected']
    const long = Array.from({ length: MOST_NAMES }, (_, i) => `${i}-${'n'.repeat(250)}`)
    const short = ['a', 'b', 'c']
    const fitted = fitBody({
      ...event,
      data: {
        ...data,
        missing: { ...data.missing, networks: { names: long, more: 5 } },
        stale: { ...data.stale, names: { names: short, more: 0 } },
      },
    })
    if (fitted.type !== 'drift.detected') throw new Error('another type')
    const { networks } = fitted.data.missing
    expect(fitted.data.stale.names).toEqual({ names: short, more: 0 })
    expect(networks.names.length).toBeLessThan(MOST_NAMES)
    expect(networks.names).toEqual(long.slice(0, networks.names.length))
    expect(networks.more).toBe(MOST_NAMES - networks.names.length + 5)
    expect(bytesOf(fitted)).toBeGreaterThan(MOST_BYTES - 300)
  })

  it('is left out of lists that have more than they may', () => {
    const { data, ...event } = SAMPLE_BODIES['ranges.changed']
    const names = Array.from({ length: MOST_NAMES + 20 }, (_, i) => `Tag${i}`)
    const fitted = fitBody({ ...event, data: { ...data, tags: { names, more: 1 } } })
    expect(fitted.data).toMatchObject({ tags: { names: names.slice(0, MOST_NAMES), more: 21 } })
  })

  it('is shortened in refusals, which say by how much', () => {
    const { data, ...event } = SAMPLE_BODIES['sync.refused']
    const refusal = { path: 'values[0]', value: '9'.repeat(1_000), reason: 'r'.repeat(300) }
    const fitted = fitBody({ ...event, data: { ...data, refusals: [refusal], more: 0 } })
    if (fitted.type !== 'sync.refused') throw new Error('another type')
    const [shown] = fitted.data.refusals
    expect(shown?.value).toMatch(/^9+… \(\d+ more characters\)$/)
    expect(shown?.value.length).toBeLessThanOrEqual(300)
    const kept = shown?.value.indexOf('…') ?? 0
    expect(shown?.value).toContain(`(${1_000 - kept} more characters)`)
    expect(shown?.reason).toBe(refusal.reason)
  })

  it('leaves out whole refusals and counts them', () => {
    const body = largestBody('sync.refused', '漢')
    if (body.type !== 'sync.refused') throw new Error('another type')
    body.data.more = 7
    const fitted = fitBody(body)
    if (fitted.type !== 'sync.refused') throw new Error('another type')
    expect(fitted.data.refusals.length).toBeLessThan(body.data.refusals.length)
    expect(fitted.data.refusals.length + fitted.data.more).toBe(body.data.refusals.length + 7)
  })

  it('is told by the last of the reasons and lines, where nothing else counts', () => {
    const held = SAMPLE_BODIES['sync.held']
    const reasons = Array.from({ length: MOST_REASONS + 5 }, (_, i) => `reason ${i}`)
    const few = fitBody({ ...held, data: { ...held.data, reasons } })
    expect(few.data).toMatchObject({
      reasons: [...reasons.slice(0, MOST_REASONS - 1), '… and 6 more'],
    })
    const report = SAMPLE_BODIES['report.weekly']
    const lines = Array.from({ length: MOST_LINES }, () => '漢'.repeat(500))
    const short = fitBody({ ...report, data: { ...report.data, lines } })
    if (short.type !== 'report.weekly') throw new Error('another type')
    const shown = short.data.lines.length - 1
    expect(short.data.lines.at(-1)).toBe(`… and ${MOST_LINES - shown} more`)
    expect(short.data.lines.slice(0, shown)).toEqual(lines.slice(0, shown))
  })

  it('is said of a text that is too long, and never cut within a character', () => {
    const { data, ...event } = SAMPLE_BODIES['webhook.test']
    const fitted = fitBody({ ...event, data: { ...data, text: '💥'.repeat(5_000) } })
    if (fitted.type !== 'webhook.test') throw new Error('another type')
    expect(fitted.data.text).toMatch(/^(?:💥)+… \([\d,]+ more characters\)$/u)
    const kept = Array.from(fitted.data.text).indexOf('…')
    expect(fitted.data.text).toContain(`(${(5_000 - kept).toLocaleString('en')} more characters)`)
  })

  it('is not a piece of a link, which would lead elsewhere', () => {
    const { data, ...event } = SAMPLE_BODIES['sync.held']
    const hold = `https://ranges.example/${'a'.repeat(30_000)}`
    const fitted = fitBody({ ...event, data: { ...data, links: { hold } } })
    expect(fitted.data).toMatchObject({ links: { hold: '(a link of 30,023 characters)' } })
  })
})
