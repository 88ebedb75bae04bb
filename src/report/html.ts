/** Blocks as HTML, and as a page that needs nothing else: no script, no font, no image. */
import type { Block, Column } from './blocks.ts'
import { oneLine } from './wording.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Inside elements and quoted attributes, of HTML and of XML. */
export function escaped(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

/** Well-formed as XML too. */
export function blocksHtml(blocks: readonly Block[]): string {
  return blocks.map(blockHtml).join('\n')
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`
    case 'text':
      return `<p>${escaped(block.text)}</p>`
    case 'list': {
      const items = block.items.map((item) => `<li>${escaped(item)}</li>`).join('\n')
      return `<ul${block.attention ? ' class="attention"' : ''}>\n${items}\n</ul>`
    }
    case 'table': {
      const { columns, rows } = block
      const titles = columns.map((column) => cellHtml('th', column, column.title)).join('')
      const body = rows.map((row) => `<tr>${rowHtml(columns, row)}</tr>`).join('\n')
      return `<table>\n<thead><tr>${titles}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`
    }
  }
}

function rowHtml(columns: readonly Column[], row: readonly string[]): string {
  return columns.map((column, i) => cellHtml('td', column, row[i] ?? '')).join('')
}

/** Longer texts are broken into lines: dates and numbers are not. */
const SHORT = 24

function cellHtml(element: 'td' | 'th', { align }: Column, text: string): string {
  const kind = align ?? (text.length > SHORT ? 'long' : undefined)
  return `<${element}${kind ? ` class="${kind}"` : ''}>${escaped(text)}</${element}>`
}

const STYLE = `
:root { color-scheme: light dark; --line: #8885; --soft: #8882; --mark: #b45309; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 0.3rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 0.3rem; }
p, ul { margin: 0.4rem 0; max-width: 48rem; overflow-wrap: anywhere; }
ul { padding-left: 1.3rem; }
ul.attention { border-left: 4px solid var(--mark); background: var(--soft); padding: 0.4rem 0.8rem 0.4rem 1.8rem; }
table { border-collapse: collapse; margin: 0.5rem 0; font-size: 0.92em; max-width: 100%; }
th, td { padding: 0.25rem 0.8rem 0.25rem 0; text-align: left; vertical-align: top; white-space: nowrap; border-bottom: 1px solid var(--soft); }
th { border-bottom-color: var(--line); }
.long { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
.right { text-align: right; font-variant-numeric: tabular-nums; }
@media screen { table { display: block; overflow-x: auto; } }
@media print {
  body { font-size: 10pt; max-width: none; margin: 0; padding: 0; }
  h2, h3 { break-after: avoid; }
  tr, li { break-inside: avoid; }
  thead { display: table-header-group; }
}
`

/** `title` is the name of its tab. */
export function pageHtml(title: string, blocks: readonly Block[]): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8" />',
    '<meta name="viewport" content="width=device-width, initial-scale=1" />',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    blocksHtml(blocks),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}
