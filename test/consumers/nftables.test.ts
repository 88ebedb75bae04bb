/**
 * What nft makes of the sets: it takes them without a word, a chain that uses them lets through what
 * the list has, and a second load leaves nothing of the first. In a network namespace that owns
 * every address it is asked for.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { nftables } from '../../exporters/nftables.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { networkNamespace, type NetworkNamespace } from '../support/network-namespace.ts'
import { checkFile, listSet, load } from '../support/nft.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from '../support/requirements.ts'
import { answerTo, untilListens, type Answer } from '../support/run-inside.ts'

const SETS = /^rangewarden_[a-z0-9_-]+_v[46]$/

formatLaws({
  exporter: nftables,
  read: (file) => ({ addresses: networksOf(elements(file)) }),
  words: (file) => splitHead(file, '# ').comments.join(' '),
})

/** The whole grammar: both sets declared, both flushed, then filled if there is anything. */
function elements(file: ExportFile): string[] {
  const { entries: lines, comments } = splitHead(file, '# ')
  expect(comments.length).toBeGreaterThan(0)
  const four = lines[1]?.split(' ')[3] ?? ''
  const six = four.replace(/_v4$/, '_v6')
  expect(four).toMatch(SETS)
  const declared = [
    'table inet rangewarden {',
    ...[`  set ${four} {`, '    type ipv4_addr', '    flags interval', '  }'],
    ...[`  set ${six} {`, '    type ipv6_addr', '    flags interval', '  }'],
    '}',
    `flush set inet rangewarden ${four}`,
    `flush set inet rangewarden ${six}`,
  ]
  expect(lines.slice(0, declared.length)).toEqual(declared)
  const rest = lines.slice(declared.length)
  const found = [four, six].flatMap((set) => filled(rest, set))
  expect(rest).toEqual([])
  return found
}

/** Takes one `add element` off the front. */
function filled(lines: string[], set: string): string[] {
  if (lines[0] !== `add element inet rangewarden ${set} {`) return []
  const end = lines.indexOf('}')
  const texts = lines.splice(0, end + 1).slice(1, -1)
  expect(texts.length).toBeGreaterThan(0)
  return texts.map((line) => {
    expect(line).toMatch(/^ {2}[0-9a-f.:]+\/[0-9]+,$/)
    expect(line.includes(':')).toBe(set.endsWith('_v6'))
    return line.slice(2, -1)
  })
}

function render(given: Partial<ExportInput>): string {
  return renderText(nftables, exportInput({ options: {}, ...given }))
}

const INSIDE = '20.1.0.9'
const INSIDE_6 = '2603:1030::9'
const WITHDRAWN = '20.2.0.9'
const WITHDRAWN_6 = '2603:1031::9'
const OUTSIDE = '198.51.100.7'
const OUTSIDE_6 = '2001:db8::7'
const CLIENT = '10.9.0.10'
const CLIENT_6 = 'fd00::10'

const TODAY = ['20.1.0.0/28', '2603:1030::/47']
const yesterday = render({
  name: 'live',
  prefixes: prefixes(...TODAY, '20.2.0.0/24', '2603:1031:0::/48'),
})
const today = render({ name: 'live', prefixes: prefixes(...TODAY) })

/** A site's own rules, in the table that the sets are put into. */
const CHAIN = `
table inet rangewarden {
  chain output {
    type filter hook output priority filter; policy accept;
    ip saddr ${CLIENT} ip daddr @rangewarden_live_v4 accept
    ip6 saddr ${CLIENT_6} ip6 daddr @rangewarden_live_v6 accept
    ip saddr ${CLIENT} reject with tcp reset
    ip6 saddr ${CLIENT_6} reject with tcp reset
  }
}
`

describe('the table', () => {
  it('is the one that the setting names', () => {
    const text = render({ options: { table: 'ip6 site_filter' }, prefixes: prefixes('::/1') })
    expect(text).toContain('\ntable ip6 site_filter {\n')
    expect(text).toContain('\nflush set ip6 site_filter rangewarden_synthetic-list_v4\n')
    expect(text).not.toContain('inet rangewarden ')
  })
})

