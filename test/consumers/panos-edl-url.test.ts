/** URL entries as PAN-OS documents them, and what they match by the documented rules. */
import { describe, expect, it } from 'vitest'
import { panosEdlUrl } from '../../exporters/panos-edl-url.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, renderText, rule } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { splitHead } from '../support/plain-list.ts'

/** No scheme, no port; `*` alone in the first label; the ending token. At most 255 characters. */
const ENTRY = /^(?=.{1,255}$)(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\/$/

formatLaws({
  exporter: panosEdlUrl,
  read: (file) => {
    const { comments, entries } = splitHead(file, '#')
    expect(comments).toEqual([])
    return {
      names: entries.map((entry) => {
        if (!ENTRY.test(entry)) throw new Error(`"${entry}" is no URL entry`)
        return entry.slice(0, -1)
      }),
    }
  },
  words: 'none',
})

/**
 * Whether PAN-OS matches a host's URLs by an entry: labels are tokens, `*` is one or more of them.
 * An entry without a `/` at its end goes on to the right, in 10.1 and earlier.
 */
function matches(entry: string, host: string): boolean {
  const tokens = entry.replace(/\/$/, '').split('.')
  const labels = tokens.map((token) => (token === '*' ? '[^./]+(\\.[^./]+)*' : token))
  return new RegExp(`^${labels.join('\\.')}${entry.endsWith('/') ? '/' : '[./].*'}`).test(
    `${host}/`,
  )
}

describe('panos-edl-url', () => {
  const entriesOf = (...names: string[]): string[] => {
    const rules = names.map((name) => rule(name, 443))
    return renderText(panosEdlUrl, exportInput({ rules })).trimEnd().split('\n')
  }

  it('ends every entry of the real catalogue in "/"', () => {
    const rules = findService('app-proxy', 'Public').endpoints
    const file = renderText(panosEdlUrl, exportInput({ rules }))
    const lines = file.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.filter((line) => !line.endsWith('/'))).toEqual([])
  })

  it('matches what rules mean: the host itself, and for *. every depth below it', () => {
    const [wild = '', exact = ''] = entriesOf('*.relay.example', 'login.example')
    expect([wild, exact]).toEqual(['*.relay.example/', 'login.example/'])
    for (const host of ['a.relay.example', 'a.b.c.relay.example']) {
      expect(matches(wild, host)).toBe(true)
    }
    for (const host of ['relay.example', 'evilrelay.example', 'a.relay.example.evil.example']) {
      expect(matches(wild, host)).toBe(false)
    }
    expect(matches(exact, 'login.example')).toBe(true)
    expect(matches(exact, 'a.login.example')).toBe(false)
    expect(matches(exact, 'login.example.evil.example')).toBe(false)
    expect(matches('login.example', 'login.example.evil.example'), 'without "/"').toBe(true)
  })

  it('refuses a name longer than names can be', () => {
    const long = `${'a'.repeat(60)}.`.repeat(4) + 'b'.repeat(10)
    expect(() => entriesOf(long)).toThrow('not a host name')
  })
})
