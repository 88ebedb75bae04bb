/** Plain lines: short enough for every chat, and nothing in them calls anybody. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_TYPES, type EventBody } from '../../../src/webhooks/event.ts'
import { text } from '../../../src/webhooks/formats/text.ts'
import { headlineOf } from '../../../src/webhooks/headline.ts'
import { anyBody, HOSTILE_PIECES, largestBody } from '../../support/any-event-body.ts'
import { SAMPLE_BODIES } from '../../support/event-bodies.ts'

const message = z.strictObject({ text: z.string().min(1).max(4_000) })

function linesOf(body: EventBody): string[] {
  return message.parse(JSON.parse(text.render(body))).text.split('\n')
}

/** Without what keeps chats from reading more than text. */
function asRead(line: string): string {
  return line.replaceAll('\u2060', '')
}

/** As long as the shown lines are the first ones, the rest is counted, and nobody is called. */
function expectWhole(body: EventBody): void {
  const { title, facts, lines, paths, links } = headlineOf(body)
  const shown = linesOf(body)
  expect(asRead(shown[0] ?? '')).toBe(asRead(title))
  const said = shown.slice(1 + facts.length, shown.length - paths.length - links.length)
  expect(shown.slice(shown.length - links.length)).toEqual(
    links.map(({ title, url }) => `${title}: ${url}`),
  )
  if (
    said.length < lines.length ||
    said.some((line, i) => asRead(line) !== asRead(lines[i] ?? ''))
  ) {
    const more = lines.length - (said.length - 1)
    expect(said.at(-1)).toBe(`… and ${more} more line${more === 1 ? '' : 's'}`)
    expect(said.slice(0, -1).map(asRead)).toEqual(lines.slice(0, said.length - 1).map(asRead))
  }
  for (const line of shown.slice(0, shown.length - links.length)) {
    expect(line).not.toMatch(/(?<![A-Za-z0-9])@(?!\u2060)|<(?=[^\s\u2060])|\]\(/)
  }
}

describe('the lines', () => {
  it.each(EVENT_TYPES)('of %s fit at their very largest', (type) => {
    for (const piece of HOSTILE_PIECES) expectWhole(largestBody(type, piece))
  })

  it.each(EVENT_TYPES)('of %s fit, and say how many are left out', (type) => {
    fc.assert(fc.property(anyBody(type), expectWhole), { seed: 17, numRuns: 50 })
  })

  it('call nobody and hide no address, and leave e-mail addresses alone', () => {
    const { data, ...event } = SAMPLE_BODIES['ranges.changed']
    const reason =
      'asked by a.person@example.org, @here @all <!channel> <users/all> [x](https://e.example)'
    const [line] = linesOf({ ...event, data: { ...data, reason } }).filter((line) =>
      line.startsWith('Reason: '),
    )
    expect(asRead(line ?? '')).toBe(`Reason: ${reason}`)
    expect(line).toContain('a.person@example.org')
    expect(line).not.toMatch(/ @here|@all|<!|<users|\]\(/)
  })
})
