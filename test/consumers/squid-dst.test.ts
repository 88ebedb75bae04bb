/**
 * The networks as an ACL file of Squid: parsed without a word of complaint, and a live Squid in a
 * network namespace admits what is inside and nothing else, by address and by name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { squidDst } from '../../exporters/squid-dst.ts'
import { prefixOf } from '../../src/core/prefix.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { exportInput, prefixes, renderText, SHAPES } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from '../support/requirements.ts'
import {
  authority,
  CONNECTOR,
  edgesOf,
  INSIDE,
  INSIDE_6,
  liveSquid,
  OUTSIDE,
  parseConfiguration,
  squidFolder,
  STRANGER,
} from '../support/squid.ts'

/** What Squid reads of a line, with its end. */
const LINE = 2_048

formatLaws({
  exporter: squidDst,
  read: (file) => {
    const { entries, comments } = splitHead(file, '# ')
    for (const comment of comments) expect(comment.length).toBeLessThan(LINE - '# \n'.length)
    return { addresses: networksOf(entries) }
  },
  words: (file) => splitHead(file, '# ').comments.join(' '),
})

const HELD = prefixes('20.1.0.0/28', '20.1.4.0/22', '2603:1030::/47')

const held = renderText(squidDst, exportInput({ prefixes: HELD }))

/** The rules of the format's guide. */
function rules(file: string, type = 'dst'): string {
  return `${[
    `acl azure ${type} "${file}"`,
    `acl connectors src ${CONNECTOR}`,
    'acl azure_ports port 443',
    'http_access allow connectors CONNECT azure_ports azure',
  ].join('\n')}\n`
}

function complaintsAbout(text: string, type?: string): ReturnType<typeof parseConfiguration> {
  const folder = squidFolder()
  try {
    folder.include({ afterPortDenies: [rules(folder.file('azure.txt', text), type)] })
    return parseConfiguration(folder.conf)
  } finally {
    folder.remove()
  }
}

const LONG = 'y'.repeat(3 * LINE)

const NO_COMPLAINT = { code: 0, complaints: [] }

describe('the head', () => {
  it('breaks a word that Squid would take for the end of a comment and an entry', () => {
    const text = renderText(squidDst, exportInput({ prefixes: HELD, missingTags: [LONG] }))
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(LINE)
  })
})

describe('all of a family', () => {
  const entriesOf = (...texts: readonly string[]): readonly string[] =>
    splitHead(renderText(squidDst, exportInput({ prefixes: prefixes(...texts) })), '# ').entries

  it('is written as its halves in IPv4', () => {
    expect(entriesOf('0.0.0.0/0', '2603:1030::/47')).toEqual([
      '0.0.0.0/1',
      '128.0.0.0/1',
      '2603:1030::/47',
    ])
  })

  it('is written in IPv6 without the addresses that are IPv4 ones to Squid, and nothing else', () => {
    const entries = entriesOf('::/0')
    expect(entries).toHaveLength(96)
    const mapped = RangeSet.of([prefixOf(6, [0, 0, 0xffff, 0], 96)])
    const set = RangeSet.of(prefixes(...entries))
    expect(set.overlapping(mapped.prefixes())).toEqual([])
    expect(set.union(mapped).texts()).toEqual(['::/0'])
  })

  it('is no matter for a network beside those', () => {
    expect(entriesOf('::/96', '1::/16')).toEqual(['::/96', '1::/16'])
  })
})

