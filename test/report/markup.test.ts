/** Texts of others in Markdown and HTML: shown as they are, whatever they hold. */
import { execFileSync } from 'node:child_process'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { list, table, text, type Block } from '../../src/report/blocks.ts'
import { reportBlocks } from '../../src/report/document.ts'
import { blocksHtml, pageHtml } from '../../src/report/html.ts'
import { blocksMarkdown } from '../../src/report/markdown.ts'
import { oneLine } from '../../src/report/wording.ts'
import { describeWith, program } from '../support/requirements.ts'
import { HOSTILE, sampleReport } from './sample-report.ts'

const MARKS = Array.from('ab <>&"\'|`*_~[]()#+-=.!\\\n\t123$^:/')

/** Text of people: letters, marks of both languages, and what is no text at all. */
const texts = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: fc.constantFrom(...MARKS) }),
  fc.string({ unit: 'binary' }),
)

function blocksOf(words: string): Block[] {
  return [text(words), ...list([words, 'x']), ...table(['Name', 'Number>'], [[words, '1']], 5)]
}

/** What a text shows, as a reader of HTML gets it. */
const shown = (words: string): string => oneLine(words).replace(/\s+/g, ' ').trim()

const parser = new XMLParser({ trimValues: false, parseTagValue: false, htmlEntities: true })

function isWellFormed(xml: string): boolean {
  // Its validator is to become a package of its own; the version in use has it.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return XMLValidator.validate(xml) === true
}

function readHtml(html: string): { p: unknown; li: unknown; cell: unknown } {
  expect(isWellFormed(`<body>${html}</body>`)).toBe(true)
  const { body } = parser.parse(`<body>${html}</body>`) as {
    body: {
      p: unknown
      ul: { li: unknown[] }
      table: { tbody: { tr: { td: unknown[] } } }
    }
  }
  return { p: body.p, li: body.ul.li[0], cell: body.table.tbody.tr.td[0] }
}

describe('one line of text', () => {
  it('has no control, no line break and nothing that turns text around', () => {
    fc.assert(
      fc.property(texts, (words) => {
        const line = oneLine(words)
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff]/u)
        expect(line.isWellFormed()).toBe(true)
        expect(oneLine(line)).toBe(line)
      }),
    )
  })
})

/** What stands in the body: no attribute but a class. */
const OUR_TAG =
  /^<(\/?(style|head|body|html|h[123]|p|ul|li|table|thead|tbody|tr|th|td)|(ul|th|td) class="(attention|right|long)")>$/

describe('HTML', () => {
  it('is well-formed and says what was said, whatever that was', () => {
    fc.assert(
      fc.property(texts, (words) => {
        const said = shown(words)
        expect(readHtml(blocksHtml(blocksOf(words)))).toEqual({ p: said, li: said, cell: said })
      }),
    )
  })

  it('is a whole page without script, and nothing of others becomes an element', () => {
    for (const words of HOSTILE) {
      const page = pageHtml(words, reportBlocks(sampleReport(words)))
      expect(isWellFormed(page.replace('<!DOCTYPE html>', ''))).toBe(true)
      const style = page.indexOf('</style>')
      const tags = [...page.slice(style).matchAll(/<[^>]*>/g)].map(([tag]) => tag)
      expect(tags.length).toBeGreaterThan(200)
      for (const tag of tags) expect(tag).toMatch(OUR_TAG)
    }
  })
})

/** As GitHub renders it. */
function rendered(markdown: string): string {
  return execFileSync('cmark-gfm', ['-e', 'table', '-e', 'strikethrough'], {
    input: markdown,
    encoding: 'utf8',
  })
}

describeWith([program('cmark-gfm')], 'Markdown, rendered', () => {
  it('says what was said, whatever that was', () => {
    const report = fc.check(
      fc.property(texts, (words) => {
        const said = shown(words)
        fc.pre(said !== '')
        const html = rendered(blocksMarkdown(blocksOf(words)))
        expect(readHtml(html)).toEqual({ p: said, li: said, cell: said })
      }),
      { numRuns: 150 },
    )
    expect(report.failed, fc.defaultReportMessage(report)).toBe(false)
  })

  it('has the structure of the report and no other, whoever wrote the reasons', () => {
    const structure = (words: string): string[] =>
      [...rendered(blocksMarkdown(reportBlocks(sampleReport(words)))).matchAll(/<\w+/g)].map(String)
    const plain = structure('said')
    expect(plain.filter((element) => element === '<table').length).toBe(6)
    for (const words of HOSTILE) expect(structure(words)).toEqual(plain)
  })
})
