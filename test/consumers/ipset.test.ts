/**
 * What ipset makes of the file: it restores it without a word, twice in a row, and the sets are what
 * the list is and nothing of the list before. In a network namespace.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { ipset } from '../../exporters/ipset.ts'
import { RangeSet } from '../../src/core/range-set.ts'
import { temporaryFolder } from '../support/folder.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws, type ExportFile } from '../support/format-laws.ts'
import { comesToHave, has, restore, saved, startLoad } from '../support/ipset.ts'
import { networkNamespace, type NetworkNamespace } from '../support/network-namespace.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from '../support/requirements.ts'

formatLaws({
  exporter: ipset,
  read: (file) => ({ addresses: networksOf(added(file)) }),
  words: (file) => splitHead(file, '# ').comments.join(' '),
})

/** The whole grammar: all sets made, those to be filled flushed and filled, then swapped. */
function added(file: ExportFile): string[] {
  const { entries, comments } = splitHead(file, '# ')
  const lines = [...entries]
  expect(comments.length).toBeGreaterThan(0)
  const list = lines[0]?.split(' ')[1]?.replace(/-v4$/, '') ?? ''
  expect(list).toMatch(/^[a-z0-9][a-z0-9.-]{0,27}$/)
  const take = (count: number): string[] => lines.splice(0, count)
  for (const [family, kind] of [['4', 'inet'] as const, ['6', 'inet6'] as const]) {
    const [inUse = '', filled = '', flush] = take(3)
    const size = /hashsize (\d+) /.exec(inUse)?.[1] ?? ''
    expect(Math.log2(Number(size)) % 1).toBe(0)
    const what = `hash:net family ${kind} hashsize ${size} maxelem 1048576 -exist`
    expect(inUse).toBe(`create ${list}-v${family} ${what}`)
    expect(filled).toBe(`create ${list}-t${family} ${what}`)
    expect(flush).toBe(`flush ${list}-t${family}`)
  }
  const end = lines.findIndex((line) => !line.startsWith('add '))
  const adds = take(end)
  expect(lines).toEqual([
    ...[`swap ${list}-t4 ${list}-v4`, `swap ${list}-t6 ${list}-v6`],
    ...[`destroy ${list}-t4`, `destroy ${list}-t6`],
  ])
  return adds.map((line) => {
    const network = line.split(' ')[2] ?? ''
    expect(line).toBe(`add ${list}-t${network.includes(':') ? 6 : 4} ${network}`)
    return network
  })
}

function render(given: Partial<ExportInput>): string {
  return renderText(ipset, exportInput({ options: {}, name: 'live', ...given }))
}

const QUIET = { code: 0, stdout: '', stderr: '' }

const TODAY = ['20.1.0.0/28', '20.1.9.9/32', '2603:1030::/47']
const today = render({ prefixes: prefixes(...TODAY) })
const yesterday = render({ prefixes: prefixes(...TODAY, '20.2.0.0/24', '2603:1031::/48') })

describe('names of sets', () => {
  it('are refused with the limit where ipset would refuse them', () => {
    const limit = ipset.limits.nameLength ?? 0
    expect(limit).toBe(28)
    expect('app-proxy-ip.azuregovernment'.length).toBeLessThanOrEqual(limit)
    const longer = { name: 'n'.repeat(limit + 1), prefixes: prefixes(...TODAY) }
    expect(() => render(longer)).toThrow('at most 28 characters')
  })
})

