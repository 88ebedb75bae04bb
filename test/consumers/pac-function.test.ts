/** The function for a site's own PAC file: its text taken apart, and clients of files with two. */
import { createContext, runInContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ExportRefused, type ExportInput } from '../../exporters/contract.ts'
import { pacFunction } from '../../exporters/pac-function.ts'
import {
  exportInput,
  optionsOf,
  prefixes,
  renderText,
  rule,
  SHAPES,
} from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { pacClients } from '../support/pac-clients.ts'
import { readPac, type PacText } from '../support/pac-text.ts'

const FIRST = /^function rangewardenMatch(_[a-z0-9_$]+)\(host\) \{\n/

function read(file: ExportFile): PacText {
  const suffix = FIRST.exec(String(file))?.[1]
  if (suffix === undefined) throw new Error('no function at the head')
  const own = suffix.replaceAll('$', '\\$')
  const tests = `(?:rangewardenNamed${own}\\(name\\)|rangewardenListed${own}\\(name\\))`
  const entry =
    `^function rangewardenMatch${own}\\(host\\) \\{\\n  var name = host\\.toLowerCase\\(\\)` +
    `\\.replace\\(/\\\\\\.\\$/, ""\\);\\n  return ${tests}(?: \\|\\| ${tests})?;\\n\\}\\n`
  return readPac(file, new RegExp(entry), suffix)
}

formatLaws({
  exporter: pacFunction,
  read: (file) => {
    const { addresses, names } = read(file)
    return { addresses, names }
  },
  words: (file) => read(file).comments.join(' '),
})

function render(given: Partial<ExportInput>): string {
  return renderText(pacFunction, exportInput({ options: optionsOf(pacFunction), ...given }))
}

/** Covers what the other list must not be asked for, were their parts to meet. */
const OTHER = render({
  name: 'a.b',
  rules: [rule('other.example', 443)],
  prefixes: prefixes('203.0.113.0/24', '2001:db8::/32'),
})

/** A site's own file, and below it the list under test between two others. */
pacClients((list, { listed, other }) => {
  const own = `function FindProxyForURL(url, host) {
  if (rangewardenMatch_a$b(host)) return "PROXY 192.0.2.1:1";
  if (rangewardenMatch_a_b(host)) return ${JSON.stringify(listed)};
  return ${JSON.stringify(other)};
}
`
  const last = render({ name: 'c', prefixes: prefixes('203.0.113.0/24') })
  return own + OTHER + render({ ...list, name: 'a-b' }) + last
})

describe('the function', () => {
  it('is named after the list, another for every list', () => {
    const names = ['a-b', 'a.b', 'a--b', 'a..b', 'ab', '0-.'].map((name) => {
      return FIRST.exec(render({ name, rules: [rule('x.example', 443)] }))?.[1]
    })
    expect(names).toEqual(['_a_b', '_a$b', '_a__b', '_a$$b', '_ab', '_0_$'])
  })

  it('forgets what a newer list no longer has', () => {
    const old = render({
      name: 'x',
      rules: [rule('a.example', 443)],
      prefixes: prefixes('20.0.0.0/24'),
    })
    const now = render({
      name: 'x',
      rules: [rule('b.example', 443)],
      prefixes: prefixes('20.0.1.0/24'),
    })
    const context = createContext({})
    const matches = (): unknown =>
      runInContext(
        '["a.example","20.0.0.9","b.example","20.0.1.9"].map(rangewardenMatch_x).join()',
        context,
      )
    runInContext(old, context)
    expect(matches()).toBe('true,true,false,false')
    runInContext(now, context)
    expect(matches()).toBe('false,false,true,true')
  })

  it('is refused for addresses unless a setting says that a match is not DIRECT', () => {
    const given = { prefixes: prefixes('20.0.0.0/24') }
    expect(() => render({ ...given, options: {} })).toThrow(ExportRefused)
    expect(() => render({ ...given, options: {} })).toThrow('1 networks and RANGEWARDEN_PAC_PROXY')
    const direct = { proxy: 'DIRECT; PROXY p.example:1' }
    expect(() => render({ ...given, options: direct })).toThrow('has DIRECT: clients')
    expect(render({ ...given, options: { proxy: 'PROXY p.example:1' } })).toContain(
      '// It has networks that any Azure tenant may hold addresses of: do not answer DIRECT',
    )
  })

  it('needs no setting for names', () => {
    const text = render({ ...SHAPES['names-only'], options: {} })
    expect(text).not.toContain('DIRECT')
  })
})