describeWith([program('nft'), networkNamespaces], 'nft -c -f', () => {
  it.each([
    ['both families', { prefixes: prefixes(...TODAY) }],
    ['one family', { prefixes: prefixes('20.0.0.0/24') }],
    ['single addresses and the last one', { prefixes: prefixes('20.0.0.1/32', 'ffff::/16') }],
    ['the ends', { prefixes: prefixes('0.0.0.0/8', '255.255.255.255/32', '::/128') }],
    ['all of a family', { prefixes: prefixes('0.0.0.0/0', '::/0') }],
    ['the longest name', { name: `a${'.-'.repeat(19)}z`, prefixes: prefixes(...TODAY) }],
    ['another table', { options: { table: 'ip filter' }, prefixes: prefixes(...TODAY) }],
    ['a head that ends lines in backslashes', { missingTags: ['\\ '.repeat(200)] }],
  ] as const)('has nothing to say about %s', (_, given) => {
    const text = render({ prefixes: prefixes('20.0.0.0/24'), ...given })
    expect(checkFile(text)).toEqual({ code: 0, said: '' })
  })

  it('takes names of lists as long as the limit and none longer', () => {
    const limit = nftables.limits.nameLength ?? 0
    const named = (length: number): string =>
      render({ name: 'n'.repeat(limit), prefixes: prefixes(...TODAY) }).replaceAll(
        'n'.repeat(limit),
        'n'.repeat(length),
      )
    expect(checkFile(named(limit))).toEqual({ code: 0, said: '' })
    expect(checkFile(named(limit + 1)).code).not.toBe(0)
    expect(() => render({ name: 'n'.repeat(limit + 1), prefixes: prefixes(...TODAY) })).toThrow(
      `at most ${limit} characters`,
    )
  })

  it('has nothing to say about the chain that the guide shows', () => {
    const chain = /```\n(chain [^`]*)```/.exec(nftables.guide)?.[1] ?? ''
    const sets = render({ name: 'app-proxy-ip', prefixes: prefixes(...TODAY) })
    const text = `${sets}table inet rangewarden {\n${chain}}\n`
    expect(text).toContain('ip daddr @rangewarden_app-proxy-ip_v4 accept')
    expect(checkFile(text)).toEqual({ code: 0, said: '' })
  })

  it('refuses what the lists never have', () => {
    expect(checkFile(today.replace('20.1.0.0/28', '20.1.0.0/28,\n  20.1.0.4/30')).code).not.toBe(0)
  })
})

describeWith(
  [program('nft'), program('ip'), program('curl'), networkNamespaces],
  'a live nftables',
  () => {
    let inside: NetworkNamespace
    const asked = [INSIDE, INSIDE_6, WITHDRAWN, WITHDRAWN_6, OUTSIDE, OUTSIDE_6]

    beforeAll(async () => {
      inside = await networkNamespace([CLIENT, CLIENT_6, ...asked], [443])
      await untilListens(inside, INSIDE, 443)
      expect(await load(inside, yesterday)).toMatchObject({ code: 0, stderr: '' })
      expect(await load(inside, CHAIN)).toMatchObject({ code: 0, stderr: '' })
    })
    afterAll(() => inside.close())

    const answer = (to: string): Promise<Answer> =>
      answerTo(inside, to.includes(':') ? CLIENT_6 : CLIENT, to, 443)
    const answers = async (): Promise<Record<string, Answer>> => {
      const found: Record<string, Answer> = {}
      for (const to of asked) found[to] = await answer(to)
      return found
    }
    const OF_YESTERDAY = {
      [INSIDE]: 200,
      [INSIDE_6]: 200,
      [WITHDRAWN]: 200,
      [WITHDRAWN_6]: 200,
      [OUTSIDE]: 'refused',
      [OUTSIDE_6]: 'refused',
    }

    it('lets through what the list has and nothing else', async () => {
      expect(await answers()).toEqual(OF_YESTERDAY)
    })

    it('is as it was after a file with an error near its end', async () => {
      const broken = `${today}add element inet rangewarden rangewarden_live_v6 { 20.0.0.0/24 }\n`
      expect((await load(inside, broken)).code).not.toBe(0)
      expect(await answers()).toEqual(OF_YESTERDAY)
    })

    it('has nothing of yesterday after the next load, and the rules stay', async () => {
      expect(await load(inside, today)).toMatchObject({ code: 0, stderr: '' })
      expect(await answers()).toEqual({
        ...OF_YESTERDAY,
        [WITHDRAWN]: 'refused',
        [WITHDRAWN_6]: 'refused',
      })
      const listed = [await listSet(inside, 'rangewarden_live_v4')]
      listed.push(await listSet(inside, 'rangewarden_live_v6'))
      expect(listed.flat()).toEqual(TODAY)
    })

    it('empties the set of a family that is gone', async () => {
      await load(inside, render({ name: 'live', prefixes: prefixes(TODAY[0] ?? '') }))
      expect(await listSet(inside, 'rangewarden_live_v6')).toEqual([])
      expect(await answer(INSIDE_6)).toBe('refused')
      expect(await answer(INSIDE)).toBe(200)
    })

    it('keeps two lists apart', async () => {
      await load(inside, render({ name: 'a-b', prefixes: prefixes('20.0.0.0/24') }))
      await load(inside, render({ name: 'a.b', prefixes: prefixes('20.0.1.0/24') }))
      expect(await listSet(inside, 'rangewarden_a-b_v4')).toEqual(['20.0.0.0/24'])
      expect(await listSet(inside, 'rangewarden_a_b_v4')).toEqual(['20.0.1.0/24'])
    })
  },
)

describeWith([program('nft'), realData, networkNamespaces], 'nft, real lists', () => {
  it('gives back exactly what went in, loaded twice', async () => {
    const inside = await networkNamespace([], [443])
    try {
      const { input, set } = realUnion()
      const text = renderText(nftables, { ...input, options: {} })
      const more = RangeSet.of([...input.prefixes, ...prefixes('192.0.2.0/24', '2001:db8::/48')])
      const longer = renderText(nftables, { ...input, prefixes: more.prefixes(), options: {} })
      for (const file of [longer, text]) {
        expect(await load(inside, file)).toMatchObject({ code: 0, stderr: '', stdout: '' })
      }
      const sets = [4, 6].map((family) => listSet(inside, `rangewarden_app-proxy-ip_v${family}`))
      const found = networksOf((await Promise.all(sets)).flat())
      expect(found.equals(set)).toBe(true)
    } finally {
      await inside.close()
    }
  })
})
