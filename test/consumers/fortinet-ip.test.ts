/** One subnet on a line, as FortiOS documents an address feed; `#` lines at the head only. */
import { describe, expect, it } from 'vitest'
import { fortinetIp } from '../../exporters/fortinet-ip.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws, HOSTILE } from '../support/format-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'

formatLaws({
  exporter: fortinetIp,
  read: (file) => ({ addresses: networksOf(splitHead(file, '# ').entries) }),
  words: (file) => splitHead(file, '# ').comments.join(' '),
})

describe('fortinet-ip', () => {
  it.each(HOSTILE)('begins no line of its head with what could be an address, given %j', (text) => {
    const hostile = exportInput({ prefixes: prefixes('20.0.0.0/24'), missingTags: [text] })
    const lines = renderText(fortinetIp, hostile).trimEnd().split('\n')
    expect(lines.filter((line) => !line.startsWith('# '))).toEqual(['20.0.0.0/24'])
    // "The line length limit is 4K characters", says the vendor's technical tip.
    expect(lines.every((line) => line.length < 4_096)).toBe(true)
  })

  it('has room for the head below the documented number of lines', () => {
    expect(fortinetIp.limits.entries).toBeLessThanOrEqual(131_072 - 1_000)
  })
})
