/** Blocks as Markdown (CommonMark with GitHub's tables). Whatever a text holds, it is shown as it is. */
import type { Block, Column } from './blocks.ts'
import { oneLine } from './wording.ts'

/** All that begins something inside a line; a backslash takes its meaning. */
const MARKS = /[\\`*_[\]<>|~&$^#]/g

/** What would make a list or a heading of a line that begins with it. */
const FIRST = /^(?:([+=-])|(\d+)(?=[.)]))/

/** Within a line. Addresses of the web become links by themselves in many renderers. */
function inlineMarkdown(text: string): string {
  return oneLine(text).replace(MARKS, '\\$&')
}

function lineMarkdown(text: string): string {
  return inlineMarkdown(text).replace(FIRST, (_, mark?: string, number?: string) =>
    mark === undefined ? `${number ?? ''}\\` : `\\${mark}`,
  )
}

export function blocksMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(blockMarkdown).join('\n\n')}\n`
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${lineMarkdown(block.text)}`
    case 'text':
      return lineMarkdown(block.text)
    case 'list':
      return block.items.map((item) => `- ${lineMarkdown(item)}`).join('\n')
    case 'table':
      return tableMarkdown(block.columns, block.rows)
  }
}

function tableMarkdown(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title)
  const rule = columns.map(({ align }) => (align ? '---:' : '---'))
  return [
    line(titles.map(inlineMarkdown)),
    line(rule),
    ...rows.map((row) => rowLine(columns, row)),
  ].join('\n')
}

function rowLine(columns: readonly Column[], row: readonly string[]): string {
  return line(columns.map((_, i) => inlineMarkdown(row[i] ?? '')))
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