describeWith([program('squid')], 'squid -k parse', () => {
  it.each(['dst', 'dst -n'])('has nothing to say about the networks as %s', (type) => {
    expect(complaintsAbout(held, type)).toEqual(NO_COMPLAINT)
  })

  it.each([[['0.0.0.0/0', '::/0']], [['20.1.0.0/28', '::/1']], [['0.0.0.0/1', '::/0']]])(
    'has nothing to say about %j, in parts',
    (texts) => {
      const text = renderText(squidDst, exportInput({ prefixes: prefixes(...texts) }))
      expect(complaintsAbout(text)).toEqual(NO_COMPLAINT)
    },
  )

  it('has nothing to say about a head with a very long word, and much about a long line', () => {
    const long = exportInput({ ...SHAPES.mixed, missingTags: [LONG] })
    expect(complaintsAbout(renderText(squidDst, long))).toEqual(NO_COMPLAINT)
    expect(complaintsAbout(`# ${LONG}\n20.1.0.0/28\n`).code).not.toBe(0)
  })

  it('has much to say about what we leave out', () => {
    expect(complaintsAbout('20.0.0.0/16\n20.0.1.0/24\n').complaints).not.toEqual([])
    expect(complaintsAbout('20.0.0.1/24\n').complaints).not.toEqual([])
    expect(complaintsAbout('0.0.0.0/0\n').complaints).not.toEqual([])
    expect(complaintsAbout('20.1.0.0/28\n::/1\n').complaints).not.toEqual([])
  })
})

describeWith([program('squid'), realData], 'squid -k parse, real files', () => {
  it('has nothing to say about the whole address union', () => {
    expect(complaintsAbout(renderText(squidDst, realUnion().input))).toEqual(NO_COMPLAINT)
  })
})

describeWith([program('squid'), program('ip'), networkNamespaces], 'a live Squid', () => {
  const { start, stop, load, file, admits } = liveSquid()
  const loadList = (text: string, type?: string): Promise<void> =>
    load({ afterPortDenies: [rules(file('azure.txt', text), type)] })

  beforeAll(() => start([INSIDE, INSIDE_6, OUTSIDE]))
  afterAll(stop)

  describe.each([
    ['dst -n', 407],
    ['dst', 200],
  ])('with %s', (type, byName) => {
    beforeAll(() => loadList(held, type))

    it.each([
      [`${INSIDE}:443`, 200],
      [`[${INSIDE_6}]:443`, 200],
      ['20.1.0.16:443', 407],
      [`${OUTSIDE}:443`, 407],
      ['[2603:1032::]:443', 407],
      ['outside.example:443', 407],
      ['inside.example:443', byName],
      ['evilmsappproxy.net:443', byName],
    ])('answers a connector for %s with %i', async (target, status) => {
      expect(await admits(CONNECTOR, target)).toBe(status)
      expect(await admits(STRANGER, target)).toBe(407)
    })
  })

  it.each([
    ['0.0.0.0/0', 200, 407],
    ['::/0', 407, 200],
  ])('admits nothing of the other family for %s', async (all, v4, v6) => {
    await loadList(renderText(squidDst, exportInput({ prefixes: prefixes(all) })))
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(v4)
    expect(await admits(CONNECTOR, `[${INSIDE_6}]:443`)).toBe(v6)
  })

  it('forgets networks that a newer file no longer has', async () => {
    await loadList(held)
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(200)
    const fewer = prefixes('20.1.4.0/22', '2603:1030::/47')
    await loadList(renderText(squidDst, exportInput({ prefixes: fewer })))
    expect(await admits(CONNECTOR, `${INSIDE}:443`)).toBe(407)
    expect(await admits(CONNECTOR, `[${INSIDE_6}]:443`)).toBe(200)
  })
})

describeWith(
  [program('squid'), program('ip'), networkNamespaces, realData],
  'a live Squid with the real address union',
  () => {
    const world = liveSquid()
    afterAll(world.stop)

    it('lets a connector through to its edges, and not past them', async () => {
      const { set, input } = realUnion()
      const { inside, past } = edgesOf(set)
      await world.start(inside)
      const path = world.file('azure.txt', renderText(squidDst, input))
      await world.load({ afterPortDenies: [rules(path, 'dst -n')] })
      for (const [addresses, status] of [
        [inside, 200],
        [past, 407],
      ] as const) {
        for (const address of addresses) {
          const answer = await world.admits(CONNECTOR, authority(address))
          expect([address, answer]).toEqual([address, status])
        }
      }
    })
  },
)
