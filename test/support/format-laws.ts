/**
 * The laws that every format keeps, asked of its own consumer test with a strict reader of the
 * format: what goes in comes out, and no text gets out of where it was put.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { renderExport } from '../../exporters/check.ts'
import { ExportRefused, type Exporter, type ExportInput } from '../../exporters/contract.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { compareText } from '../../src/core/snapshot.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, optionsOf, prefixes, rule, SHAPES } from './export-input.ts'
import { realUnion } from './real-lists.ts'
import { describeWith, realData } from './requirements.ts'

/** A file of a format, as a test reads it. */
export type ExportFile = string | Uint8Array

/** What a file admits. A member that the format does not carry is left out. */
export interface Said {
  readonly addresses?: RangeSet
  /** In the notation of rules (`*.x`, `x`), in any order. */
  readonly names?: readonly string[]
}

export interface FormatUnderTest {
  readonly exporter: Exporter
  /**
   * Reads a file as its consumer does, and throws on anything the consumer would not take: on every
   * unknown line, member, word and character.
   */
  read(file: ExportFile): Said
  /**
   * The words that the file has for people, whatever marks and line breaks they are written with;
   * `none` for a format without room for any.
   */
  readonly words: ((file: ExportFile) => string) | 'none'
  /** The names as the format can tell them apart; all rules' names unless it cannot. */
  namesOf?(input: ExportInput): readonly string[]
}

/** What breaks out of one syntax or another. */
export const HOSTILE = [
  'x\n0.0.0.0/0',
  'x\r\n::/0\r',
  'x\u2028y\u2029z',
  'a\'b"c`d',
  '} ; { ] ) (',
  '# // <!-- --> */ /*',
  'back\\slash\\',
  '$(evil) ${evil} %evil% @(evil)',
  'y'.repeat(300),
  '\u202ertl\u202c\u200f',
  '\u2018curly\u2019\u201cquotes\u201d',
  '\0\u0007\u001b[31m',
  '',
]

