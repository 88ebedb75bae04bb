/**
 * One prefix per line, what most devices fetch. Whole-line `#` comments at the head; a device that
 * takes none needs a format of its own.
 */
import type { Exporter, ExportInput } from './contract.ts'
import { addressWarnings, identity, notices, wrap } from './head.ts'

export const text: Exporter = {
  name: 'text',
  summary: 'one prefix per line, with a # head; replace the whole list on every load',
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 2,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  *render(input: ExportInput) {
    const head = [identity(input), ...notices(input), ...addressWarnings(input)]
    for (const sentence of head) yield comment(sentence)
    for (const prefix of input.prefixes) yield `${prefix.text}\n`
  },
}

/** Lines that begin with `# ` whatever the text holds: a line break in it cannot start an entry. */
function comment(sentence: string): string {
  return wrap(sentence.replaceAll(/[^\x20-\x7e]/g, '?'), 98)
    .map((line) => `# ${line}\n`)
    .join('')
}
