/**
 * The names as an ACL file of Squid: parsed without a word of complaint, and a live Squid in a
 * network namespace admits the names and no look-alike.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { squidDstdomain } from '../../exporters/squid-dstdomain.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, renderText, rule, SHAPES } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { splitHead } from '../support/plain-list.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'
import {
  CONNECTOR,
  INSIDE,
  liveSquid,
  OUTSIDE,
  parseConfiguration,
  squidFolder,
  STRANGER,
} from '../support/squid.ts'
import { asRule, checkApart, namesApart } from '../support/squid-conf.ts'

/** What Squid reads of a line, with its end. */
const LINE = 2_048

formatLaws({
  exporter: squidDstdomain,
  read: (file) => {
    const { entries, comments } = splitHead(file, '# ')
    for (const text of [...comments, ...entries]) expect(text.length).toBeLessThan(LINE - 3)
    checkApart(entries)
    return { names: entries.map(asRule) }
  },
  words: (file) => splitHead(file, '# ').comments.join(' '),
  namesOf: ({ rules }) => namesApart(rules),
})

function render(...rules: readonly ReturnType<typeof rule>[]): string {
  return renderText(squidDstdomain, exportInput({ rules }))
}

const names = renderText(
  squidDstdomain,
  exportInput({ name: 'app-proxy', rules: findService('app-proxy', 'Public').endpoints }),
)

/** The rules of the format's guide. */
function rules(file: string): string {
  return `${[
    `acl azure_names dstdomain -n "${file}"`,
    `acl connectors src ${CONNECTOR}`,
    'acl tunnels port 443',
    'acl plain port 80',
    'http_access allow connectors CONNECT tunnels azure_names',
    'http_access allow connectors !CONNECT plain azure_names',
  ].join('\n')}\n`
}

function complaintsAbout(text: string): ReturnType<typeof parseConfiguration> {
  const folder = squidFolder()
  try {
    folder.include({ afterPortDenies: [rules(folder.file('names.txt', text))] })
    return parseConfiguration(folder.conf)
  } finally {
    folder.remove()
  }
}

describe('the file', () => {
  const said = (text: string): string => splitHead(text, '# ').comments.join(' ')

  it('leaves out what a wildcard of other ports names, and says what needs which port', () => {
    const text = render(rule('*.relay.example', 443), rule('relay.example', 80))
    expect(splitHead(text, '# ').entries).toEqual(['.relay.example'])
    expect(said(text)).toContain(
      'Needed on port 443: .relay.example Needed on port 80: relay.example',
    )
  })

  it('writes several ports as such', () => {
    expect(said(render(rule('a.example', 80, 443)))).toContain('Needed on ports 80, 443: a.example')
  })

  it('has no path of an address, and says that networks are elsewhere', () => {
    const text = renderText(squidDstdomain, SHAPES.mixed)
    expect(text).not.toContain('/roots')
    expect(said(text)).toContain(
      'Networks of the list that are not in this file: 4. squid-dst has them.',
    )
  })
})

describeWith([program('squid')], 'squid -k parse', () => {
  const noComplaint = { code: 0, complaints: [] }

  it('has nothing to say about the names', () => {
    expect(complaintsAbout(names)).toEqual(noComplaint)
    expect(complaintsAbout(renderText(squidDstdomain, SHAPES.mixed))).toEqual(noComplaint)
    const longest = `${'a.'.repeat(124)}co.uk`
    expect(complaintsAbout(render(rule(longest, 443)))).toEqual(noComplaint)
  })

  it('has much to say about what we leave out', () => {
    expect(complaintsAbout('.a.example\na.example\n').code).not.toBe(0)
    expect(complaintsAbout('.a.example\n.b.a.example\n').complaints).not.toEqual([])
  })
})

describeWith([program('squid'), program('ip'), networkNamespaces], 'a live Squid', () => {
  const { start, stop, load, file, admits } = liveSquid()
  const loadNames = (text: string): Promise<void> =>
    load({ afterPortDenies: [rules(file('names.txt', text))] })

  beforeAll(() => start([INSIDE, OUTSIDE]))
  afterAll(stop)

  describe('with the names', () => {
    beforeAll(() => loadNames(names))

    it.each([
      ['tenant.msappproxy.net:443', 200],
      ['TENANT.msappproxy.NET:443', 200],
      ['ns.servicebus.windows.net:443', 200],
      ['login.windows.net:443', 200],
      ['http://crl3.digicert.com/', 200],
      ['msappproxy.net:443', 200],
      ['evilmsappproxy.net:443', 407],
      ['a.msappproxy.net.evil.xyz:443', 407],
      ['outside.example:443', 407],
      [`${INSIDE}:443`, 407],
    ])('answers a connector for %s with %i', async (target, status) => {
      expect(await admits(CONNECTOR, target)).toBe(status)
      expect(await admits(STRANGER, target)).toBe(407)
    })
  })

  it('forgets names that a newer file no longer has', async () => {
    await loadNames(names)
    expect(await admits(CONNECTOR, 'login.windows.net:443')).toBe(200)
    await loadNames(render(rule('*.msappproxy.net', 443)))
    expect(await admits(CONNECTOR, 'login.windows.net:443')).toBe(407)
    expect(await admits(CONNECTOR, 'tenant.msappproxy.net:443')).toBe(200)
  })
})
