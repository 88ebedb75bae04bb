/** One host on a line, a wildcard at its beginning, as FortiOS documents a feed of type category. */
import { describe, expect, it } from 'vitest'
import { fortinetCategory } from '../../exporters/fortinet-category.ts'
import { exportInput, renderText, rule } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { splitHead } from '../support/plain-list.ts'

const ENTRY = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/

formatLaws({
  exporter: fortinetCategory,
  read: (file) => {
    const { comments, entries } = splitHead(file, '#')
    expect(comments).toEqual([])
    const broken = entries.find((entry) => !ENTRY.test(entry))
    if (broken !== undefined) throw new Error(`"${broken}" is no entry`)
    return { names: entries }
  },
  words: 'none',
})

describe('fortinet-category', () => {
  it('has a line for a host beside the wildcard below it', () => {
    const rules = [rule('relay.example', 443), rule('*.relay.example', 443)]
    expect(renderText(fortinetCategory, exportInput({ rules })).split('\n').sort()).toEqual([
      '',
      '*.relay.example',
      'relay.example',
    ])
  })
})
