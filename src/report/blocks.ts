/** Text for people before it is Markdown or HTML: plain strings, whoever wrote them. */
import { grouped } from '../core/guard-reasons.ts'

export interface Column {
  readonly title: string
  /** Numbers stand to the right. */
  readonly align?: 'right'
}

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** `attention`: somebody may have to do something. */
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly attention?: boolean }
  | {
      readonly kind: 'table'
      readonly columns: readonly Column[]
      readonly rows: readonly (readonly string[])[]
    }

export function heading(level: 1 | 2 | 3, text: string): Block {
  return { kind: 'heading', level, text }
}

export function text(words: string): Block {
  return { kind: 'text', text: words }
}

/** Nothing at all of an empty list. */
export function list(items: readonly string[], attention = false): Block[] {
  return items.length > 0 ? [{ kind: 'list', items, attention }] : []
}

/**
 * At most so many rows, then how many more there are; nothing at all without rows. Column titles
 * that end in `>` are of numbers.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  most: number,
): Block[] {
  if (rows.length === 0) return []
  const columns = titles.map((title): Column => {
    return title.endsWith('>') ? { title: title.slice(0, -1), align: 'right' } : { title }
  })
  const more = rows.length - most
  const shown: Block = { kind: 'table', columns, rows: rows.slice(0, most) }
  return more > 0 ? [shown, text(`and ${grouped(more)} more`)] : [shown]
}