describeWith([program('ipset'), program('ip'), networkNamespaces], 'a live ipset', () => {
  let inside: NetworkNamespace

  beforeAll(async () => {
    inside = await networkNamespace([], [])
  })
  afterAll(() => inside.close())

  async function admits(addresses: readonly string[]): Promise<string[]> {
    const found: string[] = []
    for (const address of addresses) {
      if (await has(inside, address.includes(':') ? 'live-v6' : 'live-v4', address)) {
        found.push(address)
      }
    }
    return found
  }

  const INSIDE = ['20.1.0.9', '20.1.9.9', '2603:1030::9', '2603:1031::9', '20.2.0.255']
  const OUTSIDE = ['20.1.0.16', '20.1.9.8', '20.3.0.0', '2603:1032::', '::1', '198.51.100.7']

  it('has what the list has and nothing else', async () => {
    expect(await restore(inside, yesterday)).toEqual(QUIET)
    expect(await admits([...INSIDE, ...OUTSIDE])).toEqual(INSIDE)
  })

  it('is as it was after a file with an error near its end, and takes the next one', async () => {
    const other = render({ prefixes: prefixes('20.7.0.0/24') })
    const broken = other.replace('swap live-t4', 'add live-t6 20.0.0.0/8\nswap live-t4')
    expect((await restore(inside, broken)).code).not.toBe(0)
    expect(await admits([...INSIDE, ...OUTSIDE])).toEqual(INSIDE)
  })

  it('has nothing of yesterday after the next load, and no set is left over', async () => {
    expect(await restore(inside, today)).toEqual(QUIET)
    expect(await admits(INSIDE)).toEqual(INSIDE.slice(0, 3))
    const sets = await saved(inside)
    expect(Object.keys(sets).sort()).toEqual(['live-v4', 'live-v6'])
    expect([...(sets['live-v4'] ?? []), ...(sets['live-v6'] ?? [])].sort()).toEqual(TODAY)
  })

  it('grows and shrinks over the powers of two, and empties a family that is gone', async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => `20.${i >> 7}.${(2 * i) & 255}.0/24`)
    for (const held of [many, ['20.0.0.0/24'], many, ['2603:1030::/47']]) {
      expect(await restore(inside, render({ prefixes: prefixes(...held) }))).toEqual(QUIET)
      const { 'live-v4': four = [], 'live-v6': six = [] } = await saved(inside)
      expect([...four, ...six].sort()).toEqual([...held].sort())
    }
  })

  it('takes all of a family, which ipset has no prefix for', async () => {
    const refused = await restore(inside, 'create z hash:net family inet\nadd z 0.0.0.0/0\n')
    expect(refused.code).not.toBe(0)
    const all = render({ name: 'all', prefixes: prefixes('0.0.0.0/0', '::/0') })
    expect(await restore(inside, all)).toEqual(QUIET)
    for (const address of ['0.0.0.1', '127.0.0.1', '128.0.0.0', '255.255.255.255']) {
      expect(await has(inside, 'all-v4', address)).toBe(true)
    }
    for (const address of ['::1', '7fff::', '8000::', 'ffff::ffff']) {
      expect(await has(inside, 'all-v6', address)).toBe(true)
    }
  })

  it('takes the longest names and a head that ends lines in backslashes', async () => {
    const name = `a${'.-'.repeat(13)}z`
    const missingTags = ['\\ '.repeat(200)]
    const text = render({ name, missingTags, prefixes: prefixes(...TODAY) })
    expect(await restore(inside, text)).toEqual(QUIET)
    expect((await saved(inside))[`${name}-v6`]).toEqual(['2603:1030::/47'])
    expect((await restore(inside, text.replaceAll(name, `${name}z`))).code).not.toBe(0)
  })

  it('changes nothing where a set of the name is of another kind', async () => {
    await restore(inside, 'create other-v4 hash:net family inet maxelem 99\n')
    await restore(inside, 'add other-v4 20.9.0.0/24\n')
    const text = render({ name: 'other', prefixes: prefixes(...TODAY) })
    expect((await restore(inside, text)).code).not.toBe(0)
    expect((await saved(inside))['other-v4']).toEqual(['20.9.0.0/24'])
  })
})

