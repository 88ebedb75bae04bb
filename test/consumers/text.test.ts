/** The plain list, read as strictly as the strictest device reads one. */
import { expect } from 'vitest'
import { text } from '../../exporters/text.ts'
import { formatLaws } from '../support/format-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'

formatLaws({
  exporter: text,
  read: (file) => {
    const { entries, comments } = splitHead(file, '# ')
    expect(comments.length).toBeGreaterThan(0)
    return { addresses: networksOf(entries) }
  },
  words: (file) => splitHead(file, '# ').comments.join(' '),
})
