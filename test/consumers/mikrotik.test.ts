/**
 * The RouterOS script, by an exact grammar and a simulation of ours: no RouterOS was at hand. From
 * yesterday's list it makes today's, and no network of both is missing for a moment.
 */
import { describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { mikrotik } from '../../exporters/mikrotik.ts'
import type { Family } from '../../src/core/address.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { networksOf } from '../support/plain-list.ts'
import { parseScript, run, shown, type Device, type Entry } from '../support/routeros.ts'

formatLaws({
  exporter: mikrotik,
  read: (file) => {
    const { wanted, comments } = parseScript(file)
    expect(comments.length).toBeGreaterThan(0)
    return { addresses: networksOf([...wanted[4], ...wanted[6]]) }
  },
  words: (file) => parseScript(file).comments.join(' '),
})

const LIST = 'rangewarden-live'

const render = (given: Partial<ExportInput>): string =>
  renderText(mikrotik, exportInput({ options: {}, name: 'live', ...given }))

const script = (...networks: readonly string[]) =>
  parseScript(render({ prefixes: prefixes(...networks) }))

const device = (): Device => ({ lists: { 4: [], 6: [] } })

const ours = (address: string): Entry => ({ list: LIST, address, comment: 'rangewarden' })

const addresses = ({ lists }: Device): string[] =>
  [...lists[4], ...lists[6]].filter(({ list }) => list === LIST).map(({ address }) => address)

const YESTERDAY = ['20.1.0.0/28', '20.1.9.9/32', '20.2.0.0/24', '2603:1030::/47', '2603:1031::/48']
const TODAY = ['20.1.0.0/28', '20.1.9.9/32', '20.3.0.0/24', '2603:1030::/47', '2603:1032::8/128']

describe('the script, simulated', () => {
  it('fills an empty device', () => {
    const router = device()
    run(script(...YESTERDAY), router)
    expect(addresses(router)).toEqual(YESTERDAY.map(shown))
    expect(addresses(router)).toContain('20.1.9.9')
  })

  it('leaves today and nothing of yesterday, and nothing of both is missing for a moment', () => {
    const router = device()
    run(script(...YESTERDAY), router)
    const both = YESTERDAY.filter((network) => TODAY.includes(network)).map(shown)
    let changes = 0
    run(script(...TODAY), router, () => {
      changes += 1
      expect(addresses(router)).toEqual(expect.arrayContaining(both))
    })
    expect(changes).toBe(4)
    expect(addresses(router).sort()).toEqual(TODAY.map(shown).sort())
  })

  it('changes nothing the second time', () => {
    const router = device()
    run(script(...TODAY), router)
    run(script(...TODAY), router, () => expect.fail('it changed something'))
  })

  it('adds, then looks for all of both families, and only then removes', () => {
    const { steps } = script(...TODAY)
    expect(steps).toEqual([
      ...[{ does: 'add', family: 4 } as const, { does: 'add', family: 6 } as const],
      ...[{ does: 'find', family: 4 } as const, { does: 'find', family: 6 } as const],
      { does: 'check' },
      ...[{ does: 'remove', family: 4 } as const, { does: 'remove', family: 6 } as const],
    ])
  })

  it.each([4, 6] as const)('removes what was of IPv%i when the list has nothing of it', (gone) => {
    const router = device()
    run(script(...YESTERDAY), router)
    run(script(gone === 4 ? '2603:1030::/47' : '20.1.0.0/28'), router)
    expect(router.lists[gone]).toEqual([])
    expect(addresses(router)).toHaveLength(1)
  })

  it('leaves what an operator added, and other lists', () => {
    const router = device()
    const own: Entry = { list: LIST, address: '192.0.2.0/24', comment: 'ours, do not touch' }
    const other: Entry = { ...ours('198.51.100.0/24'), list: 'rangewarden-other' }
    router.lists[4].push(own, other, ours('203.0.113.0/24'))
    run(script('20.1.0.0/28'), router)
    expect(router.lists[4]).toEqual([own, other, ours('20.1.0.0/28')])
  })
})

describe('a device that does not show what is wanted, simulated', () => {
  const NOT_FOUND = 'networks not found after adding, nothing removed'

  /** Eight groups in full, as one who does not shorten writes them. */
  const expanded = (network: string): string => {
    const [address = '', length = ''] = network.split('/')
    if (!address.includes('::')) return shown(network)
    const [before = [], after = []] = address
      .split('::')
      .map((half) => half.split(':').filter((group) => group !== ''))
    const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
    return `${[...before, ...zeros, ...after].join(':')}/${length}`
  }

  const holdsYesterday = (show: (network: string) => string): Device => {
    const entries = YESTERDAY.map((network) => ours(show(network)))
    return { lists: { 4: entries.slice(0, 3), 6: entries.slice(3) }, show }
  }

  it('removes nothing and says how many it did not find where "::" is expanded', () => {
    const router = holdsYesterday(expanded)
    const oldAndNew = [...new Set([...YESTERDAY, ...TODAY])].map(expanded).sort()
    for (const _ of ['first', 'second']) {
      expect(() => run(script(...TODAY), router)).toThrow(`rangewarden-live: 2 ${NOT_FOUND}`)
      expect(addresses(router).sort()).toEqual(oldAndNew)
    }
  })

  it.each([
    ['every length', (network: string) => network],
    ['no length of one address', (network: string) => network.replace(/\/(32|128)$/, '')],
  ])('takes a network for wanted where it shows %s', (_, show) => {
    const router = holdsYesterday(show)
    run(script(...TODAY), router)
    expect(addresses(router).sort()).toEqual(TODAY.map(show).sort())
  })

  it('keeps old and new where it is full, and says how many have no room', () => {
    const router: Device = { ...device(), room: 3 }
    run(script('20.1.0.0/28', '20.2.0.0/24'), router)
    expect(() => run(script('20.1.0.0/28', '20.3.0.0/24', '20.5.0.0/24'), router)).toThrow(
      `rangewarden-live: 1 ${NOT_FOUND}`,
    )
    expect(addresses(router)).toEqual(['20.1.0.0/28', '20.2.0.0/24', '20.3.0.0/24'])
  })

  it('takes no second entry of a network for the one that is missing', () => {
    const router: Device = { ...device(), room: 3 }
    router.lists[4].push(ours('20.1.9.9'), { ...ours('20.1.9.9'), comment: 'dynamic' })
    router.lists[4].push(ours('20.2.0.0/24'))
    expect(() => run(script('20.1.9.9/32', '20.3.0.0/24'), router)).toThrow(NOT_FOUND)
    expect(addresses(router)).toContain('20.2.0.0/24')
  })
})

describe('the text', () => {
  it('has no timeout, since such entries are gone after a reboot, and no /ip6', () => {
    const text = render({ prefixes: prefixes(...TODAY) })
    expect(text).not.toContain('timeout')
    expect(text).not.toContain('/ip6 ')
    expect(text).toContain('/ipv6 firewall address-list add ')
  })

  it('has no variable that is called like a property, which RouterOS would take for it', () => {
    const text = render({ prefixes: prefixes(...TODAY) })
    const variables = [...text.matchAll(/\$([A-Za-z0-9]+)|:(?:local|set) ([A-Za-z0-9]+)/g)]
    expect(variables.length).toBeGreaterThan(10)
    for (const [, used, declared] of variables) expect(used ?? declared).toMatch(/^rw[A-Z]/)
  })

  it('opens and closes as many braces', () => {
    const count = (mark: string): number => {
      return render({ prefixes: prefixes(...TODAY) }).split(mark).length - 1
    }
    for (const [open, close] of ['{}', '[]', '()'])
      expect(count(open ?? '')).toBe(count(close ?? ''))
  })

  it.each<Family>([4, 6])('is refused by the grammar with a line too many, IPv%i', (family) => {
    const text = render({ prefixes: prefixes(...TODAY) })
    const menu = family === 4 ? '/ip' : '/ipv6'
    const bad = text.replace(
      '\n:foreach',
      `\n${menu} firewall address-list remove [find]\n:foreach`,
    )
    expect(() => parseScript(bad)).toThrow()
  })
})