/** So many networks of one block, and their file before and after the middle. */
function large(block: number): { networks: string[]; before: string; after: string } {
  const networks = Array.from(
    { length: 4_000 },
    (_, i) => `${block}.${i >> 7}.${(2 * i) & 255}.0/24`,
  )
  const text = render({ prefixes: prefixes(...networks) })
  const middle = text.indexOf(`add live-t4 ${networks[2_000] ?? ''}`)
  expect(middle).toBeGreaterThan(0)
  return { networks: networks.sort(), before: text.slice(0, middle), after: text.slice(middle) }
}

describeWith(
  [program('ipset'), program('ip'), program('flock'), networkNamespaces],
  'loads of ipset that overlap or are killed',
  () => {
    let inside: NetworkNamespace
    const [first, second] = [large(20), large(30)]

    beforeEach(async () => {
      inside = await networkNamespace([], [])
      expect(await restore(inside, yesterday)).toEqual(QUIET)
    })
    afterEach(() => inside.close())

    /** The guide's own command, with a lock of the test's own. */
    function guided(): string {
      const line = /^flock .*$/m.exec(ipset.guide)?.[0] ?? ''
      expect(line).toContain(' /run/rangewarden-LIST.lock ')
      return line.replace('/run/rangewarden-LIST.lock', `${temporaryFolder()}/lock`)
    }

    const inForce = async (): Promise<string[]> => ((await saved(inside))['live-v4'] ?? []).sort()

    /** The first load ends while the second one is in the middle, if they are not kept apart. */
    async function overlap(line: string) {
      const one = startLoad(inside, line)
      one.write(first.before)
      expect(await comesToHave(inside, 'live-t4', '20.0.0.1')).toBe(true)
      const other = startLoad(inside, line)
      other.write(second.before)
      const met = await comesToHave(inside, 'live-t4', '30.0.0.1')
      const codes = [await one.end(first.after)]
      const between = await inForce()
      codes.push(await other.end(second.after))
      return { met, codes, between }
    }

    it('wait for each other by the command of the guide, so that each list is whole', async () => {
      const { met, codes, between } = await overlap(guided())
      expect({ met, codes }).toEqual({ met: false, codes: [0, 0] })
      expect(between).toEqual(first.networks)
      expect(await inForce()).toEqual(second.networks)
      expect(Object.keys(await saved(inside)).sort()).toEqual(['live-v4', 'live-v6'])
    })

    it('leave parts of both without the lock, as the guide warns', async () => {
      const { met, between } = await overlap('ipset restore -file FILE')
      expect(met).toBe(true)
      expect(between).not.toEqual(first.networks)
      expect(between).not.toEqual(second.networks)
    })

    it('leave yesterday when killed, and the next load needs no help', async () => {
      const line = guided()
      const before = await inForce()
      const killed = startLoad(inside, line)
      killed.write(first.before)
      expect(await comesToHave(inside, 'live-t4', '20.0.0.1')).toBe(true)
      await killed.kill()
      expect(await inForce()).toEqual(before)
      expect(Object.keys(await saved(inside))).toContain('live-t4')
      expect(await startLoad(inside, line).end(second.before + second.after)).toBe(0)
      expect(await inForce()).toEqual(second.networks)
      expect(Object.keys(await saved(inside)).sort()).toEqual(['live-v4', 'live-v6'])
    })
  },
)

describeWith([program('ipset'), realData, networkNamespaces], 'ipset, real lists', () => {
  it('gives back exactly what went in, loaded twice', async () => {
    const inside = await networkNamespace([], [])
    try {
      const { input, set } = realUnion()
      const more = RangeSet.of([...input.prefixes, ...prefixes('192.0.2.0/24', '2001:db8::/48')])
      for (const held of [more.prefixes(), input.prefixes]) {
        const text = renderText(ipset, { ...input, prefixes: held, options: {} })
        expect(await restore(inside, text)).toEqual(QUIET)
      }
      const sets = await saved(inside)
      const found = networksOf(Object.values(sets).flat())
      expect(found.equals(set)).toBe(true)
    } finally {
      await inside.close()
    }
  })
})