export function formatLaws({ exporter, read, words, namesOf }: FormatUnderTest): void {
  const { name, carries } = exporter
  const withOptions = (input: ExportInput): ExportInput => {
    return { ...input, options: optionsOf(exporter) }
  }
  const render = (input: ExportInput): ExportFile => renderExport(exporter, withOptions(input))
  const shapes = Object.entries<ExportInput>(SHAPES).filter(
    ([, input]) => !isRefused(render, input),
  )

  function expectRead(input: ExportInput): void {
    const said = read(render(input))
    const [addresses, names] = [said.addresses, said.names]
    expect(addresses !== undefined).toBe(carries.includes('addresses'))
    expect(names !== undefined).toBe(carries.includes('names'))
    if (addresses) expect(texts(addresses)).toEqual(texts(RangeSet.of(input.prefixes)))
    if (names) {
      const expected = namesOf?.(input) ?? input.rules.map((each) => each.name)
      expect([...names].sort(compareText)).toEqual([...expected].sort(compareText))
    }
  }

  describe(`${name}: what goes in comes out`, () => {
    it('has shapes that it can say', () => expect(shapes.length).toBeGreaterThan(0))

    it.each(shapes)('%s', (_, input) => expectRead(input))
  })

  describeWith([realData], `${name}: what goes in comes out, real lists`, () => {
    let union: ExportInput
    beforeAll(() => (union = realUnion().input))

    it('the union of both families, and the names', () => {
      const { endpoints } = findService('app-proxy', 'Public')
      const both = exportInput({ name: 'both', rules: endpoints, prefixes: union.prefixes })
      const asked = [union, both].filter((input) => !isRefused(render, input))
      expect(asked.length).toBeGreaterThan(0)
      for (const input of asked) expectRead(input)
    })
  })

  describe(`${name}: hostile text`, () => {
    const [, plain] = shapes[0] ?? []

    it.each(HOSTILE)('says what it said with %j in every free text', (text) => {
      if (!plain) throw new Error('no shape')
      const hostile = withHostile(plain, text)
      const file = render(hostile)
      expect(read(file)).toEqual(read(render(plain)))
      if (typeof file === 'string') expect(file).toMatch(/^[\n\x20-\x7e]*\n$/)
    })

    it.each(HOSTILE.filter((text) => text !== 'y'.repeat(300)))(
      'names nothing after the list %j',
      (hostile) => {
        if (!plain) throw new Error('no shape')
        expect(() => render({ ...plain, name: hostile })).toThrow(ExportRefused)
      },
    )

    if (carries.includes('names')) {
      it.each(HOSTILE)('does not write the name %j', (hostile) => {
        const rules = [{ name: hostile, ports: rule('x', 443).ports }]
        const given = { ...exportInput({ prefixes: prefixes('20.0.0.0/24') }), rules }
        expect(() => render(given)).toThrow(ExportRefused)
      })
    }
  })

  if (carries.length === 0) {
    it(`${name}: stays the same when only what the list has moves`, () => {
      const { leaving, rolledBack } = { ...SHAPES.leaving, ...SHAPES['rolled-back'] }
      const { name: list, rules } = SHAPES.mixed
      const moved = { ...SHAPES.kept, name: list, rules, leaving, rolledBack }
      const version = { serial: 8, snapshot: 'public-20251104-0a1b2c3d', content: '5e6f7a8b' }
      expect(render({ ...moved, version })).toEqual(render(SHAPES.mixed))
    })
  }

  if (words === 'none' || !carries.includes('addresses')) return

  describe(`${name}: what it says to people`, () => {
    const said = (input: ExportInput): string => words(render(input)).replaceAll(/\s+/g, ' ')

    it('how many addresses it admits, and which required names it does not cover', () => {
      const text = said(exportInput({ ...SHAPES.mixed, rules: [] }))
      expect(text).toContain('16,768 IPv4 addresses')
      expect(text).toContain('1,208,925,819,614,629,174,706,176 IPv6 addresses')
      expect(text).toContain('crl.example, trust.example')
    })

    it('which networks leave, and when', () => {
      const { leaving, ...rest } = SHAPES.leaving
      const text = said({ ...rest, leaving })
      for (const { lastDay, prefixes } of leaving) {
        const after = text.slice(text.indexOf(lastDay))
        for (const prefix of prefixes) expect(after).toContain(prefix.text)
      }
      expect(said({ ...rest, leaving: [] })).not.toContain('2025-11-04')
    })

    it('that a person went back, by how much it is wider, and which part of a list it is', () => {
      const { rolledBack } = SHAPES['rolled-back']
      const back = said(exportInput({ prefixes: prefixes('20.0.0.0/24'), rolledBack }))
      for (const fact of Object.values(rolledBack ?? {})) expect(back).toContain(fact)
      const wide = said(SHAPES.widened)
      for (const number of ['1,204', '2,048', '3.1008']) expect(wide).toContain(number)
      expect(said(SHAPES.shard)).toContain('shard 2 of 8')
    })
  })
}

function texts(set: RangeSet): string[] {
  return set.prefixes().map(({ text }) => text)
}

function isRefused(render: (input: ExportInput) => unknown, input: ExportInput): boolean {
  try {
    render(input)
    return false
  } catch (error) {
    if (error instanceof ExportRefused) return true
    throw error
  }
}

function withHostile(input: ExportInput, text: string): ExportInput {
  return {
    ...input,
    version: { ...input.version, snapshot: text, content: text },
    uncovered: [...input.uncovered, text],
    tags: [...input.tags, text],
    missingTags: [text],
    emptyTags: [text],
    kept: { snapshot: text, fileDate: text },
    rolledBack: { snapshot: text, fileDate: text, until: text },
    required: input.required.map((one) => ({
      ...one,
      purpose: text,
      note: text,
      phase: text,
      service: text,
      sources: [{ title: text, url: text, date: text }],
      tags: [text],
    })),
  }
}
